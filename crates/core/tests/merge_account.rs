//! Evidence merges (law 3) at the account: whatever the order in which messages arrive, however
//! often, and whatever reads see in between, the position, the money and the books end as the
//! broker's.

mod kit;

use kit::words::{row as order_row, taken, text};
use kit::{H, I, Kit};
use proptest::prelude::*;
use truefill_core::event::Freeze;
use truefill_core::ids::VenueText;
use truefill_core::input::Input;
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::order::Order;
use truefill_core::report::{
    ActivityKind, ActivityRow, BustReport, FillReport, News, OrdStatus, OrderRow, Push, Reply,
    StatusReport,
};
use truefill_core::request::{NewOrder, Side};
use truefill_core::time::{Nanos, SECOND_NS};

/// What happens at the broker, one a second.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Fill {
        qty: i64,
        px: i64,
    },
    Correct {
        which: prop::sample::Index,
        px: i64,
    },
    Bust {
        which: prop::sample::Index,
    },
    /// Somebody buys by hand.
    Manual {
        qty: i64,
    },
}

/// What happens to the news of it.
#[derive(Clone, Copy, Debug)]
enum Travel {
    Arrives(prop::sample::Index),
    Again(prop::sample::Index),
    /// Time passes: whatever the engine asks is answered as things are.
    Reads(i64),
    Nothing,
}

#[derive(Clone, Debug)]
struct Execution {
    report: FillReport,
    busted: bool,
}

/// An engine with an order of 100, and the account it trades on.
struct Account {
    kit: Kit,
    new: NewOrder,
    executions: Vec<Execution>,
    manual: Vec<ActivityRow>,
    under_way: Vec<Input>,
    arrived: Vec<Input>,
    tells_cum: bool,
}

impl Account {
    fn new(tells_cum: bool) -> Self {
        let mut kit = Kit::started();
        kit.target(100);
        let (request, new) = kit.sent[0].clone();
        let reply = Input::Reply(Reply { request, outcome: taken() });
        let (executions, manual, arrived) = (Vec::new(), Vec::new(), Vec::new());
        let mut account =
            Self { kit, new, executions, manual, under_way: vec![reply], arrived, tells_cum };
        account.publish();
        account
    }

    fn alive(&self) -> impl Iterator<Item = &FillReport> {
        self.executions.iter().filter(|e| !e.busted).map(|e| &e.report)
    }

    fn cum(&self) -> Qty {
        self.alive().map(|r| r.qty).sum()
    }

    fn manual_qty(&self) -> Qty {
        self.manual.iter().map(|row| row.fill.qty).sum()
    }

    fn picked(&self, which: prop::sample::Index) -> Option<usize> {
        let alive: Vec<usize> =
            (0..self.executions.len()).filter(|at| !self.executions[*at].busted).collect();
        (!alive.is_empty()).then(|| alive[which.index(alive.len())])
    }

    fn push(&mut self, news: News) {
        let (cl_ord_id, order_id) = (Some(self.new.cl_ord_id), Some(text("V1")));
        let push = Push { cl_ord_id, order_id, instrument: Some(I), news };
        self.under_way.push(Input::Push(push));
    }

    fn happens(&mut self, what: Happens) {
        self.kit.now = self.kit.now.plus(SECOND_NS);
        let now = self.kit.now;
        match what {
            Happens::Fill { qty, px } => {
                let used: Qty = self.executions.iter().map(|e| e.report.qty).sum();
                // The order never fills as a whole: nothing else is sent.
                let qty = Qty::whole(qty).min(Qty::whole(99) - used);
                let after = self.cum() + qty;
                let cum = self.tells_cum.then_some(after);
                // As in `order_model.rs`: not the quantity and CumQty of an earlier one.
                let looks = |e: &Execution| (e.report.cum, e.report.qty) == (cum, qty);
                if qty.0 <= 0 || (cum.is_some() && self.executions.iter().any(looks)) {
                    return;
                }
                let report = execution(&format!("E{}", self.executions.len()), qty, px, now);
                let report = FillReport { cum, ..report };
                self.executions.push(Execution { report: report.clone(), busted: false });
                self.push(News::Fill(report));
                let (status, cum) = (OrdStatus::Open, Some(after));
                self.push(News::Status(StatusReport { status, cum, time: now }));
            }
            Happens::Correct { which, px } => {
                let Some(at) = self.picked(which) else { return };
                let report = &mut self.executions[at].report;
                (report.px, report.time) = (Px::whole(px), now);
                let report = report.clone();
                self.push(News::Fill(report));
            }
            Happens::Bust { which } => {
                let Some(at) = self.picked(which) else { return };
                self.executions[at].busted = true;
                let exec_id = self.executions[at].report.exec_id;
                self.publish();
                // It is told of at once, maybe before the execution itself is: a read that shows
                // it first freezes the holding and asks people. Late ones: `order_model.rs`.
                self.push(News::Bust(BustReport { exec_id, time: now }));
                if let Some(bust) = self.under_way.pop() {
                    self.arrived.push(bust.clone());
                    self.kit.input(bust);
                }
            }
            Happens::Manual { qty } => {
                let fill = execution(&format!("M{}", self.manual.len()), Qty::whole(qty), 100, now);
                self.manual.push(row(fill, None));
            }
        }
        self.publish();
    }

