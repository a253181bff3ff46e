//! What the broker of a scenario is like.

use super::walk::{Fault, Fields};
use truefill_core::config::{AmendKind, ClientIds, FillIds};

/// What is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Orders and fills.
    Full,
    /// Orders.
    Orders,
    /// Nothing: there is no stream.
    None,
}

/// The quantity on the wire of an amend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmendQty {
    /// OrderQty, filled part included.
    Total,
    /// What is still to fill.
    Remaining,
}

/// How the broker writes positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PositionRows {
    /// Size with its sign.
    Signed,
    /// Size without a sign, and a word.
    SideWord,
    /// Size with its sign, and the word BOTH.
    Both,
}

/// What the broker is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// How our ids are treated.
    pub client_id: ClientIds,
    /// What is pushed.
    pub stream: Stream,
    /// How ids of executions are treated.
    pub fill_ids: FillIds,
    /// How orders are changed.
    pub amend: AmendKind,
    /// The quantity on the wire of an amend.
    pub amend_qty: AmendQty,
    /// A 429 on a write leaves its outcome open.
    pub ambiguous_429: bool,
    /// How positions are written.
    pub position_rows: PositionRows,
}

impl Default for Broker {
    fn default() -> Self {
        Self {
            client_id: ClientIds::Unique,
            stream: Stream::Full,
            fill_ids: FillIds::Unique,
            amend: AmendKind::InPlace,
            amend_qty: AmendQty::Total,
            ambiguous_429: false,
            position_rows: PositionRows::Signed,
        }
    }
}

const FIELDS: &[&str] =
    &["client_id", "stream", "fill_ids", "amend", "amend_qty", "status_429", "position_rows"];

impl Broker {
    /// Reads a broker.
    pub(super) fn read(of: &Fields<'_>) -> Result<Self, Fault> {
        of.only(FIELDS)?;
        let usual = Self::default();
        let client_ids =
            [("unique", ClientIds::Unique), ("tag", ClientIds::Tag), ("none", ClientIds::None)];
        let streams = [("full", Stream::Full), ("orders", Stream::Orders), ("none", Stream::None)];
        let fill_ids = [
            ("unique", FillIds::Unique),
            ("revisions", FillIds::Revisions),
            ("none", FillIds::None),
        ];
        let amends = [
            ("in_place", AmendKind::InPlace),
            ("cancel_replace", AmendKind::CancelReplace),
            ("none", AmendKind::Never),
        ];
        let quantities = [("total", AmendQty::Total), ("remaining", AmendQty::Remaining)];
        let on_429 = [("definite", false), ("ambiguous", true)];
        let rows = [
            ("signed", PositionRows::Signed),
            ("side_word", PositionRows::SideWord),
            ("both", PositionRows::Both),
        ];
        Ok(Self {
            client_id: of.maybe_word("client_id", &client_ids)?.unwrap_or(usual.client_id),
            stream: of.maybe_word("stream", &streams)?.unwrap_or(usual.stream),
            fill_ids: of.maybe_word("fill_ids", &fill_ids)?.unwrap_or(usual.fill_ids),
            amend: of.maybe_word("amend", &amends)?.unwrap_or(usual.amend),
            amend_qty: of.maybe_word("amend_qty", &quantities)?.unwrap_or(usual.amend_qty),
            ambiguous_429: of.maybe_word("status_429", &on_429)?.unwrap_or(usual.ambiguous_429),
            position_rows: of.maybe_word("position_rows", &rows)?.unwrap_or(usual.position_rows),
        })
    }
}
