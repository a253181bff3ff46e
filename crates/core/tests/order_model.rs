//! An order against a model of the broker that really has it (laws 2, 3 and 5).
//!
//! The model is the truth: what was taken, filled, amended, corrected, taken back, cancelled.
//! What it says travels as messages that are late, doubled, overtaken and, but for reads, lost.
//! After every message the engine's order must be on the safe side of the truth, and once
//! everything was read it must be the truth.

use proptest::prelude::*;
use truefill_core::config::CancelProof;
use truefill_core::ids::{HoldingId, OrderNo, RequestId, VenueText, cl_ord_id};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::order::evidence::{
    Ack, AmendNews, AmendSent, Audit, Claim, CumQty, Doubt, Item, Proof, Seen,
};
use truefill_core::order::{AmendEnd, Intent, Order, Rule, Ticket};
use truefill_core::report::{BustReport, FillReport, OrdStatus, UnknownCause};
use truefill_core::request::Side;
use truefill_core::time::Nanos;

const QTY: i64 = 100;

fn text(words: &str) -> VenueText {
    VenueText::new(words).expect("short enough")
}

/// What happens at the broker.
#[derive(Clone, Copy, Debug)]
enum Step {
    Fill {
        qty: i64,
        px: i64,
        fee: i64,
    },
    /// The price of an execution is corrected.
    Correct {
        which: prop::sample::Index,
        px: i64,
    },
    /// An execution is taken back.
    Bust {
        which: prop::sample::Index,
    },
    /// The order has another OrderQty from now on; its reply may be lost.
    Amend {
        qty: i64,
        heard: bool,
    },
    Cancel,
}

/// What travels next.
#[derive(Clone, Copy, Debug)]
enum Travel {
    /// One of the messages that are under way arrives.
    Arrives(prop::sample::Index),
    /// One that arrived comes again.
    Again(prop::sample::Index),
    /// It never will.
    Lost(prop::sample::Index),
    /// The order and its trades are read.
    Read,
}

#[derive(Clone, Debug)]
struct Execution {
    report: FillReport,
    busted: bool,
}

/// The truth.
#[derive(Debug)]
struct Broker {
    qty: i64,
    executions: Vec<Execution>,
    /// Terminal, and how.
    ended: Option<OrdStatus>,
    /// Messages carry the cumulative quantity.
    tells_cum: bool,
    under_way: Vec<Item>,
    arrived: Vec<Item>,
    amends: u32,
    now: i64,
}

impl Broker {
    fn cum(&self) -> Qty {
        self.executions.iter().filter(|e| !e.busted).map(|e| e.report.qty).sum()
    }

    /// Quantity that was ever executed: what is taken back is not open again.
    fn used(&self) -> i64 {
        let used: Qty = self.executions.iter().map(|e| e.report.qty).sum();
        (used.0 / Qty::whole(1).0).try_into().unwrap_or(i64::MAX)
    }

    fn picked(&self, which: prop::sample::Index) -> Option<usize> {
        let alive: Vec<usize> =
            (0..self.executions.len()).filter(|at| !self.executions[*at].busted).collect();
        (!alive.is_empty()).then(|| alive[which.index(alive.len())])
    }

