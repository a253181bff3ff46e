//! Law 6: a read of positions that raced with a fill is not compared.
//!
//! Entry point: [`Races::event`].
//!
//! A read shows the account as it was at some moment between asking and answering, or, where the
//! broker's reads lag behind, shortly before the asking. If a holding moved meanwhile, the number
//! that was read may be right and still not ours.
//!
//! Invariant: judged by what was heard alone: requests, movements and comparisons, in their order.

use std::collections::BTreeMap;
use truefill_core::engine::Engine;
use truefill_core::event::{Compared, Event, RequestClass};
use truefill_core::ids::{HoldingId, OrderNo, RequestId};
use truefill_core::num::Qty;
use truefill_core::time::Nanos;

/// A place in the stream of events: how many were heard, and when.
#[derive(Clone, Copy, Debug)]
struct Place {
    heard: u64,
    at: Nanos,
}

/// Reads of positions and movements of holdings, as they were heard.
#[derive(Debug, Default)]
pub struct Races {
    heard: u64,
    /// Reads of positions without an answer.
    asked: BTreeMap<RequestId, Place>,
    /// The last of them that was answered.
    answered: Option<Place>,
    /// What is known to be filled of each order.
    filled: BTreeMap<OrderNo, Qty>,
    /// When each holding moved last.
    moved: BTreeMap<HoldingId, Place>,
}

impl Races {
    /// A durable event that happened at `now`. Returns what may not be, as a sentence.
    pub fn event(&mut self, now: Nanos, event: &Event, engine: &Engine) -> Option<String> {
        self.heard += 1;
        let here = Place { heard: self.heard, at: now };
        match event {
            // What was in flight at a crash was asked by a process that is gone.
            Event::Started(_) => self.asked.clear(),
            Event::Requested(e) if e.class == RequestClass::Positions => {
                self.asked.insert(e.request, here);
            }
            Event::RequestClosed(e) => {
                self.answered = self.asked.remove(&e.request).or(self.answered);
            }
            Event::Learned(e) => {
                let order = engine.state().orders.get(e.order)?;
                let filled = order.known.filled;
                if self.filled.insert(e.order, filled).unwrap_or_default() != filled {
                    self.moved.insert(order.ticket.holding, here);
                }
            }
            Event::Corrected(e) => {
                self.moved.insert(e.holding, here);
            }
            Event::Compared(e) => return self.compared(e, engine),
            _ => {}
        }
        None
    }

    fn compared(&self, e: &Compared, engine: &Engine) -> Option<String> {
        let (read, moved) = (self.answered?, self.moved.get(&e.holding)?);
        let lag_ns = engine.config().descriptor.read_lag_max_ns;
        let raced = moved.heard > read.heard || moved.at.plus(lag_ns) > read.at;
        let judged = e.skips == 0 && e.differing > 0;
        (judged && raced).then(|| {
            format!("law 6: a read of positions that raced with holding {} was compared", e.holding)
        })
    }
}
