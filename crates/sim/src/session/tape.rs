//! The last quotes of every instrument: what the shell attaches to inputs as marks.
//!
//! Where the market is known only as bars, the tape has the points inside the running bar, as a
//! live engine would have its quotes: orders are priced and valued on them, and a point is in
//! force until the next one. What strategies decide on is the close of the last bar that ended:
//! [`Tape::known`].

use std::collections::VecDeque;
use truefill_core::engine::repricing::Watch;
use truefill_core::ids::InstrumentId;
use truefill_core::input::Volume;
use truefill_core::num::Qty;
use truefill_core::quote::{Mark, Quote};
use truefill_core::time::Nanos;
use truefill_market::bars::Bar;
use truefill_market::source::Grade;

/// Quotes kept per instrument while orders are open, to value what is learned late.
const KEPT: usize = 1024;

/// Last quotes, and which of them the engine wants to see.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    grade: Grade,
    last: Vec<Option<Quote>>,
    /// By instrument, the close of its last bar.
    closes: Vec<Option<Quote>>,
    /// Instruments that are inside a bar.
    inside: Vec<bool>,
    recent: Vec<VecDeque<Quote>>,
    watches: Vec<Watch>,
    /// What was traded so far, and what the engine was told of it while it asked.
    traded: Vec<(Qty, Option<Qty>)>,
    keeping: bool,
}

impl Tape {
    pub fn new(instruments: usize, grade: Grade) -> Self {
        Self {
            grade,
            closes: vec![None; instruments],
            inside: vec![false; instruments],
            last: vec![None; instruments],
            recent: vec![VecDeque::new(); instruments],
            watches: vec![Watch::Nothing; instruments],
            traded: vec![(Qty::ZERO, None); instruments],
            keeping: false,
        }
    }

    pub fn put(&mut self, instrument: InstrumentId, quote: &Quote) {
        let at = instrument.ix();
        if at >= self.last.len() {
            return;
        }
        if self.keeping {
            let recent = &mut self.recent[at];
            if recent.len() == KEPT {
                recent.pop_front();
            }
            recent.push_back(*quote);
        }
        self.last[at] = Some(*quote);
        self.inside[at] = true;
    }

    /// A bar has ended: its close is the price until the next one begins.
    pub fn close(&mut self, bar: &Bar) {
        let quote = bar.valuation();
        self.put(bar.instrument, &quote);
        let at = bar.instrument.ix();
        if let (Some(close), Some(inside)) = (self.closes.get_mut(at), self.inside.get_mut(at)) {
            (*close, *inside) = (Some(quote), false);
        }
    }

    /// A point of a bar is in force until the next one.
    pub fn stand(&mut self, now: Nanos) {
        if self.grade == Grade::Bars {
            for (quote, _) in self.last.iter_mut().zip(&self.inside).filter(|(_, inside)| **inside)
            {
                quote.iter_mut().for_each(|quote| quote.time = now);
            }
        }
    }

    /// The quote that decisions are made on.
    pub fn known(&self, instrument: InstrumentId) -> Option<&Quote> {
        match self.grade {
            Grade::Quotes => self.last(instrument),
            Grade::Bars => self.closes.get(instrument.ix())?.as_ref(),
        }
    }

    /// Others traded.
    pub fn trade(&mut self, instrument: InstrumentId, qty: Qty) {
        if let Some((traded, _)) = self.traded.get_mut(instrument.ix()) {
            *traded += qty;
        }
    }

    /// Volumes that the engine wants and was not told of yet.
    pub fn volumes(&mut self, wants: impl Fn(InstrumentId) -> bool) -> Vec<Volume> {
        let mut news = Vec::new();
        for (at, (traded, told)) in self.traded.iter_mut().enumerate() {
            let Ok(at) = u32::try_from(at) else { continue };
            let wanted = wants(InstrumentId(at)).then_some(*traded);
            if wanted.is_some() && *told != wanted {
                news.push(Volume { instrument: InstrumentId(at), traded: *traded });
            }
            *told = wanted;
        }
        news
    }

    pub fn last(&self, instrument: InstrumentId) -> Option<&Quote> {
        self.last.get(instrument.ix())?.as_ref()
    }

    /// The quote in force at a time that may be past.
    pub fn at(&self, instrument: InstrumentId, time: Nanos) -> Option<Quote> {
        let recent = self.recent.get(instrument.ix())?;
        let next = recent.partition_point(|quote| quote.time <= time);
        recent.get(next.checked_sub(1)?).copied()
    }

    pub fn mark(&self, instrument: InstrumentId) -> Option<Mark> {
        self.last(instrument).map(|quote| Mark { instrument, quote: *quote })
    }

    /// The market stands still: its last quotes are current.
    pub fn refresh(&mut self, now: Nanos) {
        for quote in self.last.iter_mut().flatten() {
            quote.time = now;
        }
    }

    /// The last quote wakes the engine: the pure filter before the step.
    pub fn wakes(&self, instrument: InstrumentId) -> bool {
        let (watch, last) = (self.watches.get(instrument.ix()), self.last(instrument));
        watch.zip(last).is_some_and(|(watch, quote)| watch.wakes(quote))
    }

    /// Instruments whose last quote is outside the band that the engine watches.
    pub fn outside<'a>(
        &'a self,
        band: impl Fn(InstrumentId) -> Watch + 'a,
    ) -> impl Iterator<Item = InstrumentId> + 'a {
        self.last.iter().enumerate().filter_map(move |(at, last)| {
            let id = InstrumentId(u32::try_from(at).ok()?);
            band(id).wakes(last.as_ref()?).then_some(id)
        })
    }

    /// Which quotes wake the engine, and whether past quotes may be asked for.
    pub fn listen(&mut self, watch: impl Fn(InstrumentId) -> Watch, keeping: bool) {
        for (at, place) in self.watches.iter_mut().enumerate() {
            *place = u32::try_from(at).map_or(Watch::Nothing, |id| watch(InstrumentId(id)));
        }
        if keeping && !self.keeping {
            // What was in force when the first order left stays known.
            for (recent, last) in self.recent.iter_mut().zip(&self.last) {
                recent.clear();
                recent.extend(last);
            }
        }
        self.keeping = keeping;
    }
}
