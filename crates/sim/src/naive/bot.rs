//! What the bot believes and what it sends.
//!
//! Entry points: [`Bot::want`] for a target, [`Bot::reply`], [`Bot::failed`], [`Bot::push`] for
//! what comes back, [`Bot::wake`] for its sleeps.

use std::collections::{BTreeMap, BTreeSet};

use truefill_core::config::Config;
use truefill_core::ids::{ClOrdId, HoldingId, OrderNo, RequestId, VenueText};
use truefill_core::num::{Px, Qty, Rounding};
use truefill_core::quote::Quote;
use truefill_core::report::{News, Outcome, Push, RejectCode};
use truefill_core::request::{NewOrder, Request, Side, TimeInForce};
use truefill_core::time::{Nanos, SECOND_NS};

/// How far through the touch its orders go, in basis points.
const THROUGH_BPS: i64 = 500;
/// How often it sends an order again.
const RETRIES_MAX: u32 = 3;
/// How long it sleeps after a 429, in nanoseconds.
const SLEEP_NS: i64 = SECOND_NS;

/// One decision to trade, and what became of it as far as the bot cares.
#[derive(Clone, Debug)]
pub(super) struct Intent {
    pub holding: HoldingId,
    pub side: Side,
    pub qty: Qty,
    /// Client ids of the attempts, oldest first.
    pub ids: Vec<ClOrdId>,
    /// Nothing more will be sent for it, and nothing is awaited.
    pub over: bool,
}

/// The bot.
#[derive(Debug)]
pub(super) struct Bot {
    config: Config,
    /// The variable it trusts, per holding.
    pub position: Vec<Qty>,
    pub intents: Vec<Intent>,
    by_client_id: BTreeMap<ClOrdId, usize>,
    by_order_id: BTreeMap<VenueText, usize>,
    sent: BTreeMap<RequestId, usize>,
    sleeping: BTreeSet<(Nanos, usize)>,
    /// Requests sent.
    pub requests: u64,
    /// Writes whose outcome it does not know.
    pub unknown_outcomes: u64,
    /// Changes of its intents, for those who watch.
    pub turns: u64,
}

impl Bot {
    pub fn new(config: &Config) -> Self {
        Self {
            config: config.clone(),
            position: vec![Qty::ZERO; config.holdings.len()],
            intents: Vec::new(),
            by_client_id: BTreeMap::new(),
            by_order_id: BTreeMap::new(),
            sent: BTreeMap::new(),
            sleeping: BTreeSet::new(),
            requests: 0,
            unknown_outcomes: 0,
            turns: 0,
        }
    }

    /// A target: the intent to trade what is missing by its own variable, if anything is.
    pub fn want(&mut self, holding: HoldingId, target: Qty) -> Option<usize> {
        let believed = *self.position.get(holding.ix())?;
        let missing = target - believed;
        let side = Side::of(missing)?;
        let lot = self.config.instrument_of(holding).lot;
        let qty = missing.abs().to_lot(lot, Rounding::Floor);
        if qty.is_zero() {
            return None;
        }
        self.intents.push(Intent { holding, side, qty, ids: Vec::new(), over: false });
        Some(self.intents.len() - 1)
    }

    /// The next attempt at an intent, under a fresh client id and number; `None` without a
    /// quote to price it.
    pub fn attempt(&mut self, at: usize, quote: Option<&Quote>) -> Option<(RequestId, Request)> {
        self.turns += 1;
        let Some(quote) = quote else {
            self.end(at);
            return None;
        };
        let intent = self.intents.get_mut(at)?;
        let key = self.config.holdings.get(intent.holding.ix())?;
        let tick = self.config.instrument_of(intent.holding).tick;
        self.requests += 1;
        let id = RequestId(self.requests);
        let cl_ord_id = ClOrdId::new(&format!("BOT{}", self.requests)).unwrap_or_default();
        intent.ids.push(cl_ord_id);
        self.by_client_id.insert(cl_ord_id, at);
        self.sent.insert(id, at);
        let new = NewOrder {
            cl_ord_id,
            order: OrderNo(0),
            instrument: key.instrument,
            product: key.product,
            side: intent.side,
            qty: intent.qty,
            px: through(quote, intent.side, tick),
            tif: TimeInForce::Day,
            stop_px: None,
            display_qty: None,
        };
        Some((id, Request::New(new)))
    }

