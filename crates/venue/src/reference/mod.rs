//! The reference wire: the smallest JSON protocol that carries everything a broker can say.
//! The simulator speaks it, and it is the model for the wires of real brokers.
//!
//! Entry point: [`ReferenceCodec`]. `client` holds the engine's half, `server` the broker's,
//! `wire` the shapes, `rows` what both halves share.
//!
//! A request is one JSON object. `id` is the engine's number of the request.
//!
//! ```json
//! {"id":7,"new":{"client_id":"TF0MXE5K3Z0000000A","symbol":"NSE:INFY","product":"MIS",
//!                "side":"buy","qty":"10","price":"1500.05","tif":"day"}}
//! {"id":8,"cancel":{"client_id":"TF0MXE5K3Z0000000A","order_id":"V1","symbol":"NSE:INFY"}}
//! {"id":9,"read":"positions"}
//! {"id":10,"read":"order","client_id":"TF0MXE5K3Z0000000A","order_id":"V1"}
//! ```
//!
//! The reply is a status as HTTP has them and one JSON object that repeats `id`.
//!
//! | status | body | to a write | to a read |
//! |---|---|---|---|
//! | 200 | `{"id":7,"taken":{"order_id":"V1","time":1795000000000000000}}` | taken | |
//! | 200 | `{"id":9,"positions":[..]}`, `{"id":9,"orders":[..],"complete":true}`, `activity` the same, `{"id":10,"order":[row or nothing]}` | | found |
//! | 400 | `{"id":7,"refused":{"code":"price_band","text":".."}}` | refused for sure | failed |
//! | 401, 403 | any | refused for sure | failed |
//! | 429 | `{"id":7,"refused":{"code":"rate_limited","text":"..","retry_after_ns":1000000000}}` | refused for sure: never executed | failed |
//! | 5xx | any | unknown | failed |
//! | anything else | any | unknown | failed |
//!
//! Where the status alone decides (401, 403, 429, 5xx), the body may be unreadable; only its
//! words and `retry_after_ns` are lost then.
//!
//! A pushed message is one JSON object with `epoch` (the connection), `seq` (the message) and
//! one of `fill`, `status` and `bust`:
//!
//! ```json
//! {"epoch":1,"seq":17,"client_id":"TF0MXE5K3Z0000000A","order_id":"V1","symbol":"NSE:INFY",
//!  "fill":{"exec_id":"E1","qty":"4","price":"1500","cum":"4","liquidity":"taker",
//!          "touch":"1500","fee":"1.2","time":1795000000000000000}}
//! ```
//!
//! Rules for everything:
//! 1. Decimals are JSON strings or JSON numbers and are read from their text, exactly; more than
//!    nine decimals (eighteen in a fee) or a value out of bounds is an error of its row.
//! 2. Instants are integer nanoseconds since 1970, from 1970 to 2200.
//! 3. Unknown fields are ignored. Unknown words (side, status, code) and unknown symbols are
//!    errors of their row: a misspelt symbol looks just like a foreign one.
//! 4. Positions have no mark for incomplete answers, so one unreadable row fails the whole read.
//! 5. A frame has at most [`FRAME_BYTES_MAX`] bytes and [`ROWS_MAX`] rows.
//! 6. A frame is one JSON object, so a frame that was cut off anywhere is unreadable.

mod client;
mod number;
mod rows;
mod server;
#[cfg(test)]
mod tests;
mod wire;

use serde::Deserialize;

use crate::codec::{Garbage, Symbols};
use truefill_core::config::Config;

/// Largest frame that is read, in bytes.
pub const FRAME_BYTES_MAX: usize = 8 << 20;
/// Most rows of one answer that are read.
pub const ROWS_MAX: usize = 100_000;

/// Both halves of the reference wire.
///
/// ```
/// use truefill_core::{ids::RequestId, report::Outcome, request::{Query, Whole}};
/// use truefill_venue::{Ask, ClientCodec, ReferenceCodec, ServerCodec, Symbols};
///
/// let codec = ReferenceCodec::new(Symbols::from_names(["NSE:INFY".to_owned()]));
/// let bytes = codec.encode_read(RequestId(9), &Query::Positions(Whole {}));
/// assert_eq!(bytes, br#"{"id":9,"read":"positions"}"#);
/// let request = codec.decode_request(&bytes).expect("valid");
/// assert_eq!(request.ask, Ask::Read(Query::Positions(Whole {})));
///
/// // Half a reply says nothing: the write stays unknown.
/// let outcome = codec.decode_reply(RequestId(7), 200, br#"{"id":7,"taken":{"ord"#);
/// assert!(matches!(outcome, Outcome::Unclear(_)));
/// ```
#[derive(Clone, Debug)]
pub struct ReferenceCodec {
    symbols: Symbols,
}

impl ReferenceCodec {
    /// A codec for these symbols.
    #[must_use]
    pub const fn new(symbols: Symbols) -> Self {
        Self { symbols }
    }

    /// A codec for the instruments of this configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self::new(Symbols::of(config))
    }
}

/// Reads a frame of a known shape.
fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Garbage> {
    if body.len() > FRAME_BYTES_MAX {
        return Err(Garbage::new(format_args!("a frame of {} bytes is too large", body.len())));
    }
    // Checked for the whole frame: fields that are ignored must be text as well.
    let text = std::str::from_utf8(body).map_err(|_| Garbage::new("not UTF-8"))?;
    serde_json::from_str(text).map_err(Garbage::new)
}
