//! What reaches the desk, from everywhere.
//!
//! Entry points: [`News`], [`Inbox`].
//!
//! Invariant: the queue is bounded, and who finds it full waits: nothing about an order is ever
//! dropped. Market data does not come this way (see [`crate::board`]).

use tokio::sync::{mpsc, oneshot};
use truefill_core::ids::{HoldingId, RequestId, SleeveId};
use truefill_core::input::{Channel, Command, Input};
use truefill_core::num::{Px, Qty};
use truefill_core::time::Nanos;
use truefill_venue::live::{ReadEnd, WriteEnd};

/// Pieces of news that wait for the desk.
pub const WAITING_MAX: usize = 1024;

/// Where news is put.
pub type Inbox = mpsc::Sender<News>;

/// A target on its way: whose, of what, how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whose.
    pub sleeve: SleeveId,
    /// Of what.
    pub holding: HoldingId,
    /// How much, in the unit of the strategy.
    pub qty: Qty,
    /// When it was decided; absent means now.
    pub decided: Option<Nanos>,
    /// The price it was decided at.
    pub px: Option<Px>,
    /// Where a protective stop rests while it is held; absent for none.
    pub stop: Option<Px>,
}

/// Something a person asked for.
#[derive(Debug)]
pub struct Demand {
    /// What.
    pub what: Asked,
    /// Who, as the system says.
    pub by: String,
    /// Where the answer goes.
    pub answer: oneshot::Sender<serde_json::Value>,
}

/// What a person may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// How things are.
    Status,
    /// A command to the engine.
    Command(Command),
    /// What was found in a symbol becomes a strategy's, or nobody's with a quantity of zero; and
    /// the symbol trades again.
    Adopt {
        /// Symbol.
        symbol: String,
        /// How much of it, signed.
        qty: Qty,
        /// Whose it becomes; absent for the first that trades it.
        strategy: Option<String>,
    },
    /// A symbol was split, or there was a bonus: so many new units for old ones.
    Split {
        /// Symbol.
        symbol: String,
        /// New units.
        new: u32,
        /// Old units.
        old: u32,
    },
}

/// A piece of news.
#[derive(Debug)]
pub enum News {
    /// The end of a write.
    Written(RequestId, WriteEnd),
    /// The end of a read.
    Read(RequestId, ReadEnd),
    /// Anything that is an input already.
    Input(Input),
    /// A link is up or down, as seen by who holds it.
    Link(Channel, bool),
    /// A connection to the broker stands, or none does.
    Reached(bool),
    /// A session is there. `fresh` when it is not the one that was there before.
    Session {
        /// A new login, or the broker had forgotten the old one.
        fresh: bool,
    },
    /// Targets of one strategy.
    Wanted(Vec<Wanted>),
    /// The rules of what is traded have changed, as this says.
    Renew(String),
    /// Somebody asks.
    Demand(Demand),
}