    /// Something happens. Returns what the engine knows of it at once: its own amend.
    fn happens(&mut self, step: Step) -> Option<Item> {
        self.now += 1;
        let now = Nanos(self.now);
        match step {
            Step::Fill { qty, px, fee } => {
                let qty = qty.min(self.qty - self.used());
                if self.ended.is_some() || qty <= 0 {
                    return None;
                }
                let exec_id = text(&format!("E{}", self.executions.len()));
                let qty = Qty::whole(qty);
                let cum = self.tells_cum.then(|| self.cum() + qty);
                // After a bust CumQty goes back, and another execution can have the quantity and
                // the CumQty of an earlier one: until the bust is heard it is taken for that, and
                // reconciliation finds it.
                let heard = |e: &Execution| {
                    let of = |item: &Item| match item {
                        Item::Bust(bust) => bust.exec_id == e.report.exec_id,
                        _ => false,
                    };
                    self.arrived.iter().any(of)
                };
                let looks = |e: &&Execution| (e.report.cum, e.report.qty) == (cum, qty);
                if cum.is_some() && !self.executions.iter().filter(looks).all(heard) {
                    return None;
                }
                let (px, fee) = (Px::whole(px), Some(Qty::whole(fee).times(Px::whole(1))));
                let (liquidity, touch, time) = (None, None, now);
                let report =
                    FillReport { exec_id, qty, px, cum, liquidity, touch, fee, time, kept: None };
                self.under_way.push(Item::Fill(report.clone()));
                self.executions.push(Execution { report, busted: false });
                if self.used() == self.qty {
                    let whole = self.executions.iter().all(|e| !e.busted);
                    let status = if whole { OrdStatus::Filled } else { OrdStatus::Canceled };
                    self.ended = Some(status);
                    self.under_way.push(Item::Claim(Claim { status, time: now }));
                }
            }
            Step::Correct { which, px } => {
                let at = self.picked(which)?;
                let report = &mut self.executions[at].report;
                (report.px, report.time) = (Px::whole(px), now);
                self.under_way.push(Item::Fill(report.clone()));
            }
            Step::Bust { which } => {
                let at = self.picked(which)?;
                let execution = &mut self.executions[at];
                execution.busted = true;
                let exec_id = execution.report.exec_id;
                self.under_way.push(Item::Bust(BustReport { exec_id, time: now }));
                // What is taken back of a filled order is not open again: a read says so.
                self.ended = self.ended.map(|_| OrdStatus::Canceled);
            }
            Step::Amend { qty, heard } => {
                if self.ended.is_some() || qty <= self.used() {
                    return None;
                }
                self.amends += 1;
                self.qty = qty;
                let serial = self.amends;
                let end = if heard { AmendEnd::Taken } else { AmendEnd::Unclear };
                self.under_way.push(Item::AmendNews(AmendNews { serial, end, at: now }));
                let (qty, px) = (Qty::whole(qty), Px::whole(100));
                let request = RequestId(u64::from(serial) + 1);
                let (stop_px, rule, step) = (None, Rule::Requote, 0);
                let sent = AmendSent { serial, request, qty, px, stop_px, at: now, rule, step };
                return Some(Item::AmendSent(sent));
            }
            Step::Cancel => {
                if self.ended.is_none() {
                    self.ended = Some(OrdStatus::Canceled);
                    let status = OrdStatus::Canceled;
                    self.under_way.push(Item::Claim(Claim { status, time: now }));
                }
            }
        }
        None
    }

    /// What a read of the order and of its trades shows, in the words of the engine's reader.
    fn read(&mut self) -> Vec<Item> {
        self.now += 1;
        let asked = Nanos(self.now);
        let mut items: Vec<Item> = Vec::new();
        for execution in self.executions.iter().filter(|e| !e.busted) {
            items.push(Item::Fill(FillReport { cum: None, ..execution.report.clone() }));
        }
        for execution in self.executions.iter().filter(|e| e.busted) {
            let exec_id = execution.report.exec_id;
            items.push(Item::Bust(BustReport { exec_id, time: asked }));
        }
        if self.cum().0 > 0 {
            items.push(Item::Cum(CumQty { cum: self.cum() }));
        }
        for serial in self.amends.max(1)..=self.amends {
            for end in [AmendEnd::Taken, AmendEnd::Checked] {
                items.push(Item::AmendNews(AmendNews { serial, end, at: asked }));
            }
        }
        items.push(match self.ended {
            Some(status) => Item::Proof(Proof { status, code: None }),
            None => Item::Seen(Seen { asked: Some(asked) }),
        });
        items
    }
}

fn step() -> impl Strategy<Value = Step> {
    let which = any::<prop::sample::Index>;
    prop_oneof![
        6 => (1i64..60, 95i64..105, 0i64..3)
            .prop_map(|(qty, px, fee)| Step::Fill { qty, px, fee }),
        1 => (which(), 95i64..105).prop_map(|(which, px)| Step::Correct { which, px }),
        1 => which().prop_map(|which| Step::Bust { which }),
        1 => (20i64..150, any::<bool>()).prop_map(|(qty, heard)| Step::Amend { qty, heard }),
        1 => Just(Step::Cancel),
    ]
}

fn travel() -> impl Strategy<Value = Travel> {
    let which = any::<prop::sample::Index>;
    prop_oneof![
        6 => which().prop_map(Travel::Arrives),
        2 => which().prop_map(Travel::Again),
        1 => which().prop_map(Travel::Lost),
        1 => Just(Travel::Read),
    ]
}

fn order() -> Order {
    Order::new(Ticket {
        order: OrderNo(1),
        cl_ord_id: cl_ord_id(1, 1),
        request: RequestId(1),
        holding: HoldingId(0),
        side: Side::Buy,
        qty: Qty::whole(QTY),
        px: Px::whole(100),
        intent: Intent::Entry,
        released: Nanos(0),
        arrival: Px::whole(100),
        rule: Rule::Marketable,
        step: 0,
        stop_px: None,
        shares: Vec::new(),
    })
}

/// Both sides of an order.
struct Pair {
    broker: Broker,
    order: Order,
    /// Sum of the changes that the order told of.
    told: Qty,
}

