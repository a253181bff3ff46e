//! A simulated broker in front of the simulated exchange: it takes the engine's bytes, keeps the
//! account, and gives back bytes, late, twice, damaged or never, as its world says.
//!
//! Entry points: [`Broker::send`] and [`Broker::on_quote`] in, [`Broker::advance`] out;
//! [`Broker::truth`] for those who check.
//!
//! The driver owns virtual time. It calls [`Broker::advance`] up to an instant before it gives a
//! quote of that instant, and asks [`Broker::next_time`] again after every call: a call may
//! have planned something for right now. Timeouts are the driver's: a lost reply just never
//! comes.
//!
//! Invariants:
//! 1. The broker stays inside its descriptor: arrivals within `arrival_max_ns` of the send,
//!    orders in complete reads within `appear_max_ns` of the send, reads at most
//!    `read_lag_max_ns` old. Only faults that are [`FaultKind::is_beyond`] go outside.
//! 2. Every answer is computed from [`Truth`]; nothing is kept twice.
//! 3. Equal calls give equal deliveries.
//!
//! | module | idea |
//! |---|---|
//! | `rest` | requests and replies, and what becomes of a write on its way |
//! | `doors` | who is not let in at all, and refusals of new orders |
//! | `orders` | placing, filling, cancelling |
//! | `amend` | changing a working order |
//! | `mishaps` | what happens to orders and positions by themselves |
//! | `reads`, `distort` | answers to reads, and how they are wrong |
//! | `stream` | pushed messages |
//! | `limits` | rate windows |
//! | `truth`, `truth_log` | what really happened |
//! | `world` | everything else that a simulated broker is |

mod amend;
mod distort;
mod doors;
pub mod limits;
mod mishaps;
mod orders;
mod reads;
mod rest;
mod stream;
#[cfg(test)]
mod tests;
pub mod truth;
pub mod truth_log;
pub mod world;

pub use truth::Truth;
pub use truth_log::{NoLog, TruthLog, TruthSink};
pub use world::{Amends, Delivery, Opening, Pushes, WindowKind, World};

use std::collections::BTreeSet;

use crate::exchange::{Assumptions, Exchange, Execution};
use crate::faults::{FaultKind, Plan};
use crate::network::Agenda;
use crate::rng::Rng;
use doors::Shut;
use limits::Limits;
use rest::Arrival;
use stream::Stream;
use truefill_core::config::{ClientIds, Config, Descriptor, Holding, Instrument};
use truefill_core::ids::{InstrumentId, RequestId, VenueText};
use truefill_core::input::Channel;
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::report::{ActivityKind, ActivityRow};
use truefill_core::request::{NewOrder, Side};
use truefill_core::time::Nanos;
use truefill_market::fees::{Billing, Charger, FeeError};
use truefill_market::source::{Depth, Trade};
use truefill_venue::ReferenceCodec;

/// A broker and its account.
#[derive(Debug)]
pub struct Broker {
    codec: ReferenceCodec,
    descriptor: Descriptor,
    instruments: Vec<Instrument>,
    holdings: Vec<Holding>,
    world: World,
    exchange: Exchange,
    truth: Truth,
    limits: Limits,
    plan: Plan,
    agenda: Agenda<Due>,
    dice: Dice,
    stream: Stream,
    rest_up: bool,
    /// Requests whose answer the engine can still get.
    waiting: BTreeSet<RequestId>,
    /// The client id is shown in pushes and rows.
    echoes: bool,
    /// The request at hand gets no answer: its connection is broken.
    mute: bool,
    /// Nobody is let in for a while.
    shut: Option<Shut>,
    /// No new orders before.
    closed_until: Nanos,
    /// Orders that the broker has and the exchange does not.
    unreached: BTreeSet<usize>,
    /// Rows of activity that are no trades.
    notes: Vec<ActivityRow>,
    /// First order and first fill that are still in the books.
    books_from: (usize, usize),
    /// Kept for its capacity.
    scratch: Vec<Execution>,
    /// Charges by schedule, where the world has one.
    charger: Option<Charger>,
    /// What the schedule could not charge.
    fee_error: Option<FeeError>,
}

/// Dice of the three ways.
#[derive(Debug)]
struct Dice {
    up: Rng,
    down: Rng,
    push: Rng,
}

