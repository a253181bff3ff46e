//! What must hold at every step (section 5 of the contract): no overshoot, the limits of the rate,
//! silence when it was asked for, nothing while halted.

use super::Law;
use super::profile;
use crate::names::Names;
use crate::scenario::{Given, Limit};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use truefill_core::config::Scope;
use truefill_core::ids::InstrumentId;
use truefill_core::input::Command;
use truefill_core::num::Qty;
use truefill_core::request::Side;
use truefill_core::time::{MILLI_NS, Nanos};

/// What a request is, to the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A new order.
    Submit,
    /// A cancel.
    Cancel,
    /// An amend.
    Amend,
    /// A read.
    Query,
}

/// A window of the rate, as the venue counts it.
#[derive(Clone, Debug)]
struct Window {
    limit: Limit,
    sent: VecDeque<Nanos>,
}

/// What the checks know.
#[derive(Clone, Debug)]
pub(super) struct Checks {
    targets: BTreeMap<(String, InstrumentId), Qty>,
    disabled: BTreeSet<String>,
    /// Everything is to go to zero, unless declared since.
    flat: bool,
    halted: bool,
    killed: bool,
    flattening: bool,
    /// A login is needed.
    locked_out: bool,
    silent_until: Nanos,
    windows: Vec<Window>,
    sessions: Option<Vec<(Nanos, Nanos, i64)>>,
    /// Requests so far.
    pub submits: u32,
    /// Cancels so far.
    pub cancels: u32,
    /// Amends so far.
    pub amends: u32,
}

/// A new order, or an amend that raises what is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raise {
    /// Of what.
    pub instrument: InstrumentId,
    /// Side.
    pub side: Side,
    /// The venue's position.
    pub position: Qty,
    /// All that may be open on the side with it.
    pub open: Qty,
    /// What a scenario permits.
    pub permitted: Qty,
}

impl Checks {
    /// The checks of a scenario as it begins.
    pub fn new(given: &Given, names: &Names) -> Self {
        let of = |(symbol, qty): &(String, Qty)| (("A".to_owned(), names.instrument(symbol)), *qty);
        let window = |limit: &Limit| Window {
            limit: limit.clone(),
            sent: (0..limit.used).map(|_| given.now).collect(),
        };
        Self {
            targets: given.targets.iter().map(of).collect(),
            disabled: BTreeSet::new(),
            flat: false,
            halted: false,
            killed: false,
            flattening: false,
            locked_out: false,
            silent_until: Nanos(i64::MIN),
            windows: given.limits.iter().map(window).collect(),
            sessions: given.session.as_ref().map(|s| profile::sessions(s, given.now)),
            submits: 0,
            cancels: 0,
            amends: 0,
        }
    }

    /// A strategy declared a target.
    pub fn target(&mut self, strategy: &str, instrument: InstrumentId, qty: Qty) {
        self.targets.insert((strategy.to_owned(), instrument), qty);
    }

    /// A strategy was switched on or off.
    pub fn enable(&mut self, strategy: &str, on: bool) {
        if on {
            self.disabled.remove(strategy);
        } else {
            self.disabled.insert(strategy.to_owned());
        }
    }

    /// The operator said something.
    pub fn command(&mut self, command: Command) {
        match command {
            Command::Halt | Command::HaltCancel => self.halted = true,
            Command::Kill => self.killed = true,
            Command::Flatten => {
                (self.flattening, self.flat) = (true, true);
                self.targets.values_mut().for_each(|qty| *qty = Qty::ZERO);
            }
            Command::Resume => (self.halted, self.flattening) = (false, false),
            Command::Login => self.locked_out = false,
            Command::ReduceOnly => {}
        }
    }

    /// A refusal for want of a session was delivered.
    pub fn lock_out(&mut self) {
        self.locked_out = true;
    }

    /// A refusal that asks for silence was delivered.
    pub fn silence(&mut self, now: Nanos, for_ns: i64) {
        self.silent_until = self.silent_until.max(now.plus(for_ns));
    }

    /// The target of a symbol: the sum over strategies that are on. None where nobody ever
    /// declared one.
    pub fn target_of(&self, instrument: InstrumentId) -> Option<Qty> {
        let of = self.targets.iter().filter(|((_, of), _)| *of == instrument);
        let (mut declared, mut sum) = (self.flat, Qty::ZERO);
        for ((strategy, _), qty) in of {
            declared = true;
            if !self.disabled.contains(strategy) {
                sum += *qty;
            }
        }
        declared.then_some(sum)
    }

    /// A request leaves: counted, and held against the limits.
    pub fn sent(&mut self, class: Class, now: Nanos) -> Result<(), Law> {
        match class {
            Class::Submit => self.submits += 1,
            Class::Cancel => self.cancels += 1,
            Class::Amend => self.amends += 1,
            Class::Query => {}
        }
        if now < self.silent_until {
            let ms = self.silent_until.since(now) / MILLI_NS;
            let how = format!("a request {ms} ms before the silence that was asked for ends");
            return Err(Law::new("rate", how));
        }
        for window in &mut self.windows {
            let counts = match window.limit.scope {
                Scope::All => true,
                Scope::Reads => class == Class::Query,
                Scope::Orders => class != Class::Query,
            };
            if !counts {
                continue;
            }
            let per_ns = window.limit.per_ms.saturating_mul(MILLI_NS);
            while window.sent.front().is_some_and(|at| at.plus(per_ns) <= now) {
                window.sent.pop_front();
            }
            window.sent.push_back(now);
            let (n, per_ms) = (window.limit.n, window.limit.per_ms);
            if window.sent.len() > usize::try_from(n).unwrap_or(usize::MAX) {
                return Err(Law::new("rate", format!("more than {n} requests in {per_ms} ms")));
            }
        }
        Ok(())
    }

    /// A new order or an amend may leave at all.
    pub fn may_trade(&self, now: Nanos, reduces: bool) -> Result<(), Law> {
        let law = "halted means halted";
        if self.killed {
            return Err(Law::new(law, "an order while killed"));
        }
        if self.halted {
            return Err(Law::new(law, "an order while halted"));
        }
        if self.flattening && !reduces {
            return Err(Law::new(law, "an order that does not reduce while going flat"));
        }
        if self.locked_out {
            return Err(Law::new(law, "an order before the login that is needed"));
        }
        let open = |spans: &Vec<(Nanos, Nanos, i64)>| {
            spans.iter().any(|(from, until, _)| *from <= now && now < *until)
        };
        if self.sessions.as_ref().is_some_and(|spans| !open(spans)) {
            return Err(Law::new(law, "an order outside the session"));
        }
        Ok(())
    }

    /// What may be open with this never passes the target.
    pub fn overshoot(&self, raise: &Raise) -> Result<(), Law> {
        let Some(target) = self.target_of(raise.instrument) else {
            return Err(Law::new("no overshoot", "an order where no target was ever declared"));
        };
        let after = raise.position + raise.side.signed(raise.open);
        let past = match raise.side {
            Side::Buy => after - target,
            Side::Sell => target - after,
        };
        if past <= raise.permitted {
            return Ok(());
        }
        let (position, open) = (raise.position, raise.open);
        let how = format!(
            "position {position} and {open} open on the {} side pass the target {target} by {past}",
            raise.side
        );
        Err(Law::new("no overshoot", how))
    }
}
