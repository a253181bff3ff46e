//! What travels between the engine and a broker, as bytes, in both directions.
//!
//! Nothing here does I/O: a codec turns requests into bytes and bytes into reports, so the same
//! code runs live, in the simulator and on recorded bytes.
//!
//! Entry points: [`codec::ClientCodec`] is the engine's half, [`codec::ServerCodec`] the
//! broker's half (simulator and box); [`reference::ReferenceCodec`] is both halves of the small
//! JSON wire that the simulator speaks; [`kite_server`] is the broker's half of Zerodha's.

pub mod codec;
pub mod kite_server;
pub mod reference;

pub use codec::{
    Ask, BadRequest, ClientCodec, Garbage, ServerCodec, ServerRequest, StreamFrame, Symbols,
};
pub use reference::ReferenceCodec;
