//! The broker: orders, books, account, session and stream, over the simulated exchange, in the
//! time that its driver says.
//!
//! Entry points: [`Desk::request`] for REST, [`Desk::ticker_open`] and [`Desk::ticker_text`] for
//! the ticker, [`Desk::control`] for the control API, [`Desk::advance`] and
//! [`Desk::take_frames`] for what happens by itself.
//!
//! Invariants:
//! 1. No clock and no I/O: equal options and equal calls at equal times give equal bytes.
//! 2. Every answer is computed from the truth; an answer that is wrong on purpose is computed from
//!    an older truth or damaged afterwards, and said in the log.
//! 3. Memory is bounded: orders by the limit of the day, the log, tokens and connections by
//!    limits of their own.
//!
//! | module | idea |
//! |---|---|
//! | `request` | from a request to an answer, limits and lost replies on the way |
//! | `place`, `check` | new orders and what is refused |
//! | `change` | modify and cancel |
//! | `life` | what becomes of an order |
//! | `views` | books, late and damaged where a fault says so |
//! | `account`, `portfolio`, `money` | positions, holdings, margins, charges |
//! | `postback` | messages to the app's own server |
//! | `market` | quotes, candles, instruments |
//! | `session` | log-in, tokens |
//! | `stream` | connections of the ticker |
//! | `mishaps` | faults that strike at a time of their own, the day |
//! | `control`, `truth` | the control API |

mod account;
mod change;
mod check;
mod control;
mod life;
mod market;
mod mishaps;
mod money;
mod place;
mod portfolio;
mod postback;
mod request;
mod session;
mod stream;
#[cfg(test)]
mod tests;
mod truth;
mod views;
mod windows;

pub use control::{ControlError, Link, LinkKind};
pub use request::{Answer, Ending};
pub use stream::{Connection, Frame};

use crate::chronicle::Chronicle;
use crate::faults::Plan;
use crate::listing::Listing;
use crate::street::Street;
use account::Account;
use session::Session;
use std::collections::{BTreeMap, BTreeSet};
use stream::Stream;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::quote::Quote;
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_sim::exchange::{Amending, Assumptions, Exchange, Execution, ThinBook};
use truefill_sim::network::{Agenda, Latency};
use truefill_sim::rng::Rng;
use truefill_venue::kite_server::{Fields, Json, OrderFace, Product, Route, TradeFace};
use windows::Windows;

/// Ids of orders begin here: nineteen digits, more than a float holds exactly.
const FIRST_ID: u64 = 1_990_000_000_000_000_000;

/// States kept of one order.
const STATES_MAX: usize = 400;

/// How the box is, beside its faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Seed of everything random.
    pub seed: u64,
    /// The user.
    pub user: String,
    /// Name of the app.
    pub api_key: String,
    /// Its secret.
    pub api_secret: String,
    /// Where the log-in page leads; without it the page shows the request token.
    pub redirect: Option<String>,
    /// Somebody waits for postbacks.
    pub postback: bool,
    /// Money at the beginning, in rupees.
    pub cash: i64,
    /// Time between two quotes of an instrument.
    pub tick_ns: i64,
    /// What is not known of the real broker, or differs between days.
    pub switches: Switches,
}

/// What is not known of the real broker, or differs between its days and accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// Seconds and minutes of limits slide; otherwise they are those of the clock.
    pub sliding: bool,
    /// Cancels count in the limits of orders.
    pub count_cancels: bool,
    /// A message is sent when an order comes to rest.
    pub push_on_open: bool,
    /// A market order with protection is shown as a limit order.
    pub market_as_limit: bool,
    /// Market orders need protection.
    pub need_protection: bool,
    /// Trading at any time; otherwise only in hours, and what comes outside them is collected.
    pub always_open: bool,
    /// Everything is counted, nothing is refused.
    pub no_limits: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            sliding: true,
            count_cancels: true,
            push_on_open: true,
            market_as_limit: true,
            need_protection: true,
            always_open: true,
            no_limits: false,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            user: "AB1234".to_owned(),
            api_key: "boxkey".to_owned(),
            api_secret: "boxsecret".to_owned(),
            redirect: None,
            postback: false,
            cash: 1_000_000,
            tick_ns: 250 * MILLI_NS,
            switches: Switches::default(),
        }
    }
}

