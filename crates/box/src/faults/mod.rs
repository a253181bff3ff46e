//! What can go wrong in the box, how often, and what is armed to go wrong next.
//!
//! Entry points: [`Fault`], [`Plan::strike`], [`Plan::order`].
//!
//! Invariants:
//! 1. Each kind throws its own dice: switching one on does not shift the others.
//! 2. What is armed strikes exactly as often as was asked, before any dice.

mod kinds;
mod order;
mod presets;

pub use kinds::{Fault, Hook};
pub use order::{BadOrder, Details, Fate, Form};
pub use presets::PRESETS;

use std::collections::BTreeMap;
use truefill_sim::rng::Rng;

/// Most faults that are armed at once.
const ARMED_MAX: usize = 10_000;

/// A fault that waits for its request.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Armed {
    fault: Fault,
    hook: Hook,
    /// Chances to pass before it strikes.
    skip: u64,
    times: u64,
    details: Details,
}

/// All faults.
#[derive(Debug)]
pub struct Plan {
    ppm: BTreeMap<Fault, u32>,
    dice: BTreeMap<Fault, Rng>,
    armed: Vec<Armed>,
    struck: BTreeMap<Fault, u64>,
}

impl Plan {
    /// Nothing goes wrong yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let rng = Rng::new(seed).fork(77);
        let dice = Fault::ALL.iter().zip(0u64..).map(|(fault, label)| (*fault, rng.fork(label)));
        Self {
            ppm: BTreeMap::new(),
            dice: dice.collect(),
            armed: Vec::new(),
            struck: BTreeMap::new(),
        }
    }

    /// The preset of this name from now on; false if there is none.
    pub fn preset(&mut self, name: &str) -> bool {
        let Some(shares) = presets::shares(name) else { return false };
        self.ppm = shares;
        true
    }

    /// So many in a million from now on.
    pub fn set(&mut self, fault: Fault, ppm: u32) {
        self.ppm.insert(fault, ppm);
    }

    /// Nothing goes wrong from now on.
    pub fn clear(&mut self) {
        self.ppm.clear();
        self.armed.clear();
    }

    /// Whether something strikes here, and how.
    pub fn strike(&mut self, fault: Fault, hook: Hook) -> Option<Details> {
        let at = self.armed.iter().position(|armed| armed.fault == fault && hook.is(armed.hook));
        if let Some(armed) = at.and_then(|at| self.armed.get_mut(at)) {
            if armed.skip > 0 {
                armed.skip -= 1;
            } else {
                armed.times -= 1;
                let (details, over) = (armed.details.clone(), armed.times == 0);
                if over {
                    at.map(|at| self.armed.remove(at));
                }
                *self.struck.entry(fault).or_default() += 1;
                return Some(details);
            }
        }
        let ppm = self.ppm.get(&fault).copied().filter(|ppm| *ppm > 0)?;
        let dice = self.dice.get_mut(&fault)?;
        if !dice.chance(ppm) {
            return None;
        }
        *self.struck.entry(fault).or_default() += 1;
        Some(Details::default())
    }

    /// The dice of a kind, for its details.
    pub fn between(&mut self, fault: Fault, low: i64, high: i64) -> i64 {
        self.dice.get_mut(&fault).map_or(low, |dice| dice.between(low, high))
    }

    /// Does what the control API was told; a fault that strikes at a time of its own is given
    /// back, to be carried out now.
    ///
    /// # Errors
    /// [`BadOrder`], which says what is allowed.
    pub fn order(
        &mut self,
        order: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Option<(Fault, Details)>, BadOrder> {
        match order::Order::read(order)? {
            order::Order::Preset(name) => {
                self.preset(&name);
            }
            order::Order::Clear => self.clear(),
            order::Order::Shares(shares) => {
                shares.into_iter().for_each(|(fault, ppm)| self.set(fault, ppm));
            }
            order::Order::Arm { fault, hook, nth, times, details } => {
                if fault.is_timed() {
                    *self.struck.entry(fault).or_default() += 1;
                    return Ok(Some((fault, details)));
                }
                if self.armed.len() >= ARMED_MAX {
                    return Err(BadOrder::new("10,000 faults are armed already; clear them first"));
                }
                self.armed.push(Armed { fault, hook, skip: nth - 1, times, details });
            }
        }
        Ok(None)
    }

    /// How often each kind has struck.
    pub fn struck(&self) -> impl Iterator<Item = (Fault, u64)> + '_ {
        self.struck.iter().map(|(fault, times)| (*fault, *times))
    }

    /// Shares in force, in parts per million.
    pub fn shares(&self) -> impl Iterator<Item = (Fault, u32)> + '_ {
        self.ppm.iter().map(|(fault, ppm)| (*fault, *ppm))
    }

    /// How many are armed.
    #[must_use]
    pub fn armed(&self) -> usize {
        self.armed.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(orders: &[&str]) -> Plan {
        let mut plan = Plan::new(1);
        for order in orders {
            let value: serde_json::Value = serde_json::from_str(order).unwrap();
            plan.order(value.as_object().unwrap()).unwrap();
        }
        plan
    }

    #[test]
    fn the_nth_request_is_hit_and_only_it() {
        let mut plan = plan(&[r#"{"fault":"lost_reply","on":"place","nth":3,"form":"504"}"#]);
        let hits: Vec<bool> =
            (0..6).map(|_| plan.strike(Fault::LostReply, Hook::Place).is_some()).collect();
        assert_eq!(hits, [false, false, true, false, false, false]);
        assert_eq!(plan.struck().collect::<Vec<_>>(), [(Fault::LostReply, 1)]);
    }

    #[test]
    fn other_requests_do_not_count() {
        let mut plan = plan(&[r#"{"fault":"lost_reply","on":"cancel"}"#]);
        assert_eq!(plan.strike(Fault::LostReply, Hook::Place), None);
        assert!(plan.strike(Fault::LostReply, Hook::Cancel).is_some());
        assert_eq!(plan.armed(), 0);
    }

    #[test]
    fn presets_grow_worse() {
        for name in PRESETS {
            assert!(Plan::new(1).preset(name), "{name}");
        }
        assert!(!Plan::new(1).preset("sunny"));
        let sum = |name| {
            let mut plan = Plan::new(1);
            plan.preset(name);
            plan.shares().map(|(_, ppm)| u64::from(ppm)).sum::<u64>()
        };
        assert_eq!(sum("calm"), 0);
        assert!(sum("rough") < sum("storm") && sum("storm") < sum("beyond"));
    }
}
