//! The steps of a script.
//!
//! Entry point: [`Step`].

use super::walk::{Fault, Fields, MS_MAX};
use super::words::{CODES, KINDS, SIDES, STATUSES};
use truefill_core::ids::VenueText;
use truefill_core::input::{Channel, Command};
use truefill_core::num::{Px, Qty};
use truefill_core::report::{ActivityKind, OrdStatus, RejectCode};
use truefill_core::request::Side;
use truefill_core::time::Nanos;

mod events;
mod operator;
mod requests;
mod serve;
mod truth;

pub use events::{Event, Ids};
pub use requests::{Expected, Quiet, Reply, Report, What};
pub use serve::{Changes, ExtraRow, Serve, Served, Serving};
pub use truth::{Owner, Truth};

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The engine starts here.
    Start,
    /// A request has to come within so many milliseconds.
    Expect(Expected, i64),
    /// Nothing of a kind comes for a time.
    Quiet(Quiet),
    /// An answer.
    Reply(Reply),
    /// The truth changes.
    Venue(Truth),
    /// The engine is told something.
    Event(Event),
    /// Answers are overridden.
    Serve(Serve),
    /// A link changes.
    Link(Channel, LinkState),
    /// So many milliseconds pass.
    Wait(i64),
    /// Time passes until an instant.
    WaitUntil(Nanos),
    /// The engine's clock is ahead of the venue's by so many milliseconds.
    Clock(i64),
    /// The process dies; its journal may be lost.
    Crash {
        /// The journal is gone.
        lost: bool,
    },
    /// It comes back.
    Restart,
    /// A strategy declares targets.
    Target {
        /// Which strategy.
        strategy: String,
        /// Targets by symbol.
        set: Vec<(String, Qty)>,
    },
    /// A command.
    Command(Command),
    /// What was found becomes a strategy's.
    Adopt {
        /// Of what.
        symbol: String,
        /// How much, signed.
        qty: Qty,
        /// Whose.
        strategy: String,
    },
    /// A strategy is switched on or off.
    Enable {
        /// Which.
        strategy: String,
        /// On or off.
        on: bool,
    },
    /// Something breaks.
    Inject(Broken),
    /// The market moves.
    Market {
        /// Of what.
        symbol: String,
        /// Bid and ask.
        quote: (Px, Px),
    },
}

/// State of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It works.
    Up,
    /// It is down, and the engine is told.
    Down,
    /// It looks up, and requests vanish.
    HalfOpen,
    /// It looks up, and nothing comes.
    Zombie,
}

/// What is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// No alert is delivered any more.
    AlertSink,
    /// The planner forgets what works and what is filled.
    Planner,
}

const OPS: &[(&str, ())] = &[
    ("start", ()),
    ("expect", ()),
    ("quiet", ()),
    ("reply", ()),
    ("venue", ()),
    ("event", ()),
    ("serve", ()),
    ("link", ()),
    ("wait", ()),
    ("clock", ()),
    ("crash", ()),
    ("restart", ()),
    ("target", ()),
    ("operator", ()),
    ("market", ()),
];

impl Step {
    /// Reads a step.
    pub(super) fn read(of: &Fields<'_>) -> Result<Self, Fault> {
        of.word("op", OPS)?;
        match of.maybe_text("op")?.unwrap_or_default() {
            "start" => of.only(&["op"]).map(|()| Self::Start),
            "expect" => requests::expect(of),
            "quiet" => requests::quiet(of).map(Self::Quiet),
            "reply" => requests::reply(of).map(Self::Reply),
            "venue" => truth::read(of).map(Self::Venue),
            "event" => events::read(of).map(Self::Event),
            "serve" => serve::read(of).map(Self::Serve),
            "link" => link(of),
            "wait" => wait(of),
            "clock" => {
                of.only(&["op", "skew_ms"])?;
                of.int("skew_ms", -MS_MAX).map(Self::Clock)
            }
            "crash" => {
                of.only(&["op", "journal"])?;
                let lost = of.maybe_word("journal", &[("lost", true)])?;
                Ok(Self::Crash { lost: lost.unwrap_or(false) })
            }
            "restart" => of.only(&["op"]).map(|()| Self::Restart),
            "target" => {
                of.only(&["op", "set", "strategy"])?;
                let set = of.signed_map("set")?;
                if set.is_empty() {
                    return Err(of.fault("set", "is missing or empty"));
                }
                let strategy = of.maybe_name("strategy")?.unwrap_or_else(|| "A".to_owned());
                Ok(Self::Target { strategy, set })
            }
            "operator" => operator::read(of),
            _ => market(of),
        }
    }

