//! What a page is made from: plain data, in the units of the ledger.
//!
//! Entry points: [`RunPage`], and `RunPage::from` for a report with nothing around it.
//!
//! Invariants:
//! - Nothing here is trusted to be safe for HTML, sorted or short.
//! - Amounts are in [`RunPage::currency`], quantities in units of the instrument.

use crate::trading::Trading;
use truefill_core::time::Nanos;
use truefill_gap::{Causes, Decimal, Report};

/// A run and its gap report.
#[derive(Clone, Debug)]
pub struct RunPage {
    /// The headline.
    pub title: String,
    /// What ran: data, seed, faults.
    pub subtitle: String,
    /// The currency of every amount, such as `INR`; may be empty.
    pub currency: String,
    /// How good the marks were: `A` quotes, `B` bars, `C` fills only; may be empty.
    pub grade: String,
    /// The exact report.
    pub gap: Report,
    /// Figures of the run, in the order in which to show them.
    pub facts: Vec<Fact>,
    /// Profit of both books over time; empty when it was not recorded.
    pub equity: Vec<Point>,
    /// The wait of each request in our queue.
    pub queue: Vec<QueuePoint>,
    /// What went wrong, and what became of it.
    pub incidents: Vec<Incident>,
    /// Positions at the end.
    pub positions: Vec<PositionRow>,
    /// Whether the market data was generated and not recorded.
    pub synthetic: bool,
    /// A command to try next; may be empty.
    pub next_step: String,
    /// What gates and rules did; empty when only a ledger is known.
    pub trading: Trading,
    /// The usual bot beside it, where it ran too.
    pub naive: Option<Naive>,
    /// Laws that a broker outside its declared bounds broke, in words, and that people were
    /// told of as they should be.
    pub excused: Vec<String>,
}

/// The usual bot and truefill in the same world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naive {
    /// The loop that most people write first.
    pub usual: Side,
    /// The run of this page.
    pub ours: Side,
}

/// One side of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// Profit of the live book.
    pub live_pnl: Decimal,
    /// Theoretical less live profit.
    pub gap: Decimal,
    /// The gap by cause.
    pub causes: Causes,
    /// Requests sent.
    pub requests: u64,
    /// Requests that exceeded the broker's limit.
    pub rate_limit_hits: u64,
    /// Writes without a certain outcome.
    pub unknown_outcomes: u64,
    /// Orders that the broker got twice.
    pub doubled_orders: u64,
    /// What it is wrong about at the end, such as `30 SOLUSDT`, or `nothing`.
    pub wrong_about: String,
    /// What that is worth at the last marks; zero where it is nothing or not known.
    pub wrong_worth: Decimal,
}

/// One figure of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Fact {
    /// What it is, such as `Orders`.
    pub label: String,
    /// Its value as text.
    pub value: String,
    /// What to know about it; may be empty.
    pub note: String,
}

/// The profit of both books at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// When.
    pub time: Nanos,
    /// Profit of the theoretical book since the start.
    pub theory: Decimal,
    /// Profit of the live book since the start.
    pub live: Decimal,
}

/// How long one request waited in our queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuePoint {
    /// When it was released.
    pub time: Nanos,
    /// How long it had waited; below zero counts as zero.
    pub wait_ns: i64,
    /// What it was, such as `place INFY`.
    pub label: String,
}

/// Something that went wrong, or nearly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// When it was noticed.
    pub time: Nanos,
    /// Its code, such as `POSITION_DRIFT`.
    pub code: String,
    /// What it is about: a symbol, an order, a link.
    pub subject: String,
    /// What happened.
    pub text: String,
    /// What followed from it.
    pub consequence: String,
}

/// Where one holding stood at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionRow {
    /// The instrument, with its product where that matters.
    pub symbol: String,
    /// What the strategies wanted.
    pub target: Decimal,
    /// What the engine believes.
    pub engine: Decimal,
    /// What the broker says.
    pub broker: Decimal,
}

impl PositionRow {
    /// Whether target, engine and broker say the same.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.target == self.engine && self.engine == self.broker
    }
}

impl Fact {
    /// A figure with a note; an empty note is left out of the page.
    #[must_use]
    pub fn new(
        label: impl Into<String>,
        value: impl Into<String>,
        note: impl Into<String>,
    ) -> Self {
        Fact { label: label.into(), value: value.into(), note: note.into() }
    }
}

impl From<Report> for RunPage {
    /// A page that shows a report and nothing around it.
    fn from(gap: Report) -> Self {
        RunPage {
            title: "Gap report".to_owned(),
            subtitle: String::new(),
            currency: String::new(),
            grade: String::new(),
            gap,
            facts: Vec::new(),
            equity: Vec::new(),
            queue: Vec::new(),
            incidents: Vec::new(),
            positions: Vec::new(),
            synthetic: false,
            next_step: String::new(),
            trading: Trading::default(),
            naive: None,
            excused: Vec::new(),
        }
    }
}
