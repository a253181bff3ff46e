//! What people are told: alerts of the engine, and answers to what they ask.

use super::Desk;
use crate::child::Standing;
use crate::news::{Asked, Demand};
use crate::notices::Notice;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use truefill_core::alert::AlertCode;
use truefill_core::effect::Effect;
use truefill_core::event::Alert;
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId, VenueText};
use truefill_core::input::{Adopt, Command, Input, Operator, Split};
use truefill_core::num::Qty;

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
        let by = VenueText::new(&demand.by).or(VenueText::new("somebody"));
        let answer = match demand.what {
            Asked::Split { symbol, new, old } => {
                return self.split(&symbol, (new, old), by, demand.answer);
            }
            Asked::Status => self.status(),
            Asked::Command(command) => {
                if command == Command::Resume {
                    self.gateway.reopen();
                }
                self.inbox.push(Input::Operator(Operator { command, by }));
                json!({ "taken": command.to_string(), "by": demand.by })
            }
            Asked::Adopt { symbol, qty, strategy } => {
                match self.adopted(&symbol, qty, strategy.as_deref()) {
                    Ok(adopt) => {
                        self.inbox.push(Input::Adopt(Adopt { by, ..adopt }));
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
    fn split(
        &mut self,
        symbol: &str,
        (new, old): (u32, u32),
        by: Option<VenueText>,
        answer: oneshot::Sender<Value>,
    ) {
        let named = (0u32..).zip(&self.engine.config().instruments);
        let found = named.into_iter().find(|(_, known)| known.symbol == symbol);
        let Some((id, _)) = found else {
            let why = format!("{symbol} is not traded here; nothing was done; see the status");
            // Who asked may be gone.
            let _ = answer.send(json!({ "error": why }));
            return;
        };
        let (instrument, ratio_num, ratio_den) = (InstrumentId(id), new, old);
        self.inbox.push(Input::Split(Split { instrument, ratio_num, ratio_den, by }));
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
            sleeve.filter(|_| is).map(|sleeve| Adopt {
                holding: HoldingId(id),
                sleeve,
                qty,
                by: None,
            })
        });
        traded.ok_or_else(|| {
            "no strategy of that name trades that symbol; nothing was done; see `truefill status`"
                .to_owned()
        })
    }
}
