//! What travels between the engine and a broker, as bytes, in both directions.
//!
//! Nothing here does I/O: a codec turns requests into bytes and bytes into reports, so the same
//! code runs live, in the simulator and on recorded bytes.
//!
//! Entry points: [`codec::ClientCodec`] is the engine's half, [`codec::ServerCodec`] the
//! broker's half (simulator and box); [`reference::ReferenceCodec`] is both halves of the small
//! JSON wire that the simulator speaks. Real brokers are reached over HTTP: [`live::LiveCodec`] is
//! what their codecs offer a node, [`kite::KiteCodec`] is that of Zerodha's Kite Connect,
//! and [`kite_server`] is the broker's half of it.

pub mod codec;
pub mod http;
pub mod kite;
pub mod kite_server;
pub mod live;
pub mod reason;
pub mod reference;
mod words;

pub use codec::{
    Ask, BadRequest, ClientCodec, Garbage, ServerCodec, ServerRequest, StreamFrame, Symbols,
};
pub use kite::KiteCodec;
pub use live::LiveCodec;
pub use reason::Reason;
pub use reference::ReferenceCodec;
