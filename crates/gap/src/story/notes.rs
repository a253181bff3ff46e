//! What the events of a run say beyond the lines of its ledger: which target a line belongs to,
//! which gate holds back, which rule priced an execution.
//!
//! Entry points: [`Note`], [`Noted`]; [`priced_by`] finds the rule of an execution.
//!
//! Invariant: notes move no money. They only say under which further heading a booking stands,
//! so whatever is grouped by them adds up to the causes of the ledger.

use truefill_core::event::Block;
use truefill_core::ids::{HoldingId, OrderNo, SleeveId};
use truefill_core::order::evidence::{AmendSent, Item};
use truefill_core::order::{AmendEnd, Order, Rule};
use truefill_core::report::{FillReport, Liquidity};
use truefill_core::request::Side;
use truefill_core::time::Nanos;

/// A note about a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Position of the line in the ledger's entries, from 0.
    pub entry: usize,
    /// What is noted.
    pub what: Noted,
}

/// One strategy's part of a holding: what a ledger names by strategy and symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BookKey {
    /// Which holding.
    pub holding: HoldingId,
    /// Whose part of it.
    pub sleeve: SleeveId,
}

impl From<(HoldingId, SleeveId)> for BookKey {
    fn from((holding, sleeve): (HoldingId, SleeveId)) -> Self {
        Self { holding, sleeve }
    }
}

/// What a note says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// From this line on the book works on another target: that of this number, counted over
    /// all accepted targets of the run from 0.
    Parent {
        /// Which book.
        book: BookKey,
        /// Number of the target.
        parent: usize,
    },
    /// From this line on this is why the admitted target differs from the rounded one.
    Gate {
        /// Which book.
        book: BookKey,
        /// The gate; [`Block::Open`] when none is named.
        why: Block,
    },
    /// The line is an execution of an order.
    Fill {
        /// Which book.
        book: BookKey,
        /// Which order.
        order: OrderNo,
        /// What had made its price.
        by: PricedBy,
    },
}

/// A rule of a policy, with the step of a chase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PricedBy {
    /// The rule.
    pub rule: Rule,
    /// Step of a chase, else zero.
    pub step: u32,
}

impl PricedBy {
    /// A rule; steps count only where there is a chase.
    #[must_use]
    pub const fn new(rule: Rule, step: u32) -> Self {
        let step = if matches!(rule, Rule::ChaseStep) { step } else { 0 };
        Self { rule, step }
    }
}

/// The rule that had made the price of an execution: that of the ticket, or of the last amend in
/// force.
///
/// Between the sending of an amend and its answer the exchange may have had either price. There
/// the execution itself tells: taking liquidity, a price beyond the old limit, or just the new
/// one mean that the amend was in force.
pub(super) fn priced_by(order: &Order, report: &FillReport) -> PricedBy {
    let ticket = &order.ticket;
    let mut by = PricedBy::new(ticket.rule, ticket.step);
    let mut limit = ticket.px;
    for (sent, heard) in taken(order) {
        let beyond = match ticket.side {
            Side::Buy => report.px > limit,
            Side::Sell => report.px < limit,
        };
        let took = report.liquidity == Some(Liquidity::Taker);
        let tells = took || beyond || (report.px == sent.px && sent.px != limit);
        if heard > report.time && !(sent.at <= report.time && tells) {
            break;
        }
        limit = sent.px;
        if makes_a_price(sent.rule) {
            by = PricedBy::new(sent.rule, sent.step);
        }
    }
    by
}

/// Amends that came into force, with when that was learned, in their order.
fn taken(order: &Order) -> impl Iterator<Item = (&AmendSent, Nanos)> {
    let items = order.evidence.items();
    items.iter().filter_map(|item| {
        let Item::AmendSent(sent) = item else { return None };
        let heard = items.iter().find_map(|item| match item {
            Item::AmendNews(news) if news.serial == sent.serial && news.end == AmendEnd::Taken => {
                Some(news.at)
            }
            _ => None,
        });
        Some((sent, heard?))
    })
}

