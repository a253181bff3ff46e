//! One book for each strategy of each holding: the ladder of the ledger is per strategy and
//! symbol, the engine's plan is per holding.
//!
//! Entry points: [`Books`], [`Standing`].

use truefill_core::config::Config;
use truefill_core::ids::{HoldingId, SleeveId};
use truefill_core::num::Qty;
use truefill_core::order::Ticket;
use truefill_core::order::shares::allot;
use truefill_core::state::holding::HoldingState;

/// A book: a position in [`Books::all`].
pub(super) type BookNo = usize;

/// Every book, in the order of the configuration.
#[derive(Clone, Debug)]
pub(super) struct Books {
    pub all: Vec<(HoldingId, SleeveId)>,
    /// Where the books of each holding begin, and at last where they end.
    begins: Vec<BookNo>,
}

impl Books {
    pub fn of(config: &Config) -> Self {
        let (mut all, mut begins) = (Vec::new(), vec![0]);
        for (at, key) in (0..).map(HoldingId).zip(&config.holdings) {
            all.extend(key.sleeves().map(|sleeve| (at, sleeve)));
            begins.push(all.len());
        }
        Self { all, begins }
    }

    /// The books of a holding.
    pub fn of_holding(&self, holding: HoldingId) -> std::ops::Range<BookNo> {
        let begin = self.begins.get(holding.ix()).copied();
        let end = self.begins.get(holding.ix() + 1).copied();
        begin.zip(end).map_or(0..0, |(begin, end)| begin..end)
    }

    /// The book of a strategy in a holding; its first where the strategy has none there.
    pub fn find(&self, holding: HoldingId, sleeve: SleeveId) -> Option<BookNo> {
        let mut books = self.of_holding(holding);
        let first = books.clone().next();
        books.find(|at| self.all[*at].1 == sleeve).or(first)
    }

    /// Where the parts of an order belong, with what was asked for there.
    pub fn parts(&self, ticket: &Ticket) -> Vec<(BookNo, Qty)> {
        if ticket.shares.is_empty() {
            let first = self.of_holding(ticket.holding).next();
            return first.map(|book| (book, ticket.qty)).into_iter().collect();
        }
        let place = |sleeve| self.find(ticket.holding, sleeve);
        let shares = ticket.shares.iter();
        shares.filter_map(|share| Some((place(share.sleeve)?, share.qty))).collect()
    }
}

/// What of a filled quantity belongs to each part of an order, in the order of its parts.
pub(super) fn filled_parts(config: &Config, ticket: &Ticket, filled: Qty) -> Vec<Qty> {
    if ticket.shares.is_empty() {
        return vec![filled];
    }
    let rules = config.holdings.get(ticket.holding.ix());
    let rules = rules.and_then(|key| config.instruments.get(key.instrument.ix()));
    allot(&ticket.shares, rules.map_or(Qty(1), |rules| rules.lot), filled)
}

/// What the engine believes of one book: enough to see how an event changed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub own: Qty,
    pub dropped: Qty,
    pub rejected: Qty,
}

/// The standing of every book of a holding.
pub(super) fn standings(h: &HoldingState, out: &mut Vec<Standing>) {
    out.clear();
    if !h.is_shared() {
        out.push(Standing { own: h.own, dropped: h.dropped, rejected: h.rejected });
        return;
    }
    let of = h.sleeves.iter();
    out.extend(of.map(|s| Standing { own: s.own, dropped: s.dropped, rejected: s.rejected }));
}
