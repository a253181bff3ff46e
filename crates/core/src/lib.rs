//! The deterministic core of truefill.
//!
//! Start reading at [`engine::Engine::step`]: one input in, events and effects out. The core has
//! no clock, randomness, threads, I/O, floating point or hash-order iteration; equal inputs give
//! equal bytes.
//!
//! | module | idea |
//! |---|---|
//! | [`num`], [`ids`], [`time`], [`quote`] | scaled integers, names, instants, top of book |
//! | [`record`] | one declaration gives bytes, digest and readable form |
//! | [`config`] | what a journal segment is decided under |
//! | [`input`], [`report`], [`request`] | what comes in, what a broker says, what is asked of it |
//! | [`event`], [`effect`], [`alert`] | what happened, what to do, what people must know |
//! | [`order`] | an order as a set of evidence |
//! | [`limiter`] | the broker's rate windows |
//! | [`liveness`] | silence of a connection, for shells |
//! | [`state`] | everything known, and the only mutator |
//! | [`engine`] | what follows: plan, release, gate, reconciliation, ladder |
//! | `planted` | faults planted on purpose, for tests only: not in what is shipped |

pub mod alert;
pub mod block;
pub mod config;
pub mod effect;
pub mod engine;
pub mod event;
pub mod ids;
pub mod input;
pub mod limiter;
pub mod liveness;
pub mod num;
pub mod order;
#[cfg(feature = "planted")]
pub mod planted;
pub mod quote;
pub mod record;
pub mod report;
pub mod request;
pub mod state;
pub mod time;

/// Nothing is planted in what is shipped: see the module `planted` behind the feature of that name.
#[cfg(not(feature = "planted"))]
#[doc(hidden)]
#[macro_export]
macro_rules! planted {
    ($plant:ident) => {
        false
    };
}
