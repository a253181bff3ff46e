//! Overrides of how requests are answered.

use super::requests::{QUERIES, http};
use super::*;

/// What an override answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// A query.
    Query(What),
    /// New orders.
    Submit,
    /// Cancels.
    Cancel,
    /// Amends.
    Amend,
    /// Every query.
    Queries,
    /// Everything.
    All,
}

/// How an override answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Serving {
    /// As usual, with changes; without any, the overrides of its kind are removed.
    Ok(Changes),
    /// With nothing in it.
    Empty,
    /// There is no such thing.
    NotFound,
    /// As a reply says.
    As(Report),
}

/// Changes of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// It comes so many milliseconds later, with the content of when it was asked.
    pub delay_ms: Option<i64>,
    /// Positions: these rows instead.
    pub set: Vec<(String, Qty)>,
    /// Without these orders, symbols or executions.
    pub omit: Vec<String>,
    /// With other spellings of symbols.
    pub rename: Vec<(String, String)>,
    /// With these rows of activity as well.
    pub extra: Vec<ExtraRow>,
    /// An order: with this status.
    pub status: Option<OrdStatus>,
    /// An order: with this CumQty.
    pub cum: Option<Qty>,
}

/// A row of activity that is made up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraRow {
    /// What kind.
    pub kind: ActivityKind,
    /// Its id.
    pub id: VenueText,
    /// Of what.
    pub symbol: String,
    /// Side.
    pub side: Side,
    /// How much.
    pub qty: Qty,
    /// At what price.
    pub px: Px,
}

/// An override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serve {
    /// What it answers.
    pub what: Served,
    /// How.
    pub how: Serving,
    /// So many times; without a bound by time, once.
    pub times: Option<u32>,
    /// For so many milliseconds.
    pub for_ms: Option<i64>,
    /// About this order alone.
    pub order: Option<String>,
}

impl Serve {
    /// The symbols it names.
    pub(super) fn symbols(&self) -> Vec<String> {
        let Serving::Ok(changes) = &self.how else { return Vec::new() };
        let set = changes.set.iter().map(|(symbol, _)| symbol.clone());
        set.chain(changes.extra.iter().map(|row| row.symbol.clone())).collect()
    }
}

const CHANGES: &[&str] = &["delay_ms", "set", "omit", "rename", "extra", "status", "cum"];

pub(super) fn read(of: &Fields<'_>) -> Result<Serve, Fault> {
    let hows = [
        ("ok", 0),
        ("empty", 1),
        ("not_found", 2),
        ("error", 3),
        ("timeout", 4),
        ("http", 5),
        ("reject", 6),
    ];
    let how: u8 = of.word("how", &hows)?;
    let mut allowed = vec!["op", "how", "what", "times", "for_ms", "ref"];
    allowed.extend(match how {
        0 => CHANGES,
        5 => &["code", "retry_after_s"],
        6 => &["code"],
        _ => &[],
    });
    of.only(&allowed)?;
    let mut whats: Vec<(&str, Served)> =
        QUERIES.iter().map(|(word, what)| (*word, Served::Query(*what))).collect();
    whats.extend([
        ("submit", Served::Submit),
        ("cancel", Served::Cancel),
        ("amend", Served::Amend),
        ("queries", Served::Queries),
        ("all", Served::All),
    ]);
    let serving = match how {
        0 => Serving::Ok(changes(of)?),
        1 => Serving::Empty,
        2 => Serving::NotFound,
        3 => Serving::As(Report::Error),
        4 => Serving::As(Report::Timeout),
        5 => Serving::As(http(of)?),
        _ => Serving::As(Report::Reject(of.word("code", CODES)?)),
    };
    Ok(Serve {
        what: of.word("what", &whats)?,
        how: serving,
        times: of.maybe_count("times", 1)?,
        for_ms: of.maybe_int("for_ms", 1)?,
        order: of.maybe_name("ref")?,
    })
}

fn changes(of: &Fields<'_>) -> Result<Changes, Fault> {
    let mut rename = Vec::new();
    for (from, map) in of.map("rename")? {
        let to = map.name(&from)?;
        rename.push((from, to));
    }
    let mut extra = Vec::new();
    for (item, path) in of.list("extra")? {
        let row = Fields::of(item, &path, &["type", "id", "sym", "side", "qty", "px"])?;
        row.name("id")?;
        extra.push(ExtraRow {
            kind: row.word("type", KINDS)?,
            id: row.maybe_id("id")?.unwrap_or_default(),
            symbol: row.name("sym")?,
            side: row.word("side", SIDES)?,
            qty: row.qty("qty")?,
            px: row.maybe_px("px")?.unwrap_or(Px::ZERO),
        });
    }
    Ok(Changes {
        delay_ms: of.maybe_int("delay_ms", 0)?,
        set: of.signed_map("set")?,
        omit: of.names("omit")?,
        rename,
        extra,
        status: of.maybe_word("status", STATUSES)?,
        cum: of.maybe_qty("cum")?,
    })
}
