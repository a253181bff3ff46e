//! Tables as libraries write them, and what is left open in them.

use super::{Decided, Table, Unit, WantedSpec, from_bytes};
use crate::columns::Session;
use crate::error::{Ambiguity, ErrorKind, MarketError};
use crate::zone::Zone;

const NEW_YORK: WantedSpec = WantedSpec {
    decided: Some(Decided::Close),
    zone: Some(Zone::NewYork),
    session: Some(Session::US_EQUITY),
};

fn table(text: &str, spec: WantedSpec) -> Result<Table, MarketError> {
    from_bytes("targets.csv", text.as_bytes(), &spec)
}

fn said(table: &Table) -> Vec<String> {
    let row = |w: &super::Wanted| {
        let time = w.time.to_string().replace(".000000000", "");
        format!("{time} {} {} {}", w.strategy, w.symbol, w.size)
    };
    table.rows.iter().map(row).collect()
}

#[test]
fn a_data_frame_is_a_table_of_symbols() {
    let text = "Date,AAPL,MSFT\n2012-01-03,10,\n2012-01-04,10,-5.5\n2012-01-05,nan,0\n";
    let table = table(text, NEW_YORK).unwrap();
    assert_eq!(
        said(&table),
        [
            "2012-01-03T21:00:00Z backtest AAPL 10",
            "2012-01-04T21:00:00Z backtest AAPL 10",
            "2012-01-04T21:00:00Z backtest MSFT -5.5",
            "2012-01-05T21:00:00Z backtest MSFT 0",
        ]
    );
    assert_eq!((table.unit, table.rounded, table.days), (None, 0, true));
}

#[test]
fn columns_may_stand_in_any_order() {
    let text = "symbol,weight,price,timestamp,strategy\nX,0.25,10.123456789123,2025-03-25T09:15:00+05:30,orb\n";
    let table = table(text, WantedSpec::default()).unwrap();
    assert_eq!(said(&table), ["2025-03-25T03:45:00Z orb X 0.25"]);
    assert_eq!(table.unit, Some(Unit::Weight));
    assert_eq!(table.rows[0].px.unwrap().to_string(), "10.123456789");
}

#[test]
fn the_open_is_before_the_close() {
    let text = "date,symbol,shares\n2012-07-03,X,28543.713799722933\n";
    let open = WantedSpec { decided: Some(Decided::Open), ..NEW_YORK };
    let table = table(text, open).unwrap();
    assert_eq!(said(&table), ["2012-07-03T13:30:00Z backtest X 28543.713799722"]);
    assert_eq!(table.rounded, 1);
}

#[test]
fn what_is_open_is_named() {
    let days = "date,X\n2012-07-03,1\n";
    let walls = "time,X\n2012-07-03 10:00,1\n";
    let none = WantedSpec::default();
    for (text, spec, ambiguity) in [
        (days, none, Ambiguity::Decided),
        (days, WantedSpec { decided: Some(Decided::Open), ..none }, Ambiguity::Session),
        (walls, none, Ambiguity::Zone),
    ] {
        let error = table(text, spec).unwrap_err();
        assert_eq!(error.ambiguity(), Some(ambiguity), "{error}");
        assert!(error.to_string().starts_with("targets.csv:2:1: "), "{error}");
    }
}

#[test]
fn what_is_no_table_of_targets_is_refused_with_its_line() {
    for (text, kind, words) in [
        ("", ErrorKind::Header, "the file is empty"),
        ("date,X\n", ErrorKind::Cells, "no row"),
        ("a,b\n1,2\n", ErrorKind::Header, "no column of times"),
        ("date,symbol,foo\n", ErrorKind::Header, "no column of targets"),
        ("date,symbol,side,qty\n", ErrorKind::Header, "list of trades"),
        ("date,X,X\n", ErrorKind::Header, "doubled"),
        ("date,X\n2012-07-03,1,2\n", ErrorKind::Cells, "targets.csv:2:1"),
        ("date,X\n2012-07-03,ten\n", ErrorKind::Number, "targets.csv:2:12"),
        ("date,X\n2012-07-33,1\n", ErrorKind::Time, "targets.csv:2:1"),
        ("date,X\n2012-07-04,1\n2012-07-03,1\n", ErrorKind::Unordered, "targets.csv:3"),
        ("date,symbol,target\n2012-07-04,X,1\n2012-07-04,X,2\n", ErrorKind::Unordered, "two sizes"),
        ("date,symbol,target,price\n2012-07-04,X,1,-3\n", ErrorKind::Number, "price"),
        ("date,symbol,target\n2012-07-04,,1\n", ErrorKind::Symbol, "symbol is empty"),
        ("date,symbol,target\n2012-07-04,X,\n", ErrorKind::Number, "target is empty"),
    ] {
        let error = table(text, NEW_YORK).unwrap_err();
        assert_eq!(error.kind(), kind, "{text}: {error}");
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
}
