//! Columns, what they leave open, and dirty bars.

use proptest::prelude::*;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Qty, parse_decimal};
use truefill_core::time::SECOND_NS;

use super::*;
use crate::bars::Bar;
use crate::dirt::DirtReport;
use crate::error::{Ambiguity, ErrorKind, MarketError};
use crate::source::{Bars, Quotes};
use crate::symbols::Symbols;
use crate::zone::Zone;

fn names(names: &[&str]) -> Symbols {
    Symbols::from_names(names.iter().copied()).unwrap()
}

fn read(
    text: &str,
    spec: &BarSpec,
    symbols: &[&str],
) -> Result<(Vec<Bar>, DirtReport), MarketError> {
    let mut source = bars_from_bytes("b.csv", text.as_bytes(), spec, names(symbols))?;
    let mut bars = Vec::new();
    while let Some(bar) = source.next()? {
        bars.push(bar);
    }
    Ok((bars, source.dirt().clone()))
}

fn x(spec: &BarSpec, text: &str) -> Result<(Vec<Bar>, DirtReport), MarketError> {
    read(text, &spec.clone().symbol("X"), &["X"])
}

fn utc_open() -> BarSpec {
    BarSpec::new().zone(Zone::Utc).stamp(StampSide::Open)
}

/// Hour and minute of the beginning, and the four prices, as text.
fn shown(bars: &[Bar]) -> Vec<String> {
    let one = |bar: &Bar| {
        let clock = bar.open_time.to_string()[11..16].to_owned();
        format!("{clock} {} {} {} {}", bar.open, bar.high, bar.low, bar.close)
    };
    bars.iter().map(one).collect()
}

#[test]
fn headers_of_many_programs_are_understood() {
    for header in [
        "timestamp,open,high,low,close,volume",
        "Date,Open,High,Low,Close,Volume",
        "datetime;OPEN;HIGH;LOW;CLOSE;VOL",
        ",open,high,low,close,volume",
        "\"Datetime\",\"Open\",\"High\",\"Low\",\"Close\",\"Volume\"",
        "time\topen\thigh\tlow\tclose\tvolume",
        "open_time,o,h,l,c,v",
        "<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
        "\u{feff}Timestamp,1. open,2. high,3. low,4. close,5. volume",
    ] {
        let separator = [';', '\t'].into_iter().find(|s| header.contains(*s)).unwrap_or(',');
        let rows = "2022-01-01 00:00:00,10,12,9,11,5\n2022-01-01 00:05:00,11,11,11,11,0\n";
        let text = format!("{header}\n{}", rows.replace(',', &separator.to_string()));
        let (bars, dirt) = x(&utc_open(), &text).unwrap_or_else(|e| panic!("{header}: {e}"));
        assert_eq!(shown(&bars), ["00:00 10 12 9 11", "00:05 11 11 11 11"], "{header}");
        assert_eq!(bars[0].volume, Qty::whole(5));
        assert_eq!(bars[1].end_time.since(bars[1].open_time), 300 * SECOND_NS, "{header}");
        assert!(dirt.is_clean());
    }
}

#[test]
fn every_open_point_has_its_name() {
    let row = "2022-01-01 00:00:00,10,12,9,11\n";
    let text = format!("time,open,high,low,close\n{row}{}", row.replace("00:00:00", "00:01:00"));
    let ask = |text: &str, spec: &BarSpec| {
        let error = read(text, spec, &["X"]).unwrap_err();
        assert_eq!(error.kind() == ErrorKind::Ambiguous, error.ambiguity().is_some());
        error.ambiguity()
    };
    let spec = BarSpec::new();
    assert_eq!(ask(&text, &spec), Some(Ambiguity::Symbol));
    let spec = spec.symbol("X");
    assert_eq!(ask(&text, &spec), Some(Ambiguity::Zone));
    let spec = spec.zone(Zone::Utc);
    assert_eq!(ask(&text, &spec), Some(Ambiguity::StampSide));
    let spec = spec.stamp(StampSide::Close);
    let one_row = format!("time,open,high,low,close\n{row}");
    assert_eq!(ask(&one_row, &spec), Some(Ambiguity::Period));
    let (bars, _) = x(&spec, &text).unwrap();
    assert_eq!(bars[0].end_time.to_string(), "2022-01-01T00:00:00.000000000Z");
    let days = "Date,Open,High,Low,Close\n2022-01-03,10,12,9,11\n";
    assert_eq!(ask(days, &spec), Some(Ambiguity::Session));
    assert_eq!(ask("time,open,high,close\n1,2,3,4\n", &spec), Some(Ambiguity::Columns));
    assert_eq!(ask("foo,open,high,low,close\n", &spec), Some(Ambiguity::Columns));
    let quotes = "time,bid,ask\n2022-01-01T00:00:00Z,1,2\n";
    let spec = QuoteSpec::new().symbol("X");
    let mut source = quotes_from_bytes("q", quotes.as_bytes(), &spec, names(&["X"])).unwrap();
    assert_eq!(source.next().unwrap_err().ambiguity(), Some(Ambiguity::Size));
}

