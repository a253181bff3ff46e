//! Venues that add up, cross and go stale; rows that are refused.

use std::io::Cursor;

use super::*;

const AT: &str = "2018-01-02T14:30:00.000000Z";

fn quotes(rows: &[&str]) -> Result<(Vec<[i128; 4]>, TaqQuotes), MarketError> {
    let mut text = format!("{HEADER_QUOTES}\n");
    for row in rows {
        text += &format!("{AT},{row},ABC\n");
    }
    let symbols = Symbols::from_names(["ABC"]).unwrap();
    let mut source = TaqQuotes::from_reader("q.csv", Cursor::new(text), symbols)?;
    let mut out = Vec::new();
    while let Some(tick) = source.next()? {
        let q = tick.quote().unwrap();
        let whole = |raw: i128| raw / 1_000_000_000;
        out.push([q.bid_px.0, q.bid_qty.0, q.ask_px.0, q.ask_qty.0].map(whole));
    }
    Ok((out, source))
}

#[test]
fn venues_add_up_to_one_quote() {
    let rows = [
        "N,100,1,103,2",
        "T,100,3,104,1",
        "N,99,1,102,2",
        "N,101,4,100,4",
        "T,0,0,104,1",
        "P,105,1,106,1",
        "P,100,1,106,1",
    ];
    let (out, source) = quotes(&rows).unwrap();
    assert_eq!(
        out,
        [
            [100, 100, 103, 200],
            [100, 400, 103, 200],
            [100, 300, 102, 200],
            [100, 300, 104, 100],
            [105, 100, 106, 100],
            [100, 100, 106, 100],
        ]
    );
    // T without a bid while N is out: one-sided; P above T: T is stale.
    let dirt = source.dirt();
    assert_eq!((dirt.one_sided.count, dirt.crossed.count), (1, 0));
    let venues = source.venues();
    assert_eq!((venues.stale.count, venues.stale.first_line), (1, 7));
    assert_eq!((venues.rows, venues.crossed.count, venues.crossed.first_line), (7, 1, 5));
    assert_eq!((venues.zero_bids.count, venues.wide.count), (1, 4));
}

#[test]
fn malformed_rows_are_refused_with_their_line() {
    for (row, kind) in [
        ("N,100,1,103", ErrorKind::Cells),
        ("n,100,1,103,2", ErrorKind::Word),
        ("N,x,1,103,2", ErrorKind::Number),
        ("N,1,999999999999,103,2", ErrorKind::Number),
    ] {
        let error = quotes(&["N,100,1,103,2", row]).unwrap_err();
        assert_eq!((error.kind(), error.place().unwrap().line), (kind, 3), "{error}");
    }
    let symbols = || Symbols::from_names(["ABC"]).unwrap();
    let text = format!(
        "{HEADER_TRADES}\n{AT},N,ABC,F I,5,10.5,0\n{AT},N,ABC,,5,10.5,1\n{AT},N,ABC,,5,10.5,x\n"
    );
    let mut trades = TaqTrades::from_reader("t.csv", Cursor::new(text), symbols()).unwrap();
    assert_eq!(trades.next().unwrap().unwrap().instrument.0, 0);
    let error = trades.next().unwrap_err();
    assert_eq!((error.place().unwrap().line, trades.dirt().corrected.count), (4, 1));
    let other =
        TaqTrades::from_reader("t.csv", Cursor::new(HEADER_QUOTES.to_owned() + "\n"), symbols());
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Header);
}

#[test]
fn venues_may_lock_each_other() {
    let (out, source) = quotes(&["N,100,1,103,2", "T,103,3,104,1"]).unwrap();
    assert_eq!(out, [[100, 100, 103, 200], [103, 300, 103, 200]]);
    assert_eq!((source.dirt().locked.count, source.venues().stale.count), (1, 0));
    let (out, source) = quotes(&["N,100,1,103,2", "T,99,3,100,1"]).unwrap();
    assert_eq!(out, [[100, 100, 103, 200], [100, 100, 100, 100]]);
    assert_eq!((source.dirt().locked.count, source.venues().stale.count), (1, 0));
}
