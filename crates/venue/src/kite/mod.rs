//! Zerodha's Kite Connect, version 3: the client's half, without I/O.
//!
//! Entry points: [`KiteCodec`] (orders and books, a [`LiveCodec`]), [`Notes`]; [`App`] and
//! [`Session`] (login); [`frame`] (ticker) and [`KiteCodec::text_message`] (its messages);
//! [`KiteCodec::postback`]; [`InstrumentReader`]; [`KiteCodec::quote_calls`]; [`candles_call`];
//! [`funds_call`], [`margins_call`], [`charges_call`]; [`descriptor`].
//!
//! ```
//! use truefill_core::ids::{ClOrdId, InstrumentId, OrderNo, VenueText};
//! use truefill_core::num::{Px, Qty};
//! use truefill_core::report::Outcome;
//! use truefill_core::request::{NewOrder, Request, Side, TimeInForce};
//! use truefill_venue::http::HttpReply;
//! use truefill_venue::kite::{KiteCodec, Notes};
//! use truefill_venue::{LiveCodec, Reason, Symbols};
//!
//! let codec = KiteCodec::new(Symbols::from_names(["NSE:INFY".to_owned()]));
//! let mut notes = Notes::default();
//! let order = Request::New(NewOrder {
//!     cl_ord_id: ClOrdId::new("TF0MXE5K3Z0000000A").expect("short"),
//!     order: OrderNo(10),
//!     instrument: InstrumentId(0),
//!     product: VenueText::new("MIS").expect("short"),
//!     side: Side::Buy,
//!     qty: Qty::whole(10),
//!     px: Px(1_500_050_000_000),
//!     tif: TimeInForce::Day,
//!     stop_px: None,
//!     display_qty: None,
//! });
//! let call = codec.write(&order, &notes).expect("a plain order");
//! assert_eq!(call.target, "/orders/regular");
//! assert!(call.body.ends_with(b"&quantity=10&price=1500.05&tag=TF0MXE5K3Z0000000A"));
//!
//! // The broker says no, and says why.
//! let body = br#"{"status":"error","error_type":"MarginException","message":"Insufficient funds."}"#;
//! let end = codec.reply(&order, &HttpReply::new(400, body), &mut notes);
//! assert!(matches!(end.outcome, Outcome::Refused(_)));
//! assert_eq!(end.reason, Some(Reason::Margin));
//!
//! // The same status can mean that nobody knows.
//! let body = br#"{"status":"error","error_type":"InputException","message":"Request timed out"}"#;
//! let end = codec.reply(&order, &HttpReply::new(400, body), &mut notes);
//! assert!(matches!(end.outcome, Outcome::Unclear(_)));
//! ```
//!
//! Invariants beyond those of [`crate::codec`] and [`crate::live`]:
//! 1. Our id is a label there: it is found among the tags of a row and proves nothing by being
//!    absent. Nothing is ever sent twice.
//! 2. Numbers go from text to fixed point.
//! 3. Every body has a largest size, every list a largest length.

mod book;
mod call;
mod candles;
mod checksum;
mod descriptor;
mod failure;
mod family;
mod form;
mod instruments;
mod json;
mod money;
mod notes;
mod number;
mod place;
mod portfolio;
mod push;
mod quotes;
mod reads;
mod row;
mod session;
mod status;
mod switches;
mod texts;
mod ticker;
mod time;
mod trades;
mod words;
mod writes;

