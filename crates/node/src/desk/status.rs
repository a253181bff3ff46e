//! How things are: everything that `truefill status` shows.

use super::Desk;
use crate::notices::Notice;
use crate::pace::micros;
use serde_json::{Value, json};
use truefill_core::config::{Holding, Window};
use truefill_core::event::{Block, Lane};
use truefill_core::ids::{HoldingId, InstrumentId, RequestId};
use truefill_core::input::Channel;
use truefill_core::limiter::Class;
use truefill_core::num::Qty;
use truefill_core::order::Order;
use truefill_core::report::PositionRow;
use truefill_core::state::holding::HoldingState;
use truefill_core::time::{MILLI_NS, Nanos};

/// Orders, and places in the queue, that a status lists.
const ORDERS_MAX: usize = 500;
/// A usual answer.
const USUAL_NS: i64 = 50 * MILLI_NS;

impl Desk {
    pub(super) fn status(&self) -> Value {
        let (state, config) = (self.engine.state(), self.engine.config());
        let now = self.clock.now();
        let holdings: Vec<Value> =
            (0u32..).zip(&state.holdings).map(|(id, _)| self.holding(HoldingId(id))).collect();
        let orders: Vec<Value> =
            state.orders.open.values().take(ORDERS_MAX).map(|order| self.order(order)).collect();
        let unknown = state.orders.open.values().filter(|order| order.is_unknown()).count();
        let up = |channel: Channel| state.links_up[channel as usize - 1];
        let (commits, sum, longest) = self.commits;
        let mean = sum.checked_div(u32::try_from(commits).unwrap_or(u32::MAX)).unwrap_or_default();
        let (last, told) = self.notices.last();
        let (send_ns, least_send_ns) = self.waits.send_ns();
        json!({
            "account": config.account,
            "mode": match self.settings.mode {
                crate::settings::Mode::Live => "live",
                crate::settings::Mode::Paper => "paper",
            },
            "now": now.to_string(),
            "epoch": state.epoch,
            "state": state.mode.to_string(),
            "stopping": self.leaving.is_some(),
            "authenticated": self.session && state.limiter.probe.is_none(),
            "refused_for_good": self.gateway.is_closed(),
            "links": { "rest": up(Channel::Rest), "stream": up(Channel::Stream),
                       "market": up(Channel::Market) },
            "read": state.recon.baseline,
            "holdings": holdings,
            "orders": orders,
            "unknown_orders": unknown,
            "requests_under_way": state.wire.len(),
            "queue": self.queue(),
            "limits": self.limits(),
            "drifts": self.drifts,
            "next_order_ms": state.limiter.next_free(now, Class::New).since(now).max(0) / 1_000_000,
            "journal": { "records": state.seq, "commits": commits,
                         "mean_us": micros(mean), "longest_us": micros(longest) },
            "to_the_wire": self.watch.told(),
            "sending": { "send_ns": send_ns, "least_send_ns": least_send_ns },
            "alerts": { "told": told, "last": last.iter().map(Notice::json).collect::<Vec<_>>() },
        })
    }

    fn holding(&self, id: HoldingId) -> Value {
        let (config, now) = (self.engine.config(), self.clock.now());
        let h = self.engine.state().holding(id);
        let key = &config.holdings[id.ix()];
        let working =
            truefill_core::engine::working::working_target(config, self.engine.state(), id, now);
        let quote = self.tape.last(key.instrument);
        let broker = self.broker_shows(key);
        json!({
            "symbol": self.symbol(key.instrument),
            "product": key.product.to_string(),
            "declared": h.declared,
            "target": h.rounded.to_string(),
            "working_target": working.to_string(),
            "position": h.own.to_string(),
            "broker": broker.map(|(qty, _)| qty.to_string()),
            "broker_age_ms": broker.map(|(_, at)| now.since(at) / 1_000_000),
            "manual": h.manual.to_string(),
            "frozen": h.frozen.map(|why| why.to_string()),
            "differs": (h.differing > 0).then(|| h.broker.to_string()),
            "waits_for": (h.staged.lane != Lane::Idle).then(|| h.staged.blocked.to_string()),
            "buying": h.buying.to_string(),
            "selling": h.selling.to_string(),
            "quote_age_ms": quote.map(|quote| now.since(quote.time) / 1_000_000),
        })
    }

    fn order(&self, order: &Order) -> Value {
        let ticket = &order.ticket;
        let key = self.engine.config().holdings.get(ticket.holding.ix());
        json!({
            "client_id": ticket.cl_ord_id.to_string(),
            "order_id": order.order_id.map(|id| id.to_string()),
            "symbol": key.map(|key| self.symbol(key.instrument)),
            "side": ticket.side.to_string(),
            "quantity": ticket.qty.to_string(),
            "filled": order.known.filled.to_string(),
            "price": ticket.px.to_string(),
            "unknown": order.is_unknown(),
        })
    }

    pub(super) fn symbol(&self, id: InstrumentId) -> &str {
        self.engine.config().instruments.get(id.ix()).map_or("", |i| i.symbol.as_str())
    }

    /// What the last read of the positions showed, and when it came. What such a read does not list
    /// is not held.
    fn broker_shows(&self, key: &Holding) -> Option<(Qty, Nanos)> {
        let (at, rows) = self.positions.as_ref()?;
        let same =
            |row: &&PositionRow| row.instrument == key.instrument && row.product == key.product;
        Some((rows.iter().filter(same).map(|row| row.qty).sum(), *at))
    }

    /// Those who wait for a slot, in the order in which they will have one, each with about how long
    /// that will take if answers come as fast as they usually do.
    fn queue(&self) -> Vec<Value> {
        let (state, now) = (self.engine.state(), self.clock.now());
        let ready = |h: &HoldingState| {
            matches!(h.staged.lane, Lane::Reduce | Lane::Add) && h.staged.blocked == Block::Open
        };
        let waiting = (0u32..).zip(&state.holdings).filter(|(_, h)| ready(h));
        let mut waiting: Vec<_> =
            waiting.map(|(id, h)| (h.staged.lane, h.queued, HoldingId(id))).collect();
        waiting.sort_unstable();
        let (mut limiter, mut at) = (state.limiter.clone(), now);
        let place = |(number, (lane, _, id)): (u64, (Lane, u64, HoldingId))| {
            at = limiter.next_free(at, Class::New);
            limiter.take(at, Class::New, RequestId(u64::MAX - number), USUAL_NS);
            let key = self.engine.config().holdings.get(id.ix());
            json!({
                "symbol": key.map(|key| self.symbol(key.instrument)),
                "lane": lane.to_string(),
                "about_ms": at.since(now) / 1_000_000,
            })
        };
        (0u64..).zip(waiting).take(ORDERS_MAX).map(place).collect()
    }

    /// The broker's windows, and how much of each is used.
    fn limits(&self) -> Vec<Value> {
        let (state, now) = (self.engine.state(), self.clock.now());
        let used = state.limiter.taken(now);
        let window = |(window, used): (&Window, usize)| {
            json!({
                "scope": window.scope.to_string(), "allowed": window.n, "used": used,
                "per_ms": window.per_ns / 1_000_000,
            })
        };
        used.into_iter().map(window).collect()
    }
}
