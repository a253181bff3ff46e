//! The world's side: market, strategies and broker in virtual time, and the truth of it all. It
//! outlives every engine.
//!
//! Entry point: [`serve`].

use super::frame::{Said, Told, is_gone};
use super::{ApartError, Line};
use crate::broker::world::Delivery;
use crate::broker::{Broker, TruthLog, TruthSink};
use crate::rng::Rng;
use crate::session::Plan;
use crate::strategy::{Strategy, Wish, speaker};
use std::collections::BTreeMap;
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId};
use truefill_core::input::{Channel, DayEnd, Envelope, Input, LinkChange, Target};
use truefill_core::quote::{Mark, Quote};
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_market::source::{Quotes, Tick, TickKind};
use truefill_venue::{Ask, ReferenceCodec, ServerCodec};

/// More exchanges in one instant mean that engine and broker keep each other busy for ever.
const EXCHANGES_MAX: u32 = 20_000;

/// How the day went, as the world saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Engines that were there.
    pub lives: u64,
    /// Requests that arrived at the line.
    pub requests: u64,
    /// Whether engine and broker came to rest before the books were closed.
    pub settled: bool,
}

/// Serves one day to whatever engines come: `wait` gives the line to the next one. The truth
/// goes to `sink`.
///
/// # Errors
/// When market data, the log or a line cannot be read or written. An engine's death is no error.
pub fn serve<'a>(
    plan: &'a Plan,
    sink: &'a mut dyn TruthSink,
    quotes: &mut dyn Quotes,
    strategies: Vec<Box<dyn Strategy + 'a>>,
    wait: &'a mut dyn FnMut() -> std::io::Result<Line>,
) -> Result<Served, ApartError> {
    let mut first = quotes.next()?;
    let begin = first.as_ref().map_or(Nanos(0), |tick| tick.time());
    let now = begin.plus(-plan.lead_ns);
    let mut street = Street {
        broker: Broker::new(&plan.config, plan.world.clone(), plan.seed),
        codec: ReferenceCodec::of(&plan.config),
        log: TruthLog::new(sink),
        rng: Rng::new(plan.seed).fork(9),
        last: vec![None; plan.config.instruments.len()],
        plan,
        strategies,
        wait,
        now,
        line: None,
        back_at: now,
        due: now,
        quiet: false,
        closed: false,
        targets: BTreeMap::new(),
        latest: BTreeMap::new(),
        declared: 0,
        wishes: Vec::new(),
        served: Served::default(),
    };
    while let Some(tick) = match first.take() {
        Some(tick) => Some(tick),
        None => quotes.next()?,
    } {
        street.run_until(tick.time())?;
        street.now = street.now.max(tick.time());
        street.tick(&tick, quotes)?;
    }
    street.close()
}

struct Street<'a> {
    plan: &'a Plan,
    broker: Broker,
    codec: ReferenceCodec,
    log: TruthLog<'a>,
    rng: Rng,
    strategies: Vec<Box<dyn Strategy + 'a>>,
    wait: &'a mut dyn FnMut() -> std::io::Result<Line>,
    /// The last quote of each instrument.
    last: Vec<Option<Quote>>,
    now: Nanos,
    /// To the engine, while there is one.
    line: Option<Line>,
    /// When the next engine is let in.
    back_at: Nanos,
    /// When the engine wants to be asked again.
    due: Nanos,
    /// The engine says that nothing is under way.
    quiet: bool,
    /// The engine says that the day is closed.
    closed: bool,
    targets: BTreeMap<(Nanos, u64), (Target, Option<Quote>)>,
    /// What each strategy said last: said again when an engine comes back.
    latest: BTreeMap<(HoldingId, SleeveId), (Target, Option<Quote>)>,
    declared: u64,
    wishes: Vec<Wish>,
    served: Served,
}