/// What can be due.
#[derive(Debug)]
enum Due {
    Arrive(Box<Arrival>),
    Appear {
        new: Box<NewOrder>,
        sent: Nanos,
    },
    Cancel {
        order: usize,
    },
    /// The order, stuck before the exchange, gets there.
    Reach {
        order: usize,
    },
    /// The order, stuck before the exchange, is refused.
    Reject {
        order: usize,
        told: bool,
    },
    Expire {
        order: usize,
    },
    Bust {
        fill: usize,
    },
    Correct {
        fill: usize,
    },
    /// Told again: a state the order once was in.
    OldStatus {
        order: usize,
        change: usize,
    },
    ManualTrade,
    /// The broker or the exchange changes a position.
    Forced(ActivityKind),
    Answer {
        id: RequestId,
        status: u16,
        body: Vec<u8>,
    },
    Reset {
        id: RequestId,
    },
    Push {
        epoch: u32,
        body: Vec<u8>,
    },
    Link {
        channel: Channel,
        up: bool,
    },
    StreamUp,
    RestUp,
}

impl Broker {
    /// A broker for this configuration, in this world.
    ///
    /// # Panics
    /// When the world breaks what the descriptor promises; [`World::check`] says how.
    #[must_use]
    pub fn new(config: &Config, world: World, seed: u64) -> Self {
        let fits = world.check(&config.descriptor);
        assert!(fits.is_ok(), "the world does not fit the descriptor: {fits:?}");
        let rng = Rng::new(seed);
        let opening = world.opening.iter().map(|o| ((o.instrument, o.product), o.qty));
        let mut exchange = Exchange::new(&config.instruments);
        exchange.assume(world.market);
        let charger = world.fees.clone().map(|fees| Charger::new(fees, Billing::Exact));
        Self {
            codec: ReferenceCodec::of(config),
            descriptor: config.descriptor.clone(),
            instruments: config.instruments.clone(),
            holdings: config.holdings.clone(),
            exchange,
            truth: Truth::new(config, opening),
            limits: Limits::new(&config.descriptor.windows, &world.window_kinds),
            plan: Plan::new(world.faults.clone(), &rng.fork(4)),
            agenda: Agenda::new(),
            dice: Dice { up: rng.fork(1), down: rng.fork(2), push: rng.fork(3) },
            stream: Stream::new(),
            rest_up: true,
            waiting: BTreeSet::new(),
            echoes: config.descriptor.client_ids != ClientIds::None,
            mute: false,
            shut: None,
            closed_until: Nanos(i64::MIN),
            unreached: BTreeSet::new(),
            notes: Vec::new(),
            books_from: (0, 0),
            scratch: Vec::new(),
            charger,
            fee_error: None,
            world,
        }
    }

    /// The first execution that the schedule of fees could not charge, if any.
    #[must_use]
    pub const fn fee_error(&self) -> Option<&FeeError> {
        self.fee_error.as_ref()
    }

    /// The market moved. Everything due before `now` must have been run.
    #[inline]
    pub fn on_quote(&mut self, now: Nanos, instrument: InstrumentId, quote: &Quote) {
        assert!(self.agenda.next_time() >= now, "advance to the time of a quote before it");
        self.exchange.on_quote(instrument, quote, &mut self.scratch);
        self.book_scratch(now);
    }

    /// Levels of a full book changed. As for a quote, everything due before `now` must have been
    /// run.
    pub fn on_depth(&mut self, now: Nanos, instrument: InstrumentId, depth: &Depth<'_>) {
        assert!(self.agenda.next_time() >= now, "advance to the time of a book before it");
        self.exchange.on_depth(instrument, depth, &mut self.scratch);
        self.book_scratch(now);
    }

    /// Others traded. As for a quote, everything due before `now` must have been run.
    #[inline]
    pub fn on_trade(&mut self, now: Nanos, instrument: InstrumentId, trade: &Trade) {
        assert!(self.agenda.next_time() >= now, "advance to the time of a trade before it");
        let Trade { px, qty, side, .. } = *trade;
        self.exchange.on_trade(instrument, (px, qty), side, &mut self.scratch);
        self.book_scratch(now);
    }

    /// The market of this instrument is over for now; orders stay.
    pub fn hush(&mut self, instrument: InstrumentId) {
        self.exchange.hush(instrument);
    }

    /// The sizes of bid and ask are one quantity from now on, as the points of bars say.
    pub fn share_sides(&mut self) {
        self.exchange.assume(Assumptions { shared_sides: true, ..self.world.market });
    }

    #[inline]
    fn book_scratch(&mut self, now: Nanos) {
        if !self.scratch.is_empty() {
            let mut executions = std::mem::take(&mut self.scratch);
            self.book(now, &mut executions);
            self.scratch = executions;
        }
    }

    /// When something is due next; [`Nanos::MAX`] if nothing is.
    #[must_use]
    #[inline]
    pub fn next_time(&self) -> Nanos {
        self.agenda.next_time()
    }

    /// Runs everything that is due at or before `now`, in order, and appends what reaches the
    /// engine's shell, each with the time of its arrival there.
    pub fn advance(&mut self, now: Nanos, out: &mut Vec<(Nanos, Delivery)>) {
        while let Some((at, due)) = self.agenda.due(now) {
            out.extend(self.run(at, due).map(|delivery| (at, delivery)));
        }
    }