#[test]
fn a_header_may_say_which_end_and_which_zone() {
    for (header, first) in [("open_time_utc", "00:00"), ("close_time_utc", "23:59")] {
        let text = format!(
            "{header},open,high,low,close\n2022-01-01 00:00,1,1,1,1\n2022-01-01 00:01,1,1,1,1\n"
        );
        let (bars, _) = x(&BarSpec::new(), &text).unwrap();
        assert_eq!(shown(&bars)[0], format!("{first} 1 1 1 1"));
    }
}

#[test]
fn declared_columns_win() {
    let text = "d,t,a,b,c,e,f\n20220103,0930,1,2,3,4,7\n20220103,0931,1,2,3,4,7\n";
    let spec = BarSpec::new()
        .column(Field::Time, "d")
        .column(Field::Clock, 2)
        .column(Field::Open, "c")
        .column(Field::High, "e")
        .column(Field::Low, "a")
        .column(Field::Close, "b")
        .column(Field::Volume, 7)
        .price_divisor(10)
        .zone(Zone::NewYork)
        .stamp(StampSide::Open);
    let text = text.replace("0930", "09:30").replace("0931", "09:31");
    let (bars, _) = x(&spec, &text).unwrap();
    assert_eq!(shown(&bars), ["14:30 0.3 0.4 0.1 0.2", "14:31 0.3 0.4 0.1 0.2"]);
    for column in [Column::from("nope"), Column::from(8), Column::from(0)] {
        let error = x(&spec.clone().column(Field::Close, column), &text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Header, "{error}");
    }
}

#[test]
fn quotes_of_days_are_known_at_the_close() {
    let text = "date,ticker,bid,ask,bid_size,ask_size\n20240102,A,1,2,3,4\n20240703,A,,2,,4\n";
    let open = |spec: &QuoteSpec| quotes_from_bytes("q", text.as_bytes(), spec, names(&["A"]));
    let error = open(&QuoteSpec::new()).unwrap().next().unwrap_err();
    assert_eq!(error.ambiguity(), Some(Ambiguity::Session));
    let mut source = open(&QuoteSpec::new().session(Session::US_EQUITY)).unwrap();
    let tick = source.next().unwrap().unwrap();
    assert_eq!(tick.time().to_string(), "2024-01-02T21:00:00.000000000Z");
    assert_eq!(tick.quote().unwrap().ask_qty, Qty::whole(4));
    assert_eq!(source.next().unwrap(), None);
    assert_eq!((source.dirt().one_sided.count, source.dirt().one_sided.first_line), (1, 3));
}

#[test]
fn klines_without_a_header_are_read_by_their_preset() {
    let row = |ms: u64| {
        format!(
            "{ms},4261.48,4313.62,4261.32,4308.83,47.181009,{},202366.1,171,35.1,150952.4,0\n",
            ms + 59_999
        )
    };
    let text = row(1_502_942_400_000) + &row(1_502_942_460_000);
    let (bars, _) = read(&text, &presets::binance_klines("X"), &["X"]).unwrap();
    assert_eq!(shown(&bars)[0], "04:00 4261.48 4313.62 4261.32 4308.83");
    assert_eq!(bars[0].volume.to_string(), "47.181009");
    assert_eq!(bars[1].end_time.to_string(), "2017-08-17T04:02:00.000000000Z");
    assert_eq!(x(&BarSpec::new(), &text).unwrap_err().ambiguity(), Some(Ambiguity::Columns));
}

#[test]
fn a_table_of_closes_may_have_holes() {
    let text = "Date,A,B\n2024-01-02,1,\n2024-01-03,,2\n2024-01-04,3,4\n";
    let spec = BarSpec::new().session(Session::US_EQUITY);
    let (bars, dirt) = read(text, &spec, &["B", "A"]).unwrap();
    let closes: Vec<_> = bars.iter().map(|bar| (bar.close.to_string(), bar.instrument.0)).collect();
    let expected = [("1", 1), ("2", 0), ("4", 0), ("3", 1)];
    assert_eq!(closes, expected.map(|(px, id)| (px.to_owned(), id)));
    assert_eq!((dirt.blank.count, dirt.gaps.count), (2, 0));
}

