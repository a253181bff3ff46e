//! What the engine is expected to ask, and how it is answered.

use super::*;

/// What a query is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// One order.
    Order,
    /// Orders that can still fill.
    OpenOrders,
    /// All orders.
    Orders,
    /// Account activity.
    Fills,
    /// Positions.
    Positions,
    /// A quote.
    Quote,
    /// The venue's clock.
    Time,
}

/// Words for queries.
pub(super) const QUERIES: &[(&str, What)] = &[
    ("order", What::Order),
    ("open_orders", What::OpenOrders),
    ("orders", What::Orders),
    ("fills", What::Fills),
    ("positions", What::Positions),
    ("quote", What::Quote),
    ("time", What::Time),
];

/// A request that has to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A new order.
    Submit {
        /// What the script calls it.
        name: String,
        /// Of what.
        symbol: String,
        /// Side.
        side: Side,
        /// OrderQty.
        qty: Qty,
        /// Limit price, where it matters.
        px: Option<Px>,
        /// The id that the venue will give it.
        venue_id: Option<VenueText>,
    },
    /// A cancel.
    Cancel {
        /// Of which order.
        order: String,
    },
    /// An amend.
    Amend {
        /// Of which order.
        order: String,
        /// Quantity as on the wire, where it matters.
        qty: Option<Qty>,
        /// Price, where it matters.
        px: Option<Px>,
    },
    /// A query.
    Query {
        /// Of what.
        what: What,
        /// About which order, where it matters.
        order: Option<String>,
        /// What the script calls it; without a name it is answered at once.
        name: Option<String>,
    },
}

impl What {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        QUERIES.iter().find(|(_, what)| *what == self).map_or("", |(word, _)| word)
    }
}

impl Expected {
    /// It in a line, for a story.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Submit { name, symbol, side, qty, px, .. } => {
                let px = px.map_or(String::new(), |px| format!(" at {px}"));
                format!("submit {name}: {side} {qty} {symbol}{px}")
            }
            Self::Cancel { order } => format!("cancel of {order}"),
            Self::Amend { order, qty, px } => {
                let qty = qty.map_or(String::new(), |qty| format!(" to {qty}"));
                let px = px.map_or(String::new(), |px| format!(" at {px}"));
                format!("amend of {order}{qty}{px}")
            }
            Self::Query { what, order, .. } => {
                let order = order.as_ref().map_or(String::new(), |order| format!(" of {order}"));
                format!("query {}{order}", what.word())
            }
        }
    }
}

/// A kind of request that must not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// New orders count.
    pub submits: bool,
    /// Cancels count.
    pub cancels: bool,
    /// Amends count.
    pub amends: bool,
    /// Queries count.
    pub queries: bool,
    /// For so many milliseconds.
    pub for_ms: i64,
    /// So many are permitted.
    pub most: u32,
}

/// An answer to what was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The order or the query.
    pub to: String,
    /// Milliseconds that pass first.
    pub after_ms: i64,
    /// The answer.
    pub report: Report,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Taken; or, for a query, its content.
    Ok {
        /// OrdStatus, for a cancel or amend.
        status: Option<OrdStatus>,
        /// CumQty, for a cancel or amend.
        cum: Option<Qty>,
        /// The symbol echoed, for a new order.
        symbol: Option<String>,
        /// A query: as it was when it was asked.
        as_asked: bool,
        /// A query of positions: these rows instead.
        set: Vec<(String, Qty)>,
    },
    /// No answer will ever come.
    None,
    /// The client's own time-out.
    Timeout,
    /// The connection broke.
    Reset,
    /// An HTTP status.
    Http {
        /// The status.
        code: u16,
        /// Seconds of silence that the venue asks for.
        retry_after_s: Option<i64>,
    },
    /// Refused for sure.
    Reject(RejectCode),
    /// Not definite.
    Error,
}

const EXPECTED: &[(&str, u8)] = &[("submit", 0), ("cancel", 1), ("amend", 2), ("query", 3)];
/// How long a request may take to come, in milliseconds.
const WITHIN_MS: i64 = 90_000;

