//! The article's five frictions as rehearsals: the usual bot really suffers them, the engine does
//! not, in the world of each example and in every weather.

mod kit;

use kit::{folder, json, keeps_the_laws, text, truefill};
use serde_json::Value;

const EXAMPLES: [&str; 5] = ["1-drift", "2-basket", "3-thin-book", "4-partial", "5-twice"];

fn example(name: &str) -> String {
    format!("examples/article/{name}/rehearse.toml")
}

fn both(name: &str) -> Value {
    let out = folder(&format!("article-{name}"));
    let run = json(&[
        "rehearse",
        &example(name),
        "--compare",
        "naive",
        "--json",
        "--out",
        text(&out.join("run")),
    ]);
    keeps_the_laws(&run["truefill"], name);
    assert_eq!(run["truefill"]["rate_limit_hits"], 0, "{name}");
    assert_eq!(run["naive"]["residual"], "0", "{name}");
    run
}

fn money(value: &Value) -> f64 {
    value.as_str().and_then(|text| text.parse().ok()).expect("an amount")
}

fn unknown(run: &Value) -> f64 {
    run["naive"]["unknown_units"].as_object().expect("units").values().map(money).sum()
}

#[test]
fn drift_doubles_the_usual_bot_and_not_the_engine() {
    let run = both("1-drift");
    assert!(run["naive"]["doubled_orders"].as_u64() > Some(0));
    assert!(money(&run["naive"]["max_overshoot"]) > 0.0 && unknown(&run) > 0.0);
    assert_eq!(run["truefill"]["unknown_outcomes"], 1, "the order whose acknowledgement was lost");
    assert_eq!(run["truefill"]["final_positions"]["broker"]["ACME"], "100");
}

#[test]
fn a_basket_hits_the_limit_of_the_usual_bot_and_not_of_the_engine() {
    let run = both("2-basket");
    assert!(run["naive"]["rate_limit_hits"].as_u64() > Some(47));
    assert!(run["naive"]["missed_targets"].as_u64() > Some(40), "it gave most of them up");
    let positions = &run["truefill"]["final_positions"];
    assert_eq!(positions["target"], positions["broker"]);
    assert_eq!(run["truefill"]["send_seconds"], run["truefill"]["least_send_seconds"]);
}

#[test]
fn a_thin_book_costs_a_market_order_far_more_than_a_marketable_limit() {
    let run = both("3-thin-book");
    let (naive, ours) = (money(&run["naive"]["gap"]), money(&run["truefill"]["gap"]));
    assert!(naive > 5.0 * ours, "{naive} against {ours}");
    assert_eq!(run["truefill"]["final_positions"]["broker"]["ACME"], "500");
}

#[test]
fn a_partial_fill_is_chased_and_then_cancelled_and_the_journal_says_so() {
    let run = both("4-partial");
    let journal = run["truefill"]["journal"].as_str().expect("a path");
    let orders = truefill(&["journal", "export", journal, "--what", "orders", "--format", "jsonl"]);
    let orders = kit::lossy(&orders.stdout);
    let order: Value = serde_json::from_str(orders.lines().next().expect("one")).expect("JSON");
    assert_eq!(order["qty"], "1000");
    assert_eq!(order["last_rule"], "chase_step", "{order}");
    assert!(order["end_rule"].as_str().is_some_and(|rule| rule.contains("chase")), "{order}");
    let held = money(&run["truefill"]["final_positions"]["broker"]["ACME"]);
    assert!((12.0..100.0).contains(&held), "{held}");
    assert!(run["truefill"]["causes"]["DROPPED"].is_string(), "the rest was given up");
}

#[test]
fn a_fill_before_the_ack_and_twice_is_counted_once() {
    let run = both("5-twice");
    assert!(unknown(&run) > 0.0, "the usual bot adds every message up");
    assert!(run["truefill"]["already_processed"].as_u64() > Some(0));
    assert_eq!(run["truefill"]["final_positions"]["engine"]["ACME"], "100");
}

/// Every example, the demo's configuration and that of two strategies in every weather.
fn weathers(seeds: std::ops::RangeInclusive<u64>) {
    let out = folder(&format!("article-weathers-{}", seeds.end()));
    let shipped = ["demo", "two-strategies"].map(|name| format!("examples/configs/{name}.toml"));
    let configs = EXAMPLES.map(example).into_iter().chain(shipped);
    for config in configs {
        for faults in ["calm", "rough", "storm", "beyond"] {
            for seed in seeds.clone() {
                let what = format!("{config} {faults} {seed}");
                let (seed, dir) = (seed.to_string(), out.join("run"));
                let run = json(&[
                    "rehearse",
                    &config,
                    "--faults",
                    faults,
                    "--seed",
                    &seed,
                    "--json",
                    "--out",
                    text(&dir),
                ]);
                keeps_the_laws(&run, &what);
                // Beyond what the broker declares, its limit can be hit by what arrives too late.
                let hits = run["rate_limit_hits"].as_u64();
                assert!(hits == Some(0) || faults == "beyond", "{what}");
                std::fs::remove_dir_all(&dir).expect("its own folder");
            }
        }
    }
}

#[test]
fn the_laws_hold_in_every_weather() {
    weathers(1..=2);
}

/// Two hundred seeds of each, for a release build: minutes.
#[test]
#[ignore = "long: see CONTRIBUTING.md"]
fn the_laws_hold_in_every_weather_over_two_hundred_seeds() {
    weathers(1..=200);
}
