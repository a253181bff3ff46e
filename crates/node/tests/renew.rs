//! Rules of what is traded change while a node runs: it ends to be started again with the new ones,
//! and nothing of the account is lost on the way.

mod kit;

use kit::{Node, live, no_violation, open_box_with, setup, traded};
use std::sync::Arc;
use truefill_box::desk::Options;
use truefill_box::listing::Listing;
use truefill_core::num::Qty;
use truefill_core::time::SECOND_NS;
use truefill_node::clock::wall;
use truefill_node::renew::{Looked, Renew};
use truefill_node::{Ended, freezes};

const INFY: &str = "NSE:INFY";

/// Seconds after midnight in India, some seconds from now.
fn soon(seconds: i64) -> i64 {
    (wall().0 / SECOND_NS + 19_800 + seconds).rem_euclid(86_400)
}

#[test]
fn a_morning_with_new_rules_starts_the_node_again_as_it_was() {
    live(async {
        let look = || -> Looked { Box::pin(async { Ok(Some("a lot has changed".to_owned())) }) };
        let mut node = Node::ready("morning", &[INFY], |job| {
            job.renew = Some(Renew { at_s: soon(12), look: Arc::new(look) });
        })
        .await;
        node.want(&[(INFY, 10)]);
        node.settles_at(&[(INFY, 10)]).await;
        let ended = node.ended().await.expect("no failure");
        assert_eq!(ended, Ended::Renewed("a lot has changed".to_owned()));
        assert!(node.alerts().contains(&"RENEWED".to_owned()));
        node.job.renew = None;
        node.again();
        node.want(&[(INFY, 15)]);
        let truth = node.settles_at(&[(INFY, 15)]).await;
        assert_eq!(traded(&truth, INFY), (15, 0));
        assert_eq!(node.stop().await.expect("stopped"), Ended::Stopped);
    });
}

#[test]
fn a_freeze_quantity_that_the_exchange_teaches_cuts_orders_from_then_on() {
    live(async {
        let ready = open_box_with(Options { cash: 9_000_000_000, ..Options::default() }).await;
        let listing = Listing::standard();
        let (_, item) = listing
            .iter()
            .filter(|(_, item)| item.listed.named.exchange == "NFO")
            .min_by_key(|(_, item)| item.freeze)
            .expect("a derivative");
        let named = &item.listed.named;
        let symbol = format!("{}:{}", named.exchange, named.symbol);
        let units = |qty: Qty| i64::try_from(qty.0 / Qty::whole(1).0).expect("small");
        let wanted = units(item.freeze) + 3 * units(item.listed.lot);
        let mut large = setup("freeze", &ready, &[&symbol]);
        for key in &mut large.job.config.holdings {
            key.product = truefill_core::ids::VenueText::new("NRML").expect("short");
        }
        let dir = large.job.settings.dir.clone();
        let look = move || -> Looked {
            let taught = freezes::load(&dir).map(|taught| !taught.is_empty());
            Box::pin(async move { Ok(taught.unwrap_or(false).then(|| "taught".to_owned())) })
        };
        large.job.renew = Some(Renew { at_s: soon(40_000), look: Arc::new(look) });
        let mut node = Node::start(ready, large);
        node.until("prices", kit::is_free).await;
        node.want(&[(&symbol, wanted)]);
        let ended = node.ended().await.expect("no failure");
        assert_eq!(ended, Ended::Renewed("taught".to_owned()));
        let taught = freezes::load(&node.job.settings.dir).expect("kept");
        assert_eq!(taught.get(&symbol), Some(&item.freeze));
        // What a configuration makes of it.
        node.job.config.instruments[0].max_qty = Some(item.freeze);
        node.again();
        let truth = node.settles_at(&[(&symbol, wanted)]).await;
        assert_eq!(traded(&truth, &symbol), (wanted, 0));
        no_violation(&truth);
        node.stop().await.expect("stopped");
    });
}
