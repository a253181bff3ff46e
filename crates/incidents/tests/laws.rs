//! The checks themselves: a scenario that asks for what is not so fails, for the reason it should.

use serde_json::{Value, json};
use truefill_incidents::scenario::read;
use truefill_incidents::{Mode, Played, play};

/// An order of five is bought and filled; steps and expectations are added by the tests.
fn played(mode: Mode, more: &[Value], expect: &Value) -> Played {
    let mut script = vec![
        json!({"op": "expect", "req": "submit", "as": "o", "sym": "X", "side": "buy",
            "qty": "5"}),
        json!({"op": "reply", "to": "o", "result": "ok"}),
        json!({"op": "venue", "do": "fill", "ref": "o", "qty": "5", "px": "100", "fill": "f"}),
        json!({"op": "event", "type": "fill", "ref": "o", "fill": "f", "qty": "5", "cum": "5",
            "px": "100"}),
    ];
    script.extend(more.iter().cloned());
    let mut all = json!({"positions": {"X": "5"}, "open_orders": [], "max_submits": 1,
        "alerts_include": [], "final_state": "running"});
    for (key, value) in expect.as_object().unwrap() {
        all[key] = value.clone();
    }
    let line = json!({"id": "INC-999", "class": "vocabulary", "title": "A check", "severity": 1,
        "source": ["here"], "given": {"targets": {"X": "5"}, "positions": {}},
        "script": script, "expect": all});
    let scenarios = read(&line.to_string()).unwrap();
    play(&scenarios[0], mode)
}

#[test]
fn what_is_so_passes() {
    for mode in Mode::ALL {
        let played = played(mode, &[], &json!({"traded_notional": {"X": "500.0"}}));
        assert_eq!((played.why.as_str(), played.story.len()), ("", 0));
    }
}

#[test]
fn what_is_not_so_fails_with_its_story() {
    let cases = [
        (json!({"positions": {"X": "4"}}), "expect.positions"),
        (json!({"positions": {}}), "expect.positions"),
        (json!({"open_orders": [{"ref": "o", "leaves": "1"}]}), "expect.open_orders"),
        (json!({"max_submits": 0}), "expect.max"),
        (json!({"alerts_include": ["BUST"]}), "expect.alerts_include"),
        (json!({"final_state": "halted"}), "expect.final_state"),
        (json!({"frozen": ["X"]}), "expect.frozen"),
        (json!({"traded_notional": {"X": "499"}}), "expect.traded_notional"),
        (json!({"sleeves": {"A": {"X": "4"}}}), "expect.sleeves"),
    ];
    for (expect, law) in cases {
        let played = played(Mode::Straight, &[], &expect);
        assert!(played.why.starts_with(law), "{expect}: {}", played.why);
        assert!(played.story.iter().any(|line| line.contains("submit")), "{:?}", played.story);
    }
}

#[test]
fn a_lower_cumulative_number_is_late() {
    let told = json!({"op": "event", "type": "order", "ref": "o", "status": "open", "cum": "2"});
    let late = played(Mode::Straight, &[told], &json!({}));
    assert_eq!(late.why, "");
}

#[test]
fn a_request_in_a_quiet_time_fails() {
    let more = [
        json!({"op": "target", "set": {"X": "9"}}),
        json!({"op": "quiet", "req": "submit", "for_ms": 1000}),
    ];
    // The target is served by the venue's own habits before the quiet time begins.
    let served = played(Mode::Straight, &more, &json!({"positions": {"X": "9"}, "max_submits": 2}));
    assert_eq!(served.why, "");
    let more = [
        json!({"op": "venue", "do": "external", "sym": "X", "qty": "0.5", "reason": "manual"}),
        json!({"op": "quiet", "req": "query", "for_ms": 100_000}),
    ];
    let asked = played(Mode::Straight, &more, &json!({}));
    assert!(asked.why.contains("quiet time"), "{}", asked.why);
}

#[test]
fn what_never_comes_fails_after_its_time() {
    let more = [json!({"op": "expect", "req": "cancel", "ref": "o", "within_ms": 5000})];
    let waited = played(Mode::Straight, &more, &json!({}));
    assert!(waited.why.contains("step 5: no cancel of o within 5000 ms"), "{}", waited.why);
    // In a crash run it is passed over: the order is finished.
    assert_eq!(played(Mode::Crash, &more, &json!({})).why, "");
}

#[test]
fn a_reply_to_nothing_is_a_slip_of_the_script() {
    let more = [json!({"op": "reply", "to": "o", "result": "ok"})];
    let replied = played(Mode::Straight, &more, &json!({}));
    assert!(replied.why.contains("no unanswered request to o"), "{}", replied.why);
}
