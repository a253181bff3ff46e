//! What the shell must do. Every effect waits until the batch that decided it is durable.

use crate::event::Alert;
use crate::ids::RequestId;
use crate::request::{Query, Request};
use crate::time::Nanos;

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send a write. If it cannot leave by `not_after`, it is answered "not sent".
    Send {
        /// Its number.
        request: RequestId,
        /// What to send.
        what: Request,
        /// Latest time to leave.
        not_after: Nanos,
        /// The journal record that must be durable first.
        durable: u64,
    },
    /// Send a read.
    Ask {
        /// Its number.
        request: RequestId,
        /// What to ask.
        what: Query,
        /// Latest time to leave.
        not_after: Nanos,
        /// The journal record that must be durable first.
        durable: u64,
    },
    /// Tell people.
    Tell(Alert),
    /// Stop: a law does not hold, memory is not trusted.
    Halt {
        /// Which law, and how.
        law: String,
    },
}