/// An order, as it really is.
#[derive(Clone, Debug)]
struct Order {
    face: OrderFace,
    instrument: InstrumentId,
    /// Its states, oldest first.
    states: Vec<(Nanos, OrderFace)>,
    arrived: Nanos,
    modifications: u32,
    /// The exchange has it.
    resting: bool,
    /// Only a part of it finds somebody.
    thin: bool,
    /// Its last row is wrong about what is pending and cancelled.
    wrong_numbers: bool,
    /// Legs of an iceberg still to come.
    legs_left: i64,
    /// Stop behind an entry.
    stop_behind: Option<Px>,
    /// Somebody else's.
    external: bool,
}

/// A fill.
#[derive(Clone, Debug)]
struct Fill {
    face: TradeFace,
    instrument: InstrumentId,
    order: u64,
}

/// What can be due.
#[derive(Debug)]
enum Due {
    Validated(u64),
    Forwarded(u64),
    Reach(u64),
    Change(u64, Box<(Amending, OrderFace)>),
    Cancel(u64),
    Expire(u64),
    Reject(u64),
    /// A request whose reply was lost takes effect.
    Carry(Box<(Route, Fields)>),
    Push(String),
    LinkBack,
    Tick,
    Second,
    Dawn,
}

/// The broker.
///
/// ```
/// use truefill_box::desk::{Desk, Ending, Options};
/// use truefill_box::listing::Listing;
/// use truefill_core::time::{Nanos, SECOND_NS};
/// use truefill_venue::kite_server::Asked;
///
/// let now = Nanos(1_764_000_000 * SECOND_NS);
/// let mut desk = Desk::new(Options::default(), Listing::standard(), now);
/// let mut ask = |desk: &mut Desk, now, method: &str, path: &str, body: &str| {
///     let authorization = Some(format!("token boxkey:{}", desk.access_token()));
///     let (method, path) = (method.to_owned(), path.to_owned());
///     let body = body.as_bytes().to_vec();
///     desk.request(now, &Asked { method, path, authorization, body, ..Asked::default() })
/// };
/// let order = "exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&quantity=10&product=MIS\
///              &order_type=MARKET&market_protection=-1&tag=mine";
/// ask(&mut desk, now, "POST", "/orders/regular", order);
/// let answer = ask(&mut desk, now.plus(SECOND_NS), "GET", "/orders", "");
/// let Ending::Reply(reply) = answer.ending else { panic!("a calm box answers") };
/// assert!(String::from_utf8_lossy(&reply.body).contains("\"status\":\"COMPLETE\""));
/// ```
pub struct Desk {
    options: Options,
    listing: Listing,
    street: Street,
    tape: Option<Tape>,
    exchange: Exchange,
    orders: BTreeMap<u64, Order>,
    ids: BTreeMap<String, u64>,
    next_order: u64,
    last_id: u64,
    /// Orders that wait for their trigger.
    stops: BTreeSet<u64>,
    link: Link,
    fills: Vec<Fill>,
    account: Account,
    session: Session,
    windows: Windows,
    plan: Plan,
    agenda: Agenda<Due>,
    stream: Stream,
    chronicle: Chronicle,
    up: Latency,
    dice: Rng,
    scratch: Vec<Execution>,
    postbacks: Vec<String>,
    /// Executions that the broker does not know of while the exchange is out of reach.
    held: Vec<Execution>,
    link_until: Nanos,
    market_open: bool,
    last_second: Nanos,
    now: Nanos,
    /// Where the present advance goes.
    target: Nanos,
}