pub use book::{BookRow, Leg};
pub use call::Calls;
pub use candles::{Candle, Interval, candles_call, read_candles};
pub use descriptor::{Limits, descriptor};
pub use failure::{BODY_BYTES_MAX, ErrorType, Failure};
pub use instruments::{
    BadLine, InstrumentReader, InstrumentRow, LIST_BYTES_MAX, NoList, instruments_call,
};
pub use json::{FIELDS_MAX, ROWS_MAX};
pub use money::{
    BasketMargin, Charges, ESTIMATES_MAX, Executed, Funds, OrderMargin, SegmentFunds, basket_call,
    charges_call, funds_call, margins_call, read_basket, read_charges, read_funds, read_margins,
};
pub use notes::Notes;
pub use place::{Cancel, ICEBERG_LEGS, Modify, Place, TAG_CHARS_MAX};
pub use portfolio::{HoldingLine, PositionLine, Positions, account_positions};
pub use push::{MESSAGE_BYTES_MAX, OrderNews, Postback, TextMessage};
pub use quotes::{QUOTES_MAX, QuoteDetail, Snapshot};
pub use session::{App, Profile, Session, request_token_of};
pub use switches::{Display, HoldingsCount, Switches};
pub use ticker::{
    CONNECTIONS_MAX, Day, Depth, FRAME_BYTES_MAX, Frame, Interest, Level, Mode, TOKENS_MAX, Tick,
    Traded, frame, segment, set_mode, subscribe, unsubscribe,
};
pub use time::{IST_AHEAD_S, ist_text, next_token_death};
pub use trades::TradeRow;
pub use words::{OrderType, Protection, Validity, Variety};
pub use writes::{PlaceAck, SliceRefused};

use crate::codec::Symbols;
use crate::http::{HttpReply, HttpRequest};
use crate::live::{LiveCodec, ReadEnd, Unsendable, WriteEnd};
use truefill_core::config::Config;
use truefill_core::request::{Query, Request};

/// The engine's half of Kite Connect.
#[derive(Clone, Debug)]
pub struct KiteCodec {
    symbols: Symbols,
    calls: Calls,
    switches: Switches,
    holdings: bool,
    algo_id: Option<String>,
}

impl KiteCodec {
    /// A codec for these symbols, each `EXCHANGE:SYMBOL`. Holdings are read with the positions.
    #[must_use]
    pub fn new(symbols: Symbols) -> Self {
        Self {
            symbols,
            calls: Calls::default(),
            switches: Switches::default(),
            holdings: true,
            algo_id: None,
        }
    }

    /// A codec for the instruments of a configuration. Holdings are only read when a product is
    /// traded that can become one.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let mut codec = Self::new(Symbols::of(config));
        let delivered = |product: &str| matches!(product, "CNC" | "MTF");
        codec.holdings = config.holdings.iter().any(|key| delivered(key.product.as_str()));
        codec
    }

    /// The same under a path prefix, such as `/oms` for the broker's sandbox.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        self.calls = Calls::under(prefix);
        self
    }

    /// The same with other guesses about what is not documented.
    #[must_use]
    pub const fn with_switches(mut self, switches: Switches) -> Self {
        self.switches = switches;
        self
    }

    /// The same with the exchange's id of a registered algorithm on every order.
    #[must_use]
    pub fn with_algo_id(mut self, algo_id: impl Into<String>) -> Self {
        self.algo_id = Some(algo_id.into());
        self
    }

    /// The symbols it knows.
    #[must_use]
    pub const fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// How it makes calls, for the parts that are not about the engine's requests.
    #[must_use]
    pub const fn calls(&self) -> &Calls {
        &self.calls
    }
}

impl LiveCodec for KiteCodec {
    type Notes = Notes;

    fn write(&self, request: &Request, notes: &Notes) -> Result<HttpRequest, Unsendable> {
        self.write_call(request, notes)
    }

    fn reply(&self, request: &Request, reply: &HttpReply<'_>, notes: &mut Notes) -> WriteEnd {
        self.write_end(request, reply, notes)
    }

    fn read(&self, query: &Query, notes: &Notes) -> Vec<HttpRequest> {
        self.read_calls(query, notes)
    }

    fn answer(&self, query: &Query, replies: &[HttpReply<'_>], notes: &mut Notes) -> ReadEnd {
        self.read_end(query, replies, notes)
    }
}
