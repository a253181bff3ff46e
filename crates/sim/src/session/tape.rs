//! The last quotes of every instrument: what the shell attaches to inputs as marks.

use std::collections::VecDeque;
use truefill_core::engine::repricing::Watch;
use truefill_core::ids::InstrumentId;
use truefill_core::input::Volume;
use truefill_core::num::Qty;
use truefill_core::quote::{Mark, Quote};
use truefill_core::time::Nanos;

/// Quotes kept per instrument while orders are open, to value what is learned late.
const KEPT: usize = 1024;

/// Last quotes, and which of them the engine wants to see.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    last: Vec<Option<Quote>>,
    recent: Vec<VecDeque<Quote>>,
    watches: Vec<Watch>,
    /// What was traded so far, and what the engine was told of it while it asked.
    traded: Vec<(Qty, Option<Qty>)>,
    keeping: bool,
}

impl Tape {
    pub fn new(instruments: usize) -> Self {
        Self {
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

    /// This quote wakes the engine: the pure filter before the step.
    pub fn wakes(&self, instrument: InstrumentId, quote: &Quote) -> bool {
        self.watches.get(instrument.ix()).is_some_and(|watch| watch.wakes(quote))
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