/// Recorded quotes, moved in time so that they begin with the box.
pub struct Tape {
    quotes: Box<dyn Iterator<Item = (InstrumentId, Quote)> + Send>,
    /// What to add to a recorded time.
    shift_ns: i64,
    next: Option<(InstrumentId, Quote)>,
}

impl Tape {
    /// These quotes, in order of time, the first of them at `start`.
    pub fn new(
        mut quotes: Box<dyn Iterator<Item = (InstrumentId, Quote)> + Send>,
        start: Nanos,
    ) -> Self {
        let next = quotes.next();
        let shift_ns = next.map_or(0, |(_, first)| start.since(first.time));
        let mut tape = Self { quotes, shift_ns, next };
        if let Some((_, first)) = &mut tape.next {
            first.time = start;
        }
        tape
    }

    /// The next quote at or before `now`.
    fn due(&mut self, now: Nanos) -> Option<(InstrumentId, Quote)> {
        let due = self.next.filter(|(_, quote)| quote.time <= now)?;
        let shifted = |(id, quote): (InstrumentId, Quote)| {
            (id, Quote { time: quote.time.plus(self.shift_ns), ..quote })
        };
        self.next = self.quotes.next().map(shifted);
        Some(due)
    }
}

impl Desk {
    /// A broker that opens at `now`.
    #[must_use]
    pub fn new(options: Options, listing: Listing, now: Nanos) -> Self {
        let rng = Rng::new(options.seed);
        let street = Street::new(&listing, options.seed, now);
        let mut exchange = Exchange::new(&listing.rules());
        let thin = ThinBook { levels: 4, step_ticks: 1, qty: Qty::whole(2_000) };
        exchange.assume(Assumptions { thin: Some(thin), ..Assumptions::default() });
        let mut desk = Self {
            account: Account::new(options.cash),
            session: Session::new(options.seed, now),
            windows: Windows::new(options.switches.sliding),
            plan: Plan::new(options.seed),
            agenda: Agenda::new(),
            stream: Stream::default(),
            chronicle: Chronicle::default(),
            up: Latency {
                base_ns: 8 * MILLI_NS,
                spread_ns: 20 * MILLI_NS,
                spike_ppm: 1_000,
                spike_ns: 400 * MILLI_NS,
            },
            dice: rng.fork(5),
            tape: None,
            orders: BTreeMap::new(),
            ids: BTreeMap::new(),
            next_order: 1,
            last_id: FIRST_ID,
            stops: BTreeSet::new(),
            link: Link::default(),
            fills: Vec::new(),
            scratch: Vec::new(),
            postbacks: Vec::new(),
            held: Vec::new(),
            link_until: Nanos(i64::MIN),
            market_open: true,
            last_second: now,
            now,
            target: now,
            options,
            listing,
            street,
            exchange,
        };
        desk.quote_all(now);
        desk.agenda.plan(now.plus(desk.options.tick_ns), Due::Tick);
        desk.agenda.plan(now.plus(SECOND_NS), Due::Second);
        desk.plan_dawn(now);
        desk
    }

    /// Recorded prices from now on, for the instruments that the tape has.
    pub fn play(&mut self, tape: Tape) {
        self.tape = Some(tape);
        self.quote_all(self.now);
    }

    /// The access token that is valid now.
    #[must_use]
    pub fn access_token(&self) -> &str {
        self.session.token()
    }

    /// The log of truth.
    pub fn chronicle(&mut self) -> &mut Chronicle {
        &mut self.chronicle
    }

    /// A preset of faults from now on; false if there is none of this name.
    pub fn preset(&mut self, name: &str) -> bool {
        self.plan.preset(name)
    }

    /// When something is due next.
    #[must_use]
    pub fn next_time(&self) -> Nanos {
        self.agenda.next_time()
    }

