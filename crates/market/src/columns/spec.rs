//! What the caller says about a file that the file itself does not say.
//!
//! Entry points: [`BarSpec`], [`QuoteSpec`].

use std::collections::BTreeMap;

use truefill_core::num::Qty;

use crate::error::MarketError;
use crate::stamp::compact_day;
use crate::zone::Zone;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Field {
    /// Date, or date and time.
    Time,
    /// Time of day, where the date has a column of its own.
    Clock,
    /// Symbol.
    Symbol,
    /// First price of a bar.
    Open,
    /// Highest price of a bar.
    High,
    /// Lowest price of a bar.
    Low,
    /// Last price of a bar.
    Close,
    /// Last price, adjusted for splits and dividends; only splits are looked for in it.
    AdjClose,
    /// Quantity traded, in units of the instrument.
    Volume,
    /// Bid price.
    Bid,
    /// Displayed size at the bid.
    BidSize,
    /// Ask price.
    Ask,
    /// Displayed size at the ask.
    AskSize,
}

/// A column, by name or place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// Its name in the first line; case and what is between words do not count.
    Named(String),
    /// Its place, counted from 1.
    At(usize),
}

impl From<&str> for Column {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl From<usize> for Column {
    fn from(place: usize) -> Self {
        Self::At(place)
    }
}

/// Which end of a bar its stamp means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampSide {
    /// Its beginning.
    Open,
    /// Its end.
    Close,
}

/// The hours of a session, for bars that are stamped with a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Open, in seconds after midnight.
    pub open_second: u32,
    /// Close, in seconds after midnight, after the open; 86,400 is the next midnight.
    pub close_second: u32,
    /// The zone of both.
    pub zone: Zone,
}

impl Session {
    /// 09:30 to 16:00 in New York.
    pub const US_EQUITY: Self =
        Self { open_second: 34_200, close_second: 57_600, zone: Zone::NewYork };
    /// 09:15 to 15:30 in Kolkata.
    pub const INDIA_EQUITY: Self =
        Self { open_second: 33_300, close_second: 55_800, zone: Zone::Kolkata };
    /// The whole day, UTC.
    pub const UTC_DAY: Self = Self { open_second: 0, close_second: 86_400, zone: Zone::Utc };

    /// Refuses what cannot be.
    pub(crate) fn check(self) -> Result<(), MarketError> {
        if self.open_second < self.close_second && self.close_second <= 86_400 {
            return Ok(());
        }
        Err(MarketError::declared(
            format!("a session from second {} to {}", self.open_second, self.close_second),
            "declare an open before the close, both within a day",
        ))
    }
}

/// What bars and quotes have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) separator: Option<char>,
    pub(crate) header: Option<bool>,
    pub(crate) columns: BTreeMap<Field, Column>,
    pub(crate) symbol: Option<String>,
    pub(crate) zone: Option<Zone>,
    /// Times are milliseconds after the midnight of this day.
    pub(crate) day: Option<i64>,
    /// Prices are divided by this; 0 counts as 1.
    pub(crate) divisor: u32,
}

