//! What real brokers are like, as far as the reference wire can show it: ids, proof, push
//! quality, amends, limits and usual delays, each from its public documentation and the reports
//! of its users. Wire details of a broker's own are not here.
//!
//! Entry point: [`Profile::by_name`].
//!
//! A profile is a world without faults; any preset or fault file may be laid over it:
//!
//! ```
//! use truefill_sim::faults::Faults;
//! use truefill_sim::profile::Profile;
//! let mut zerodha = Profile::by_name("zerodha").expect("known");
//! zerodha.world.faults = Faults::preset("rough").expect("known");
//! assert_eq!(zerodha.descriptor.windows[0].n, 10);
//! assert!(zerodha.world.check(&zerodha.descriptor).is_ok());
//! ```

use crate::broker::world::{Amends, Pushes, WindowKind, World};
use crate::network::Latency;
use truefill_core::config::{AmendKind, CancelProof, ClientIds, Descriptor, Scope, Window};
use truefill_core::time::{MILLI_NS, SECOND_NS};

const MINUTE_NS: i64 = 60 * SECOND_NS;
const DAY_NS: i64 = 86_400 * SECOND_NS;

/// A broker: what it declares, and what it is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// For the engine.
    pub descriptor: Descriptor,
    /// For the simulator.
    pub world: World,
}

impl Profile {
    /// Names that are known.
    pub const NAMES: [&'static str; 5] = ["reference", "zerodha", "binance", "alpaca", "fix"];

    /// The profile of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "reference" => Self { descriptor: Descriptor::default(), world: World::default() },
            "zerodha" => zerodha(),
            "binance" => binance(),
            "alpaca" => alpaca(),
            "fix" => fix(),
            _ => return None,
        })
    }
}

const fn window(n: u32, per_ns: i64, scope: Scope) -> Window {
    Window { n, per_ns, scope }
}

/// A way that takes this long, with a spread as large again and a spike once in a thousand.
const fn way(base_ns: i64) -> Latency {
    Latency { base_ns, spread_ns: base_ns, spike_ppm: 1_000, spike_ns: 40 * base_ns }
}

/// Zerodha Kite Connect 3: a tag that is a label and no more, pushes of statuses without
/// executions, orders that appear up to 90 s after a time-out, 10/s, 400/min and 5000/day.
fn zerodha() -> Profile {
    let windows = vec![
        window(10, SECOND_NS, Scope::Orders),
        window(400, MINUTE_NS, Scope::Orders),
        window(5_000, DAY_NS, Scope::Orders),
        window(10, SECOND_NS, Scope::Reads),
    ];
    let descriptor = Descriptor {
        name: "zerodha".to_owned(),
        windows,
        appear_max_ns: Some(92 * SECOND_NS),
        arrival_max_ns: 7 * SECOND_NS,
        reply_timeout_ns: 7 * SECOND_NS,
        client_ids: ClientIds::Tag,
        cancel_proof: CancelProof::Read,
        stream_silence_ns: 5 * SECOND_NS,
        read_lag_max_ns: SECOND_NS,
        amends: AmendKind::InPlace,
        amends_max: Some(25),
        ..Descriptor::default()
    };
    let (up, down, push) = (way(20 * MILLI_NS), way(20 * MILLI_NS), way(40 * MILLI_NS));
    // Whether its second is fixed or sliding is not documented: the stricter one.
    let world = World {
        up,
        down,
        push,
        window_kinds: vec![WindowKind::Sliding, WindowKind::Fixed, WindowKind::Fixed],
        fee_ppm: 300,
        amends: Amends::InPlace,
        pushes: Pushes::Statuses,
        ..World::default()
    };
    Profile { descriptor, world }
}

/// Binance spot: the receive window bounds how late a request can still be executed, request
/// weights are counted by the minute (a read of the account costs 20 of 6000), orders 50 in 10 s
/// and 160000 a day.
fn binance() -> Profile {
    let windows = vec![
        window(50, 10 * SECOND_NS, Scope::Orders),
        window(160_000, DAY_NS, Scope::Orders),
        window(300, MINUTE_NS, Scope::Reads),
    ];
    let descriptor = Descriptor {
        name: "binance".to_owned(),
        windows,
        appear_max_ns: Some(16 * SECOND_NS),
        arrival_max_ns: 5 * SECOND_NS,
        reply_timeout_ns: 10 * SECOND_NS,
        client_ids: ClientIds::Unique,
        cancel_proof: CancelProof::Read,
        stream_silence_ns: 60 * SECOND_NS,
        read_lag_max_ns: SECOND_NS,
        amends: AmendKind::CancelReplace,
        ..Descriptor::default()
    };
    let (up, down, push) = (way(4 * MILLI_NS), way(4 * MILLI_NS), way(5 * MILLI_NS));
    let world = World {
        up,
        down,
        push,
        window_kinds: vec![WindowKind::Fixed; 3],
        fee_ppm: 1_000,
        amends: Amends::CancelReplace,
        ..World::default()
    };
    Profile { descriptor, world }
}

/// Alpaca: client ids that are unique for good, a replace that is a new order, 200 requests a
/// minute for everything together.
fn alpaca() -> Profile {
    let descriptor = Descriptor {
        name: "alpaca".to_owned(),
        windows: vec![window(200, MINUTE_NS, Scope::All)],
        appear_max_ns: Some(30 * SECOND_NS),
        arrival_max_ns: 5 * SECOND_NS,
        reply_timeout_ns: 10 * SECOND_NS,
        client_ids: ClientIds::Unique,
        cancel_proof: CancelProof::Read,
        read_lag_max_ns: SECOND_NS,
        amends: AmendKind::CancelReplace,
        ..Descriptor::default()
    };
    let (up, down, push) = (way(15 * MILLI_NS), way(15 * MILLI_NS), way(20 * MILLI_NS));
    let world = World {
        up,
        down,
        push,
        window_kinds: vec![WindowKind::Fixed],
        amends: Amends::CancelReplace,
        ..World::default()
    };
    Profile { descriptor, world }
}

/// A FIX 4.4 venue: an execution report is its word and proof, a replace keeps the order, and
/// the only limit is our own throttle.
fn fix() -> Profile {
    let descriptor = Descriptor {
        name: "fix".to_owned(),
        windows: vec![window(50, SECOND_NS, Scope::Orders), window(20, SECOND_NS, Scope::Reads)],
        appear_max_ns: Some(10 * SECOND_NS),
        arrival_max_ns: 2 * SECOND_NS,
        reply_timeout_ns: 5 * SECOND_NS,
        client_ids: ClientIds::Unique,
        cancel_proof: CancelProof::Word,
        stream_silence_ns: 60 * SECOND_NS,
        read_lag_max_ns: 200 * MILLI_NS,
        ..Descriptor::default()
    };
    let (up, down, push) = (way(MILLI_NS), way(MILLI_NS), way(MILLI_NS));
    let world = World { up, down, push, fee_ppm: 50, amends: Amends::InPlace, ..World::default() };
    Profile { descriptor, world }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_keeps_what_it_declares() {
        for name in Profile::NAMES {
            let profile = Profile::by_name(name).expect("known");
            assert_eq!(profile.descriptor.name, name);
            assert_eq!(profile.world.check(&profile.descriptor), Ok(()), "{name}");
            assert!(profile.world.window_kinds.len() <= profile.descriptor.windows.len());
        }
        assert_eq!(Profile::by_name("nobody"), None);
    }
}
