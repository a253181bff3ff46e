//! The last quotes, and which of them the engine wants to be woken for.
//!
//! Entry point: [`Tape`].

use crate::board::Posted;
use truefill_core::engine::Engine;
use truefill_core::engine::repricing::Watch;
use truefill_core::ids::InstrumentId;
use truefill_core::input::{Input, Volume};
use truefill_core::num::Qty;
use truefill_core::quote::{Mark, Quote};
use truefill_core::time::Nanos;

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    quote: Option<Quote>,
    watch: Watch,
    /// Traded today by everybody, and what the engine was told of it.
    volume: Option<Qty>,
    told: Option<Qty>,
}

/// See the module.
#[derive(Debug)]
pub struct Tape(Vec<Seen>);

impl Tape {
    /// For so many instruments.
    #[must_use]
    pub fn new(instruments: usize) -> Self {
        Self(vec![Seen::default(); instruments])
    }

    /// Keeps what is new. True when the engine wants to be woken for it.
    pub fn put(&mut self, id: InstrumentId, posted: &Posted) -> bool {
        let Some(seen) = self.0.get_mut(id.ix()) else { return false };
        seen.quote = Some(posted.quote);
        seen.volume = posted.volume.or(seen.volume);
        seen.watch.wakes(&posted.quote)
    }

    /// The last quote.
    #[must_use]
    pub fn last(&self, id: InstrumentId) -> Option<&Quote> {
        self.0.get(id.ix())?.quote.as_ref()
    }

    /// Asks the engine what should wake it from now on.
    pub fn listen(&mut self, engine: &Engine, now: Nanos) {
        for (seen, number) in self.0.iter_mut().zip(0u32..) {
            seen.watch = engine.watch(now, InstrumentId(number));
        }
    }

    /// Volumes that the engine wants and was not told of yet.
    pub fn volumes(&mut self, engine: &Engine) -> Vec<Input> {
        let mut news = Vec::new();
        for (seen, number) in self.0.iter_mut().zip(0u32..) {
            let instrument = InstrumentId(number);
            let wanted = seen.volume.filter(|_| engine.wants_volume(instrument));
            if let Some(traded) = wanted.filter(|_| seen.told != wanted) {
                news.push(Input::Volume(Volume { instrument, traded }));
            }
            seen.told = wanted;
        }
        news
    }

    /// The quotes that an input uses.
    #[must_use]
    pub fn marks(&self, engine: &Engine, now: Nanos, input: &Input) -> Vec<Mark> {
        let mut wanted = engine.marks_for(now, input);
        if matches!(input, Input::Release(_)) && !engine.state().busy.is_empty() {
            // A quote that may move a working order belongs to the release that moves it.
            let outside = self.0.iter().zip(0u32..).filter_map(|(seen, number)| {
                let id = InstrumentId(number);
                engine.band(now, id).wakes(seen.quote.as_ref()?).then_some(id)
            });
            wanted.extend(outside);
            wanted.sort_unstable();
            wanted.dedup();
        }
        let mark = |id| self.last(id).map(|quote| Mark { instrument: id, quote: *quote });
        wanted.into_iter().filter_map(mark).collect()
    }
}
