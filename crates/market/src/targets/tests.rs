use proptest::prelude::*;

use super::*;

const HEADER: &str = "time,strategy,symbol,target,price";

fn reader(text: &str) -> Result<Targets, MarketError> {
    let symbols = Symbols::from_names(["NSE:INFY", "NSE:SBIN", "BTC/USDT"]).unwrap();
    Targets::from_reader("t.csv", std::io::Cursor::new(text.to_owned()), symbols)
}

fn rest(mut targets: Targets) -> Result<Vec<Target>, MarketError> {
    let mut out = Vec::new();
    while let Some(target) = targets.next()? {
        out.push(target);
    }
    Ok(out)
}

fn read(text: &str) -> Result<Vec<Target>, MarketError> {
    rest(reader(text)?)
}

fn refused(rows: &str) -> MarketError {
    read(&format!("{HEADER}\n{rows}\n")).unwrap_err()
}

#[test]
fn csv_and_json_say_the_same() {
    let csv = read(
        "time,strategy,symbol,target,price\n\
         2025-03-25T15:30:00.000000001+05:30,orb,NSE:INFY,-850.5,1612.35\n\
         1742896800000000002,x y,BTC/USDT,0,\n",
    )
    .unwrap();
    let moved = read(
        "price,target,symbol,strategy,time\n\
         1612.35,-850.5,NSE:INFY,orb,2025-03-25 10:00:00.000000001Z\n\
         ,0,BTC/USDT,x y,1742896800000000002\n",
    );
    let json = read(
        r#"{"time":"2025-03-25T10:00:00.000000001Z","strategy":"orb","symbol":"NSE:INFY","target":"-850.5","price":1612.35}
{"time":1742896800000000002,"strategy":"x\u0020y","symbol":"BTC\/USDT","target":0}
"#,
    );
    assert_eq!(moved.unwrap(), csv);
    assert_eq!(json.unwrap(), csv);
    assert_eq!(
        csv[0],
        Target {
            time: Nanos(1_742_896_800_000_000_001),
            strategy: "orb".into(),
            instrument: InstrumentId(0),
            target: Qty(-850_500_000_000),
            price: Some(Px(1_612_350_000_000)),
            stop: None,
        }
    );
    assert_eq!((csv[1].instrument, csv[1].price), (InstrumentId(2), None));
}

