//! What the engine must know about this broker.
//!
//! Entry points: [`descriptor`], [`Limits`].

use truefill_core::config::{AmendKind, CancelProof, ClientIds, Descriptor, Scope, Window};
use truefill_core::time::{MILLI_NS, SECOND_NS};

/// What the broker allows. The numbers changed several times; a configuration may lower them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Writes a second.
    pub orders_per_second: u32,
    /// Writes a minute.
    pub orders_per_minute: u32,
    /// Writes a day, refused ones included.
    pub orders_per_day: u32,
    /// Changes of one order.
    pub amends_per_order: u32,
    /// Reads a second that have no budget of their own.
    pub reads_per_second: u32,
    /// Snapshots of prices a second.
    pub quotes_per_second: u32,
    /// Reads of candles a second.
    pub history_per_second: u32,
}

impl Default for Limits {
    /// As of November 2026.
    fn default() -> Self {
        Self {
            orders_per_second: 10,
            orders_per_minute: 400,
            orders_per_day: 5000,
            amends_per_order: 25,
            reads_per_second: 10,
            quotes_per_second: 1,
            history_per_second: 3,
        }
    }
}

/// The descriptor.
///
/// - Our id is a label: it comes back, it is not unique, and not finding it proves nothing.
/// - An order may appear at any time after a failed request (`appear_max_ns` is unbounded), so an
///   unknown one is settled by its appearance, by the end of the day or by the operator.
/// - Only a read that shows it proves that an order is finished.
/// - A message over the stream is a hint: nothing is proven by one, and a silent socket (a
///   heartbeat is due every second) is dead after five.
/// - Books hold today only. The books of orders, trades and positions are written at different
///   moments: a read may be two seconds old.
/// - A read of positions or activity is two calls, so half the budget is given to the engine.
///
/// ```
/// use truefill_core::config::ClientIds;
/// use truefill_venue::kite::{Limits, descriptor};
///
/// let kite = descriptor(&Limits { orders_per_second: 5, ..Limits::default() });
/// assert_eq!(kite.client_ids, ClientIds::Tag);
/// assert_eq!(kite.appear_max_ns, None);
/// let windows: Vec<(u32, i64)> = kite.windows.iter().map(|w| (w.n, w.per_ns)).collect();
/// let second = 1_000_000_000;
/// assert_eq!(
///     windows,
///     [(5, second), (400, 60 * second), (5000, 86_400 * second), (5, second)]
/// );
/// ```
#[must_use]
pub fn descriptor(limits: &Limits) -> Descriptor {
    let window =
        |n: u32, per_s: i64, scope| Window { n: n.max(1), per_ns: per_s * SECOND_NS, scope };
    Descriptor {
        name: "kite".to_owned(),
        windows: vec![
            window(limits.orders_per_second, 1, Scope::Orders),
            window(limits.orders_per_minute, 60, Scope::Orders),
            window(limits.orders_per_day, 86_400, Scope::Orders),
            window(limits.reads_per_second / 2, 1, Scope::Reads),
        ],
        appear_max_ns: None,
        arrival_max_ns: 10 * SECOND_NS,
        reply_timeout_ns: 10 * SECOND_NS,
        send_window_ns: 500 * MILLI_NS,
        client_ids: ClientIds::Tag,
        cancel_proof: CancelProof::Read,
        activity: true,
        stream_silence_ns: 5 * SECOND_NS,
        // Nobody promises a bound. What a read shows may be five seconds old in a rehearsal; the
        // broker's times are whole seconds.
        read_lag_max_ns: 6 * SECOND_NS,
        amends: AmendKind::InPlace,
        amends_max: Some(limits.amends_per_order),
        stops: true,
        ..Descriptor::default()
    }
}
