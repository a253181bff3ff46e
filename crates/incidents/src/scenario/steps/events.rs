//! What is pushed to the engine.

use super::*;

/// Which ids a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// Both, as far as the broker echoes them.
    Both,
    /// The venue's.
    Venue,
    /// Ours.
    Client,
    /// An id of the venue that was never seen before.
    Unknown,
}

/// A pushed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An execution.
    Fill {
        /// Of which order.
        order: String,
        /// Its id.
        id: VenueText,
        /// LastQty.
        qty: Qty,
        /// CumQty.
        cum: Qty,
        /// LastPx.
        px: Px,
        /// What the venue keeps of it.
        kept: Option<Qty>,
        /// Which ids it carries.
        ids: Ids,
    },
    /// A status.
    Order {
        /// Of which order.
        order: String,
        /// OrdStatus.
        status: OrdStatus,
        /// CumQty.
        cum: Qty,
        /// Which ids it carries.
        ids: Ids,
    },
    /// An execution taken back.
    Bust {
        /// Of which order.
        order: String,
        /// Which execution.
        id: VenueText,
        /// Which ids it carries.
        ids: Ids,
    },
    /// What somebody else did: a change of the truth by its name.
    Named(String),
    /// What somebody else did.
    External {
        /// Of what.
        symbol: String,
        /// What kind.
        kind: ActivityKind,
    },
    /// A position.
    Position {
        /// Of what.
        symbol: String,
        /// Size, as it is printed.
        size: Qty,
        /// The word beside it.
        side: Option<String>,
    },
    /// The venue's own count.
    Budget {
        /// Requests counted.
        used: u64,
        /// Most requests.
        limit: u64,
        /// In so many milliseconds.
        per_ms: i64,
    },
}

impl Event {
    /// The symbol it names.
    pub(super) fn symbol(&self) -> Option<&str> {
        match self {
            Self::External { symbol, .. } | Self::Position { symbol, .. } => Some(symbol),
            _ => None,
        }
    }

    /// The order it is about.
    #[must_use]
    pub fn order(&self) -> Option<&str> {
        match self {
            Self::Fill { order, .. } | Self::Order { order, .. } | Self::Bust { order, .. } => {
                Some(order)
            }
            _ => None,
        }
    }
}

const TYPES: &[(&str, u8)] =
    &[("fill", 0), ("order", 1), ("bust", 2), ("external", 3), ("position", 4), ("budget", 5)];

pub(super) fn read(of: &Fields<'_>) -> Result<Event, Fault> {
    let kind = of.word("type", TYPES)?;
    let words = [
        ("both", Ids::Both),
        ("venue", Ids::Venue),
        ("client", Ids::Client),
        ("unknown", Ids::Unknown),
    ];
    let ids = || -> Result<Ids, Fault> { Ok(of.maybe_word("ids", &words)?.unwrap_or(Ids::Both)) };
    match kind {
        0 => {
            of.only(&["op", "type", "ref", "fill", "qty", "cum", "px", "fee_base", "ids"])?;
            let id = of.maybe_id("fill")?.ok_or_else(|| of.fault("fill", "is missing"))?;
            let (qty, cum, px) = (of.qty("qty")?, of.qty("cum")?, of.px("px")?);
            let (order, kept, ids) = (of.name("ref")?, of.maybe_qty("fee_base")?, ids()?);
            Ok(Event::Fill { order, id, qty, cum, px, kept, ids })
        }
        1 => {
            let own =
                ["op", "type", "ref", "status", "cum", "qty", "px", "avg_px", "last_qty", "ids"];
            of.only(&own)?;
            for printed in ["qty", "px", "avg_px", "last_qty"] {
                of.maybe_qty(printed)?;
            }
            let cum = of.maybe_qty("cum")?.unwrap_or(Qty::ZERO);
            let (order, status) = (of.name("ref")?, of.word("status", STATUSES)?);
            Ok(Event::Order { order, status, cum, ids: ids()? })
        }
        2 => {
            of.only(&["op", "type", "ref", "fill", "qty", "ids"])?;
            of.qty("qty")?;
            of.name("fill")?;
            let id = of.maybe_id("fill")?.unwrap_or_default();
            Ok(Event::Bust { order: of.name("ref")?, id, ids: ids()? })
        }
        3 if of.has("ref") => {
            of.only(&["op", "type", "ref"])?;
            of.name("ref").map(Event::Named)
        }
        3 => {
            of.only(&["op", "type", "id", "sym", "qty", "reason"])?;
            of.name("id")?;
            of.signed("qty")?;
            let reasons = [
                ("manual", ActivityKind::Trade),
                ("liquidation", ActivityKind::Liquidation),
                ("split", ActivityKind::Split),
                ("funding", ActivityKind::Funding),
            ];
            Ok(Event::External { symbol: of.name("sym")?, kind: of.word("reason", &reasons)? })
        }
        4 => {
            of.only(&["op", "type", "sym", "size", "side"])?;
            let (symbol, size, side) =
                (of.name("sym")?, of.signed("size")?, of.maybe_name("side")?);
            Ok(Event::Position { symbol, size, side })
        }
        _ => {
            of.only(&["op", "type", "used", "limit", "per_ms"])?;
            let count = |name: &str, least: i64| -> Result<u64, Fault> {
                Ok(u64::try_from(of.int(name, least)?).unwrap_or(0))
            };
            let (used, limit) = (count("used", 0)?, count("limit", 1)?);
            Ok(Event::Budget { used, limit, per_ms: of.int("per_ms", 1)? })
        }
    }
}
