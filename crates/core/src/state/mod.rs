//! Everything the engine knows. Only [`State::apply`] changes it.
//!
//! Entry points: [`State`], [`State::apply`], [`holding::HoldingState`], [`orders::Orders`].
//!
//! Invariants:
//! 1. `apply` is total and cannot fail: an event of any kind is applied to any state.
//! 2. A step without events changes nothing here, `now` included.
//! 3. What could be derived is a cache and rebuilt from a snapshot, never stored.

pub mod apply;
pub mod digest;
pub mod holding;
pub mod orders;
mod shown;
pub mod sleeve;
pub mod snapshot;
pub mod terms;

use crate::config::Config;
use crate::event::{Mode, RequestClass};
use crate::ids::{HoldingId, OrderNo, RequestId, SleeveId, VenueText};
use crate::limiter::Limiter;
use crate::num::{Amount, Qty};
use crate::time::Nanos;
use holding::HoldingState;
use orders::Orders;
use std::collections::{BTreeMap, BTreeSet};

/// A request on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnWire {
    /// What it is.
    pub class: RequestClass,
    /// The order it is about.
    pub order: Option<OrderNo>,
    /// When it was released.
    pub asked: Nanos,
    /// [`State::seq`] when it was released.
    pub asked_seq: u64,
}

/// Where reconciliation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconState {
    /// The baseline of this start was read; nothing is sent before.
    pub baseline: bool,
    /// When the last round ended.
    pub ended: Nanos,
    /// It compared; otherwise a read failed and the next round waits a little.
    pub compared: bool,
    /// The present round began on suspicion: it reads orders whatever is known.
    pub thorough: bool,
    /// When the last good read of account activity was asked.
    pub activity_asked: Nanos,
    /// When the last read of account activity ended, well or badly.
    pub activity_tried: Nanos,
    /// Something gave reason to read at once.
    pub suspicious: bool,
    /// [`State::seq`] at which the present round began; zero between rounds.
    pub round: u64,
    /// [`State::seq`] at which the last good read of all orders was asked.
    pub orders_seq: u64,
    /// [`State::seq`] at which the last good read of activity was asked.
    pub activity_seq: u64,
    /// External executions already booked or known from before the baseline.
    pub externals: BTreeSet<VenueText>,
    /// When the first baseline was read: older activity is contained in it.
    pub since: Nanos,
    /// The next round reads all orders, finished ones included: a message could not be matched.
    pub all_orders: bool,
    /// Reads without an answer in a row.
    pub unanswered: u32,
    /// When the broker's clock was last asked for.
    pub clock_asked: Nanos,
    /// The broker's clock minus ours, as read last.
    pub ahead_ns: i64,
    /// [`State::seq`] at which the last good read of open orders was asked.
    pub open_seq: u64,
}

/// The state of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Journal records so far.
    pub seq: u64,
    /// Time of the last event.
    pub now: Nanos,
    /// Epoch of the present start; zero before the first.
    pub epoch: u64,
    /// Number of the last request.
    pub last_request: u64,
    /// What the engine may do.
    pub mode: Mode,
    /// Links: stream, rest, market.
    pub links_up: [bool; 3],
    /// Holdings, by id.
    pub holdings: Vec<HoldingState>,
    /// Orders.
    pub orders: Orders,
    /// Rate windows.
    pub limiter: Limiter,
    /// Requests on the wire.
    pub wire: BTreeMap<RequestId, OnWire>,
    /// Reconciliation.
    pub recon: ReconState,
    /// New orders of the day `day`.
    pub orders_today: u32,
    /// Days since 1970 of the last new order: of its session where there is a calendar, of UTC
    /// elsewhere. Only grows.
    pub day: i64,
    /// Free margin as the broker told it last.
    pub margin: Option<Amount>,
    /// Holdings with work or open orders: what timers and the queue look at.
    pub busy: BTreeSet<HoldingId>,
    /// Strategies that are switched off.
    pub disabled: BTreeSet<SleeveId>,
    /// Our own working orders are to be cancelled.
    pub swept: bool,
    /// Where in the journal the last flatten began: what was released before has to go.
    pub flatten_seq: u64,
}

impl State {
    /// The state before anything happened.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            seq: 0,
            now: Nanos(i64::MIN),
            epoch: 0,
            last_request: 0,
            mode: Mode::Running,
            links_up: [true; 3],
            holdings: config.holdings.iter().map(HoldingState::of).collect(),
            orders: Orders::default(),
            limiter: Limiter::new(&config.descriptor),
            wire: BTreeMap::new(),
            recon: ReconState {
                baseline: false,
                ended: Nanos(i64::MIN),
                compared: true,
                thorough: true,
                activity_asked: Nanos(i64::MIN),
                activity_tried: Nanos(i64::MIN),
                suspicious: false,
                round: 0,
                orders_seq: 0,
                activity_seq: 0,
                externals: BTreeSet::new(),
                since: Nanos(i64::MIN),
                all_orders: false,
                unanswered: 0,
                clock_asked: Nanos(i64::MIN),
                ahead_ns: 0,
                open_seq: 0,
            },
            orders_today: 0,
            day: 0,
            margin: None,
            busy: BTreeSet::new(),
            disabled: BTreeSet::new(),
            swept: false,
            flatten_seq: 0,
        }
    }

    /// State of a holding.
    #[must_use]
    pub fn holding(&self, id: HoldingId) -> &HoldingState {
        &self.holdings[id.ix()]
    }

    /// Profit and loss of the strategies' sleeves since the last day end, at the last marks,
    /// each holding times its multiplier.
    #[must_use]
    pub fn day_pnl(&self, config: &Config) -> Amount {
        let mut sum: i128 = 0;
        for (holding, key) in self.holdings.iter().zip(&config.holdings) {
            let multiplier = config.instruments[key.instrument.ix()].multiplier;
            let own = holding.value() - holding.day_base;
            sum = sum.saturating_add(scale(own, multiplier).0);
        }
        Amount(sum)
    }
}

/// A sum times a multiplier of 1e-9 steps, rounded toward minus infinity.
#[must_use]
pub fn scale(sum: Amount, multiplier: Qty) -> Amount {
    if multiplier.0 == crate::num::NANO {
        return sum;
    }
    Amount(sum.0.saturating_mul(multiplier.0).div_euclid(crate::num::NANO))
}
