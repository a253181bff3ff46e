//! A broker that takes every order, cancel and amend at once and fills what a test says, and a
//! key that three strategies trade.
#![allow(dead_code)]

use super::{H, I, Kit, config};
use truefill_core::config::Strategy as Who;
use truefill_core::config::{AmendKind, Config, Policy};
use truefill_core::event::{Event, Mode};
use truefill_core::ids::{SleeveId, VenueText};
use truefill_core::input::{Input, Target, Tick};
use truefill_core::num::{Px, Qty};
use truefill_core::order::shares::{Share, allot};
use truefill_core::report::{
    ActivityKind, ActivityRow, FillReport, News, OrdStatus, OrderRow, Outcome, Push, Taken,
};
use truefill_core::request::{NewOrder, Side};
use truefill_core::state::State;
use truefill_core::time::Nanos;

pub const A: SleeveId = SleeveId(1);
pub const B: SleeveId = SleeveId(2);
pub const C: SleeveId = SleeveId(3);

pub fn q(units: i64) -> Qty {
    Qty::whole(units)
}

pub fn text(words: &str) -> VenueText {
    VenueText::new(words).expect("short enough")
}

/// Three strategies on the one key of the kit.
pub fn shared() -> Config {
    let mut config = config();
    let more = ["B", "C"].map(|name| Who::new(name, Policy::default(), Policy::default()));
    config.strategies.extend(more);
    config.holdings[0].others = vec![B, C];
    config.descriptor.amends = AmendKind::Never;
    config
}

/// The same at a broker that amends in place.
pub fn amending() -> Config {
    let mut config = shared();
    config.descriptor.amends = AmendKind::InPlace;
    config
}

/// A broker that takes every order and every cancel at once, and fills what the test says.
pub struct Desk {
    pub kit: Kit,
    pub live: Vec<(NewOrder, i64, OrdStatus)>,
    pub taken: usize,
    pub cancelled: usize,
    pub execs: usize,
    pub amended: usize,
}

impl Desk {
    pub fn new(config: Config) -> Self {
        let kit = Kit::with(config);
        Self { kit, live: Vec::new(), taken: 0, cancelled: 0, execs: 0, amended: 0 }
    }

    pub fn input(&mut self, input: Input) {
        self.kit.input(input);
        self.pump();
    }

    pub fn want(&mut self, sleeve: SleeveId, units: i64) {
        let (holding, qty, decided) = (H, q(units), self.kit.now);
        let (px, reopen, stop_px) = (None, false, None);
        self.input(Input::Target(Target { sleeve, holding, qty, decided, px, reopen, stop_px }));
    }

    /// Answers everything that was sent.
    pub fn pump(&mut self) {
        loop {
            let order_id = Some(text(&format!("V{}", self.taken)));
            let outcome = Outcome::Taken(Taken {
                cum: None,
                instrument: None,
                status: None,
                order_id,
                time: None,
            });
            if let Some((request, new)) = self.kit.sent.get(self.taken).cloned() {
                self.taken += 1;
                self.live.push((new, 0, OrdStatus::Open));
                self.rows();
                self.kit.reply(request, outcome);
                continue;
            }
            if let Some((request, amend)) = self.kit.amends.get(self.amended).cloned() {
                self.amended += 1;
                for (new, ..) in &mut self.live {
                    if new.order == amend.order {
                        (new.qty, new.px) = (amend.qty, amend.px);
                    }
                }
                self.rows();
                self.kit.reply(request, outcome);
                continue;
            }
            if self.cancelled >= self.kit.cancels.len() {
                break;
            }
            let (request, order) =
                (self.kit.cancels[self.cancelled], self.kit.cancelled[self.cancelled]);
            self.cancelled += 1;
            for (new, _, status) in &mut self.live {
                if new.order == order && *status == OrdStatus::Open {
                    *status = OrdStatus::Canceled;
                }
            }
            self.rows();
            self.kit.reply(request, outcome);
        }
        self.rows();
    }

    pub fn rows(&mut self) {
        let row = |(new, cum, status): &(NewOrder, i64, OrdStatus)| OrderRow {
            code: None,
            cl_ord_id: Some(new.cl_ord_id),
            order_id: Some(text("V")),
            instrument: new.instrument,
            side: new.side,
            qty: new.qty,
            cum: q(*cum),
            px: new.px,
            status: *status,
            created: Nanos(0),
        };
        self.kit.truth.orders = self.live.iter().map(row).collect();
    }

