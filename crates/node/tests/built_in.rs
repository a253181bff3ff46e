//! A strategy that is a part of the program trades live, on quotes and on time.

mod kit;

use kit::{Node, live, traded};
use std::sync::Arc;
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId};
use truefill_core::num::Qty;
use truefill_core::quote::Quote;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_node::BuiltIn;
use truefill_sim::strategy::{Strategy, Wish};

const INFY: &str = "NSE:INFY";

/// Wants 10 on its first quote, and 4 two seconds later.
struct TwoSteps {
    next: Nanos,
    seen: bool,
}

impl TwoSteps {
    fn wish(qty: i64) -> Wish {
        Wish { holding: HoldingId(0), qty: Qty::whole(qty), px: None, stop: None }
    }
}

impl Strategy for TwoSteps {
    fn on_quote(&mut self, _: InstrumentId, quote: &Quote, out: &mut Vec<Wish>) {
        if !self.seen {
            self.seen = true;
            self.next = quote.time.plus(2 * SECOND_NS);
            out.push(Self::wish(10));
        }
    }

    fn next_time(&self) -> Nanos {
        self.next
    }

    fn on_time(&mut self, _: Nanos, out: &mut Vec<Wish>) {
        self.next = Nanos::MAX;
        out.push(Self::wish(4));
    }
}

#[test]
fn what_it_wants_becomes_true() {
    live(async {
        let mut node = Node::ready("builtin", &[INFY], |job| {
            job.targets.clear();
            let make = || -> Box<dyn Strategy + Send> {
                Box::new(TwoSteps { next: Nanos::MAX, seen: false })
            };
            job.built_in.push(BuiltIn { sleeve: SleeveId(1), make: Arc::new(make) });
        })
        .await;
        let truth = node.settles_at(&[(INFY, 4)]).await;
        let (bought, sold) = traded(&truth, INFY);
        assert_eq!(bought - sold, 4, "bought {bought}, sold {sold}");
        node.stop().await.expect("stopped");
    });
}
