//! What can be known of an order, as items of a set that only grows (law 3).
//!
//! Every item is normalised: two messages that say the same are the same item. What follows
//! from a set is computed in [`super::fold`].

use super::{AmendEnd, Rule};
use crate::ids::{RequestId, VenueText};
use crate::num::{Px, Qty};
use crate::record::{records, variants};
use crate::report::{BustReport, FillReport, OrdStatus, RejectCode, UnknownCause};
use crate::time::Nanos;

records! {
    /// The broker took the order.
    pub struct Ack {
        /// The broker's id.
        pub order_id: VenueText = 1,
        /// When the exchange took it, where the broker says so.
        pub time: Option<Nanos> = 2,
    }

    /// The order was refused for sure.
    pub struct Refusal {
        /// Why.
        pub code: RejectCode = 1,
    }

    /// The order never left us, for sure.
    pub struct Unsent {}

    /// The request has no certain outcome.
    pub struct Doubt {
        /// Why.
        pub cause: UnknownCause = 1,
    }

    /// CumQty as somebody reported it.
    pub struct CumQty {
        /// The quantity.
        pub cum: Qty = 1,
    }

    /// A terminal status in a reply or a pushed message: a claim, not a fact.
    pub struct Claim {
        /// The status.
        pub status: OrdStatus = 1,
        /// When it was true, by the message's own words.
        pub time: Nanos = 2,
    }

    /// A terminal status in a read.
    pub struct Proof {
        /// The status.
        pub status: OrdStatus = 1,
        /// Why it was refused, if it was and the read says so.
        pub code: Option<RejectCode> = 64,
    }

    /// The broker says that another order of its own making took the place of this one.
    pub struct Succeeded {
        /// The broker's id of that order.
        pub order_id: VenueText = 1,
    }

    /// The broker showed the order as alive.
    pub struct Seen {
        /// When the read that showed it was asked; absent for a pushed message.
        pub asked: Option<Nanos> = 1,
    }

    /// Somebody who may say so settled it: the operator, or the end of the day where nothing else
    /// can. It is not at the broker.
    pub struct Void {}

    /// The broker refused a cancel because the order is finished or unknown to it.
    pub struct Gone {
        /// When it said so. A read asked before knows nothing of it.
        pub at: Option<Nanos> = 64,
    }

    /// A complete read of the trades, asked after a bust, did not show all that cumulative numbers
    /// had shown: so much was taken back without ever being told of.
    pub struct Audit {
        /// When it was asked.
        pub asked: Nanos = 1,
        /// The quantity.
        pub gone: Qty = 2,
    }

    /// A complete read, asked later than the order could still appear, did not have it.
    pub struct Absence {
        /// When it was asked.
        pub asked: Nanos = 1,
    }

    /// An amend was released: from now on the order may have these terms.
    pub struct AmendSent {
        /// Number of the amend of its order, from 1.
        pub serial: u32 = 1,
        /// The write.
        pub request: RequestId = 2,
        /// OrderQty, filled part included.
        pub qty: Qty = 3,
        /// Limit price.
        pub px: Px = 4,
        /// StopPx, for a stop.
        pub stop_px: Option<Px> = 5,
        /// When.
        pub at: Nanos = 6,
        /// The rule that wanted it.
        pub rule: Rule = 7,
        /// Step of a chase.
        pub step: u32 = 8,
    }

    /// What became of an amend.
    pub struct AmendNews {
        /// Which amend.
        pub serial: u32 = 1,
        /// What became of it.
        pub end: AmendEnd = 2,
        /// When that was learned.
        pub at: Nanos = 3,
    }
}

variants! {
    /// One item of evidence.
    pub enum Item {
        /// Acknowledged.
        Ack(Ack) = 1,
        /// Refused.
        Refusal(Refusal) = 2,
        /// Not sent.
        Unsent(Unsent) = 3,
        /// Outcome unknown.
        Doubt(Doubt) = 4,
        /// An execution.
        Fill(FillReport) = 5,
        /// An execution taken back.
        Bust(BustReport) = 6,
        /// A cumulative report.
        Cum(CumQty) = 7,
        /// A terminal claim.
        Claim(Claim) = 8,
        /// A terminal read.
        Proof(Proof) = 9,
        /// Seen alive.
        Seen(Seen) = 10,
        /// Not there.
        Absence(Absence) = 11,
        /// Settled by the operator or the day's end.
        Void(Void) = 12,
        /// Nothing left to cancel, says the broker.
        Gone(Gone) = 13,
        /// Taken back unheard, by a read of the trades.
        Audit(Audit) = 14,
        /// An amend was released.
        AmendSent(AmendSent) = 15,
        /// News of an amend.
        AmendNews(AmendNews) = 16,
        /// Replaced by another order.
        Succeeded(Succeeded) = 64,
    }
}

/// A set of items in canonical order, so that equal sets have equal bytes whatever the order
/// of arrival was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    items: Vec<Item>,
}

/// Most items kept for one order. Beyond it only items that end an order are taken; the
/// quantity they would have carried is still seen by reconciliation.
pub const ITEMS_MAX: usize = 4096;

impl Evidence {
    /// Adds an item; false if the set had it.
    pub fn insert(&mut self, item: Item) -> bool {
        match self.items.binary_search(&item) {
            Ok(_) => false,
            Err(at) => {
                self.items.insert(at, item);
                true
            }
        }
    }

    /// True if the set has the item.
    #[must_use]
    pub fn contains(&self, item: &Item) -> bool {
        self.items.binary_search(item).is_ok()
    }

    /// When the latest execution happened that is known by itself, by the broker's clock.
    #[must_use]
    pub fn last_fill(&self) -> Option<Nanos> {
        let time = |item: &Item| match item {
            Item::Fill(fill) => Some(fill.time),
            _ => None,
        };
        self.items.iter().filter_map(time).max()
    }

    /// The items in canonical order.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// A set of these items.
    #[must_use]
    pub fn from_items(items: Vec<Item>) -> Self {
        let mut set = Self::default();
        for item in items {
            set.insert(item);
        }
        set
    }
}