    /// A reply. Returns the intent to send again at once.
    pub fn reply(&mut self, now: Nanos, id: RequestId, outcome: &Outcome) -> Option<usize> {
        let at = self.sent.remove(&id)?;
        match outcome {
            Outcome::Taken(taken) => {
                if let Some(order_id) = taken.order_id {
                    self.by_order_id.insert(order_id, at);
                }
                self.end(at);
                None
            }
            Outcome::Refused(refused) if refused.code == RejectCode::RateLimited => {
                if self.may_retry(at) {
                    self.turns += 1;
                    self.sleeping.insert((now.plus(SLEEP_NS), at));
                }
                None
            }
            Outcome::Refused(_) => {
                self.end(at);
                None
            }
            Outcome::Unclear(_) | Outcome::NotSent(_) => self.unclear(at),
        }
    }

    /// No reply in time, or the connection broke. Returns the intent to send again at once.
    pub fn failed(&mut self, id: RequestId) -> Option<usize> {
        let at = self.sent.remove(&id)?;
        self.unclear(at)
    }

    /// It took an error for a failure.
    fn unclear(&mut self, at: usize) -> Option<usize> {
        self.unknown_outcomes += 1;
        self.may_retry(at).then_some(at)
    }

    fn may_retry(&mut self, at: usize) -> bool {
        let tries = self.intents.get(at).map_or(0, |intent| intent.ids.len());
        let again = u32::try_from(tries).is_ok_and(|tries| tries <= RETRIES_MAX);
        if !again {
            self.end(at);
        }
        again
    }

    fn end(&mut self, at: usize) {
        self.turns += 1;
        if let Some(intent) = self.intents.get_mut(at) {
            intent.over = true;
        }
    }

    /// A pushed message: every fill of an order it knows is added.
    pub fn push(&mut self, push: &Push) {
        let News::Fill(fill) = &push.news else { return };
        let by_client_id = push.cl_ord_id.and_then(|id| self.by_client_id.get(&id));
        let by_order_id = push.order_id.and_then(|id| self.by_order_id.get(&id));
        let Some(intent) = by_client_id.or(by_order_id).and_then(|at| self.intents.get(*at)) else {
            return;
        };
        if let Some(position) = self.position.get_mut(intent.holding.ix()) {
            *position += intent.side.signed(fill.qty);
        }
    }

    /// When it wakes up next.
    pub fn next_time(&self) -> Nanos {
        self.sleeping.first().map_or(Nanos::MAX, |(at, _)| *at)
    }

    /// The next intent whose sleep is over.
    pub fn wake(&mut self, now: Nanos) -> Option<usize> {
        let (until, at) = *self.sleeping.first().filter(|(until, _)| *until <= now)?;
        self.sleeping.remove(&(until, at));
        Some(at)
    }

    /// True while an intent sleeps after a refusal for the rate.
    pub fn sleeps(&self, at: usize) -> bool {
        self.sleeping.iter().any(|(_, sleeping)| *sleeping == at)
    }
}

/// A limit so far through the touch that it trades like a market order.
fn through(quote: &Quote, side: Side, tick: Px) -> Px {
    match side {
        Side::Buy => quote.ask_px.plus_bps(THROUGH_BPS, Rounding::Ceil),
        Side::Sell => quote.bid_px.plus_bps(-THROUGH_BPS, Rounding::Floor),
    }
    .to_tick(tick, Rounding::Ceil)
}