    /// Runs everything that is due at or before `now`.
    pub fn advance(&mut self, now: Nanos) {
        self.target = now.max(self.now);
        while let Some((at, due)) = self.agenda.due(self.target) {
            self.now = at.max(self.now);
            self.run(self.now, due);
        }
        self.now = self.target;
    }

    /// What is to be sent to connections of the ticker, in order.
    pub fn take_frames(&mut self) -> Vec<(Connection, Frame)> {
        self.stream.take()
    }

    /// Bodies of postbacks since last asked.
    pub fn take_postbacks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.postbacks)
    }

    fn run(&mut self, at: Nanos, due: Due) {
        match due {
            Due::Validated(order) => self.validated(at, order),
            Due::Forwarded(order) => self.forwarded(at, order),
            Due::Reach(order) => self.reach(at, order),
            Due::Change(order, to) => self.changed(at, order, *to),
            Due::Cancel(order) => self.cancelled(at, order),
            Due::Expire(order) => self.expire(at, order),
            Due::Reject(order) => self.reject(at, order),
            Due::Carry(request) => {
                let (route, fields) = *request;
                let done = self.carry(at, &route, &fields);
                let words = match done {
                    Ok(_) => "a request whose reply was lost takes effect".to_owned(),
                    Err(refusal) => format!("a lost request is refused: {}", refusal.message),
                };
                self.chronicle.note(at, "carried", Json::object([("words", words.into())]));
            }
            Due::Push(text) => self.stream.broadcast(&Frame::Text(text)),
            Due::LinkBack => self.link_back(at),
            Due::Tick => self.tick(at),
            Due::Second => self.second(at),
            Due::Dawn => self.dawn(at),
        }
    }

    /// The next quotes of all instruments.
    fn tick(&mut self, at: Nanos) {
        if self.is_open(at) {
            self.quote_all(at);
        }
        self.stream.send_ticks(&self.street, &self.listing, at);
        self.agenda.plan(self.again(at, self.options.tick_ns), Due::Tick);
    }

    /// When something that happens at intervals happens next: intervals that a leap of the clock
    /// left behind are passed over.
    fn again(&self, at: Nanos, every_ns: i64) -> Nanos {
        let next = at.plus(every_ns);
        if self.target.since(next) > 60 * SECOND_NS { self.target } else { next }
    }

    fn quote_all(&mut self, at: Nanos) {
        let taped = self.tape.is_some();
        while let Some((id, quote)) = self.tape.as_mut().and_then(|tape| tape.due(at)) {
            if let Some(quote) = self.street.on_quote(id, &Quote { time: at, ..quote }) {
                self.on_quote(at, id, &quote);
            }
        }
        if taped {
            return;
        }
        for number in 0..u32::try_from(self.listing.iter().count()).unwrap_or(0) {
            let id = InstrumentId(number);
            if let Some(quote) = self.street.step(id, at) {
                self.on_quote(at, id, &quote);
            }
        }
    }

    /// A market moved: the exchange fills what it can.
    fn on_quote(&mut self, at: Nanos, id: InstrumentId, quote: &Quote) {
        let mut executions = std::mem::take(&mut self.scratch);
        self.exchange.on_quote(id, quote, &mut executions);
        self.wake_stops(at, id, quote);
        self.book(at, &mut executions);
        self.scratch = executions;
    }

    /// Whether there is a market at this time.
    fn is_open(&self, at: Nanos) -> bool {
        self.market_open && (self.options.switches.always_open || crate::street::in_hours(at))
    }

    /// Notional times a multiplier.
    fn worth(&self, id: InstrumentId, qty: Qty, px: Px) -> Amount {
        let multiplier = self.listing.get(id).map_or(1, |item| item.multiplier);
        Amount(qty.times(px).0.saturating_mul(i128::from(multiplier)))
    }

    /// The position of a product, as it really is.
    fn position(&self, id: InstrumentId, product: Product) -> Qty {
        self.account.position(id, product, self.now)
    }
}