#[test]
fn price_may_be_left_out_and_nothing_else() {
    let rows = "2025-03-25T10:00:00Z,orb,NSE:INFY,1\n";
    assert_eq!(read(&format!("time,strategy,symbol,target\n{rows}")).unwrap()[0].price, None);
    for (header, says) in [
        ("time,strategy,symbol", "the column `target` is missing"),
        ("time,strategy,symbol,target,target", "`target` is there twice"),
        ("time,strategy,symbol,qty", "unknown column `qty`"),
        ("time,strategy,symbols,target", "did you mean `symbol`?"),
        ("", "unknown column ``"),
        ("[]", "unknown column `[]`"),
    ] {
        let error = read(&format!("{header}\n{rows}")).unwrap_err();
        assert_eq!((error.kind(), error.place().unwrap().line), (ErrorKind::Header, 1), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    assert_eq!(read("").unwrap_err().kind(), ErrorKind::Header);
}

#[test]
fn a_date_alone_is_refused_because_it_looks_ahead() {
    let error = refused("2025-03-25,orb,NSE:INFY,1,");
    assert_eq!(
        error.to_string(),
        "t.csv:2:1: time is `2025-03-25`: a date without a time; reading stopped here and nothing \
         after it was used; a date alone does not say when it was known, and guessing that would \
         be looking ahead: write the time of day with its offset, like 2025-03-25T15:30:00+05:30"
    );
}

#[test]
fn what_is_wrong_has_a_place_and_a_way_out() {
    let at = "2025-03-25T10:00:00Z";
    for (cells, kind, column, says) in [
        ("orb,NSE:INFI,1,", ErrorKind::Symbol, 26, "did you mean `NSE:INFY`?"),
        ("orb,MCX:GOLD,1,", ErrorKind::Symbol, 26, "known are NSE:INFY, NSE:SBIN, BTC/USDT"),
        ("orb,NSE:INFY,,", ErrorKind::Number, 35, "target is empty"),
        ("orb,NSE:INFY,nan,", ErrorKind::Number, 35, "target is `nan`: not a decimal"),
        ("orb,NSE:INFY,1e13,", ErrorKind::Number, 35, "outside the bounds"),
        ("orb,NSE:INFY,1,0", ErrorKind::Number, 37, "price is `0`: not above zero"),
        ("orb,NSE:INFY,1,-5", ErrorKind::Number, 37, "not above zero"),
        (",NSE:INFY,1,", ErrorKind::Word, 22, "strategy is empty"),
        ("orb,NSE:INFY,1", ErrorKind::Cells, 1, "4 cells instead of 5"),
        ("orb,NSE:INFY,1,,", ErrorKind::Cells, 1, "6 cells instead of 5"),
    ] {
        let error = refused(&format!("{at},{cells}"));
        let place = error.place().unwrap();
        assert_eq!((error.kind(), place.line, place.column), (kind, 2, column), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn json_rows_are_as_strict() {
    let good = r#"{"time":"2025-03-25T10:00:00Z","strategy":"orb","symbol":"NSE:INFY","target":1}"#;
    assert_eq!(read(&format!("{good}\n")).unwrap().len(), 1);
    for (from, to, kind, says) in [
        ("NSE:INFY", "NSE:INFYX", ErrorKind::Symbol, "did you mean `NSE:INFY`?"),
        ("\"orb\"", "7", ErrorKind::Word, "strategy is `7`: not a text"),
        ("\"orb\"", "\"\\u0007\"", ErrorKind::Word, "strategy is `\\u{7}`"),
        ("1}", "true}", ErrorKind::Number, "target is `true`"),
        ("1}", "1e30}", ErrorKind::Number, "outside the bounds"),
        ("\"target\":1}", "\"traget\":1}", ErrorKind::Json, "unknown field"),
        (",\"target\":1}", "}", ErrorKind::Json, "missing field"),
        ("\"target\":1}", "\"target\":1,\"target\":2}", ErrorKind::Json, "duplicate field"),
        ("T10:00:00Z", "", ErrorKind::Time, "a date without a time"),
        ("1}", "1}}", ErrorKind::Json, "trailing"),
    ] {
        let error = read(&format!("{good}\n{}\n", good.replace(from, to))).unwrap_err();
        assert_eq!((error.kind(), error.place().unwrap().line), (kind, 2), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn rows_are_sorted_by_instant() {
    let row = |time: &str| format!("{time},orb,NSE:INFY,1,\n");
    let sorted = row("2025-03-25T12:00:00+05:30") + &row("2025-03-25T06:31:00Z");
    assert_eq!(read(&format!("{HEADER}\n{sorted}")).unwrap().len(), 2);
    let error = refused((row("2025-03-25T10:00:00Z") + &row("2025-03-25T12:00:00+05:30")).trim());
    assert_eq!((error.kind(), error.place().unwrap().line), (ErrorKind::Unordered, 3));
    assert!(error.to_string().contains("sort the rows by time"), "{error}");
    assert!(error.to_string().contains("in line 2"), "{error}");
}

#[test]
fn one_time_has_one_target() {
    let at = "2025-03-25T10:00:00Z";
    let rows = format!("{at},orb,NSE:INFY,1,\n{at},orb,NSE:SBIN,2,\n{at},orb,NSE:INFY,1,\n");
    assert_eq!(read(&format!("{HEADER}\n{rows}")).unwrap().len(), 3);
    let error = refused(&format!("{rows}{at},orb,NSE:INFY,2,"));
    assert_eq!((error.kind(), error.place().unwrap().line), (ErrorKind::Unordered, 5));
    assert!(error.to_string().contains("wants something else at the same time"), "{error}");
    let other = format!("{rows}{at},trend,NSE:INFY,2,\n2025-03-25T10:00:01Z,orb,NSE:INFY,2,\n");
    assert_eq!(read(&format!("{HEADER}\n{other}")).unwrap().len(), 5);
}

#[test]
fn strategies_may_be_closed_and_an_error_is_final() {
    let text = format!("{HEADER}\n2025-03-25T10:00:00Z,obr,NSE:INFY,1,\n");
    let mut targets = reader(&text).unwrap().only(["orb", "trend"]);
    let error = targets.next().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Word);
    assert!(error.to_string().contains("did you mean `orb`?"), "{error}");
    assert_eq!(targets.next().unwrap_err().kind(), ErrorKind::Stopped);
    assert_eq!(rest(reader(&text).unwrap().only(["obr"])).unwrap().len(), 1);
}

proptest! {
    #[test]
    fn what_comes_out_is_what_was_written(
        rows in prop::collection::vec((0..1000u32, 0..3usize, -10_000..10_000i64, prop::option::of(1..10_000i64), prop::option::of(1..10_000i64)), 1..20),
    ) {
        let names = ["NSE:INFY", "NSE:SBIN", "BTC/USDT"];
        let (mut csv, mut json, mut time) = (format!("{HEADER},stop\n"), String::new(), 1_742_896_800_000_000_000_i64);
        let mut expected = Vec::new();
        for (step, at, target, price, stop) in rows {
            time += i64::from(step) + 1;
            let (stamp, target) = (Nanos(time), Qty(target.into()));
            let price = price.map(|price| Px(price.into()));
            let stop = stop.map(|stop| Px(stop.into()));
            let shown = |px: Option<Px>| px.map(|px| px.to_string()).unwrap_or_default();
            csv += &format!("{stamp},s,{},{target},{},{}\n", names[at], shown(price), shown(stop));
            let json_of = |px: Option<Px>| px.map_or("null".to_owned(), |px| format!("\"{px}\""));
            let (quoted, stopped) = (json_of(price), json_of(stop));
            json += &format!("{{\"time\":{time},\"strategy\":\"s\",\"symbol\":\"{}\",\"target\":{target},\"price\":{quoted},\"stop\":{stopped}}}\n", names[at]);
            let instrument = InstrumentId(u32::try_from(at).unwrap());
            expected.push(Target { time: stamp, strategy: "s".into(), instrument, target, price, stop });
        }
        prop_assert_eq!(&read(&csv).unwrap(), &expected);
        prop_assert_eq!(&read(&json).unwrap(), &expected);
    }
}

#[test]
fn digits_of_floats_are_cut_off_and_counted() {
    let at = "2025-03-25T10:00:00Z";
    let text = format!(
        "\u{feff}{HEADER}\n{at},s,NSE:INFY,28543.713799722933,85.342419511017\n\
         {at},s,NSE:SBIN,-0.0000000019,\n{at},s,BTC/USDT,1.5,1e-05\n"
    );
    let mut targets = reader(&text).unwrap();
    let mut rows = Vec::new();
    while let Some(row) = targets.next().unwrap() {
        rows.push((row.target.to_string(), row.price.map(|px| px.to_string())));
    }
    let expected = [
        ("28543.713799722", Some("85.342419511")),
        ("-0.000000001", None),
        ("1.5", Some("0.00001")),
    ];
    let expected = expected.map(|(qty, px)| (qty.to_owned(), px.map(str::to_owned)));
    assert_eq!(rows, expected);
    assert_eq!((targets.rounded().count, targets.rounded().first_line), (2, 2));
}
