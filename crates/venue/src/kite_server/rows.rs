//! Rows of the books, as the broker shows them.
//!
//! Entry points: [`OrderFace`], [`TradeFace`].
//!
//! Invariant: a row has every key that the documented one has, with the type that it has there.

use super::json::Json;
use super::stamp::{clock, stamp};
use super::words::{OrderType, Product, Status, Validity, Variety, side_word};
use truefill_core::num::{Amount, Px, Qty, Rounding};
use truefill_core::request::Side;
use truefill_core::time::Nanos;

/// An instrument, as rows name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// `exchange`.
    pub exchange: String,
    /// `tradingsymbol`.
    pub symbol: String,
    /// `instrument_token`.
    pub token: u32,
}

/// A leg of an iceberg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Which one, from 1.
    pub leg: i64,
    /// Of how many.
    pub legs: i64,
    /// Quantity of a leg.
    pub leg_qty: Qty,
    /// Quantity of all.
    pub total_qty: Qty,
    /// Quantity of the legs after this one.
    pub remaining_qty: Qty,
}

/// An order, as it is shown at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFace {
    /// `account_id` and `placed_by`.
    pub user: String,
    /// `order_id`.
    pub order_id: String,
    /// `exchange_order_id`, once the exchange has it.
    pub exchange_order_id: Option<String>,
    /// `parent_order_id`.
    pub parent_id: Option<String>,
    /// `status`.
    pub status: Status,
    /// `status_message`, for people.
    pub message: Option<String>,
    /// `status_message_raw`, of the risk system.
    pub message_raw: Option<String>,
    /// `order_timestamp`: when its state last changed here.
    pub time: Nanos,
    /// `exchange_timestamp` and `exchange_update_timestamp`.
    pub exchange_time: Option<Nanos>,
    /// `variety`.
    pub variety: Variety,
    /// `modified`.
    pub modified: bool,
    /// What is traded.
    pub named: Named,
    /// `order_type`.
    pub order_type: OrderType,
    /// `transaction_type`.
    pub side: Side,
    /// `validity`.
    pub validity: Validity,
    /// `validity_ttl`.
    pub ttl_minutes: Option<i64>,
    /// `product`.
    pub product: Product,
    /// `quantity`.
    pub qty: Qty,
    /// `disclosed_quantity`.
    pub disclosed: Qty,
    /// `price`.
    pub px: Px,
    /// `trigger_price`.
    pub trigger_px: Px,
    /// Notional of what is filled.
    pub filled_notional: Amount,
    /// `filled_quantity`.
    pub filled: Qty,
    /// `pending_quantity`, which may be wrong.
    pub pending: Qty,
    /// `cancelled_quantity`, which may be wrong.
    pub cancelled: Qty,
    /// The leg of an iceberg that it is.
    pub leg: Option<Leg>,
    /// `meta.auction_number`.
    pub auction_number: Option<String>,
    /// `tag`, as the client gave it.
    pub tag: Option<String>,
    /// What the broker puts into `tags` besides.
    pub own_tags: Vec<String>,
}

impl OrderFace {
    /// What is still to fill.
    #[must_use]
    pub fn leaves(&self) -> Qty {
        self.qty - self.filled
    }

    /// Average price of what is filled; zero if nothing is.
    #[must_use]
    pub fn average_px(&self) -> Px {
        self.filled_notional.per(self.filled, Rounding::Floor).unwrap_or(Px::ZERO)
    }

    /// The row of the order book, of the history, and of a message.
    #[must_use]
    pub fn row(&self) -> Json {
        let mut meta = Json::Object(Vec::new());
        if let Some(leg) = &self.leg {
            let iceberg = Json::object([
                ("leg", leg.leg.into()),
                ("legs", leg.legs.into()),
                ("leg_quantity", leg.leg_qty.into()),
                ("total_quantity", leg.total_qty.into()),
                ("remaining_quantity", leg.remaining_qty.into()),
            ]);
            meta.set("iceberg", iceberg);
        }
        if let Some(number) = &self.auction_number {
            meta.set("auction_number", number.as_str());
        }
        let mut row = Json::object([
            ("placed_by", self.user.as_str().into()),
            ("account_id", self.user.as_str().into()),
            ("order_id", self.order_id.as_str().into()),
            ("exchange_order_id", self.exchange_order_id.clone().into()),
            ("parent_order_id", self.parent_id.clone().into()),
            ("status", self.status.as_str().into()),
            ("status_message", self.message.clone().into()),
            ("status_message_raw", self.message_raw.clone().into()),
            ("order_timestamp", stamp(self.time).into()),
            ("exchange_update_timestamp", self.exchange_time.map(stamp).into()),
            ("exchange_timestamp", self.exchange_time.map(stamp).into()),
            ("variety", self.variety.as_str().into()),
            ("modified", self.modified.into()),
            ("exchange", self.named.exchange.as_str().into()),
            ("tradingsymbol", self.named.symbol.as_str().into()),
            ("instrument_token", self.named.token.into()),
            ("order_type", self.order_type.as_str().into()),
            ("transaction_type", side_word(self.side).into()),
            ("validity", self.validity.as_str().into()),
            ("validity_ttl", self.ttl_minutes.unwrap_or(0).into()),
            ("product", self.product.as_str().into()),
            ("quantity", self.qty.into()),
            ("disclosed_quantity", self.disclosed.into()),
            ("price", self.px.into()),
            ("trigger_price", self.trigger_px.into()),
            ("average_price", self.average_px().into()),
            ("filled_quantity", self.filled.into()),
            ("pending_quantity", self.pending.into()),
            ("cancelled_quantity", self.cancelled.into()),
            ("market_protection", 0i64.into()),
            ("meta", meta),
            ("tag", self.tag.clone().into()),
            ("guid", format!("{}X{}", self.user, self.order_id).into()),
        ]);
        let tags = self.tag.iter().chain(&self.own_tags);
        let tags: Vec<Json> = tags.map(|tag| tag.as_str().into()).collect();
        if !tags.is_empty() {
            row.set("tags", tags);
        }
        row
    }
}

/// A trade, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeFace {
    /// `trade_id`.
    pub trade_id: String,
    /// `order_id`.
    pub order_id: String,
    /// `exchange_order_id`.
    pub exchange_order_id: Option<String>,
    /// What was traded.
    pub named: Named,
    /// `product`.
    pub product: Product,
    /// `transaction_type`.
    pub side: Side,
    /// `quantity`.
    pub qty: Qty,
    /// `average_price`.
    pub px: Px,
    /// When it happened.
    pub time: Nanos,
}

impl TradeFace {
    /// The row of the trade book. It has no tag, and of its order only the time of day.
    #[must_use]
    pub fn row(&self) -> Json {
        Json::object([
            ("trade_id", self.trade_id.as_str().into()),
            ("order_id", self.order_id.as_str().into()),
            ("exchange", self.named.exchange.as_str().into()),
            ("tradingsymbol", self.named.symbol.as_str().into()),
            ("instrument_token", self.named.token.into()),
            ("product", self.product.as_str().into()),
            ("average_price", self.px.into()),
            ("quantity", self.qty.into()),
            ("exchange_order_id", self.exchange_order_id.clone().into()),
            ("transaction_type", side_word(self.side).into()),
            ("fill_timestamp", stamp(self.time).into()),
            ("order_timestamp", clock(self.time).into()),
            ("exchange_timestamp", stamp(self.time).into()),
        ])
    }
}
