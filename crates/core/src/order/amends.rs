//! Amends: which terms of an order are in force, and which may be.
//!
//! Entry point: [`terms`]. A pure function of the set of evidence, like everything that is known
//! of an order.
//!
//! Invariants:
//! 1. The taken amend with the highest serial is in force, in whatever order news arrive.
//! 2. An amend that is not settled counts with the larger of both quantities.
//! 3. One that takes quantity away is settled by a read that shows the order on its new terms: what
//!    was filled before it arrived, and not told of, may be more than it leaves.

use super::AmendEnd;
use super::evidence::{AmendSent, Evidence, Item};
use crate::num::Qty;
use crate::time::Nanos;

/// The terms of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The amend in force; absent while those of the ticket are.
    pub in_force: Option<AmendSent>,
    /// An amend that is not settled.
    pub pending: Option<Pending>,
    /// Largest OrderQty that may be in force.
    pub worst: Qty,
    /// Largest OrderQty that ever was in force or may be: executions up to it are real.
    pub most: Qty,
    /// When the last price in force was made, if by an amend.
    pub priced: Option<Nanos>,
    /// Amends that may have reached the broker.
    pub sent: u32,
    /// Serial of the last amend.
    pub last: u32,
    /// When one was last refused for sure: no other is tried.
    pub refused: Option<Nanos>,
}

/// An amend that is not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// What was asked for.
    pub sent: AmendSent,
    /// Only a read can settle it: its request ended without a certain outcome, or it was taken and
    /// what it took away is not proven to be free.
    pub unclear: bool,
}

impl Terms {
    /// The amend with this serial is the one in force.
    #[must_use]
    pub fn is_in_force(&self, serial: u32) -> bool {
        self.in_force.as_ref().is_some_and(|sent| sent.serial == serial)
    }
}

/// The terms that follow from the evidence about an order of this quantity.
#[must_use]
pub fn terms(evidence: &Evidence, order_qty: Qty) -> Terms {
    let mut terms = Terms { worst: order_qty, most: order_qty, ..Terms::default() };
    let items = evidence.items();
    for item in items {
        // In canonical order, so by serial.
        let Item::AmendSent(sent) = item else { continue };
        let heard = |end| {
            items.iter().any(|item| {
                matches!(item, Item::AmendNews(n) if n.serial == sent.serial && n.end == end)
            })
        };
        terms.last = sent.serial;
        let unsent = heard(AmendEnd::Unsent);
        terms.sent += u32::from(!unsent);
        if heard(AmendEnd::Taken) {
            terms.most = terms.most.max(sent.qty);
            if sent.qty >= terms.worst || heard(AmendEnd::Checked) {
                (terms.worst, terms.pending) = (sent.qty, None);
            } else {
                terms.pending = Some(Pending { sent: sent.clone(), unclear: true });
            }
            if sent.rule != super::Rule::Excess {
                terms.priced = Some(sent.at);
            }
            terms.in_force = Some(sent.clone());
        } else if !unsent && !heard(AmendEnd::Refused) && !heard(AmendEnd::Unseen) {
            let unclear = heard(AmendEnd::Unclear);
            terms.most = terms.most.max(sent.qty);
            terms.pending = Some(Pending { sent: sent.clone(), unclear });
        }
    }
    if let Some(pending) = &terms.pending {
        let least =
            if crate::planted!(PendingAmendCountsAsTaken) { Qty::ZERO } else { terms.worst };
        terms.worst = least.max(pending.sent.qty);
    }
    let refusals = items.iter().filter_map(|item| match item {
        Item::AmendNews(news) if news.end == AmendEnd::Refused => Some(news.at),
        _ => None,
    });
    terms.refused = refusals.max();
    terms
}