    fn run(&mut self, at: Nanos, due: Due) -> Option<Delivery> {
        match due {
            Due::Arrive(arrival) => self.arrive(at, *arrival),
            Due::Appear { new, sent } => drop(self.place(at, &new, sent)),
            Due::Cancel { order } => self.cancel_now(at, order),
            Due::Reach { order } => self.reach(at, order),
            Due::Reject { order, told } => self.reject_row(at, order, told),
            Due::Expire { order } => self.expire(at, order),
            Due::Bust { fill } => self.bust(at, fill),
            Due::Correct { fill } => self.correct(at, fill),
            Due::OldStatus { order, change } => self.push_old_status(at, order, change),
            Due::ManualTrade if self.plan.is_on() => self.manual_trade(at),
            Due::Forced(kind) if self.plan.is_on() => self.force(at, kind),
            Due::ManualTrade | Due::Forced(_) => {}
            Due::Answer { id, status, body } => {
                let waits = self.waiting.remove(&id);
                return waits.then_some(Delivery::Reply { id, status, body });
            }
            Due::Reset { id } => {
                return self.waiting.remove(&id).then_some(Delivery::Reset { id });
            }
            Due::Push { epoch, body } => {
                let connected = self.stream.up && self.stream.epoch == epoch;
                return connected.then_some(Delivery::Push { epoch, body });
            }
            Due::Link { channel, up } => return Some(Delivery::Link { channel, up }),
            Due::StreamUp => {
                let channel = Channel::Stream;
                return self.stream_up(at).then_some(Delivery::Link { channel, up: true });
            }
            Due::RestUp => {
                let back = !std::mem::replace(&mut self.rest_up, true);
                return back.then_some(Delivery::Link { channel: Channel::Rest, up: true });
            }
        }
        None
    }

    /// The engine's process died at `now`. Replies and messages under way to it are lost;
    /// requests that left it still arrive. The stream, if it is up, is a new connection from now
    /// on; what is delivered before the engine is back is for the driver to drop.
    pub fn connection_lost(&mut self, now: Nanos) {
        self.waiting.clear();
        if self.stream.up {
            self.stream.reconnect(now);
        }
    }

    /// Whether a link is up: what the engine is told when it starts.
    #[must_use]
    pub const fn link_up(&self, channel: Channel) -> bool {
        match channel {
            Channel::Stream => self.stream.up,
            Channel::Rest => self.rest_up,
            Channel::Market => true,
        }
    }

    /// No more faults from now on: links come back at once, orders that are stuck still appear
    /// and cancels that are delayed still work, within their bounds.
    pub fn settle(&mut self, now: Nanos) {
        self.plan.stop();
        self.shut = None;
        self.closed_until = now;
        self.stream.silent_until = now;
        self.agenda.plan(now, Due::StreamUp);
        self.agenda.plan(now, Due::RestUp);
    }

    /// Somebody else trades on the account, now, outside the displayed sizes.
    pub fn trade_by_hand(
        &mut self,
        now: Nanos,
        instrument: InstrumentId,
        product: VenueText,
        side: Side,
        qty: Qty,
        px: Px,
    ) {
        self.external_trade(now, (instrument, product), side, qty, px, ActivityKind::Trade);
    }

    /// The exchange gives two units for one, now, in every holding of an instrument. Working
    /// orders stay as they are.
    pub fn two_for_one(&mut self, now: Nanos, instrument: InstrumentId) {
        for at in 0..self.holdings.len() {
            let key = &self.holdings[at];
            let (of, product) = (key.instrument, key.product);
            let position = self.truth.position(instrument, &product);
            let Some(side) = Side::of(position).filter(|_| of == instrument) else { continue };
            let (key, whole) = ((instrument, product), position.abs());
            self.external_trade(now, key, side, whole, Px::ZERO, ActivityKind::Split);
        }
    }

    /// What really happened so far.
    #[must_use]
    pub const fn truth(&self) -> &Truth {
        &self.truth
    }

    /// How often each kind of fault has struck.
    pub fn faults_struck(&self) -> impl Iterator<Item = (FaultKind, u64)> {
        self.plan.struck()
    }

    /// The broker's clock.
    fn clock(&self, at: Nanos) -> Nanos {
        at.plus(self.world.clock_ahead_ns)
    }
}

/// A text of the broker's that is known to fit.
fn venue_text(text: &str) -> VenueText {
    let fitted = VenueText::new(text);
    let kept: String = text.chars().filter(|c| (' '..='~').contains(c)).take(48).collect();
    fitted.or_else(|| VenueText::new(&kept)).unwrap_or_default()
}
