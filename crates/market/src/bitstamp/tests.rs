//! Orders known and unknown, and snapshots.

use std::io::Cursor;

use super::*;
use truefill_core::num::{Px, Qty, parse_decimal};

fn order(kind: &str, id: u64, side: u8, px: &str, amount: &str) -> String {
    format!(
        "1430438404518 order_{kind} {{\"price\": \"{px}\", \"amount\": \"{amount}\", \"id\": {id}, \"order_type\": {side}}}\n"
    )
}

fn snapshot(bids: &[(&str, &str)], asks: &[(&str, &str)]) -> String {
    let side = |levels: &[(&str, &str)]| {
        let all: Vec<String> =
            levels.iter().map(|(px, qty)| format!("[\"{px}\", \"{qty}\"]")).collect();
        all.join(", ")
    };
    format!("1430438404600 order_book {{\"bids\": [{}], \"asks\": [{}]}}\n", side(bids), side(asks))
}

fn read(text: &str) -> BitstampQuotes {
    let mut source = BitstampQuotes::from_reader("b.log", Cursor::new(text.to_owned())).unwrap();
    while source.next().unwrap().is_some() {}
    source
}

fn level(px: &str, qty: &str) -> Level {
    let nano = |text| parse_decimal(text, 9).unwrap();
    Level { px: Px(nano(px)), qty: Qty(nano(qty)) }
}

#[test]
fn a_book_from_known_and_anonymous_orders() {
    let text = order("created", 1, 0, "236.5", "2")
        + &snapshot(&[("236.5", "5"), ("236.4", "1")], &[("237", "4")])
        + &order("changed", 1, 0, "236.5", "1.5")
        + &order("deleted", 90, 0, "236.5", "3")
        + &order("changed", 91, 1, "237", "1")
        + &order("created", 2, 1, "236.9", "7")
        + &order("deleted", 92, 0, "236.4", "1");
    let source = read(&text);
    assert_eq!(source.book().bids().collect::<Vec<_>>(), [level("236.5", "1.5")]);
    let asks = source.book().asks().collect::<Vec<_>>();
    assert_eq!(asks, [level("236.9", "7"), level("237", "4")]);
    assert_eq!((source.dirt().unknown_orders.count, source.book().orders()), (3, 3));
    // All levels agree with the next snapshot but one, and one of ours is not in it.
    let more = text + &snapshot(&[("236.5", "1.5")], &[("236.8", "1"), ("237", "4")]);
    let check = *read(&more).check();
    assert_eq!((check.levels, check.levels_equal, check.levels_absent), (3, 2, 1));
    assert_eq!((check.snapshots, check.snapshots_equal, check.crossed), (1, 0, 0));
}

#[test]
fn malformed_rows_are_refused_with_their_line() {
    let good = order("created", 1, 0, "236.5", "2");
    for (row, kind) in [
        ("x order_created {}".to_owned(), ErrorKind::Time),
        ("2015-05-01 order_created {}".to_owned(), ErrorKind::Time),
        ("1430438404518 order_created {}".to_owned(), ErrorKind::Json),
        ("1430438404518 order_eaten {}".to_owned(), ErrorKind::Word),
        (order("created", 1, 2, "236.5", "2"), ErrorKind::Word),
        (order("created", 1, 1, "x", "2"), ErrorKind::Number),
        (order("created", 1, 1, "1", "-2"), ErrorKind::Number),
        (
            "1430438404518 order_book {\"bids\": [[\"1\"]], \"asks\": []}".to_owned(),
            ErrorKind::Json,
        ),
    ] {
        let text = good.clone() + row.trim_end() + "\n";
        let mut source = BitstampQuotes::from_reader("b.log", Cursor::new(text)).unwrap();
        let error = source.next().unwrap_err();
        assert_eq!((error.kind(), error.place().unwrap().line), (kind, 2), "{error}");
        assert_eq!(source.next().unwrap_err().kind(), ErrorKind::Stopped);
    }
}
