//! The facts a ledger states, as types.
//!
//! Entry points: [`Line`], [`Entry`].
//!
//! Units: quantities are signed numbers of the instrument's units (buys positive, sells
//! negative); prices are in the ledger's currency per unit before the multiplier; amounts are
//! in the ledger's currency and a cost is positive.

use super::{Book, MarkSource, Reason, Stage, Time, VERSION};
use crate::Decimal;
use std::collections::BTreeMap;

/// A line of the ledger with the time it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it happened; kept for people, and never decides order.
    pub t: Option<Time>,
    /// What happened.
    pub line: Line,
}

impl From<Line> for Entry {
    /// An entry without a time.
    fn from(line: Line) -> Self {
        Entry { t: None, line }
    }
}

/// One fact of the ledger; each variant is one `ev`, and its fields are that event's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // fields that every variant shares are described in the module
pub enum Line {
    /// `ledger`: the first line.
    Ledger {
        /// Version of the format; only [`VERSION`] exists.
        version: u64,
    },
    /// `instrument`: declares a symbol, once, before its first use.
    Instrument {
        symbol: String,
        /// Currency per unit and price point; above zero, 1 when left out.
        multiplier: Decimal,
    },
    /// `day`: a day or session starts; every later line belongs to it.
    Day {
        /// Its name; each day of a ledger has another.
        day: String,
    },
    /// `mark`: the mark of a symbol from here on.
    Mark { symbol: String, px: Decimal, source: MarkSource },
    /// `open`: opening positions, valued at the mark.
    Open { strategy: String, symbol: String, qty: Opening },
    /// `theory_fill`: the theoretical book trades.
    TheoryFill { strategy: String, symbol: String, qty: Decimal, px: Decimal },
    /// `stage`: sets one counter of the ladder to an absolute position.
    Stage {
        strategy: String,
        symbol: String,
        /// One of [`Stage::SETTABLE`].
        stage: Stage,
        qty: Decimal,
        /// One of [`Stage::reasons`]; stays in force until another is given for the stage.
        reason: Option<Reason>,
    },
    /// `fill`: the live book trades.
    Fill { strategy: String, symbol: String, qty: Decimal, px: Decimal, liquidity: Liquidity },
    /// `external`: a trade at the broker that is not ours.
    External { strategy: String, symbol: String, qty: Decimal, px: Decimal },
    /// `cross`: two strategies of the account trade inside.
    Cross {
        symbol: String,
        buyer: String,
        seller: String,
        /// What the buyer receives; not below zero.
        qty: Decimal,
        px: Decimal,
    },
    /// `split`: every counter is multiplied by `ratio`.
    Split {
        symbol: String,
        /// New units for one old unit; above zero.
        ratio: Decimal,
        /// The mark in new units.
        px: Decimal,
    },
    /// `fee`: charged in one book.
    Fee { strategy: String, symbol: Option<String>, book: Book, amount: Decimal },
    /// `financing`: interest, funding or dividends of one book.
    Financing { strategy: String, symbol: Option<String>, book: Book, amount: Decimal },
    /// `day_end`: closing valuation; a symbol left out is valued at its mark in both books.
    DayEnd { marks: BTreeMap<String, ClosingMarks> },
}

/// The words of `ev`, in the order of the format's table.
pub(super) const EVENTS: &[&str] = &[
    "ledger",
    "instrument",
    "day",
    "mark",
    "open",
    "theory_fill",
    "stage",
    "fill",
    "external",
    "cross",
    "split",
    "fee",
    "financing",
    "day_end",
];

impl Line {
    /// The first line of every ledger.
    pub const HEADER: Line = Line::Ledger { version: VERSION };

    /// The one symbol that the line is about, if it is about one.
    pub fn symbol(&self) -> Option<&str> {
        match self {
            Line::Instrument { symbol, .. }
            | Line::Mark { symbol, .. }
            | Line::Open { symbol, .. }
            | Line::TheoryFill { symbol, .. }
            | Line::Stage { symbol, .. }
            | Line::Fill { symbol, .. }
            | Line::External { symbol, .. }
            | Line::Cross { symbol, .. }
            | Line::Split { symbol, .. } => Some(symbol),
            Line::Fee { symbol, .. } | Line::Financing { symbol, .. } => symbol.as_deref(),
            Line::Ledger { .. } | Line::Day { .. } | Line::DayEnd { .. } => None,
        }
    }

    /// The word in `ev`.
    pub fn ev(&self) -> &'static str {
        match self {
            Line::Ledger { .. } => "ledger",
            Line::Instrument { .. } => "instrument",
            Line::Day { .. } => "day",
            Line::Mark { .. } => "mark",
            Line::Open { .. } => "open",
            Line::TheoryFill { .. } => "theory_fill",
            Line::Stage { .. } => "stage",
            Line::Fill { .. } => "fill",
            Line::External { .. } => "external",
            Line::Cross { .. } => "cross",
            Line::Split { .. } => "split",
            Line::Fee { .. } => "fee",
            Line::Financing { .. } => "financing",
            Line::DayEnd { .. } => "day_end",
        }
    }
}

/// Which side of the trade a fill was on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liquidity {
    /// It took liquidity.
    Taker {
        /// The price at the touch when the order arrived.
        touch: Decimal,
    },
    /// It rested and was met.
    Maker {
        /// The touch, where the source knows it; it does not enter the sum.
        touch: Option<Decimal>,
    },
}

/// The positions of one holding when its ledger begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The position at the broker, and of every stage that is not in `stages`.
    pub broker: Decimal,
    /// Positions of other stages, each by its stage.
    pub stages: BTreeMap<Stage, Decimal>,
}

impl Opening {
    /// The opening position of `stage`.
    pub fn at(&self, stage: Stage) -> &Decimal {
        match stage {
            Stage::Broker => &self.broker,
            _ => self.stages.get(&stage).unwrap_or(&self.broker),
        }
    }
}

/// The prices at which the two books are valued at the end of a day.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ClosingMarks {
    /// For the theoretical book.
    pub theory: Decimal,
    /// For the live book.
    pub live: Decimal,
}
