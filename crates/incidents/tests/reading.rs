//! Files of scenarios that are not what they should be: line, field and reason.

use serde_json::{Value, json};
use truefill_incidents::scenario::{ReadError, read};

/// A scenario in which every kind of step is there once.
fn whole() -> Value {
    json!({
        "id": "INC-900", "class": "vocabulary", "title": "Everything", "source": ["here"],
        "severity": 2,
        "broker": {"client_id": "tag", "stream": "orders", "fill_ids": "revisions",
            "amend": "cancel_replace", "amend_qty": "remaining", "status_429": "ambiguous",
            "position_rows": "both"},
        "given": {"now": "2026-03-03T10:00:00+05:30", "host_tz": "Asia/Tokyo",
            "targets": {"X": "-1.5"}, "positions": {"X": "0"},
            "market": {"X": "1", "Y": {"bid": "1", "ask": "2"}},
            "instruments": {"X": {"tick": "0.01", "lot": "0.5", "min_qty": "1", "max_qty": "9",
                "min_notional": "5", "fee_base": "0.001", "venue_ids": ["a", "b"]}},
            "open_orders": [{"ref": "o", "sym": "X", "side": "buy", "qty": "3", "px": "1",
                "filled": "1", "owner": "manual", "strategy": "B", "age_ms": 5, "venue_id": "7"}],
            "closed_orders": [{"ref": "c", "sym": "X", "side": "sell", "qty": "3", "px": "1",
                "fills": [{"fill": "f", "qty": "3", "px": "1"}]}],
            "policy": {"style": "limit", "px": "1", "collar_bps": "50",
                "reprice": {"min_ms": 0, "min_improve_bps": 5}, "amend": "native",
                "remainder": {"after_ms": 5, "action": "cancel"}, "child_qty": "1",
                "valid_for_ms": 9, "on_external": "rebuild", "stale_mark_ms": 1},
            "limits": [{"n": 1, "per_ms": 1000, "scope": "all", "used": 1}],
            "risk": {"max_orders_per_day": 5, "orders_today": 2},
            "session": {"tz": "Europe/Berlin", "open": "17:00", "close": "24:00",
                "days": ["sun"], "holidays": ["2026-03-06"]}},
        "script": [
            {"op": "start"},
            {"op": "expect", "req": "submit", "as": "s", "sym": "X", "side": "sell", "qty": "1",
                "px": "1", "venue_id": "V9", "within_ms": 1},
            {"op": "expect", "req": "query", "what": "positions", "as": "q"},
            {"op": "expect", "req": "amend", "ref": "s", "qty": "1", "px": "2"},
            {"op": "expect", "req": "cancel", "ref": "s"},
            {"op": "quiet", "req": "any", "for_ms": 1, "max": 3},
            {"op": "reply", "to": "s", "result": "http", "code": "429", "retry_after_s": 3},
            {"op": "reply", "to": "q", "result": "ok", "as_of": "request", "set": {"X": "1"}},
            {"op": "venue", "do": "accept", "ref": "n", "sym": "X", "side": "buy", "qty": "1",
                "px": "1", "owner": "newer_instance", "age_ms": 3, "same_client_id_as": "s"},
            {"op": "venue", "do": "external", "sym": "X", "qty": "-1", "reason": "split",
                "ratio": "7:1", "as": "x"},
            {"op": "event", "type": "external", "ref": "x"},
            {"op": "event", "type": "budget", "used": 1, "limit": 2, "per_ms": 3},
            {"op": "serve", "what": "fills", "how": "ok", "delay_ms": 3, "omit": ["f"],
                "rename": {"X": "Z"}, "extra": [{"type": "funding", "id": "n1", "sym": "X",
                "side": "buy", "qty": "1", "px": "1"}], "for_ms": 9},
            {"op": "link", "channel": "market", "state": "zombie"},
            {"op": "wait", "until": "2026-03-03T10:00:00Z"},
            {"op": "clock", "skew_ms": -7},
            {"op": "crash", "journal": "lost"},
            {"op": "restart"},
            {"op": "target", "set": {"X": "0"}, "strategy": "B"},
            {"op": "operator", "action": "inject", "fault": "alert_sink_fails"},
            {"op": "operator", "action": "adopt", "sym": "X", "qty": "1", "strategy": "A"},
            {"op": "market", "sym": "X", "bid": "1", "ask": "2"},
        ],
        "expect": {"positions": {"X": "0"}, "open_orders": [{"ref": "o", "leaves": "2"}],
            "max_submits": 1, "max_cancels": 0, "max_amends": 0, "max_overshoot": "0",
            "alerts_include": ["DUST"], "alerts_exclude": ["BUST"], "final_state": "halted",
            "frozen": ["X"], "traded_notional": {"X": "-1"}, "sleeves": {"A": {"X": "0"}},
            "note": "none"}
    })
}

