//! What people are told: alerts of the engine, and answers to what they ask.

use super::Desk;
use crate::child::Standing;
use crate::news::{Asked, Demand};
use crate::notices::Notice;
use crate::pace::micros;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use truefill_core::alert::AlertCode;
use truefill_core::effect::Effect;
use truefill_core::event::{Alert, Lane};
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId, VenueText};
use truefill_core::input::{Adopt, Channel, Command, Input, Operator, Split};
use truefill_core::limiter::Class;
use truefill_core::num::Qty;
use truefill_core::order::Order;

/// Orders that a status lists.
const ORDERS_MAX: usize = 500;

impl Desk {
    /// An alert of the engine.
    pub(super) fn tell(&self, alert: &Alert) {
        if self.starting && alert.code == AlertCode::StreamStale {
            return;
        }
        let key = alert.holding.and_then(|id| self.engine.config().holdings.get(id.ix()));
        let instruments = &self.engine.config().instruments;
        let symbol = key.and_then(|key| instruments.get(key.instrument.ix()));
        self.notices.tell(Notice {
            time: self.clock.now(),
            code: alert.code.to_string(),
            symbol: symbol.map(|instrument| instrument.symbol.clone()),
            text: alert.text.clone(),
            then: alert.code.consequence().to_owned(),
        });
    }

    /// Somebody asks for something.
    pub(super) fn demand(&mut self, demand: Demand) {
        let answer = match demand.what {
            Asked::Split { symbol, new, old } => {
                return self.split(&symbol, (new, old), demand.answer);
            }
            Asked::Status => self.status(),
            Asked::Command(command) => {
                if command == Command::Resume {
                    self.gateway.reopen();
                }
                let by = VenueText::new(&demand.by).or(VenueText::new("somebody"));
                self.inbox.push(Input::Operator(Operator { command, by }));
                json!({ "taken": command.to_string(), "by": demand.by })
            }
            Asked::Adopt { symbol, qty, strategy } => {
                match self.adopted(&symbol, qty, strategy.as_deref()) {
                    Ok(adopt) => {
                        self.inbox.push(Input::Adopt(adopt));
                        json!({ "taken": "adopt", "symbol": symbol, "by": demand.by })
                    }
                    Err(why) => json!({ "error": why }),
                }
            }
        };
        // Who asked may be gone.
        let _ = demand.answer.send(answer);
    }

    /// Strategies that are programs hear how they stand.
    pub(super) fn post(&self) {
        let (state, config, now) = (self.engine.state(), self.engine.config(), self.clock.now());
        for (sleeve, mail) in &self.mails {
            for id in mail.holdings() {
                let h = state.holding(id);
                let book = h.sleeves.iter().find(|book| book.sleeve == *sleeve);
                let working =
                    truefill_core::engine::working::working_target(config, state, id, now);
                mail.standing(
                    id,
                    Standing {
                        position: book.map_or(h.own, |book| book.own),
                        target: book.map_or(h.rounded, |book| book.rounded),
                        working,
                        frozen: h.frozen.map(|why| why.to_string()),
                    },
                );
            }
        }
    }

    /// Whether it was booked is only known after the turn.
    fn split(&mut self, symbol: &str, (new, old): (u32, u32), answer: oneshot::Sender<Value>) {
        let named = (0u32..).zip(&self.engine.config().instruments);
        let found = named.into_iter().find(|(_, known)| known.symbol == symbol);
        let Some((id, _)) = found else {
            let why = format!("{symbol} is not traded here; nothing was done; see the status");
            // Who asked may be gone.
            let _ = answer.send(json!({ "error": why }));
            return;
        };
        let (instrument, ratio_num, ratio_den) = (InstrumentId(id), new, old);
        self.inbox.push(Input::Split(Split { instrument, ratio_num, ratio_den }));
        self.owed.push(answer);
    }

    /// Who said that there was a split hears what became of it.
    pub(super) fn answer_splits(&mut self, booked: bool, effects: &[Effect]) {
        let words = effects.iter().find_map(|effect| match effect {
            Effect::Tell(alert) if alert.code == AlertCode::CorporateAction => Some(&alert.text),
            _ => None,
        });
        for answer in std::mem::take(&mut self.owed) {
            let told = match (booked, words) {
                (true, words) => json!({ "taken": "split", "note": words }),
                (false, Some(why)) => json!({ "error": format!("{why}; nothing was booked") }),
                (false, None) => json!({ "taken": "split", "note": "nothing of it is held" }),
            };
            // Who asked may be gone.
            let _ = answer.send(told);
        }
    }

    fn adopted(&self, symbol: &str, qty: Qty, strategy: Option<&str>) -> Result<Adopt, String> {
        let config = self.engine.config();
        let named = |sleeve: SleeveId| config.strategy(sleeve).map(|s| s.name.as_str());
        let traded = (0u32..).zip(&config.holdings).find_map(|(id, key)| {
            let is = self.symbol(key.instrument) == symbol;
            let sleeve = key.sleeves().find(|s| strategy.is_none() || named(*s) == strategy);
            sleeve.filter(|_| is).map(|sleeve| Adopt { holding: HoldingId(id), sleeve, qty })
        });
        traded.ok_or_else(|| {
            "no strategy of that name trades that symbol; nothing was done; see `truefill status`"
                .to_owned()
        })
    }

    fn status(&self) -> Value {
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
        json!({
            "symbol": self.symbol(key.instrument),
            "product": key.product.to_string(),
            "declared": h.declared,
            "target": h.rounded.to_string(),
            "working_target": working.to_string(),
            "position": h.own.to_string(),
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

    fn symbol(&self, id: InstrumentId) -> &str {
        self.engine.config().instruments.get(id.ix()).map_or("", |i| i.symbol.as_str())
    }
}