impl Street<'_> {
    fn next_due(&self) -> Nanos {
        let due = self.broker.next_time();
        let due = self.strategies.iter().map(|s| s.next_time()).fold(due, Nanos::min);
        if self.line.is_none() {
            return due.min(self.back_at);
        }
        due.min(self.due).min(self.targets.keys().next().map_or(Nanos::MAX, |(at, _)| *at))
    }

    /// Lets everything happen that is due before `time`.
    fn run_until(&mut self, time: Nanos) -> Result<(), ApartError> {
        while self.next_due() < time {
            self.now = self.now.max(self.next_due());
            if self.line.is_none() && self.back_at <= self.now {
                self.let_in()?;
            }
            for position in 0..self.strategies.len() {
                if self.strategies[position].next_time() <= self.now {
                    self.strategies[position].on_time(self.now, &mut self.wishes);
                }
                self.declare(position);
            }
            self.turn()?;
        }
        Ok(())
    }

    fn tick(&mut self, tick: &Tick, quotes: &dyn Quotes) -> Result<(), ApartError> {
        let instrument = tick.instrument;
        match &tick.kind {
            TickKind::Quote(quote) => {
                match quotes.depth() {
                    Some(depth) => self.broker.on_depth(self.now, instrument, &depth),
                    None => self.broker.on_quote(self.now, instrument, quote),
                }
                if let Some(last) = self.last.get_mut(instrument.ix()) {
                    *last = Some(*quote);
                }
                self.note()?;
                for position in 0..self.strategies.len() {
                    self.strategies[position].on_quote(instrument, quote, &mut self.wishes);
                    self.declare(position);
                }
                let mark = Mark { instrument, quote: *quote };
                self.exchange(&[Told::Quote { now: self.now, mark }])
            }
            TickKind::Trade(trade) => {
                self.broker.on_trade(self.now, instrument, trade);
                self.note()?;
                let now = self.now;
                self.exchange(&[Told::Volume { instrument, qty: trade.qty }, Told::Go { now }])
            }
            TickKind::Bar(_) => Ok(()),
        }
    }

    fn note(&mut self) -> Result<(), ApartError> {
        self.log.catch_up(self.broker.truth()).map_err(ApartError::io("writing the truth log"))
    }

    /// Wishes become targets once they have been computed and carried to the engine.
    fn declare(&mut self, position: usize) {
        for wish in self.wishes.drain(..) {
            let Some(key) = self.plan.config.holdings.get(wish.holding.ix()) else { continue };
            let quote = self.last.get(key.instrument.ix()).copied().flatten();
            let target = Target {
                sleeve: speaker(key, position),
                holding: wish.holding,
                qty: wish.qty,
                decided: self.now,
                px: wish.px.or(quote.map(|q| q.mid())),
                reopen: false,
                stop_px: None,
            };
            self.latest.insert((wish.holding, target.sleeve), (target.clone(), quote));
            self.declared += 1;
            self.targets
                .insert((self.now.plus(self.plan.decide_ns), self.declared), (target, quote));
        }
    }

    /// A new engine comes; strategies say again what they want.
    fn let_in(&mut self) -> Result<(), ApartError> {
        let line = (self.wait)().map_err(ApartError::io("waiting for an engine"))?;
        self.line = Some(line);
        self.served.lives += 1;
        let links = [Channel::Stream, Channel::Rest, Channel::Market];
        let links = links.map(|channel| self.broker.link_up(channel));
        let now = self.now;
        let mut begin: Vec<Told> = Vec::new();
        for (at, quote) in (0u32..).zip(&self.last) {
            if let Some(quote) = *quote {
                // What a market stream tells a new subscriber first.
                let mark = Mark { instrument: InstrumentId(at), quote };
                begin.push(Told::Quote { now, mark });
            }
        }
        for told in begin {
            self.exchange(&[told])?;
        }
        self.exchange(&[Told::Begin { now, links }])?;
        for latest in self.latest.values() {
            self.declared += 1;
            self.targets.insert((now.plus(self.plan.decide_ns), self.declared), latest.clone());
        }
        Ok(())
    }

    /// Everything that happens at this instant, until engine and broker have nothing to say.
    fn turn(&mut self) -> Result<(), ApartError> {
        for _ in 0..EXCHANGES_MAX {
            let mut deliveries = Vec::new();
            self.broker.advance(self.now, &mut deliveries);
            self.note()?;
            if self.line.is_none() {
                return Ok(());
            }
            let mut told: Vec<Told> = deliveries.into_iter().map(|(_, d)| self.told(d)).collect();
            while let Some(entry) = self.targets.first_entry() {
                if entry.key().0 > self.now {
                    break;
                }
                let (target, quote) = entry.remove();
                told.push(self.target(target, quote));
            }
            if told.is_empty() && self.due > self.now {
                return Ok(());
            }
            told.push(Told::Go { now: self.now });
            self.exchange(&told)?;
        }
        Ok(())
    }

    fn told(&self, delivery: Delivery) -> Told {
        match delivery {
            Delivery::Reply { id, status, body } => Told::Reply { id, status, body },
            Delivery::Reset { id } => Told::Reset { id },
            Delivery::Push { body, .. } => Told::Push(body),
            Delivery::Link { channel, up } => {
                let input = Input::Link(LinkChange { channel, up });
                Told::Input(Envelope { now: self.now, marks: Vec::new(), input })
            }
        }
    }

    fn target(&self, target: Target, quote: Option<Quote>) -> Told {
        let key = self.plan.config.holdings.get(target.holding.ix());
        let then = key.zip(quote).map(|(k, quote)| Mark { instrument: k.instrument, quote });
        let marks = then.into_iter().collect();
        Told::Input(Envelope { now: self.now, marks, input: Input::Target(target) })
    }

    /// Tells the engine, and hears it until it is done. The last of `told` is one that is
    /// answered. If the engine dies, what it had sent by then was sent.
    fn exchange(&mut self, told: &[Told]) -> Result<(), ApartError> {
        let Some(line) = &mut self.line else { return Ok(()) };
        let mut write = || -> std::io::Result<()> {
            told.iter().try_for_each(|told| told.write(&mut line.writer))?;
            line.writer.flush()
        };
        match write() {
            Err(error) if !is_gone(&error) => {
                return Err(ApartError::io("writing to the engine")(error));
            }
            // Gone or not: what it said before is still there to be read.
            _ => {}
        }
        loop {
            let Some(line) = &mut self.line else { return Ok(()) };
            match Said::read(&mut line.reader)? {
                Some(Said::Wire { id, body }) => self.sent(id, body)?,
                Some(Said::Done { due, quiet, closed }) => {
                    (self.due, self.quiet) = (due, quiet);
                    self.closed |= closed;
                    return Ok(());
                }
                None => self.died(),
            }
        }
    }

    fn sent(&mut self, id: truefill_core::ids::RequestId, body: Vec<u8>) -> Result<(), ApartError> {
        let request = self.codec.decode_request(&body);
        let request = request.map_err(|bad| ApartError::Garbled(bad.why.to_string()))?;
        let write = match &request.ask {
            Ask::Write(write) => Some(write),
            Ask::Read(_) => None,
        };
        self.served.requests += 1;
        let logged = self.log.sent(self.now, id, write);
        logged.map_err(ApartError::io("writing the truth log"))?;
        self.broker.send(self.now, id, body);
        Ok(())
    }

    fn died(&mut self) {
        self.line = None;
        self.quiet = false;
        self.broker.connection_lost(self.now);
        let down_ns = self.rng.between(20 * MILLI_NS, 5 * SECOND_NS);
        self.back_at = self.now.plus(down_ns);
    }

    /// The market is over: faults off, everything comes to rest, the books are closed.
    fn close(mut self) -> Result<Served, ApartError> {
        self.broker.settle(self.now);
        let end = self.now.plus(self.plan.settle_ns);
        let mut quiet_since = None;
        while self.now < end {
            let step = self.now.plus(SECOND_NS).min(end);
            self.run_until(step)?;
            self.now = step;
            self.exchange(&[Told::Still { now: step }, Told::Go { now: step }])?;
            if !self.quiet || self.line.is_none() || !self.targets.is_empty() {
                quiet_since = None;
                continue;
            }
            let since = *quiet_since.get_or_insert(self.now);
            if self.now.since(since) > self.plan.config.recon.idle_ns + 2 * SECOND_NS {
                self.served.settled = true;
                break;
            }
        }
        while !self.closed {
            let (now, input) = (self.now, Input::DayEnd(DayEnd {}));
            let day_end = Told::Input(Envelope { now, marks: Vec::new(), input });
            self.exchange(&[day_end, Told::Go { now }])?;
            if self.line.is_none() {
                // It died over its books: the next one closes them.
                let back = self.back_at;
                self.run_until(back.plus(1))?;
                self.now = self.now.max(back);
            }
        }
        if let Some(line) = &mut self.line {
            // It may be dead by now; its day is closed.
            let _ = Told::End.write(&mut line.writer).and_then(|()| line.writer.flush());
        }
        let closed = self.log.close(self.broker.truth());
        closed.map_err(ApartError::io("writing the truth log"))?;
        Ok(self.served)
    }
}