#[test]
fn dirty_bars_are_treated_by_the_rules() {
    let text = "time,open,high,low,close\n\
        2022-01-01 00:00,10,12,9,11\n\
        2022-01-01 00:01,10,11,10.5,12\n\
        2022-01-01 00:02,0,0,0,0\n\
        2022-01-01 00:03,12,12,12,12\n\
        2022-01-01 00:03,13,13,13,13\n\
        2022-01-01 00:03:30,14,14,14,14\n\
        2022-01-01 00:04,,,,\n\
        2022-01-01 00:05,6,6.0000000001,6,6\n\
        2022-01-01 00:06,6,6,6,6\n\
        2022-01-01 00:07,6,6,6,6\n";
    let (bars, dirt) = x(&utc_open().period_ns(60 * SECOND_NS), text).unwrap();
    let expected = [
        "00:00 10 12 9 11",
        "00:01 10 12 10 12",
        "00:03 12 12 12 12",
        "00:05 6 6 6 6",
        "00:06 6 6 6 6",
        "00:07 6 6 6 6",
    ];
    assert_eq!(shown(&bars), expected);
    let counts = [
        dirt.high_low,
        dirt.zero_prices,
        dirt.doubled,
        dirt.overlapping,
        dirt.blank,
        dirt.suspected_splits,
        dirt.rounded,
    ];
    let seen = counts.map(|dirt| (dirt.count, dirt.first_line));
    assert_eq!(seen, [(1, 3), (1, 4), (1, 6), (1, 7), (1, 8), (1, 9), (1, 9)]);
    assert_eq!((dirt.gaps.count, dirt.gap_periods, dirt.bars, dirt.left_out()), (2, 2, 6, 3));
}

