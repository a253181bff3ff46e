//! The broker's half of the Kite Connect 3 wire: what a client may send and what it gets.
//!
//! Entry points: [`Route::of`] for what is asked, [`OrderForm`] and [`ModifyForm`] for orders,
//! [`Reply`] for answers, [`OrderFace`] and [`TradeFace`] for rows, [`ticker`] for the stream.
//!
//! Nothing here knows what happened to an order, has a clock or does I/O. The client's half is
//! written from the same facts and shares no type with this one, so that a misreading in one of
//! them is found by the other.
//!
//! | module | idea |
//! |---|---|
//! | `route` | method and path to what is asked |
//! | `form` | fields, orders in them |
//! | `words` | the words of orders |
//! | `reply` | envelopes, error types, pages that are no JSON |
//! | `rows` | orders and trades, as they are shown |
//! | [`ticker`] | binary packets and text messages |
//! | [`instruments`] | the list, as CSV |
//! | `stamp` | India's wall clock |
//! | `json` | JSON with exact numbers and keys in order |

mod form;
pub mod instruments;
mod json;
mod reply;
mod route;
mod rows;
mod stamp;
pub mod ticker;
mod words;

pub use form::{Fields, ModifyForm, OrderForm, Protection};
pub use json::Json;
pub use reply::{BodyType, ErrorType, Refusal, Reply};
pub use route::{Asked, Class, QuoteDetail, Route};
pub use rows::{Leg, Named, OrderFace, TradeFace};
pub use stamp::{DAY_NS, IST_NS, clock, day_of, on_day_of, parse as parse_stamp, stamp};
pub use stamp::{time_of_day, zoned};
pub use words::{INDEX_SEGMENT, OrderType, Product, Status, Validity, Variety};
pub use words::{divisor_of, segment_of, side_of, side_word};
