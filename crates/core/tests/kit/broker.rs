//! A tiny broker behind the kit: it takes orders, cancels and amends at once, and fills what the
//! test says.
#![allow(dead_code)]

use super::{I, Kit};
use truefill_core::ids::{OrderNo, VenueText};
use truefill_core::input::{Input, Release};
use truefill_core::num::{Px, Qty};
use truefill_core::order::Order;
use truefill_core::report::{
    FillReport, News, OrdStatus, OrderRow, Outcome, Push, RejectCode, Taken, Unclear, UnknownCause,
};
use truefill_core::request::{NewOrder, Request};
use truefill_core::time::SECOND_NS;

/// What the broker does with an amend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amends {
    /// In force, and it says so.
    Taken,
    /// Refused for sure.
    Refused,
    /// In force, and no answer.
    Silent,
    /// It never arrives, and no answer.
    Lost,
}

fn order_id(no: OrderNo) -> VenueText {
    VenueText::new(&format!("V{no}")).expect("short")
}

fn taken(no: OrderNo) -> Outcome {
    Outcome::Taken(Taken {
        cum: None,
        instrument: None,
        status: None,
        order_id: Some(order_id(no)),
        time: None,
    })
}

fn timeout() -> Outcome {
    Outcome::Unclear(Unclear { cause: UnknownCause::Timeout, retry_after_ns: None })
}

impl Kit {
    /// Answers everything that was sent and not answered.
    pub fn serve(&mut self, amends: Amends) {
        while let Some((request, what)) = self.writes.get(self.served).cloned() {
            self.served += 1;
            let no = what.order();
            let outcome = match &what {
                Request::New(new) => {
                    self.place(new);
                    taken(no)
                }
                Request::Cancel(cancel) => {
                    let row = self.row_mut(cancel.cl_ord_id);
                    if row.status == OrdStatus::Open {
                        row.status = OrdStatus::Canceled;
                        taken(no)
                    } else {
                        super::words::refused(RejectCode::OrderDone)
                    }
                }
                Request::Amend(amend) => {
                    let row = self.row_mut(amend.cl_ord_id);
                    let alive = row.status == OrdStatus::Open && amend.qty >= row.cum;
                    if alive && matches!(amends, Amends::Taken | Amends::Silent) {
                        (row.qty, row.px) = (amend.qty, amend.px);
                        if row.cum == row.qty {
                            row.status = OrdStatus::Filled;
                        }
                    }
                    match amends {
                        Amends::Taken if alive => taken(no),
                        Amends::Taken | Amends::Refused => {
                            super::words::refused(RejectCode::Invalid)
                        }
                        Amends::Silent | Amends::Lost => timeout(),
                    }
                }
            };
            self.reply(request, outcome);
        }
    }

    fn place(&mut self, new: &NewOrder) {
        self.truth.orders.push(OrderRow {
            code: None,
            cl_ord_id: Some(new.cl_ord_id),
            order_id: Some(order_id(new.order)),
            instrument: I,
            side: new.side,
            qty: new.qty,
            cum: Qty::ZERO,
            px: new.px,
            status: OrdStatus::Open,
            created: self.now,
        });
    }

    pub fn row_mut(&mut self, id: truefill_core::ids::ClOrdId) -> &mut OrderRow {
        let mut rows = self.truth.orders.iter_mut();
        rows.find(|row| row.cl_ord_id == Some(id)).expect("the broker has the order")
    }

    /// The broker fills so much of an order, no more than it has, and says so.
    pub fn fill_some(&mut self, no: OrderNo, units: i64) {
        if let Some(push) = self.fill_quietly(no, units) {
            self.input(push);
        }
    }

    /// The broker had shown an order as over that works.
    pub fn was_not_over(&mut self, no: OrderNo) {
        for row in self.truth.orders.iter_mut().filter(|r| r.order_id == Some(order_id(no))) {
            row.status = OrdStatus::Open;
        }
    }

    /// The broker fills so much of an order; the message is returned and not delivered.
    pub fn fill_quietly(&mut self, no: OrderNo, units: i64) -> Option<Input> {
        let now = self.now;
        let row = self.truth.orders.iter_mut().find(|r| r.order_id == Some(order_id(no)))?;
        if row.status != OrdStatus::Open {
            return None;
        }
        let qty = Qty::whole(units).min(row.qty - row.cum);
        row.cum += qty;
        if row.cum == row.qty {
            row.status = OrdStatus::Filled;
        }
        let (cum, px, id, side) = (row.cum, row.px, row.cl_ord_id, row.side);
        self.truth.position += side.signed(qty);
        let exec_id = VenueText::new(&format!("E{no}-{cum}")).expect("short");
        let fill = FillReport {
            kept: None,
            exec_id,
            qty,
            px,
            cum: Some(cum),
            liquidity: None,
            touch: None,
            fee: None,
            time: now,
        };
        let (order_id, instrument, news) = (None, Some(I), News::Fill(fill));
        Some(Input::Push(Push { cl_ord_id: id, order_id, instrument, news }))
    }

    /// Lets seconds pass one tenth at a time; everything that is sent is answered.
    pub fn live(&mut self, seconds: i64, amends: Amends) {
        let end = self.now.plus(seconds * SECOND_NS);
        self.serve(amends);
        while self.now < end {
            let due = self.engine.next_deadline(self.now).max(self.now.plus(SECOND_NS / 10));
            self.now = due.min(end);
            self.input(Input::Release(Release {}));
            self.serve(amends);
        }
    }

    /// A quote in cents.
    pub fn cents(&mut self, bid: i64, ask: i64) {
        let px = |cents: i64| Px(i128::from(cents) * 10_000_000);
        self.touch = Some((px(bid), px(ask)));
    }

    /// Prices and quantities of all new orders and amends so far, in the order they left.
    pub fn said(&self) -> Vec<String> {
        let says = |(_, what): &(_, Request)| match what {
            Request::New(new) => format!("{} {}@{}", new.side, new.qty, new.px),
            Request::Amend(amend) => format!("amend {}@{}", amend.qty, amend.px),
            Request::Cancel(_) => "cancel".to_owned(),
        };
        self.writes.iter().map(says).collect()
    }

    pub fn order(&self, no: u64) -> &Order {
        self.engine.state().orders.get(OrderNo(no)).expect("known")
    }
}
