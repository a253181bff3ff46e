//! The gate against requests that the plan would never make (law 5): each rule alone refuses, and
//! what is exactly at a bound may leave.

use super::deciding::Deciding;
use super::{Engine, Step};
use crate::config::{
    Config, Descriptor, Holding, Instrument, Policy, Recon, Risk, Scope, Strategy, Window,
};
use crate::event::{Event, Mode, Released};
use crate::ids::{HoldingId, InstrumentId, OrderNo, RequestId, SleeveId, VenueText, cl_ord_id};
use crate::input::{Envelope, Input, Start, Target, Tick};
use crate::num::{Amount, NANO, PX_MAX, Px, QTY_MAX, Qty};
use crate::order::{Intent, Rule, Ticket};
use crate::quote::{Mark, Quote};
use crate::request::Side;
use crate::time::{Nanos, SECOND_NS};

const NOW: Nanos = Nanos(1_000 * SECOND_NS);
/// The windows are free again after the start.
const LATER: Nanos = Nanos(2_000 * SECOND_NS);

fn config() -> Config {
    Config {
        account: "test".into(),
        instruments: vec![Instrument {
            symbol: "X".into(),
            tick: Px(NANO / 100),
            lot: Qty::whole(1),
            min_qty: Qty::whole(1),
            max_qty: None,
            min_notional: Amount::ZERO,
            multiplier: Qty::whole(1),
            calendar: None,
            expires: None,
            band_low: None,
            band_high: None,
        }],
        holdings: vec![Holding {
            instrument: InstrumentId(0),
            product: VenueText::EMPTY,
            sleeve: SleeveId(1),
            never_short: false,
            others: Vec::new(),
        }],
        strategies: vec![Strategy::new("A", Policy::default(), Policy::default())],
        descriptor: Descriptor {
            windows: vec![Window { n: 100, per_ns: SECOND_NS, scope: Scope::Orders }],
            ..Descriptor::default()
        },
        risk: Risk::default(),
        recon: Recon::default(),
        digest_every: 64,
        replay_horizon_ns: 86_400 * SECOND_NS,
        assumed_fee_bps: 0,
        calendars: Vec::new(),
        crossing: false,
    }
}

fn ticket(no: u64, side: Side, qty: i64, px: i64) -> Ticket {
    Ticket {
        order: OrderNo(no),
        cl_ord_id: cl_ord_id(1, no),
        request: RequestId(no),
        holding: HoldingId(0),
        side,
        qty: Qty::whole(qty),
        px: Px::whole(px),
        intent: Intent::Entry,
        released: NOW,
        arrival: Px::whole(100),
        rule: Rule::Marketable,
        step: 0,
        stop_px: None,
        shares: Vec::new(),
    }
}

/// Something that asks to leave: a purchase of 40 of a hundred that are wanted, at the mid.
struct Case {
    engine: Engine,
    ticket: Ticket,
    quote: Option<Quote>,
}

impl Case {
    fn new() -> Self {
        Self::wanting(100)
    }

    fn wanting(units: i64) -> Self {
        let (bid_px, bid_qty) = (Px::whole(100), Qty::whole(1_000));
        let quote = Quote { bid_px, bid_qty, ask_px: bid_px, ask_qty: bid_qty, time: NOW };
        let mut engine = Engine::new(config()).expect("right");
        engine.state.recon.baseline = true;
        let (holding, sleeve) = (HoldingId(0), SleeveId(1));
        let (px, reopen, stop_px, qty) = (None, false, None, Qty::whole(units));
        let target = Target { sleeve, holding, qty, decided: NOW, px, reopen, stop_px };
        for input in [Input::Start(Start { epoch: 1 }), Input::Target(target)] {
            let marks = vec![Mark { instrument: InstrumentId(0), quote }];
            engine.step(&Envelope { now: NOW, marks, input });
        }
        engine.state.recon.baseline = true;
        let side = if units > 0 { Side::Buy } else { Side::Sell };
        Self { engine, ticket: ticket(9, side, 40, 100), quote: Some(quote) }
    }

    /// An order that works.
    fn open(&mut self, ticket: Ticket) {
        let event = Event::Released(Released { ticket });
        self.engine.state.apply(&self.engine.config, NOW, &event);
    }