/// What reading says after one value was put in another's place; `null` takes it out.
fn error_with(pointer: &str, value: Value) -> ReadError {
    let mut scenario = whole();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = scenario.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(map), Value::Null) => drop(map.remove(key)),
        (Value::Object(map), value) => drop(map.insert(key.to_owned(), value)),
        (Value::Array(list), value) => list[key.parse::<usize>().unwrap()] = value,
        _ => panic!("no place {pointer}"),
    }
    let text = format!("\n{scenario}\n");
    read(&text).expect_err(pointer)
}

#[test]
fn everything_that_may_be_said_is_read() {
    let found = read(&whole().to_string()).unwrap();
    assert_eq!((found.len(), found[0].script.len()), (1, 22));
    assert_eq!(found[0].symbols(), ["X", "Y"]);
    assert_eq!(found[0].strategies(), ["A", "B"]);
}

#[test]
fn a_wrong_word_is_named_with_its_place() {
    let cases = [
        ("/id", json!("INC-1"), "id"),
        ("/class", json!("typo"), "class"),
        ("/severity", json!(9), "severity"),
        ("/source", json!([]), "source"),
        ("/extra", json!(1), "extra"),
        ("/expect", Value::Null, "expect"),
        ("/broker/stream", json!("half"), "broker.stream"),
        ("/broker/unknown", json!("x"), "broker.unknown"),
        ("/given/positions", Value::Null, "given.positions"),
        ("/given/targets/X", json!("1e3"), "given.targets.X"),
        ("/given/now", json!("yesterday"), "given.now"),
        ("/given/limits/0/n", json!(0), "given.limits[0].n"),
        ("/given/limits/0/scope", json!("any"), "given.limits[0].scope"),
        ("/given/session/tz", json!("Mars/Base"), "given.session.tz"),
        ("/given/session/open", json!("9:15"), "given.session.open"),
        ("/given/open_orders/0/filled", json!("4"), "given.open_orders[0].filled"),
        ("/given/instruments/X/lot", json!("0"), "given.instruments.X.lot"),
        ("/script/0/op", json!("begin"), "script[0].op"),
        ("/script/0/now", json!(1), "script[0].now"),
        ("/script/1/qty", Value::Null, "script[1].qty"),
        ("/script/1/side", json!("long"), "script[1].side"),
        ("/script/3/ref", json!("nobody"), "script[3].ref"),
        ("/script/6/code", json!("200"), "script[6].code"),
        ("/script/6/status", json!("open"), "script[6].status"),
        ("/script/7/to", json!("nobody"), "script[7].to"),
        ("/script/8/owner", json!("me"), "script[8].owner"),
        ("/script/13/state", json!("half_open"), "script[13].state"),
        ("/expect/alerts_include/0", json!("LOUD"), "expect.alerts_include[0]"),
        ("/expect/final_state", json!("dead"), "expect.final_state"),
        ("/expect/max_submits", json!(-1), "expect.max_submits"),
        ("/expect/open_orders/0/ref", json!("nobody"), "expect.open_orders[0].ref"),
    ];
    for (pointer, value, field) in cases {
        let error = error_with(pointer, value);
        assert_eq!((error.line, error.field.as_str()), (2, field), "{pointer}: {error}");
        assert!(!error.why.is_empty());
    }
}

#[test]
fn what_is_no_json_or_comes_twice_is_refused() {
    let line = whole().to_string();
    let error = read(&format!("{line}\n{line}")).unwrap_err();
    assert_eq!((error.line, error.field.as_str()), (2, "id"));
    for text in ["{", "[]", "7", "{\"id\":\"INC-001\"", &line[..line.len() - 1]] {
        assert_eq!(read(text).unwrap_err().line, 1, "{text}");
    }
    assert_eq!(read("\n\n").unwrap(), []);
}

#[test]
fn no_cut_of_a_line_is_read_and_none_panics() {
    let line = whole().to_string();
    for at in (1..line.len()).step_by(7) {
        assert!(read(&line[..at]).is_err(), "{at}");
    }
}
