//! The second phase's law: after the faults, every strategy is where it said, or there is a
//! reason that people can read.
//!
//! Entry point: [`unexplained`].
//!
//! What counts as a reason is what the engine itself shows: its mode, a freeze, the gate of the
//! ladder, a block of the queue, a waiver, an order that rests at its price. A difference with
//! none of these is a broken promise.

use truefill_core::engine::Engine;
use truefill_core::engine::wants::wants;
use truefill_core::event::{Block, Mode};
use truefill_core::ids::HoldingId;
use truefill_core::num::Qty;
use truefill_core::state::holding::HoldingState;
use truefill_sim::broker::Broker;

/// What is not where it should be and has no reason, as sentences.
pub(crate) fn unexplained(engine: &Engine, broker: &Broker) -> Vec<String> {
    let mut found = Vec::new();
    let (config, state) = (engine.config(), engine.state());
    for (at, h) in state.holdings.iter().enumerate() {
        let Ok(id) = u32::try_from(at).map(HoldingId) else { break };
        let symbol = &config.instrument_of(id).symbol;
        if let Some(what) = ghosts(engine, broker, id, symbol) {
            found.push(what);
        }
        if state.mode != Mode::Running || h.frozen.is_some() || !h.declared {
            continue;
        }
        if !is_explained(engine, id, h) {
            found.push(format!(
                "convergence: {symbol}: {} is wanted, {} is held, and nothing says why (lane {}, \
                 block {}, gate {})",
                h.rounded, h.own, h.staged.lane, h.staged.blocked, h.staged.gate
            ));
        }
    }
    found
}

fn is_explained(engine: &Engine, id: HoldingId, h: &HoldingState) -> bool {
    let (config, state) = (engine.config(), engine.state());
    let rules = config.instrument_of(id);
    // Where several trade it, opposite wants net, and who declared nothing stays as it is.
    let wanted = match h.is_shared() {
        true => wants(config, state, id, state.now).iter().map(|want| want.target).sum(),
        false => h.rounded,
    };
    let missing = wanted - h.own;
    // Less than a lot cannot be traded.
    let there = missing.abs() < rules.lot;
    let off = config.holdings[id.ix()].sleeves().any(|of| state.disabled.contains(&of));
    let waived = !h.waived().is_zero() || h.unwound;
    let rests = if missing.0 > 0 { h.buying.0 > 0 } else { h.selling.0 > 0 };
    let blocked = h.staged.blocked != Block::Open;
    let gated =
        h.staged.gate != Block::Open || h.staged.sleeves.iter().any(|s| s.gate != Block::Open);
    there || off || waived || rests || blocked || gated
}

/// An order that works at the broker and is none of ours any more, or the other way round.
fn ghosts(engine: &Engine, broker: &Broker, id: HoldingId, symbol: &str) -> Option<String> {
    let key = &engine.config().holdings[id.ix()];
    let h = engine.state().holding(id);
    let open = h.open.iter().filter_map(|no| engine.state().orders.open.get(no));
    let ours: Qty = open.map(|order| order.leaves()).sum();
    let truth = broker.truth();
    let same = |o: &&truefill_sim::broker::truth::TrueOrder| {
        o.instrument == key.instrument && o.product == key.product
    };
    let theirs: Qty = truth.open_orders().filter(same).map(|order| order.leaves()).sum();
    (ours != theirs)
        .then(|| format!("law 6: {symbol}: {theirs} is working at the broker, {ours} by our books"))
}