    /// So many units of the last open order fill. False if none is open.
    pub fn fill(&mut self, units: i64) -> bool {
        let open = |(new, cum, status): &(NewOrder, i64, OrdStatus)| {
            *status == OrdStatus::Open && q(*cum) < new.qty
        };
        let Some(at) = self.live.iter().rposition(open) else { return false };
        let (new, cum, status) = &mut self.live[at];
        let whole = i64::try_from(new.qty.0 / q(1).0).expect("small");
        let units = units.min(whole - *cum);
        *cum += units;
        if *cum == whole {
            *status = OrdStatus::Filled;
        }
        self.execs += 1;
        self.kit.truth.position += new.side.signed(q(units));
        let (new, cum) = (new.clone(), *cum);
        let report = self.report(&format!("E{}", self.execs), units, cum);
        self.rows();
        self.input(push(&new, News::Fill(report)));
        true
    }

    pub fn report(&self, exec: &str, units: i64, cum: i64) -> FillReport {
        FillReport {
            kept: None,
            exec_id: text(exec),
            qty: q(units),
            px: Px::whole(100),
            cum: Some(q(cum)),
            liquidity: None,
            touch: None,
            fee: None,
            time: self.kit.now,
        }
    }

    /// A quote comes after a time without any: the engine asked to be woken for it.
    pub fn quote_again(&mut self) {
        self.kit.has_quote = true;
        assert!(self.kit.engine.wants_quotes(I) || !self.kit.engine.config().crossing);
        self.input(Input::Tick(Tick {}));
    }

    pub fn wait(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.kit.wait(1);
            self.pump();
        }
    }

    /// Everything that is open fills.
    pub fn fill_all(&mut self) {
        while self.fill(1_000_000) {}
    }

    pub fn by_hand(&mut self, units: i64) {
        self.execs += 1;
        self.kit.truth.position += q(units);
        let side = if units > 0 { Side::Buy } else { Side::Sell };
        let report =
            FillReport { cum: None, ..self.report(&format!("M{}", self.execs), units.abs(), 0) };
        self.kit.truth.activity.push(ActivityRow {
            kind: ActivityKind::Trade,
            cl_ord_id: None,
            order_id: None,
            instrument: I,
            product: VenueText::EMPTY,
            side,
            fill: report,
        });
        self.wait(100);
    }

    pub fn state(&self) -> &State {
        self.kit.engine.state()
    }

    pub fn owns(&self) -> Vec<Qty> {
        self.state().holding(H).sleeves.iter().map(|s| s.own).collect()
    }

    pub fn last_shares(&self) -> Vec<Share> {
        let tickets = self.kit.events.iter().rev().find_map(|(_, e)| match e {
            Event::Released(e) => Some(e.ticket.shares.clone()),
            _ => None,
        });
        tickets.expect("an order was released")
    }

    /// What must always hold, seen from outside.
    pub fn check(&self, manual: bool) {
        let h = self.state().holding(H);
        assert!(h.is_shared());
        assert_eq!(h.own, h.sleeves.iter().map(|s| s.own).sum());
        assert_eq!(h.cash, h.sleeves.iter().map(|s| s.cash).sum());
        assert_eq!(self.state().mode, Mode::Running, "planner and gate agree");
        if !manual {
            assert_eq!(h.total(), self.kit.truth.position);
        }
        for s in &h.sleeves {
            let (mut buying, mut selling, mut moving) = (Qty::ZERO, Qty::ZERO, false);
            for no in &h.open {
                let order = &self.state().orders.open[no];
                moving |= order.cancel.is_some() || order.known.claimed;
                let ticket = &order.ticket;
                moving |= order.known.terms.pending.is_some();
                let whole = allot(&ticket.shares, q(1), order.known.terms.worst);
                let filled = allot(&ticket.shares, q(1), order.known.filled);
                let parts = ticket.shares.iter().zip(whole.iter().zip(filled));
                let open = parts.filter(|(of, _)| of.sleeve == s.sleeve);
                let open: Qty = open.map(|(_, (whole, filled))| *whole - filled).sum();
                *(if order.ticket.side == Side::Buy { &mut buying } else { &mut selling }) += open;
            }
            if h.frozen.is_none() && s.enabled && !moving && s.waived().is_zero() {
                assert!(buying.is_zero() || s.own + buying <= s.rounded.max(s.own), "{s:?}");
                assert!(selling.is_zero() || s.own - selling >= s.rounded.min(s.own), "{s:?}");
            }
        }
    }
}

pub fn push(new: &NewOrder, news: News) -> Input {
    let (cl_ord_id, instrument) = (Some(new.cl_ord_id), Some(I));
    Input::Push(Push { cl_ord_id, order_id: None, instrument, news })
}
