//! What is wrong with a ledger is refused with its line, its field and what to do.

use truefill_gap::ledger::{LedgerReader, LedgerWriter, Line, MAX_LINE_BYTES, Reason, Stage};
use truefill_gap::{Attribution, Decimal, GapError, Problem, report_of_reader};

const HEAD: [&str; 4] = [
    r#"{"ev":"ledger","version":1}"#,
    r#"{"ev":"instrument","symbol":"ACME","multiplier":"1"}"#,
    r#"{"ev":"day","day":"D1"}"#,
    r#"{"ev":"mark","symbol":"ACME","px":"100","source":"mid"}"#,
];
const TAIL: &str = r#"{"ev":"day_end","marks":{}}"#;

fn refusal(text: &[u8]) -> GapError {
    match report_of_reader(text) {
        Ok(_) => panic!("not refused: {}", String::from_utf8_lossy(text)),
        Err(error) => error,
    }
}

/// Asserts that `line`, as line 5 of a sound ledger, is refused there with every word.
fn refused(line: &str, words: &[&str]) {
    let text = format!("{}\n{line}\n{TAIL}\n", HEAD.join("\n"));
    let error = refusal(text.as_bytes());
    let message = error.to_string();
    assert_eq!(error.line(), Some(5), "{message}");
    assert!(message.starts_with("line 5: "), "{message}");
    for word in words {
        assert!(message.contains(word), "no {word:?} in: {message}");
    }
}

/// Asserts where a whole text is refused, and with which words.
fn text_refused(text: &str, line: Option<u64>, words: &[&str]) {
    let error = refusal(text.as_bytes());
    assert_eq!(error.line(), line, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "no {word:?} in: {error}");
    }
}

#[test]
fn the_head_that_these_tests_stand_on_is_accepted() {
    let text = format!("\u{feff}{}\r\n\n  \n{TAIL}", HEAD.join("\r\n"));
    assert!(report_of_reader(text.as_bytes()).unwrap().total().is_empty());
}