    /// It in a line, for a story.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Start => "start".to_owned(),
            Self::Expect(expected, _) => format!("expect {}", expected.text()),
            Self::Quiet(quiet) => format!("quiet for {} ms", quiet.for_ms),
            Self::Reply(reply) => format!("reply to {}: {:?}", reply.to, reply.report),
            Self::Venue(truth) => format!("venue {truth:?}"),
            Self::Event(event) => format!("event {event:?}"),
            Self::Serve(serve) => format!("serve {:?}: {:?}", serve.what, serve.how),
            Self::Link(channel, state) => format!("link {channel} {state:?}"),
            Self::Wait(ms) => format!("wait {ms} ms"),
            Self::WaitUntil(until) => format!("wait until {until}"),
            Self::Clock(ms) => format!("the engine's clock is {ms} ms ahead"),
            Self::Crash { lost } => format!("crash{}", if *lost { ", journal lost" } else { "" }),
            Self::Restart => "restart".to_owned(),
            Self::Target { strategy, set } => {
                let one = |(symbol, qty): &(String, Qty)| format!("{symbol} {qty}");
                let set: Vec<String> = set.iter().map(one).collect();
                format!("target of {strategy}: {}", set.join(", "))
            }
            Self::Command(command) => format!("operator {command}"),
            Self::Adopt { symbol, qty, strategy } => {
                format!("operator adopts {qty} {symbol} for {strategy}")
            }
            Self::Enable { strategy, on } => {
                format!("operator {} {strategy}", if *on { "enables" } else { "disables" })
            }
            Self::Inject(fault) => format!("inject {fault:?}"),
            Self::Market { symbol, quote: (bid, ask) } => format!("market {symbol} {bid}/{ask}"),
        }
    }

    /// The strategy it names.
    pub(super) fn strategy(&self) -> Option<&str> {
        match self {
            Self::Target { strategy, .. }
            | Self::Adopt { strategy, .. }
            | Self::Enable { strategy, .. } => Some(strategy),
            _ => None,
        }
    }

    /// Adds the symbols it names.
    pub(super) fn symbols(&self, found: &mut Vec<String>) {
        match self {
            Self::Expect(Expected::Submit { symbol, .. }, _)
            | Self::Adopt { symbol, .. }
            | Self::Market { symbol, .. } => found.push(symbol.clone()),
            Self::Target { set, .. } => found.extend(set.iter().map(|(symbol, _)| symbol.clone())),
            Self::Venue(truth) => found.extend(truth.symbol().map(str::to_owned)),
            Self::Event(event) => found.extend(event.symbol().map(str::to_owned)),
            Self::Serve(serve) => found.extend(serve.symbols()),
            _ => {}
        }
    }
}

fn link(of: &Fields<'_>) -> Result<Step, Fault> {
    of.only(&["op", "channel", "state"])?;
    let channels =
        [("stream", Channel::Stream), ("rest", Channel::Rest), ("market", Channel::Market)];
    let channel = of.word("channel", &channels)?;
    let last = match channel {
        Channel::Rest => ("half_open", LinkState::HalfOpen),
        Channel::Stream | Channel::Market => ("zombie", LinkState::Zombie),
    };
    let state = of.word("state", &[("up", LinkState::Up), ("down", LinkState::Down), last])?;
    Ok(Step::Link(channel, state))
}

fn wait(of: &Fields<'_>) -> Result<Step, Fault> {
    of.only(&["op", "ms", "until"])?;
    match (of.maybe_int("ms", 1)?, of.maybe_instant("until")?) {
        (Some(ms), None) => Ok(Step::Wait(ms)),
        (None, Some(until)) => Ok(Step::WaitUntil(until)),
        _ => Err(of.fault("ms", "or until: exactly one of both is needed")),
    }
}

fn market(of: &Fields<'_>) -> Result<Step, Fault> {
    let symbol = of.name("sym")?;
    if of.has("px") {
        of.only(&["op", "sym", "px"])?;
        let px = of.px("px")?;
        return Ok(Step::Market { symbol, quote: (px, px) });
    }
    of.only(&["op", "sym", "bid", "ask"])?;
    Ok(Step::Market { symbol, quote: (of.px("bid")?, of.px("ask")?) })
}