impl Pair {
    fn new(tells_cum: bool) -> Self {
        let ack = Item::Ack(Ack { order_id: text("V1"), time: Some(Nanos(1)) });
        let doubt = Item::Doubt(Doubt { cause: UnknownCause::Timeout });
        let broker = Broker {
            qty: QTY,
            executions: Vec::new(),
            ended: None,
            tells_cum,
            under_way: vec![ack, doubt],
            arrived: Vec::new(),
            amends: 0,
            now: 1,
        };
        Self { broker, order: order(), told: Qty::ZERO }
    }

    fn learn(&mut self, item: Item) {
        self.told += self.order.learn(item, CancelProof::Read).unwrap_or_default();
    }

    fn travels(&mut self, travel: Travel) {
        match travel {
            Travel::Arrives(which) if !self.broker.under_way.is_empty() => {
                let at = which.index(self.broker.under_way.len());
                let item = self.broker.under_way.remove(at);
                self.broker.arrived.push(item.clone());
                self.learn(item);
            }
            Travel::Again(which) if !self.broker.arrived.is_empty() => {
                let at = which.index(self.broker.arrived.len());
                let item = self.broker.arrived[at].clone();
                let before = self.order.clone();
                self.learn(item);
                assert_eq!(self.order, before, "what was heard before changes nothing");
            }
            Travel::Lost(which) if !self.broker.under_way.is_empty() => {
                let at = which.index(self.broker.under_way.len());
                self.broker.under_way.remove(at);
            }
            Travel::Read => {
                for item in self.broker.read() {
                    self.learn(item);
                }
                // As the engine's reader does: what the trades do not show was taken back.
                let (gone, asked) = (self.order.known.unproven, Nanos(self.broker.now));
                if gone.0 > 0 {
                    let gone = self.order.known.unheard + gone;
                    self.learn(Item::Audit(Audit { asked, gone }));
                }
            }
            _ => {}
        }
    }

    /// The engine's order is on the safe side of the truth.
    fn check(&self) -> Result<(), TestCaseError> {
        let (known, broker) = (&self.order.known, &self.broker);
        prop_assert_eq!(self.told, known.filled, "changes add up");
        let may_be = known.filled + self.order.leaves();
        prop_assert!(broker.cum() <= may_be, "{} is filled, {may_be} was counted", broker.cum());
        let may_fill = broker.ended.is_none();
        let rest = Qty::whole(broker.qty - broker.used());
        let worst = broker.cum() + if may_fill { rest } else { Qty::ZERO };
        prop_assert!(worst <= may_be, "{worst} may be filled, {may_be} is counted");
        prop_assert!(!known.done || !may_fill, "it is alive and was taken as finished");
        Ok(())
    }

    /// Everything was read: the engine's order is the truth.
    fn check_settled(&self) -> Result<(), TestCaseError> {
        let (known, broker) = (&self.order.known, &self.broker);
        let alive = || broker.executions.iter().filter(|e| !e.busted).map(|e| &e.report);
        let paid: Amount = alive().map(|r| r.qty.times(r.px)).sum();
        let fees: Amount = alive().filter_map(|r| r.fee).sum();
        prop_assert_eq!(known.filled, broker.cum());
        prop_assert_eq!((known.notional, known.fees), (paid, fees));
        prop_assert_eq!((known.unpriced, known.overfill), (Qty::ZERO, false));
        prop_assert_eq!(known.done, broker.ended.is_some());
        let rest = Qty::whole(broker.qty - broker.used());
        let rest = if broker.ended.is_some() { Qty::ZERO } else { rest };
        prop_assert!(self.order.leaves() >= rest);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn an_order_is_never_less_than_what_the_broker_has_and_in_the_end_the_same(
        tells_cum in any::<bool>(),
        story in prop::collection::vec(
            prop_oneof![2 => step().prop_map(Ok), 3 => travel().prop_map(Err)],
            1..40,
        ),
    ) {
        let mut pair = Pair::new(tells_cum);
        for event in story {
            match event {
                Ok(step) => {
                    let own = pair.broker.happens(step);
                    own.into_iter().for_each(|item| pair.learn(item));
                }
                Err(travel) => pair.travels(travel),
            }
            pair.check()?;
        }
        pair.travels(Travel::Read);
        pair.check()?;
        pair.check_settled()?;
        // What was under way all the time arrives after everything is settled.
        for item in std::mem::take(&mut pair.broker.under_way) {
            pair.learn(item);
        }
        pair.check()?;
        // A cumulative number from before a bust is in question again until the next read.
        if pair.order.known.busted {
            pair.travels(Travel::Read);
        }
        pair.check_settled()?;
    }
}
