//! The last quotes, and which of them the engine wants to be woken for.
//!
//! Entry point: [`Tape`].

use crate::board::Posted;
use truefill_core::engine::Engine;
use truefill_core::engine::repricing::Watch;
use truefill_core::ids::InstrumentId;
use truefill_core::input::{Input, PrevClose, Volume};
use truefill_core::num::{Px, Qty};
use truefill_core::quote::{Mark, Quote};
use truefill_core::time::Nanos;

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    quote: Option<Quote>,
    watch: Watch,
    /// Traded today by everybody, and what the engine was told of it.
    volume: Option<Qty>,
    told: Option<Qty>,
    /// The close of the session before, when the exchange said so, and the day on which the engine
    /// was told.
    close: Option<(Px, Nanos)>,
    compared: Option<Nanos>,
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
        seen.close = posted.close.zip(posted.exchange_time).or(seen.close);
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

    /// Closes of the session before, once on each day that began at `day`. A split shows in them
    /// before anything is traded: what the exchange says on that day is compared with prices from
    /// before it. A price of ours from the same day proves nothing.
    pub fn closes(&mut self, engine: &Engine, day: Nanos) -> Vec<Input> {
        let mut news = Vec::new();
        for (seen, number) in self.0.iter_mut().zip(0u32..) {
            let Some((px, at)) = seen.close.filter(|_| seen.compared != Some(day)) else {
                continue;
            };
            if at < day {
                continue;
            }
            seen.compared = Some(day);
            let instrument = InstrumentId(number);
            let keys = engine.config().holdings.iter().zip(&engine.state().holdings);
            let mut marks = keys
                .filter(|(key, _)| key.instrument == instrument)
                .filter_map(|(_, h)| h.mark.as_ref());
            if marks.any(|mark| mark.time < day) {
                news.push(Input::PrevClose(PrevClose { instrument, px }));
            }
        }
        news
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

#[cfg(test)]
mod tests {
    use super::*;
    use truefill_core::config::{
        Config, Descriptor, Holding, Instrument, Policy, Recon, Risk, Strategy,
    };
    use truefill_core::ids::{HoldingId, SleeveId, VenueText};
    use truefill_core::input::{Envelope, Start, Target};

    const DAY: Nanos = Nanos(1_000_000_000_000_000);

    fn quote(px: i64, time: Nanos) -> Quote {
        let (bid_px, ask_px) = (Px::whole(px), Px::whole(px + 1));
        Quote { bid_px, ask_px, bid_qty: Qty::whole(9), ask_qty: Qty::whole(9), time }
    }

    /// An engine that wanted something at 100, at this time.
    fn engine(time: Nanos) -> Engine {
        let config = Config {
            account: "A".to_owned(),
            instruments: vec![Instrument::new("X", Px::whole(1), Qty::whole(1))],
            holdings: vec![Holding {
                instrument: InstrumentId(0),
                product: VenueText::EMPTY,
                sleeve: SleeveId(1),
                never_short: false,
                others: Vec::new(),
            }],
            strategies: vec![Strategy::new("mine", Policy::default(), Policy::default())],
            descriptor: Descriptor::default(),
            risk: Risk::default(),
            recon: Recon::default(),
            digest_every: 64,
            replay_horizon_ns: 1,
            assumed_fee_bps: 0,
            calendars: Vec::new(),
            crossing: false,
        };
        let mut engine = Engine::new(config).expect("a configuration");
        let target = Target {
            sleeve: SleeveId(1),
            holding: HoldingId(0),
            qty: Qty::whole(1),
            decided: time,
            px: None,
            reopen: false,
            stop_px: None,
        };
        let marks = vec![Mark { instrument: InstrumentId(0), quote: quote(100, time) }];
        engine.step(&Envelope {
            now: time,
            marks: vec![],
            input: Input::Start(Start { epoch: 1 }),
        });
        engine.step(&Envelope { now: time, marks, input: Input::Target(target) });
        assert!(engine.state().holdings[0].mark.is_some());
        engine
    }

    fn posted(exchange_time: Nanos) -> Posted {
        Posted {
            quote: quote(50, exchange_time),
            volume: None,
            close: Some(Px::whole(51)),
            exchange_time: Some(exchange_time),
        }
    }

    #[test]
    fn the_close_before_is_told_once_a_day_to_who_has_a_price_from_before_the_day() {
        let yesterday = DAY.plus(-1);
        let mut tape = Tape::new(1);
        tape.put(InstrumentId(0), &posted(yesterday));
        assert_eq!(tape.closes(&engine(yesterday), DAY), [], "made yesterday: of the day before");
        tape.put(InstrumentId(0), &posted(DAY));
        let wanted = PrevClose { instrument: InstrumentId(0), px: Px::whole(51) };
        assert_eq!(tape.closes(&engine(yesterday), DAY), [Input::PrevClose(wanted)]);
        assert_eq!(tape.closes(&engine(yesterday), DAY), [], "once");
        let mut tape = Tape::new(1);
        tape.put(InstrumentId(0), &posted(DAY));
        assert_eq!(tape.closes(&engine(DAY), DAY), [], "our price is of today");
    }
}