/// Whether an amend of this rule changes the rule of the price: one for the quantity does not,
/// and one after the market does the same at another place.
const fn makes_a_price(rule: Rule) -> bool {
    !matches!(rule, Rule::Excess | Rule::GiveWay | Rule::Requote)
}

#[cfg(test)]
mod tests {
    use super::*;
    use truefill_core::config::CancelProof;
    use truefill_core::ids::{ClOrdId, RequestId, VenueText};
    use truefill_core::num::{Px, Qty};
    use truefill_core::order::evidence::AmendNews;
    use truefill_core::order::{Intent, Ticket};

    fn order(amends: &[(u32, Rule, i64, i64, i64)]) -> Order {
        let mut order = Order::new(Ticket {
            order: OrderNo(1),
            cl_ord_id: ClOrdId::default(),
            request: RequestId(1),
            holding: HoldingId(0),
            side: Side::Buy,
            qty: Qty::whole(10),
            px: Px::whole(100),
            intent: Intent::Entry,
            released: Nanos(0),
            arrival: Px::whole(100),
            rule: Rule::Near,
            step: 0,
            stop_px: None,
            shares: Vec::new(),
        });
        for (serial, rule, px, sent, heard) in amends {
            let (serial, rule, px) = (*serial, *rule, Px::whole(*px));
            let (request, qty, stop_px) = (RequestId(2), Qty::whole(10), None);
            let step = serial;
            let at = Nanos(*sent);
            let sent = AmendSent { serial, request, qty, px, stop_px, at, rule, step };
            order.learn(Item::AmendSent(sent), CancelProof::Read);
            let news = AmendNews { serial, end: AmendEnd::Taken, at: Nanos(*heard) };
            order.learn(Item::AmendNews(news), CancelProof::Read);
        }
        order
    }

    fn fill(px: i64, liquidity: Liquidity, time: i64) -> FillReport {
        FillReport {
            kept: None,
            exec_id: VenueText::EMPTY,
            qty: Qty::whole(1),
            px: Px::whole(px),
            cum: None,
            liquidity: Some(liquidity),
            touch: None,
            fee: None,
            time: Nanos(time),
        }
    }

    #[test]
    fn the_execution_tells_which_price_it_had_while_an_amend_is_under_way() {
        let order = order(&[(1, Rule::Crossed, 102, 50, 90)]);
        let rule = |px, liquidity, time| priced_by(&order, &fill(px, liquidity, time)).rule;
        assert_eq!(rule(100, Liquidity::Maker, 40), Rule::Near, "before it left");
        assert_eq!(rule(100, Liquidity::Maker, 60), Rule::Near, "still at the old price");
        assert_eq!(rule(101, Liquidity::Taker, 60), Rule::Crossed, "it took");
        assert_eq!(rule(102, Liquidity::Maker, 60), Rule::Crossed, "beyond the old limit");
        assert_eq!(rule(100, Liquidity::Maker, 90), Rule::Crossed, "after the answer");
        assert_eq!(rule(101, Liquidity::Taker, 40), Rule::Near, "it had not left");
    }

    #[test]
    fn what_moves_the_quantity_or_follows_the_market_keeps_the_rule() {
        let steps = [
            (1, Rule::Requote, 101, 10, 20),
            (2, Rule::ChaseStep, 102, 30, 40),
            (3, Rule::Excess, 102, 50, 60),
        ];
        let order = order(&steps);
        let by = |time| priced_by(&order, &fill(101, Liquidity::Maker, time));
        assert_eq!(by(25), PricedBy { rule: Rule::Near, step: 0 });
        assert_eq!(by(45), PricedBy { rule: Rule::ChaseStep, step: 2 });
        assert_eq!(by(70), PricedBy { rule: Rule::ChaseStep, step: 2 });
    }
}