#[test]
fn unknown_words_list_what_is_allowed_and_the_nearest() {
    refused(r#"{"ev":"fil"}"#, &["field `ev` is \"fil\"", "perhaps `fill`", "day_end"]);
    refused(r#"{"ev":7}"#, &["field `ev` is a number without quotes; it must be text"]);
    refused(
        r#"{"ev":"stage","strategy":"s","symbol":"ACME","stage":"releasd","qty":"1"}"#,
        &["field `stage`", "perhaps `released`", "twin, emitted, rounded, admitted"],
    );
    refused(
        r#"{"ev":"stage","strategy":"s","symbol":"ACME","stage":"broker","qty":"1"}"#,
        &["stage `broker` cannot be set", "`broker` by `fill`, `external` and `cross`"],
    );
    refused(
        r#"{"ev":"stage","strategy":"s","symbol":"ACME","stage":"filled","qty":"1","reason":"wire"}"#,
        &["field `reason` is \"wire\"", "work, dropped, overfill at stage `filled`"],
    );
    refused(
        r#"{"ev":"stage","strategy":"s","symbol":"ACME","stage":"twin","qty":"1","reason":"late"}"#,
        &["field `reason` is \"late\"", "none at stage `twin`"],
    );
    refused(
        r#"{"ev":"mark","symbol":"ACME","px":"1","source":"ask"}"#,
        &["field `source`", "mid, last, close"],
    );
    refused(
        r#"{"ev":"fill","strategy":"s","symbol":"ACME","qty":"1","px":"1","liquidity":"Taker"}"#,
        &["field `liquidity`", "perhaps `taker`", "taker, maker"],
    );
    refused(
        r#"{"ev":"fee","strategy":"s","book":"paper","amount":"1"}"#,
        &["field `book`", "theory, live"],
    );
}

#[test]
fn fields_that_are_unknown_missing_or_repeated_are_named() {
    refused(
        r#"{"ev":"mark","symbol":"ACME","px":"1","source":"mid","note":"x"}"#,
        &["`mark` has no field `note`", "its fields are ev, symbol, px, source, t"],
    );
    refused(
        r#"{"ev":"mark","symbl":"ACME","px":"1","source":"mid"}"#,
        &["`mark` needs the field `symbol` (it is written `symbl`)"],
    );
    refused(r#"{"ev":"theory_fill","strategy":"s","symbol":"ACME","qty":"1"}"#, &["`px`"]);
    refused(
        r#"{"ev":"fill","strategy":"s","symbol":"ACME","qty":"1","px":"1","liquidity":"taker"}"#,
        &["`fill` needs the field `touch`"],
    );
    refused(
        r#"{"ev":"open","strategy":"s","symbol":"ACME","qty":{"theory":"1"}}"#,
        &["needs the field `qty.broker`"],
    );
    refused(
        r#"{"ev":"open","strategy":"s","symbol":"ACME","qty":{"broker":"1","paper":"1"}}"#,
        &["no field `qty.paper`"],
    );
    refused(
        r#"{"ev":"day_end","marks":{"ACME":{"theory":"1"}}}"#,
        &["needs the field `marks.ACME.live`"],
    );
    refused(
        r#"{"ev":"day_end","marks":{"ACME":{"theory":"1","live":"1"},"ACME":{"theory":"2","live":"2"}}}"#,
        &["field `marks.ACME` stands twice"],
    );
    refused(
        r#"{"ev":"mark","symbol":"ACME","px":"1","p\u0078":"2","source":"mid"}"#,
        &["field `px` stands twice"],
    );
}

#[test]
fn values_of_the_wrong_kind_say_which_kind_is_needed() {
    let mark = |px: &str| format!(r#"{{"ev":"mark","symbol":"ACME","px":{px},"source":"mid"}}"#);
    let kinds = [
        ("100.5", "a number without quotes"),
        ("null", "null"),
        ("true", "true or false"),
        ("[\"1\"]", "a list"),
        ("{}", "an object"),
    ];
    for (px, kind) in kinds {
        let needed = format!("field `px` is {kind}; it must be a decimal number as text in quotes");
        refused(&mark(px), &[&needed]);
    }
    refused(&mark("\"1,5\""), &["field `px` is \"1,5\"", "not a decimal number"]);
    refused(&mark("\"NaN\""), &["not a decimal number"]);
    refused(&mark("\"\""), &["not a decimal number"]);
    refused(&mark(&format!("\"{}\"", "1".repeat(65))), &["at most 64 digits", "\"..."]);
    refused(&mark("\"1e999999999\""), &["too long"]);
    refused(&mark(r#""\ud800""#), &["broken escape"]);
    refused(r#"{"ev":"day_end","marks":[]}"#, &["field `marks` is a list; it must be an object"]);
    refused(
        r#"{"ev":"day_end","marks":{"ACME":"1"}}"#,
        &["field `marks.ACME` is text; it must be an object"],
    );
    for t in ["1.5", "\"yesterday\"", "\"2026-01-05T09:15:00\"", "9223372036854775808", "null"] {
        let line = format!(r#"{{"ev":"day_end","marks":{{}},"t":{t}}}"#);
        refused(&line, &["field `t`", "RFC 3339", "nanoseconds"]);
    }
    refused(
        r#"{"ev":"mark","symbol":"","px":"1","source":"mid"}"#,
        &["field `symbol` is \"\"", "1 to 256 bytes"],
    );
    refused(
        r#"{"ev":"fee","strategy":"a\u001b[2J","book":"live","amount":"1"}"#,
        &["field `strategy` is \"a\\u{1b}[2J\"", "no control characters"],
    );
}

#[test]
fn numbers_outside_their_range_are_refused() {
    for multiplier in ["0", "-1"] {
        let line = format!(r#"{{"ev":"instrument","symbol":"B","multiplier":"{multiplier}"}}"#);
        refused(&line, &["field `multiplier`", "above zero"]);
    }
    refused(
        r#"{"ev":"split","symbol":"ACME","ratio":"0","px":"50"}"#,
        &["field `ratio`", "above zero"],
    );
    let cross = |buyer: &str, qty: &str| {
        format!(
            r#"{{"ev":"cross","symbol":"ACME","buyer":"{buyer}","seller":"b","qty":"{qty}","px":"1"}}"#
        )
    };
    refused(&cross("a", "-1"), &["field `qty` is -1", "what the buyer receives"]);
    refused(&cross("b", "1"), &["buyer and seller are both \"b\""]);
}

#[test]
fn symbols_are_declared_once_and_marked_before_use() {
    refused(r#"{"ev":"instrument","symbol":"ACME"}"#, &["\"ACME\" is declared a second time"]);
    refused(
        r#"{"ev":"mark","symbol":"ACMEE","px":"1","source":"mid"}"#,
        &["\"ACMEE\" is not declared (perhaps `ACME`)", "Declare it"],
    );
    refused(r#"{"ev":"fee","strategy":"s","symbol":"B","book":"live","amount":"1"}"#, &["\"B\""]);
    refused(r#"{"ev":"day_end","marks":{"B":{"theory":"1","live":"1"}}}"#, &["not declared"]);
    let uses = [
        r#"{"ev":"open","strategy":"s","symbol":"B","qty":{"broker":"1"}}"#,
        r#"{"ev":"theory_fill","strategy":"s","symbol":"B","qty":"1","px":"1"}"#,
        r#"{"ev":"stage","strategy":"s","symbol":"B","stage":"twin","qty":"1"}"#,
        r#"{"ev":"fill","strategy":"s","symbol":"B","qty":"1","px":"1","liquidity":"maker"}"#,
        r#"{"ev":"external","strategy":"s","symbol":"B","qty":"1","px":"1"}"#,
        r#"{"ev":"cross","symbol":"B","buyer":"a","seller":"b","qty":"1","px":"1"}"#,
        r#"{"ev":"split","symbol":"B","ratio":"2","px":"1"}"#,
        r#"{"ev":"day_end","marks":{"B":{"theory":"1","live":"1"}}}"#,
    ];
    for line in uses {
        let text =
            format!("{}\n{{\"ev\":\"instrument\",\"symbol\":\"B\"}}\n{line}", HEAD.join("\n"));
        text_refused(&text, Some(6), &["\"B\" before its first `mark`", "Write a `mark`"]);
    }
}

#[test]
fn an_opening_comes_before_everything_else_of_its_holding() {
    let open = r#"{"ev":"open","strategy":"s","symbol":"ACME","qty":{"broker":"1"}}"#;
    let fill =
        r#"{"ev":"fill","strategy":"s","symbol":"ACME","qty":"0","px":"1","liquidity":"maker"}"#;
    let fee = r#"{"ev":"fee","strategy":"s","symbol":"ACME","book":"live","amount":"1"}"#;
    for first in [open, fill] {
        let text = format!("{}\n{first}\n{open}\n", HEAD.join("\n"));
        text_refused(&text, Some(6), &["`open` comes too late", "\"s\"", "\"ACME\""]);
    }
    let text = format!("{}\n{fee}\n{open}\n{TAIL}\n", HEAD.join("\n"));
    assert!(report_of_reader(text.as_bytes()).is_ok(), "a charge moves no position");
}

#[test]
fn the_first_line_is_the_header_of_a_known_version() {
    text_refused("", None, &["the ledger is empty", r#"{"ev":"ledger","version":1}"#]);
    text_refused("\n\n", None, &["the ledger is empty"]);
    text_refused(HEAD[1], Some(1), &["the first line is `instrument`", "put that line first"]);
    for version in ["2", "0", "\"1\"", "1.0", "null", "-1"] {
        let text = format!(r#"{{"ev":"ledger","version":{version}}}"#);
        text_refused(&text, Some(1), &["only version 1 is known"]);
    }
    text_refused(r#"{"ev":"ledger"}"#, Some(1), &["needs the field `version`"]);
    refused(HEAD[0], &["`ledger` stands again"]);
}

#[test]
fn every_line_belongs_to_a_day() {
    let no_day = format!("{}\n{}\n{}", HEAD[0], HEAD[1], HEAD[3]);
    text_refused(&no_day, Some(3), &["`mark` comes before the first `day`", "Write a `day`"]);
    text_refused(&format!("{}\n{}\n", HEAD[0], HEAD[1]), Some(2), &["has no `day`"]);
    refused(r#"{"ev":"day","day":"D2"}"#, &["\"D1\" has no `day_end`", "Close the day"]);
    let open_day = HEAD.join("\n");
    text_refused(&open_day, Some(4), &["ends while the day \"D1\" has no `day_end`", "cut off"]);
    let between = format!("{}\n{TAIL}\n{}\n", HEAD.join("\n"), HEAD[3]);
    text_refused(&between, Some(6), &["`mark` comes after the `day_end` of \"D1\""]);
    let twice = format!("{}\n{TAIL}\n{TAIL}\n", HEAD.join("\n"));
    text_refused(&twice, Some(6), &["`day_end` comes after the `day_end`"]);
    let again = format!("{}\n{TAIL}\n{}\n", HEAD.join("\n"), HEAD[2]);
    text_refused(&again, Some(6), &["the day \"D1\" stands a second time"]);
}

#[test]
fn what_is_not_one_json_object_a_line_is_refused() {
    refused("{\"ev\":\"day_end\"", &["not one JSON object"]);
    refused("[]", &["not one JSON object"]);
    refused("{\"ev\":\"day_end\",\"marks\":{}} x", &["not one JSON object"]);
    refused(&"{\"a\":".repeat(1000), &["not one JSON object"]);
    let cut = format!("{}\n{}", HEAD.join("\n"), TAIL.strip_suffix('}').unwrap());
    text_refused(&cut, Some(5), &["the last line is cut off", "remove its last line"]);
    let mut latin = format!("{}\n{{\"ev\":\"", HEAD.join("\n")).into_bytes();
    latin.extend(b"\xe9t\xe9\"}\n");
    let error = refusal(&latin);
    assert_eq!(error.line(), Some(5));
    assert!(error.to_string().contains("byte 8 of the line is not UTF-8"), "{error}");
}

#[test]
fn a_line_without_end_is_refused_before_it_fills_the_memory() {
    let endless = std::io::BufReader::new(std::io::repeat(b' '));
    let error = LedgerReader::new(endless).next().unwrap().unwrap_err();
    assert_eq!(error.line(), Some(1));
    assert!(matches!(error.problem(), Problem::LineTooLong));
    let longest = format!("{}{}\n", HEAD[0], " ".repeat(MAX_LINE_BYTES - HEAD[0].len() - 1));
    assert!(LedgerReader::new(longest.as_bytes()).next().unwrap().is_ok());
}

#[test]
fn after_an_error_the_reader_is_at_its_end() {
    let text = format!("{}\nnonsense\n{}\n", HEAD[0], HEAD[1]);
    let mut reader = LedgerReader::new(text.as_bytes());
    assert!(reader.next().unwrap().is_ok());
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

#[test]
fn a_refused_line_leaves_no_trace() {
    let mut attribution = Attribution::new();
    for entry in LedgerReader::new(HEAD.join("\n").as_bytes()) {
        attribution.apply(&entry.unwrap().line).unwrap();
    }
    let before = format!("{attribution:?}");
    let (strategy, symbol) = (String::from("s"), String::from("ACME"));
    let impossible = [
        Line::HEADER,
        Line::Day { day: "D2".into() },
        Line::Instrument { symbol: symbol.clone(), multiplier: 1.into() },
        Line::External {
            strategy: strategy.clone(),
            symbol: "B".into(),
            qty: 1.into(),
            px: 1.into(),
        },
        Line::Stage {
            strategy: strategy.clone(),
            symbol: symbol.clone(),
            stage: Stage::Broker,
            qty: 1.into(),
            reason: None,
        },
        Line::Stage {
            strategy,
            symbol: symbol.clone(),
            stage: Stage::Filled,
            qty: 1.into(),
            reason: Some(Reason::Queue),
        },
        Line::Mark {
            symbol,
            px: Decimal::from_scaled(1, 65),
            source: truefill_gap::ledger::MarkSource::Mid,
        },
    ];
    for line in &impossible {
        let error = attribution.apply(line).unwrap_err();
        assert_eq!(error.line(), Some(5), "{error}");
        assert_eq!(format!("{attribution:?}"), before, "{error}");
    }
}

#[test]
fn repeated_splits_are_refused_before_they_make_the_sum_slow() {
    let fill =
        r#"{"ev":"fill","strategy":"s","symbol":"ACME","qty":"1","px":"1","liquidity":"maker"}"#;
    let split = r#"{"ev":"split","symbol":"ACME","ratio":"1e60","px":"1"}"#;
    let text = format!("{}\n{fill}\n{}", HEAD.join("\n"), format!("{split}\n").repeat(9));
    text_refused(&text, Some(10), &["more digits than"]);
}

#[test]
fn the_writer_refuses_what_the_reader_would() {
    let mut writer = LedgerWriter::new(Vec::new()).unwrap();
    for line in [Line::HEADER, Line::Day { day: String::new() }, Line::Day { day: "\n".into() }] {
        assert!(writer.write(&line.into()).is_err());
    }
    let number = Decimal::from_scaled(1, 65);
    let line = Line::Split { symbol: "A".into(), ratio: number, px: 1.into() };
    assert!(writer.write(&line.into()).is_err());
    assert_eq!(writer.into_inner(), format!("{}\n", HEAD[0]).as_bytes(), "nothing was written");
}

#[test]
fn a_failing_disk_is_reported_without_a_line() {
    struct Failing;
    impl std::io::Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let error = report_of_reader(std::io::BufReader::new(Failing)).unwrap_err();
    assert_eq!(error.line(), None);
    assert!(error.to_string().contains("the disk is gone"), "{error}");
}