    /// What the gate says.
    fn asks(&mut self, of: impl FnOnce(&Deciding<'_>, &Ticket) -> Result<(), String>) -> String {
        let envelope = Envelope { now: LATER, marks: Vec::new(), input: Input::Tick(Tick {}) };
        let mut step = Step::default();
        let Engine { config, state, .. } = &mut self.engine;
        let deciding = Deciding::new(config, state, &envelope, &mut step);
        of(&deciding, &self.ticket).err().unwrap_or_default()
    }

    fn gate(&mut self) -> String {
        let quote = self.quote;
        self.asks(|deciding, ticket| deciding.gate(ticket, quote.as_ref()))
    }
}

/// The gate refuses for the reason that these words are of; none where they are empty.
#[track_caller]
fn says(words: &str, change: impl FnOnce(&mut Case)) {
    let mut case = Case::new();
    change(&mut case);
    let said = case.gate();
    assert!(said.contains(words) && said.is_empty() == words.is_empty(), "{said:?}");
}

#[test]
fn nothing_leaves_in_a_mode_or_at_a_time_in_which_nothing_may() {
    says("", |_| {});
    says("while halted", |c| c.engine.state.mode = Mode::Halted);
    says("while killed", |c| c.engine.state.mode = Mode::Killed);
    says("before the account was read", |c| c.engine.state.recon.baseline = false);
    says("without a free slot", |c| c.engine.state.limiter.silent_until = Nanos::MAX);
}

#[test]
fn no_id_is_used_twice() {
    says("was used before", |c| {
        c.open(ticket(1, Side::Buy, 1, 100));
        c.ticket.cl_ord_id = cl_ord_id(1, 1);
    });
    says("was used before", |c| {
        c.open(ticket(1, Side::Buy, 1, 100));
        c.ticket.order = OrderNo(1);
    });
}

#[test]
fn what_is_not_on_the_grid_does_not_leave() {
    says("lot grid", |c| c.ticket.qty = Qty::ZERO);
    says("lot grid", |c| c.ticket.qty = Qty::whole(-1));
    says("lot grid", |c| c.ticket.qty = Qty(NANO + NANO / 2));
    says("tick grid", |c| c.ticket.px = Px::ZERO);
    says("tick grid", |c| c.ticket.px = Px::whole(-100));
    says("tick grid", |c| c.ticket.px = Px(100 * NANO + NANO / 1_000));
}

#[test]
fn the_largest_order_may_leave_and_no_larger_one() {
    let most = |units| Some(Qty::whole(units));
    says("", |c| c.engine.config.instruments[0].max_qty = most(40));
    says("largest order", |c| c.engine.config.instruments[0].max_qty = most(39));
    says("", |c| c.engine.config.risk.order_qty_max = most(40));
    says("largest order", |c| c.engine.config.risk.order_qty_max = most(39));
    let money = |units| Some(Qty::whole(units).times(Px::whole(1)));
    says("", |c| c.engine.config.risk.order_notional_max = money(4_000));
    says("above the largest order", |c| c.engine.config.risk.order_notional_max = money(3_999));
    says("absurd", |c| {
        (c.ticket.qty, c.ticket.px) = (Qty(QTY_MAX * NANO), Px(PX_MAX * NANO));
    });
}

#[test]
fn an_entry_stays_inside_the_collar_and_an_exit_may_not_need_one() {
    let px = |cents: i128| Px(cents * NANO / 100);
    says("", |c| c.ticket.px = px(9_500));
    says("bps from the mid", |c| c.ticket.px = px(9_499));
    says("", |c| c.ticket.px = px(10_500));
    says("bps from the mid", |c| c.ticket.px = px(10_501));
    says("", |c| (c.ticket.px, c.ticket.intent) = (px(9_499), Intent::Exit));
    says("", |c| (c.ticket.px, c.ticket.intent) = (px(10_501), Intent::Exit));
    says("without a quote", |c| c.quote = None);
    // A stop is priced by itself, and what only shrinks was priced before.
    let mut case = Case::new();
    let terms = |intent, moves| {
        move |d: &Deciding<'_>, t: &Ticket| {
            d.gate_terms(t.holding, intent, (t.qty, t.px), None, moves)
        }
    };
    assert_eq!(case.asks(terms(Intent::Protect, true)), "");
    assert_eq!(case.asks(terms(Intent::Entry, false)), "");
    case.engine.config.risk.order_notional_max = Some(Amount(1));
    assert_eq!(case.asks(terms(Intent::Entry, false)), "");
    assert!(case.asks(terms(Intent::Entry, true)).contains("above the largest order"));
}

#[test]
fn what_is_held_what_works_and_what_leaves_fit_the_target_together() {
    for sign in [1, -1] {
        let (side, other) =
            if sign > 0 { (Side::Buy, Side::Sell) } else { (Side::Sell, Side::Buy) };
        let said = |own: i64, working: i64, against: i64| {
            let mut case = Case::wanting(100 * sign);
            case.engine.state.holdings[0].own = Qty::whole(own * sign);
            for (no, side, qty) in [(1, side, working), (2, other, against)] {
                if qty > 0 {
                    case.open(ticket(no, side, qty, 100));
                }
            }
            case.gate()
        };
        assert_eq!(said(0, 0, 0), "");
        assert_eq!(said(60, 0, 0), "");
        assert_eq!(said(0, 60, 0), "");
        assert_eq!(said(20, 40, 0), "");
        assert_eq!(said(-20, 80, 0), "");
        for (own, working) in [(61, 0), (0, 61), (20, 41), (-20, 81)] {
            assert!(said(own, working, 0).contains("would pass the target"), "{own} {working}");
        }
        assert!(said(0, 0, 1).contains("not proven finished"));
    }
}