pub(super) fn expect(of: &Fields<'_>) -> Result<Step, Fault> {
    let kind = of.word("req", EXPECTED)?;
    let within = of.maybe_int("within_ms", 1)?.unwrap_or(WITHIN_MS);
    let expected = match kind {
        0 => {
            let own = ["op", "req", "as", "sym", "side", "qty", "px", "venue_id", "within_ms"];
            of.only(&own)?;
            Expected::Submit {
                name: of.name("as")?,
                symbol: of.name("sym")?,
                side: of.word("side", SIDES)?,
                qty: of.qty("qty")?,
                px: of.maybe_px("px")?,
                venue_id: of.maybe_id("venue_id")?,
            }
        }
        1 => {
            of.only(&["op", "req", "ref", "within_ms"])?;
            Expected::Cancel { order: of.name("ref")? }
        }
        2 => {
            of.only(&["op", "req", "ref", "qty", "px", "within_ms"])?;
            let (qty, px) = (of.maybe_qty("qty")?, of.maybe_px("px")?);
            Expected::Amend { order: of.name("ref")?, qty, px }
        }
        _ => {
            of.only(&["op", "req", "what", "ref", "as", "within_ms"])?;
            let what = of.word("what", QUERIES)?;
            Expected::Query { what, order: of.maybe_name("ref")?, name: of.maybe_name("as")? }
        }
    };
    Ok(Step::Expect(expected, within))
}

pub(super) fn quiet(of: &Fields<'_>) -> Result<Quiet, Fault> {
    of.only(&["op", "req", "for_ms", "max"])?;
    let kinds = [("submit", 1), ("cancel", 2), ("amend", 4), ("query", 8), ("any", 15)];
    let kinds: u8 = of.word("req", &kinds)?;
    Ok(Quiet {
        submits: kinds & 1 != 0,
        cancels: kinds & 2 != 0,
        amends: kinds & 4 != 0,
        queries: kinds & 8 != 0,
        for_ms: of.int("for_ms", 1)?,
        most: of.maybe_count("max", 0)?.unwrap_or(0),
    })
}

pub(super) fn reply(of: &Fields<'_>) -> Result<Reply, Fault> {
    let results = [
        ("ok", 0),
        ("none", 1),
        ("timeout", 2),
        ("conn_reset", 3),
        ("http", 4),
        ("reject", 5),
        ("error", 6),
    ];
    let kind: u8 = of.word("result", &results)?;
    let mut allowed = vec!["op", "result", "to", "after_ms"];
    allowed.extend(match kind {
        0 => ["status", "cum", "sym", "as_of", "set"].as_slice(),
        4 => &["code", "retry_after_s"],
        5 | 6 => &["code"],
        _ => &[],
    });
    of.only(&allowed)?;
    let report = match kind {
        0 => {
            let as_of = of.maybe_word("as_of", &[("now", false), ("request", true)])?;
            Report::Ok {
                status: of.maybe_word("status", STATUSES)?,
                cum: of.maybe_qty("cum")?,
                symbol: of.maybe_name("sym")?,
                as_asked: as_of.unwrap_or(false),
                set: of.signed_map("set")?,
            }
        }
        1 => Report::None,
        2 => Report::Timeout,
        3 => Report::Reset,
        4 => http(of)?,
        5 => Report::Reject(of.word("code", CODES)?),
        _ => {
            of.maybe_word("code", &[("UNDETERMINED", ())])?;
            Report::Error
        }
    };
    let after_ms = of.maybe_int("after_ms", 0)?.unwrap_or(0);
    Ok(Reply { to: of.name("to")?, after_ms, report })
}

/// An HTTP status of 400 or above.
pub(super) fn http(of: &Fields<'_>) -> Result<Report, Fault> {
    let text = of.name("code")?;
    let code = Some(&text).filter(|text| text.len() == 3).and_then(|text| text.parse().ok());
    let code: Option<u16> = code.filter(|code| (400..600).contains(code));
    let Some(code) = code else {
        return Err(of.fault("code", format!("\"{text}\" is no status from 400 to 599")));
    };
    Ok(Report::Http { code, retry_after_s: of.maybe_int("retry_after_s", 0)? })
}
