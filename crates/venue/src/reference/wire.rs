//! The shapes of the reference wire. One declaration serves both directions; what a value means
//! is checked in [`super::rows`], so that one bad row does not spoil its neighbours.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::number::Num;

#[derive(Serialize, Deserialize)]
pub struct RequestWire<'a> {
    pub id: u64,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub new: Option<NewWire<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<CancelWire<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub amend: Option<AmendWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
pub struct NewWire<'a> {
    #[serde(borrow)]
    pub client_id: Cow<'a, str>,
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    #[serde(borrow)]
    pub product: Cow<'a, str>,
    #[serde(borrow)]
    pub side: Cow<'a, str>,
    #[serde(borrow)]
    pub qty: Num<'a>,
    #[serde(borrow)]
    pub price: Num<'a>,
    #[serde(borrow)]
    pub tif: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub stop_price: Option<Num<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub display_qty: Option<Num<'a>>,
}

#[derive(Serialize, Deserialize)]
pub struct AmendWire<'a> {
    #[serde(borrow)]
    pub client_id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    #[serde(borrow)]
    pub qty: Num<'a>,
    #[serde(borrow)]
    pub price: Num<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub stop_price: Option<Num<'a>>,
}

#[derive(Serialize, Deserialize)]
pub struct CancelWire<'a> {
    #[serde(borrow)]
    pub client_id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
pub struct ReplyWire<'a> {
    pub id: u64,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub taken: Option<TakenWire<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusedWire<'a>>,
}

#[derive(Serialize, Deserialize)]
pub struct TakenWire<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<i64>,
}

#[derive(Serialize, Deserialize)]
pub struct RefusedWire<'a> {
    #[serde(borrow)]
    pub code: Cow<'a, str>,
    #[serde(borrow, default)]
    pub text: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ns: Option<i64>,
}

/// An answer as it is read: rows stay bytes until each is read alone.
#[derive(Deserialize)]
pub struct AnswerIn<'a> {
    pub id: u64,
    #[serde(borrow)]
    pub positions: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub orders: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub activity: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub order: Option<Vec<&'a RawValue>>,
    pub complete: Option<bool>,
}

/// An answer as it is written.
#[derive(Default, Serialize)]
pub struct AnswerOut<'a> {
    pub id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub positions: Option<Vec<PositionWire<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders: Option<Vec<OrderWire<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity: Option<Vec<ActivityWire<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Vec<OrderWire<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<bool>,
}

#[derive(Serialize, Deserialize)]
pub struct PositionWire<'a> {
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    #[serde(borrow)]
    pub product: Cow<'a, str>,
    #[serde(borrow)]
    pub qty: Num<'a>,
}

#[derive(Serialize, Deserialize)]
pub struct OrderWire<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    #[serde(borrow)]
    pub side: Cow<'a, str>,
    #[serde(borrow)]
    pub qty: Num<'a>,
    #[serde(borrow)]
    pub cum: Num<'a>,
    #[serde(borrow)]
    pub price: Num<'a>,
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    pub created: i64,
}

#[derive(Serialize, Deserialize)]
pub struct ActivityWire<'a> {
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    #[serde(borrow)]
    pub product: Cow<'a, str>,
    #[serde(borrow)]
    pub side: Cow<'a, str>,
    #[serde(borrow)]
    pub fill: FillWire<'a>,
}

#[derive(Serialize, Deserialize)]
pub struct FillWire<'a> {
    #[serde(borrow)]
    pub exec_id: Cow<'a, str>,
    #[serde(borrow)]
    pub qty: Num<'a>,
    #[serde(borrow)]
    pub price: Num<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub cum: Option<Num<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub liquidity: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub touch: Option<Num<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Num<'a>>,
    pub time: i64,
}

#[derive(Serialize, Deserialize)]
pub struct StatusWire<'a> {
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub cum: Option<Num<'a>>,
    pub time: i64,
}

#[derive(Serialize, Deserialize)]
pub struct BustWire<'a> {
    #[serde(borrow)]
    pub exec_id: Cow<'a, str>,
    pub time: i64,
}

#[derive(Serialize, Deserialize)]
pub struct PushWire<'a> {
    pub epoch: u32,
    pub seq: u64,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub fill: Option<FillWire<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusWire<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub bust: Option<BustWire<'a>>,
}