#[test]
fn a_file_by_symbol_is_sorted_and_a_mixed_one_streams() {
    let grouped = "symbol,time,open,high,low,close\n\
        B,2022-01-01T00:00:00Z,1,1,1,1\nB,2022-01-01T00:01:00Z,2,2,2,2\n\
        A,2022-01-01T00:00:00Z,3,3,3,3\nA,2022-01-01T00:01:00Z,4,4,4,4\n\
        C,2022-01-01T00:00:00Z,9,9,9,9\n";
    let mut rows: Vec<&str> = grouped.lines().skip(1).collect();
    rows.sort_by_key(|row| (row[2..].to_owned(), std::cmp::Reverse(row.as_bytes()[0])));
    let mixed = format!("symbol,time,open,high,low,close\n{}\n", rows.join("\n"));
    let spec = BarSpec::new().stamp(StampSide::Open);
    let (by_symbol, dirt) = read(grouped, &spec, &["A", "B"]).unwrap();
    let (by_time, _) = read(&mixed, &spec, &["A", "B"]).unwrap();
    assert_eq!(by_symbol, by_time);
    let order: Vec<_> = by_time.iter().map(|bar| (bar.open.to_string(), bar.instrument)).collect();
    let (a, b) = (InstrumentId(0), InstrumentId(1));
    let expected = [("3", a), ("1", b), ("4", a), ("2", b)].map(|(px, id)| (px.to_owned(), id));
    assert_eq!(order, expected);
    assert_eq!((dirt.foreign.count, dirt.reordered.count), (1, 0));
    let doubled = grouped.to_owned() + "A,2022-01-01T00:00:00Z,8,8,8,8\n";
    let (again, dirt) = read(&doubled, &spec, &["A", "B"]).unwrap();
    assert_eq!(again, by_time, "the first in the file is kept");
    assert_eq!((dirt.doubled.count, dirt.doubled.first_line, dirt.reordered.count), (1, 7, 1));
    let error = read(grouped, &spec, &["A", "D"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Symbol);
}

#[test]
fn clocks_that_were_put_back_do_not_double_bars() {
    let clock = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"];
    let rows: Vec<String> = clock.iter().map(|at| format!("2024-11-03 {at},1,1,1,1\n")).collect();
    let text = format!("time,open,high,low,close\n{}", rows.concat());
    let spec = BarSpec::new().zone(Zone::NewYork).stamp(StampSide::Open);
    let (bars, dirt) = x(&spec, &text).unwrap();
    assert!(dirt.is_clean(), "{dirt}");
    let times: Vec<_> =
        bars.iter().map(|bar| bar.open_time.to_string()[11..16].to_owned()).collect();
    assert_eq!(times, ["04:30", "05:00", "05:30", "06:00", "06:30", "07:00"]);
    // The same hour twice, one bar in each.
    let hours = ["00:00", "01:00", "01:00", "02:00"];
    let rows: Vec<String> = hours.iter().map(|at| format!("2024-11-03 {at},1,1,1,1\n")).collect();
    let (bars, dirt) = x(&spec, &format!("time,open,high,low,close\n{}", rows.concat())).unwrap();
    assert!(dirt.is_clean() && bars.len() == 4, "{dirt}");
    let never = text.replace("2024-11-03 00:30", "2024-03-10 02:30");
    let error = x(&spec, &never).unwrap_err();
    assert_eq!((error.kind(), error.place().unwrap().line), (ErrorKind::Time, 2));
}

#[test]
fn malformed_rows_are_refused_with_their_line() {
    let good = "time,open,high,low,close\n2022-01-01 00:00,10,12,9,11\n2022-01-01 00:01,1,1,1,1\n";
    for (row, kind, says) in [
        ("2022-01-01 00:02,10,12,9", ErrorKind::Cells, "4 cells instead of 5"),
        ("2022-01-01 00:02,10,12,9,11,1", ErrorKind::Cells, "6 cells"),
        ("2022-01-01 00:02,10,12,9,abc", ErrorKind::Number, "close is `abc`"),
        ("2022-01-01 00:02,10,12,9,nan", ErrorKind::Number, "close is `nan`"),
        ("2022-01-01 00:02,10,12,9,1e30", ErrorKind::Number, "outside the bounds"),
        ("2022-01-01 00:02,10,12,9,170141183460469231731687303715", ErrorKind::Number, "outside"),
        ("01/02/2022 00:02,10,12,9,11", ErrorKind::Time, "time is"),
        ("2022-01-01,10,12,9,11", ErrorKind::Ambiguous, "session"),
        ("2022-01-01 00:02,10,12,9,1", ErrorKind::Truncated, "no newline"),
    ] {
        let end = if kind == ErrorKind::Truncated { "" } else { "\n" };
        let error = x(&utc_open(), &format!("{good}{row}{end}")).unwrap_err();
        assert_eq!((error.kind(), error.place().unwrap().line), (kind, 4), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let error = x(&utc_open(), "").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Header);
    let long = format!("{good}{}\n", "1".repeat(20_000));
    assert_eq!(x(&utc_open(), &long).unwrap_err().kind(), ErrorKind::LineTooLong);
    for spec in [
        utc_open().period_ns(0),
        utc_open().session(Session { open_second: 9, close_second: 9, zone: Zone::Utc }),
    ] {
        assert_eq!(x(&spec, good).unwrap_err().kind(), ErrorKind::Declared);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), cells in "[0-9a-zA-Z,;:. \n-]{0,200}") {
        let spec = utc_open().symbol("X").session(Session::UTC_DAY);
        for bytes in [bytes, format!("{cells}\n").into_bytes()] {
            if let Ok(mut bars) = bars_from_bytes("b", bytes.clone(), &spec, Symbols::default()) {
                while let Ok(Some(_)) = bars.next() {}
            }
            let spec = QuoteSpec::new().symbol("X").zone(Zone::Utc).size(Qty::whole(1));
            if let Ok(mut quotes) = quotes_from_bytes("q", bytes, &spec, names(&["X"])) {
                while let Ok(Some(_)) = quotes.next() {}
            }
        }
    }

    #[test]
    fn bars_keep_their_contract_whatever_the_rows(
        rows in prop::collection::vec((0..40_u32, 0..2_usize, prop::array::uniform4(0..5_u32)), 1..60),
    ) {
        let mut text = "symbol,time,open,high,low,close\n".to_owned();
        for (minute, at, [o, h, l, c]) in &rows {
            let symbol = ["A", "B"][*at];
            text += &format!("{symbol},2022-01-01T00:{minute:02}:00Z,{o},{h},{l},{c}\n");
        }
        let spec = BarSpec::new().stamp(StampSide::Open).period_ns(120 * SECOND_NS);
        let present: Vec<&str> =
            ["A", "B"].into_iter().filter(|s| text.contains(&format!("\n{s},"))).collect();
        let (bars, dirt) = read(&text, &spec, &present).unwrap();
        let rows = u64::try_from(rows.len()).unwrap();
        prop_assert_eq!(dirt.bars + dirt.left_out(), rows);
        prop_assert!(bars.windows(2).all(|two| (two[0].open_time, two[0].instrument) < (two[1].open_time, two[1].instrument)));
        for id in 0..2 {
            let one: Vec<&Bar> = bars.iter().filter(|bar| bar.instrument == InstrumentId(id)).collect();
            prop_assert!(one.windows(2).all(|two| two[0].end_time <= two[1].open_time));
        }
        let zero = parse_decimal("0", 9).unwrap();
        prop_assert!(bars.iter().all(|bar| bar.low.0 > zero && bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close)));
    }
}