    /// What the broker would answer from now on.
    fn publish(&mut self) {
        let (cum, ours) = (self.cum(), Some(self.new.cl_ord_id));
        let rows: Vec<ActivityRow> = self
            .alive()
            .map(|report| row(FillReport { cum: None, ..report.clone() }, ours))
            .chain(self.manual.iter().cloned())
            .collect();
        self.kit.truth.activity = rows;
        self.kit.truth.position = cum + self.manual_qty();
        self.kit.truth.orders = vec![OrderRow { cum, ..order_row(&self.new, 0, OrdStatus::Open) }];
    }

    fn travels(&mut self, travel: Travel) {
        match travel {
            Travel::Arrives(which) if !self.under_way.is_empty() => {
                let input = self.under_way.remove(which.index(self.under_way.len()));
                self.arrived.push(input.clone());
                self.kit.input(input);
            }
            Travel::Again(which) if !self.arrived.is_empty() => {
                let input = self.arrived[which.index(self.arrived.len())].clone();
                self.kit.input(input);
            }
            Travel::Reads(seconds) => self.kit.wait(seconds),
            _ => {}
        }
    }

    /// Everything arrives, and the account is read until nothing is left to say.
    fn settles(&mut self) {
        for input in std::mem::take(&mut self.under_way) {
            self.kit.input(input);
        }
        self.kit.wait(100);
    }

    fn order(&self) -> &Order {
        self.kit.engine.state().orders.get(self.new.order).expect("known")
    }
}

fn execution(id: &str, qty: Qty, px: i64, time: Nanos) -> FillReport {
    let (exec_id, px) = (text(id), Px::whole(px));
    FillReport {
        exec_id,
        qty,
        px,
        cum: None,
        liquidity: None,
        touch: None,
        fee: None,
        time,
        kept: None,
    }
}

fn row(fill: FillReport, cl_ord_id: Option<truefill_core::ids::ClOrdId>) -> ActivityRow {
    let (kind, product) = (ActivityKind::Trade, VenueText::EMPTY);
    let (order_id, side) = (cl_ord_id.map(|_| text("V1")), Side::Buy);
    ActivityRow { kind, cl_ord_id, order_id, instrument: I, side, fill, product }
}

fn happens(by_hand: bool) -> impl Strategy<Value = Happens> {
    let which = any::<prop::sample::Index>;
    // A difference that is the sum of a bust and of a trade by hand is explained by neither.
    let (manual, bust) = (u32::from(by_hand), u32::from(!by_hand));
    prop_oneof![
        8 => (1i64..40, 95i64..105).prop_map(|(qty, px)| Happens::Fill { qty, px }),
        2 => (which(), 95i64..105).prop_map(|(which, px)| Happens::Correct { which, px }),
        bust => which().prop_map(|which| Happens::Bust { which }),
        manual => (1i64..30).prop_map(|qty| Happens::Manual { qty }),
    ]
}

fn travel() -> impl Strategy<Value = Travel> {
    let which = any::<prop::sample::Index>;
    prop_oneof![
        4 => which().prop_map(Travel::Arrives),
        2 => which().prop_map(Travel::Again),
        1 => (0i64..12).prop_map(Travel::Reads),
        1 => Just(Travel::Nothing),
    ]
}

/// A story, and two ways its news may travel: so many moves after each thing that happens.
type Told = (Vec<Happens>, Vec<Vec<Travel>>);

fn told(by_hand: bool) -> impl Strategy<Value = (Told, Vec<Vec<Travel>>)> {
    let ways = || prop::collection::vec(prop::collection::vec(travel(), 0..5), 9);
    let story = prop::collection::vec(happens(by_hand), 1..9);
    (story, ways(), ways()).prop_map(|(story, one, two)| ((story, one), two))
}

fn lived(tells_cum: bool, story: &[Happens], ways: &[Vec<Travel>]) -> Account {
    let mut account = Account::new(tells_cum);
    for (what, travels) in story.iter().zip(ways) {
        account.happens(*what);
        travels.iter().for_each(|travel| account.travels(*travel));
    }
    account.settles();
    account
}

/// Our books are the broker's.
fn check(account: &Account) -> Result<(), TestCaseError> {
    let h = account.kit.engine.state().holding(H);
    let known = &account.order().known;
    let paid: Amount = account.alive().map(|r| r.qty.times(r.px)).sum();
    prop_assert_eq!((h.own, h.manual), (account.cum(), account.manual_qty()));
    prop_assert_eq!((known.filled, known.notional), (account.cum(), paid));
    prop_assert_eq!(h.cash, Amount(-paid.0));
    prop_assert_eq!(h.placeholder, Qty::ZERO);
    prop_assert_eq!(account.kit.sent.len(), 1, "nothing was sent twice");
    prop_assert_eq!(h.buying, Qty::whole(100) - account.cum());
    let by_hand = (!account.manual.is_empty()).then_some(Freeze::External);
    prop_assert_eq!(h.frozen, by_hand, "{:?}", account.kit.alerts());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn position_and_money_end_as_the_brokers_whatever_was_read_when(
        tells_cum in any::<bool>(),
        ((story, one), two) in told(false),
    ) {
        check(&lived(tells_cum, &story, &one))?;
        check(&lived(tells_cum, &story, &two))?;
    }

    #[test]
    fn what_somebody_else_buys_is_told_apart_whatever_was_read_when(
        tells_cum in any::<bool>(),
        ((story, one), two) in told(true),
    ) {
        check(&lived(tells_cum, &story, &one))?;
        check(&lived(tells_cum, &story, &two))?;
    }
}