#[cfg(test)]
mod tests {
    use super::*;
    use truefill_core::config::{Descriptor, Holding, Policy, Recon, Risk, Strategy as Who};
    use truefill_core::ids::{InstrumentId, SleeveId};
    use truefill_core::report::{FillReport, Taken, Unclear, UnknownCause};

    fn bot() -> Bot {
        let (entry, exit) = (Policy::default(), Policy::default());
        Bot::new(&Config {
            account: "test".into(),
            instruments: truefill_market::demo::instruments(),
            holdings: vec![Holding {
                instrument: InstrumentId(0),
                product: VenueText::EMPTY,
                sleeve: SleeveId(1),
                never_short: false,
                others: Vec::new(),
            }],
            strategies: vec![Who::new("s", entry, exit)],
            descriptor: Descriptor::default(),
            risk: Risk::default(),
            recon: Recon::default(),
            digest_every: 256,
            replay_horizon_ns: SECOND_NS,
            assumed_fee_bps: 0,
            calendars: Vec::new(),
            crossing: false,
        })
    }

    fn quote() -> Quote {
        let one = Qty::whole(1);
        let (bid_px, ask_px) = (Px::whole(100), Px::whole(101));
        Quote { bid_px, bid_qty: one, ask_px, ask_qty: one, time: Nanos(0) }
    }

    fn fill(cl_ord_id: ClOrdId) -> Push {
        let (qty, px) = (Qty::whole(2), Px::whole(101));
        let (exec_id, cum, time) = (VenueText::EMPTY, Some(qty), Nanos(1));
        let report = FillReport {
            kept: None,
            exec_id,
            qty,
            px,
            cum,
            liquidity: None,
            touch: None,
            fee: None,
            time,
        };
        let (order_id, instrument) = (None, Some(InstrumentId(0)));
        Push { cl_ord_id: Some(cl_ord_id), order_id, instrument, news: News::Fill(report) }
    }

    #[test]
    fn it_adds_every_message_and_trades_by_its_variable() {
        let mut bot = bot();
        let at = bot.want(HoldingId(0), Qty::whole(2)).expect("something to do");
        let (id, Request::New(new)) = bot.attempt(at, Some(&quote())).expect("priced") else {
            unreachable!("it sends new orders only")
        };
        // 101 and five percent.
        assert_eq!(new.px, "106.05".parse().expect("a price"));
        let taken = Taken {
            cum: None,
            instrument: None,
            status: None,
            order_id: VenueText::new("V1"),
            time: None,
        };
        assert_eq!(bot.reply(Nanos(1), id, &Outcome::Taken(taken)), None);
        bot.push(&fill(new.cl_ord_id));
        bot.push(&fill(new.cl_ord_id));
        assert_eq!(bot.position[0], Qty::whole(4), "the same message twice");
        // It believes that it holds 4, so for 2 it sells 2.
        let at = bot.want(HoldingId(0), Qty::whole(2)).expect("something to do");
        assert_eq!((bot.intents[at].side, bot.intents[at].qty), (Side::Sell, Qty::whole(2)));
    }

    #[test]
    fn it_sends_again_a_few_times_under_fresh_ids() {
        let mut bot = bot();
        let at = bot.want(HoldingId(0), Qty::whole(1)).expect("something to do");
        let unclear = Unclear { cause: UnknownCause::Server, retry_after_ns: None };
        let (mut sent, mut next) = (0, Some(at));
        while let Some(at) = next {
            let (id, _) = bot.attempt(at, Some(&quote())).expect("priced");
            sent += 1;
            next = bot.reply(Nanos(1), id, &Outcome::Unclear(unclear.clone()));
        }
        assert_eq!((sent, bot.unknown_outcomes), (4, 4));
        let mut ids = bot.intents[at].ids.clone();
        ids.dedup();
        assert_eq!(ids.len(), 4);
        assert!(bot.intents[at].over);
    }
}
