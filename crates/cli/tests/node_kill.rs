//! `kill -9` of the real node at random moments while it trades against a box in another process:
//! nothing is lost, nothing is done twice, and it never holds more than it was told to.
//!
//! Targets only rise, so that every doubled order would show as more bought than wanted, and every
//! lost one as less, at any price of any fill.

#![cfg(unix)]

mod live_kit;

use live_kit::{SYMBOLS, Scene, bought, rest, verified};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// After its last fault an order appears within this.
const APPEARS: Duration = Duration::from_secs(4);

/// A small generator: the same moments each time would find the same things each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn lives_on(name: &str, kills: u32, faults: &str, storm: bool) {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
    let mut dice = Dice(u64::try_from(seed & 0xffff_ffff_ffff).expect("small") | 1);
    let mut scene = Scene::open(name);
    scene.start();
    scene.until_it_answers();
    let mut target = 5;
    scene.want(target);
    scene.until_ordered();
    scene.control("/fault", faults);
    let mut killed = Instant::now();
    for number in 0..kills {
        if storm && dice.below(3) == 0 {
            let form =
                ["400", "504", "drop", "silence"][usize::try_from(dice.below(4)).unwrap_or(0)];
            let fate = ["now", "later"][usize::try_from(dice.below(2)).unwrap_or(0)];
            scene.control("/fault", &format!(
                r#"{{"fault":"lost_reply","on":"place","form":"{form}","fate":"{fate}","after_ms":2000}}"#
            ));
        }
        // Three of four die around orders that leave; the others anywhere, while they start too.
        let aimed = dice.below(4) > 0;
        if aimed && scene.until_read() {
            // Longer than any order may take to appear here.
            rest(APPEARS.saturating_sub(killed.elapsed()));
            scene.by_hand();
        }
        // Written while it runs, while it starts and while it is dead.
        target += 1 + i64::try_from(dice.below(4)).expect("small");
        scene.want(target);
        rest(Duration::from_millis(dice.below(if aimed { 500 } else { 4_000 })));
        killed = Instant::now();
        scene.kill();
        let truth = scene.control("/truth", "");
        for symbol in SYMBOLS {
            let (bought, sold) = bought(&truth, symbol);
            assert!(bought <= target && sold == 0, "kill {number}: {symbol} {bought} of {target}");
        }
        rest(Duration::from_millis(dice.below(200)));
        scene.start();
    }
    scene.control("/fault", r#"{"clear":true}"#);
    target += 5;
    scene.want(target);
    let truth = scene.until_true(target);
    assert_eq!(truth["violations"].as_array().map(Vec::len), Some(0), "{:#}", truth["violations"]);
    verified(&scene.folder);
    let orders = truth["orders"].as_array().map_or(0, Vec::len);
    println!("{kills} kills, {orders} orders, {target} of each of {} names", SYMBOLS.len());
    scene.kill();
    let _ = std::fs::remove_dir_all(&scene.folder);
}

#[test]
fn twenty_kills_lose_nothing_and_double_nothing() {
    let shares = r#"{"shares":{"slow_reply":150000,"push_lost":150000,"push_twice":150000,
        "push_late":100000,"stale_orders":80000,"stale_positions":80000,"just_acked":50000}}"#;
    lives_on("twenty", 20, shares, false);
}

#[test]
#[ignore = "minutes"]
fn two_hundred_kills_in_a_storm_lose_nothing_and_double_nothing() {
    let shares = r#"{"shares":{"slow_reply":150000,"push_lost":150000,"push_twice":150000,
        "push_late":100000,"stale_orders":80000,"stale_positions":80000,"just_acked":50000, "rms_refuses":10000,"rms_rejects":10000,
        "cut_json":20000,"html_page":10000,"row_nulls":20000}}"#;
    lives_on("storm", 200, shares, true);
}
