//! A planner that is broken on purpose, so that the send gate can be seen to stop it alone.
//!
//! Entry point: [`Engine::break_planner`]. It is no input, no command and no key of a
//! configuration: only code that holds the engine itself, as the incident runner does, can set
//! it, and nothing of it is stored.

use super::Engine;
use super::plan::Action;
use crate::config::Config;
use crate::event::Mode;
use crate::ids::HoldingId;
use crate::num::Rounding;
use crate::order::Intent;
use crate::request::Side;
use crate::state::State;
use crate::time::{Nanos, SECOND_NS};

/// When the broken planner asks next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Not before.
    pub next: Nanos,
}

impl Broken {
    /// A second later.
    pub(super) fn after(now: Nanos) -> Self {
        Self { next: now.plus(SECOND_NS) }
    }
}

impl Engine {
    /// From now on the planner asks for the whole target of every holding again every second, as
    /// if nothing worked and nothing was filled. For the incident runner alone.
    #[doc(hidden)]
    pub fn break_planner(&mut self) {
        self.fault = Some(Broken { next: Nanos(i64::MIN) });
    }
}

/// What the broken planner asks for.
pub(super) fn broken_action(config: &Config, state: &State, id: HoldingId) -> Action {
    let h = state.holding(id);
    let rules = config.instrument_of(id);
    let most = rules.max_qty.unwrap_or(h.rounded.abs());
    let qty = h.rounded.abs().min(most).to_lot(rules.lot, Rounding::TowardZero);
    let stopped = matches!(state.mode, Mode::Halted | Mode::Killed);
    match Side::of(h.rounded) {
        Some(side) if h.declared && qty.0 > 0 && !stopped => {
            Action::Place { side, qty, intent: Intent::Entry }
        }
        _ => Action::Idle,
    }
}
