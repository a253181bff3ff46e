//! What a simulated broker is like, and what it delivers.

use crate::exchange::Assumptions;
use crate::faults::Faults;
use crate::network::Latency;
use truefill_core::config::Descriptor;
use truefill_core::ids::{InstrumentId, RequestId, VenueText};
use truefill_core::input::Channel;
use truefill_core::num::Qty;
use truefill_market::fees::Schedule;

/// How a broker measures a rate window, on its own clock, at arrival.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowKind {
    /// No more than `n` arrivals within any stretch of the window's length.
    #[default]
    Sliding,
    /// No more than `n` arrivals between two multiples of the window's length.
    Fixed,
}

/// How a broker changes a working order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Amends {
    /// In place: the order keeps its id.
    #[default]
    InPlace,
    /// By a cancel and a new order of the broker's making, which has a new id.
    CancelReplace,
    /// Not at all.
    Never,
}

/// What a broker pushes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pushes {
    /// Executions and statuses.
    #[default]
    Full,
    /// Statuses only: an execution is seen in CumQty, and its price in a read.
    Statuses,
    /// Nothing.
    Nothing,
}

/// A position at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// What is held.
    pub instrument: InstrumentId,
    /// The broker's product; empty where there is none.
    pub product: VenueText,
    /// Signed quantity.
    pub qty: Qty,
}

/// Everything about a broker that is not in its descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// From the engine to the broker; cut at the descriptor's longest arrival.
    pub up: Latency,
    /// From the broker to the engine, for replies and answers.
    pub down: Latency,
    /// From the broker to the engine, for pushed messages.
    pub push: Latency,
    /// How each window of the descriptor is measured, in its order; the rest are sliding.
    pub window_kinds: Vec<WindowKind>,
    /// Fee in millionths of the notional (one basis point is 100), rounded up to 1e-9 currency.
    pub fee_ppm: u32,
    /// A dated schedule of fees instead.
    pub fees: Option<Schedule>,
    /// How far the broker's clock is ahead of virtual time, in nanoseconds. Its windows and the
    /// times in its messages are on its clock.
    pub clock_ahead_ns: i64,
    /// How long finished orders and their trades stay in the broker's books, in nanoseconds.
    pub books_keep_ns: i64,
    /// How a working order is changed.
    pub amends: Amends,
    /// What is pushed.
    pub pushes: Pushes,
    /// What goes wrong.
    pub faults: Faults,
    /// Positions at the start.
    pub opening: Vec<Opening>,
    /// What is assumed of the market where the data do not say.
    pub market: Assumptions,
}

impl Default for World {
    /// A calm broker without fees or positions, whose books hold a day.
    fn default() -> Self {
        Self {
            up: Latency::ordinary(),
            down: Latency::ordinary(),
            push: Latency::ordinary(),
            window_kinds: Vec::new(),
            fee_ppm: 0,
            fees: None,
            clock_ahead_ns: 0,
            books_keep_ns: 86_400 * truefill_core::time::SECOND_NS,
            amends: Amends::default(),
            pushes: Pushes::default(),
            faults: Faults::default(),
            opening: Vec::new(),
            market: Assumptions::default(),
        }
    }
}

impl World {
    /// A default world with these faults.
    #[must_use]
    pub fn with_faults(faults: Faults) -> Self {
        Self { faults, ..Self::default() }
    }

    /// Checks that the world keeps what the descriptor promises.
    ///
    /// # Errors
    /// A sentence that says what does not fit.
    pub fn check(&self, descriptor: &Descriptor) -> Result<(), String> {
        let longest_ns = descriptor.arrival_max_ns.saturating_add(descriptor.read_lag_max_ns);
        if descriptor.appear_max_ns.is_some_and(|max_ns| max_ns < longest_ns) {
            return Err("appear_max_ns must be at least arrival_max_ns + read_lag_max_ns, or a \
                        slow order could appear later than declared"
                .to_owned());
        }
        let keep_ns = descriptor.appear_max_ns.unwrap_or(0).saturating_mul(2);
        if self.books_keep_ns < keep_ns {
            return Err("books_keep_ns must be at least twice appear_max_ns, or a finished order \
                        could look as if it had never been there"
                .to_owned());
        }
        if descriptor.arrival_max_ns < 0 || descriptor.read_lag_max_ns < 0 {
            return Err("arrival_max_ns and read_lag_max_ns must not be negative".to_owned());
        }
        Ok(())
    }
}

/// What reaches the engine's shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The reply to a write or the answer to a read.
    Reply {
        /// Number of the request.
        id: RequestId,
        /// Status as HTTP has it.
        status: u16,
        /// Body.
        body: Vec<u8>,
    },
    /// A pushed message.
    Push {
        /// Number of the connection it came over.
        epoch: u32,
        /// Body.
        body: Vec<u8>,
    },
    /// The connection of this request broke; there will be no reply.
    Reset {
        /// Number of the request.
        id: RequestId,
    },
    /// A link changed.
    Link {
        /// Which.
        channel: Channel,
        /// Up or down.
        up: bool,
    },
}
