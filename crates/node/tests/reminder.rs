//! A node without a session reminds people before the open, at the time that it was told.

mod kit;

use kit::{Node, live, open_box, setup};
use truefill_box::desk::Switches;
use truefill_core::config::{Calendar, Phase, PhaseSpan};
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_node::clock::wall;
use truefill_venue::kite::IST_AHEAD_S;

const DAY_S: i64 = 86_400;

/// A day of the exchange in India, open all day.
fn open_on(day: i64) -> PhaseSpan {
    let from = Nanos((day * DAY_S - IST_AHEAD_S) * SECOND_NS);
    let (until, phase) = (from.plus(DAY_S * SECOND_NS), Phase::Continuous);
    PhaseSpan { from, until, phase, session: day }
}

#[test]
fn without_a_session_people_are_told_at_the_set_times() {
    live(async {
        let ready = open_box(Switches::default()).await;
        let mut setup = setup("remind", &ready, &["NSE:INFY"]);
        std::fs::remove_file(&setup.job.settings.token_file).expect("there was a token");
        let now = wall().0.div_euclid(SECOND_NS) + IST_AHEAD_S;
        let day = now.div_euclid(DAY_S);
        // Every few seconds from now on, so that one of them comes while the node looks, however
        // slowly it starts.
        let soon = (0..60).map(|n| (now + 2 + n * 3).rem_euclid(DAY_S));
        setup.job.settings.remind = soon.filter_map(|s| u32::try_from(s).ok()).collect();
        let phases = (day..day + 2).map(open_on).collect();
        setup.job.config.calendars = vec![Calendar { name: "always".to_owned(), phases }];
        let mut node = Node::start(ready, setup);
        node.alerted("LOGIN_REMINDER").await;
        node.stop().await.expect("stopped");
    });
}
