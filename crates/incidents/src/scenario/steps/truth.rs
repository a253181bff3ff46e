//! What changes at the venue.

use super::*;

/// Who made an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This engine, although its journal does not know.
    Engine,
    /// The user.
    Manual,
    /// A newer instance of the product.
    Newer,
}

/// A change of the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// An order on the wire is taken, perhaps under another symbol.
    Accept {
        /// Which.
        order: String,
        /// Under which symbol.
        symbol: Option<String>,
    },
    /// An order appears.
    Appear {
        /// What the script calls it.
        order: String,
        /// Of what.
        symbol: String,
        /// Side.
        side: Side,
        /// OrderQty.
        qty: Qty,
        /// Limit price.
        px: Px,
        /// Who made it.
        owner: Owner,
        /// Milliseconds since it was made.
        age_ms: i64,
        /// It repeats the client id of this order.
        twin_of: Option<String>,
    },
    /// An order hangs.
    Pending {
        /// Which.
        order: String,
        /// Pending or being cancelled.
        status: OrdStatus,
    },
    /// An execution.
    Fill {
        /// Of which order.
        order: String,
        /// How much.
        qty: Qty,
        /// At what price.
        px: Px,
        /// Its id.
        id: VenueText,
        /// What the venue keeps of it.
        kept: Option<Qty>,
    },
    /// An order ends as cancelled or expired.
    End {
        /// Which.
        order: String,
        /// Cancelled or expired.
        status: OrdStatus,
    },
    /// An order is refused.
    Reject {
        /// Which.
        order: String,
        /// Why.
        code: RejectCode,
    },
    /// Another order takes the place of one.
    Replace {
        /// Of which.
        order: String,
        /// What the script calls the new one.
        name: String,
        /// OrderQty of the new one.
        qty: Qty,
        /// Its price; absent means as before.
        px: Option<Px>,
    },
    /// An execution is taken back.
    Bust {
        /// Of which order.
        order: String,
        /// Which execution.
        id: VenueText,
    },
    /// An execution is corrected.
    Correct {
        /// Of which order.
        order: String,
        /// Which execution.
        id: VenueText,
        /// Its new id.
        to: VenueText,
        /// Its new price.
        px: Px,
    },
    /// Somebody else changes the position.
    External {
        /// Of what.
        symbol: String,
        /// Signed change.
        qty: Qty,
        /// What row it leaves; absent means none.
        kind: Option<ActivityKind>,
        /// What the script calls it.
        name: Option<String>,
    },
}

impl Truth {
    /// The symbol it names.
    pub(super) fn symbol(&self) -> Option<&str> {
        match self {
            Self::Appear { symbol, .. } | Self::External { symbol, .. } => Some(symbol),
            Self::Accept { symbol, .. } => symbol.as_deref(),
            _ => None,
        }
    }

    /// The order that has to be there before, if any.
    #[must_use]
    pub fn order(&self) -> Option<&str> {
        match self {
            Self::Accept { order, .. }
            | Self::Pending { order, .. }
            | Self::Fill { order, .. }
            | Self::End { order, .. }
            | Self::Reject { order, .. }
            | Self::Replace { order, .. }
            | Self::Bust { order, .. }
            | Self::Correct { order, .. } => Some(order),
            Self::Appear { .. } | Self::External { .. } => None,
        }
    }
}

const DEEDS: &[(&str, u8)] = &[
    ("accept", 0),
    ("pending", 1),
    ("fill", 2),
    ("cancel", 3),
    ("expire", 4),
    ("reject", 5),
    ("replace", 6),
    ("bust", 7),
    ("correct", 8),
    ("external", 9),
];

pub(super) fn read(of: &Fields<'_>) -> Result<Truth, Fault> {
    let deed = of.word("do", DEEDS)?;
    let order = || of.name("ref");
    let id = |name: &str| -> Result<VenueText, Fault> {
        of.name(name)?;
        Ok(of.maybe_id(name)?.unwrap_or_default())
    };
    match deed {
        0 => accept(of),
        1 => {
            of.only(&["op", "do", "ref", "status"])?;
            let words =
                [("pending", OrdStatus::Pending), ("cancel_pending", OrdStatus::CancelPending)];
            Ok(Truth::Pending { order: order()?, status: of.word("status", &words)? })
        }
        2 => {
            of.only(&["op", "do", "ref", "qty", "px", "fill", "fee_base"])?;
            let (qty, px, kept) = (of.qty("qty")?, of.px("px")?, of.maybe_qty("fee_base")?);
            let id = of.maybe_id("fill")?.unwrap_or_default();
            Ok(Truth::Fill { order: order()?, qty, px, id, kept })
        }
        3 | 4 => {
            of.only(&["op", "do", "ref"])?;
            let status = if deed == 3 { OrdStatus::Canceled } else { OrdStatus::Expired };
            Ok(Truth::End { order: order()?, status })
        }
        5 => {
            of.only(&["op", "do", "ref", "code"])?;
            Ok(Truth::Reject { order: order()?, code: of.word("code", CODES)? })
        }
        6 => {
            of.only(&["op", "do", "ref", "as", "qty", "px"])?;
            let (name, qty, px) = (of.name("as")?, of.qty("qty")?, of.maybe_px("px")?);
            Ok(Truth::Replace { order: order()?, name, qty, px })
        }
        7 => {
            of.only(&["op", "do", "ref", "fill"])?;
            Ok(Truth::Bust { order: order()?, id: id("fill")? })
        }
        8 => {
            of.only(&["op", "do", "ref", "fill", "as", "px"])?;
            let (id, to, px) = (id("fill")?, id("as")?, of.px("px")?);
            Ok(Truth::Correct { order: order()?, id, to, px })
        }
        _ => external(of),
    }
}

fn accept(of: &Fields<'_>) -> Result<Truth, Fault> {
    let order = of.name("ref")?;
    if !of.has("owner") {
        of.only(&["op", "do", "ref", "sym"])?;
        return Ok(Truth::Accept { order, symbol: of.maybe_name("sym")? });
    }
    let own =
        ["op", "do", "ref", "sym", "side", "qty", "px", "owner", "age_ms", "same_client_id_as"];
    of.only(&own)?;
    let owners =
        [("engine", Owner::Engine), ("manual", Owner::Manual), ("newer_instance", Owner::Newer)];
    Ok(Truth::Appear {
        order,
        symbol: of.name("sym")?,
        side: of.word("side", SIDES)?,
        qty: of.qty("qty")?,
        px: of.px("px")?,
        owner: of.word("owner", &owners)?,
        age_ms: of.maybe_int("age_ms", 0)?.unwrap_or(0),
        twin_of: of.maybe_name("same_client_id_as")?,
    })
}

fn external(of: &Fields<'_>) -> Result<Truth, Fault> {
    of.only(&["op", "do", "sym", "qty", "reason", "ratio", "as"])?;
    let reasons = [
        ("manual", Some(ActivityKind::Trade)),
        ("liquidation", Some(ActivityKind::Liquidation)),
        ("split", Some(ActivityKind::Split)),
        ("unknown", None),
    ];
    of.maybe_name("ratio")?;
    Ok(Truth::External {
        symbol: of.name("sym")?,
        qty: of.signed("qty")?,
        kind: of.word("reason", &reasons)?,
        name: of.maybe_name("as")?,
    })
}