/// Builder methods that both specs have.
macro_rules! shape_methods {
    () => {
        /// Nothing declared: what the file says is enough.
        #[must_use]
        pub fn new() -> Self {
            Self::default()
        }

        /// Cells are separated by this; otherwise it is recognised.
        #[must_use]
        pub fn separator(mut self, separator: char) -> Self {
            self.shape.separator = Some(separator);
            self
        }

        /// Whether the first line names the columns; otherwise it is recognised.
        #[must_use]
        pub fn header(mut self, header: bool) -> Self {
            self.shape.header = Some(header);
            self
        }

        /// What a column holds; once a price column is declared, no price column is guessed.
        #[must_use]
        pub fn column(mut self, field: Field, column: impl Into<Column>) -> Self {
            self.shape.columns.insert(field, column.into());
            self
        }

        /// The symbol of a file that is about one.
        #[must_use]
        pub fn symbol(mut self, symbol: impl Into<String>) -> Self {
            self.shape.symbol = Some(symbol.into());
            self
        }

        /// The zone of times without an offset.
        #[must_use]
        pub fn zone(mut self, zone: Zone) -> Self {
            self.shape.zone = Some(zone);
            self
        }

        /// Times are milliseconds after midnight of this day, written `YYYYMMDD`.
        ///
        /// # Errors
        /// [`ErrorKind::Declared`](crate::error::ErrorKind::Declared) for what is no day.
        pub fn day(mut self, day: &str) -> Result<Self, MarketError> {
            let day = compact_day(day).map_err(|e| {
                MarketError::declared(
                    format!("{} is {e}", crate::error::shown(day)),
                    "write the day as YYYYMMDD",
                )
            })?;
            self.shape.day = Some(day);
            Ok(self)
        }

        /// Prices in the file are so many times the real ones.
        #[must_use]
        pub fn price_divisor(mut self, divisor: u32) -> Self {
            self.shape.divisor = divisor;
            self
        }
    };
}

/// What the caller says about a file of bars.
///
/// ```
/// use truefill_core::time::SECOND_NS;
/// use truefill_market::columns::{BarSpec, Field, StampSide};
/// use truefill_market::zone::Zone;
/// let spec = BarSpec::new()
///     .symbol("SPY")
///     .zone(Zone::Utc)
///     .stamp(StampSide::Close)
///     .period_ns(60 * SECOND_NS)
///     .column(Field::Close, 5);
/// # let _ = spec;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BarSpec {
    pub(crate) shape: Shape,
    pub(crate) side: Option<StampSide>,
    pub(crate) period_ns: Option<i64>,
    pub(crate) session: Option<Session>,
    pub(crate) adjusted: bool,
}

impl BarSpec {
    shape_methods!();

    /// Which end of a bar its stamp means.
    #[must_use]
    pub fn stamp(self, side: StampSide) -> Self {
        Self { side: Some(side), ..self }
    }

    /// How long a bar is, in nanoseconds.
    #[must_use]
    pub fn period_ns(self, period_ns: i64) -> Self {
        Self { period_ns: Some(period_ns), ..self }
    }

    /// The session of bars that are stamped with a day.
    #[must_use]
    pub fn session(self, session: Session) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Prices times adjusted close by close, volumes the other way round, row by row: the market
    /// as a backtest on adjusted prices saw it. Rows without an adjusted close stay.
    #[must_use]
    pub fn adjusted(self, adjusted: bool) -> Self {
        Self { adjusted, ..self }
    }

    /// Refuses what cannot be.
    pub(crate) fn check(&self) -> Result<(), MarketError> {
        if let Some(period) = self.period_ns.filter(|period| *period <= 0) {
            let cause = format!("a bar cannot have a period of {period} ns");
            return Err(MarketError::declared(cause, "declare a period above zero"));
        }
        self.session.map_or(Ok(()), Session::check)
    }
}

/// What the caller says about a file of quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuoteSpec {
    pub(crate) shape: Shape,
    pub(crate) size: Option<Qty>,
    pub(crate) delay_ns: i64,
    pub(crate) session: Option<Session>,
}

impl QuoteSpec {
    shape_methods!();

    /// The size of quotes that come without one: an assumption about the market, to be shown
    /// with every result that rests on it.
    #[must_use]
    pub fn size(self, size: Qty) -> Self {
        Self { size: Some(size), ..self }
    }

    /// The session of quotes that are stamped with a day: they are known at its close.
    #[must_use]
    pub fn session(self, session: Session) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Nanoseconds from the stamp to when the quote was known: the period, for the closing quotes
    /// of bars that are stamped at their open.
    #[must_use]
    pub fn known_after_ns(self, delay_ns: i64) -> Self {
        Self { delay_ns, ..self }
    }
}
