//! What follows from the evidence about one order: a pure function of the set (law 3).
//!
//! Filled quantity = executions at their latest revision, without busts, plus what cumulative
//! reports show beyond all executions ever told of.
//!
//! Executions are told apart by what they cover, not by their ids alone:
//! 1. With CumQty, an execution covers the span from `cum - qty` to `cum`. Equal spans are one
//!    execution under any ids; equal ids with different spans are two.
//! 2. Without CumQty it is the id that counts; an id that a spanned execution carries is that one.
//! 3. With neither, quantity, price and time together are the id.
//! 4. Of several executions under one id with one span, the latest by time is the revision in
//!    force. Spans that overlap without being equal contradict each other: the excess over the
//!    order is not booked and `overfill` is set.

use super::evidence::{Evidence, Item};
use crate::config::CancelProof;
use crate::ids::VenueText;
use crate::num::{Amount, Qty};
use crate::report::{FillReport, OrdStatus, RejectCode};
use crate::time::Nanos;

/// What is known of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// CumQty that is believed, never above OrderQty.
    pub filled: Qty,
    /// Sum of quantity × price of the executions (without the part known by CumQty only).
    pub notional: Amount,
    /// Part of `filled` that only a cumulative report shows: no price is known for it.
    pub unpriced: Qty,
    /// Fees told of, positive is a cost.
    pub fees: Amount,
    /// The broker has or had it.
    pub exists: bool,
    /// Nothing of it can fill any more, as far as anything can be proven.
    pub done: bool,
    /// A terminal status was claimed and is not proven yet.
    pub claimed: bool,
    /// Its request has or had no certain outcome.
    pub doubtful: bool,
    /// Refused for sure, with the reason.
    pub refused: Option<RejectCode>,
    /// Never sent, for sure.
    pub unsent: bool,
    /// Proven not to be there.
    pub absent: bool,
    /// Executions told of, each once.
    pub executions: u32,
    /// Executions claimed more than the order.
    pub overfill: bool,
    /// Executions were taken back: cumulative numbers alone prove nothing any more.
    pub busted: bool,
}

/// One execution as it is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The report in force.
    pub report: FillReport,
    /// Taken back.
    pub busted: bool,
}

/// The executions in the evidence, each once, busted ones included and marked.
#[must_use]
pub fn executions(evidence: &Evidence) -> Vec<Execution> {
    let mut found: Vec<Execution> = Vec::new();
    let fills = || {
        evidence.items().iter().filter_map(|item| match item {
            Item::Fill(fill) => Some(fill),
            _ => None,
        })
    };
    for fill in fills().filter(|f| f.cum.is_some()) {
        let same_span = |e: &&mut Execution| e.report.cum == fill.cum && e.report.qty == fill.qty;
        match found.iter_mut().find(same_span) {
            Some(known) => revise(known, fill),
            None => found.push(Execution { report: fill.clone(), busted: false }),
        }
    }
    let spanned = found.len();
    let mut ids_of_spans: Vec<VenueText> =
        fills().filter(|f| f.cum.is_some()).map(|f| f.exec_id).collect();
    ids_of_spans.sort_unstable();
    for fill in fills().filter(|f| f.cum.is_none()) {
        if !fill.exec_id.is_empty() && ids_of_spans.binary_search(&fill.exec_id).is_ok() {
            continue;
        }
        let nameless = fill.exec_id.is_empty();
        let same = |e: &&mut Execution| {
            if nameless {
                (e.report.qty, e.report.px, e.report.time) == (fill.qty, fill.px, fill.time)
            } else {
                e.report.exec_id == fill.exec_id
            }
        };
        let among = if nameless { 0 } else { spanned };
        match found[among..].iter_mut().find(same) {
            Some(known) => revise(known, fill),
            None => found.push(Execution { report: fill.clone(), busted: false }),
        }
    }
    for item in evidence.items() {
        let Item::Bust(bust) = item else { continue };
        for execution in &mut found {
            execution.busted |= execution.report.exec_id == bust.exec_id;
        }
    }
    found
}

/// The later report is in force; a missing detail is taken from the other one.
fn revise(known: &mut Execution, fill: &FillReport) {
    let old = &known.report;
    let newer = (fill.time, fill) > (old.time, old);
    let mut report = if newer { fill.clone() } else { old.clone() };
    let other = if newer { old } else { fill };
    report.liquidity = report.liquidity.or(other.liquidity);
    report.touch = report.touch.or(other.touch);
    report.fee = report.fee.or(other.fee);
    known.report = report;
}

/// Everything that follows from the evidence about an order of this quantity.
#[must_use]
pub fn fold(evidence: &Evidence, order_qty: Qty, proof: CancelProof) -> Known {
    let mut known = Known::default();
    let (mut cum_max, mut absences, mut proven) = (Qty::ZERO, 0u32, false);
    let mut priced_fills = false;
    for item in evidence.items() {
        match item {
            Item::Ack(_) | Item::Seen(_) => known.exists = true,
            Item::Refusal(refusal) => known.refused = Some(refusal.code),
            Item::Unsent(_) => known.unsent = true,
            Item::Doubt(_) => known.doubtful = true,
            Item::Fill(fill) => {
                priced_fills = true;
                cum_max = cum_max.max(fill.cum.unwrap_or_default());
            }
            Item::Bust(_) => known.busted = true,
            Item::Cum(report) => cum_max = cum_max.max(report.cum),
            Item::Claim(claim) => {
                known.claimed = true;
                known.exists |= claim.status != OrdStatus::Rejected;
                proven |= proof == CancelProof::Word;
            }
            Item::Proof(_) => {
                known.exists = true;
                proven = true;
            }
            Item::Absence(_) => absences += 1,
        }
    }
    known.exists |= priced_fills || cum_max > Qty::ZERO;
    let (mut told, mut booked) = (Qty::ZERO, Qty::ZERO);
    if priced_fills {
        for execution in executions(evidence) {
            let report = &execution.report;
            known.executions += 1;
            told += report.qty;
            if !execution.busted {
                booked += report.qty;
                known.notional += report.qty.times(report.px);
                known.fees += report.fee.unwrap_or_default();
            }
        }
    }
    known.unpriced = if known.busted { Qty::ZERO } else { (cum_max - told).max(Qty::ZERO) };
    let filled = booked + known.unpriced;
    known.overfill = filled > order_qty;
    known.filled = filled.min(order_qty);
    known.absent = absences >= 2 && !known.exists;
    let never_was = !known.exists && (known.refused.is_some() || known.unsent || known.absent);
    known.done = proven || never_was || (known.filled >= order_qty && !known.busted);
    known.claimed &= !known.done;
    known
}

/// When the order was first known to work at the exchange, by the exchange's own words.
#[must_use]
pub fn accepted_time(evidence: &Evidence) -> Option<Nanos> {
    let times = evidence.items().iter().filter_map(|item| match item {
        Item::Ack(ack) => ack.time,
        Item::Fill(fill) => Some(fill.time),
        _ => None,
    });
    times.min()
}
