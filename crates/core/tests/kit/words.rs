//! Words of a broker, and engines in states that tests begin from.
#![allow(dead_code)]

use super::{H, I, Kit, config};
use truefill_core::config::*;
use truefill_core::ids::*;
use truefill_core::input::{Command, Input, Operator};
use truefill_core::num::{Px, Qty};
use truefill_core::report::*;
use truefill_core::request::{NewOrder, Side};
use truefill_core::time::{Nanos, SECOND_NS};

pub fn text(w: &str) -> VenueText {
    VenueText::new(w).unwrap()
}

pub fn taken() -> Outcome {
    Outcome::Taken(Taken {
        cum: None,
        instrument: None,
        status: None,
        order_id: Some(text("V1")),
        time: None,
    })
}

pub fn taken_as(id: &str) -> Outcome {
    Outcome::Taken(Taken {
        cum: None,
        instrument: None,
        status: None,
        order_id: Some(text(id)),
        time: None,
    })
}

pub fn timeout() -> Outcome {
    Outcome::Unclear(Unclear { cause: UnknownCause::Timeout, retry_after_ns: None })
}

pub fn refused(code: RejectCode) -> Outcome {
    Outcome::Refused(Refused { code, text: text("no"), retry_after_ns: None })
}

pub fn fill_at(new: &NewOrder, exec: &str, qty: i64, cum: Option<i64>, time: Nanos) -> Input {
    Input::Push(Push {
        cl_ord_id: Some(new.cl_ord_id),
        order_id: None,
        instrument: Some(I),
        news: News::Fill(FillReport {
            kept: None,
            exec_id: if exec.is_empty() { VenueText::EMPTY } else { text(exec) },
            qty: Qty::whole(qty),
            px: Px::whole(100),
            cum: cum.map(Qty::whole),
            liquidity: None,
            touch: None,
            fee: None,
            time,
        }),
    })
}

pub fn fill(kit: &Kit, new: &NewOrder, exec: &str, qty: i64, cum: i64) -> Input {
    fill_at(new, exec, qty, Some(cum), kit.now)
}

pub fn status(kit: &Kit, new: &NewOrder, status: OrdStatus, cum: Option<i64>) -> Input {
    Input::Push(Push {
        cl_ord_id: Some(new.cl_ord_id),
        order_id: None,
        instrument: Some(I),
        news: News::Status(StatusReport { status, cum: cum.map(Qty::whole), time: kit.now }),
    })
}

pub fn bust(kit: &Kit, new: &NewOrder, exec: &str) -> Input {
    Input::Push(Push {
        cl_ord_id: Some(new.cl_ord_id),
        order_id: None,
        instrument: Some(I),
        news: News::Bust(BustReport {
            exec_id: if exec.is_empty() { VenueText::EMPTY } else { text(exec) },
            time: kit.now,
        }),
    })
}

pub fn row(new: &NewOrder, cum: i64, status: OrdStatus) -> OrderRow {
    OrderRow {
        code: None,
        cl_ord_id: Some(new.cl_ord_id),
        order_id: Some(text("V1")),
        instrument: I,
        side: new.side,
        qty: new.qty,
        cum: Qty::whole(cum),
        px: new.px,
        status,
        created: Nanos(0),
    }
}

pub fn op(command: Command) -> Input {
    Input::Operator(Operator { command, by: None })
}

pub fn impatient() -> Config {
    let mut c = config();
    c.strategies[0].entry.remainder = Remainder::Cancel;
    c.strategies[0].entry.patience_ns = 10 * SECOND_NS;
    c
}

pub fn held_100() -> Kit {
    held(config())
}

pub fn held(c: Config) -> Kit {
    let mut kit = Kit::with(c);
    kit.target(100);
    let (r, new) = kit.sent[0].clone();
    kit.reply(r, taken());
    kit.input(fill(&kit, &new, "E1", 100, 100));
    kit.truth.position = Qty::whole(100);
    kit.truth.orders = vec![row(&new, 100, OrdStatus::Filled)];
    kit.wait(10);
    kit
}

pub fn summary(kit: &Kit) -> String {
    let h = kit.engine.state().holding(H);
    format!(
        "own {} emitted {} dropped {} rejected {} frozen {:?} mode {} lane {} blocked {} sent {:?} cancels {}",
        h.own,
        h.emitted,
        h.dropped,
        h.rejected,
        h.frozen,
        kit.engine.state().mode,
        h.staged.lane,
        h.staged.blocked,
        kit.sent.iter().map(|(_, n)| format!("{} {}", n.side, n.qty)).collect::<Vec<_>>(),
        kit.cancels.len()
    )
}

pub fn two_holdings() -> Config {
    let mut c = config();
    let mut i = c.instruments[0].clone();
    i.symbol = "Y".into();
    c.instruments.push(i);
    c.holdings.push(Holding {
        instrument: InstrumentId(1),
        product: VenueText::EMPTY,
        sleeve: SleeveId(1),
        never_short: false,
        others: Vec::new(),
    });
    c
}

/// Somebody else traded so much.
pub fn by_hand(id: &str, qty: i64, time: Nanos) -> ActivityRow {
    ActivityRow {
        kind: ActivityKind::Trade,
        cl_ord_id: None,
        order_id: Some(text("M1")),
        instrument: I,
        side: if qty > 0 { Side::Buy } else { Side::Sell },
        fill: FillReport {
            exec_id: text(id),
            qty: Qty::whole(qty.abs()),
            px: Px::whole(99),
            cum: None,
            liquidity: None,
            touch: None,
            fee: None,
            time,
            kept: None,
        },
        product: VenueText::EMPTY,
    }
}
