//! Messages of every kind, and what is wrong with some.

use std::io::Cursor;

use truefill_core::num::{Px, Qty};

use truefill_core::request::Side;
use truefill_core::time::Nanos;

use super::*;
use crate::error::ErrorKind;
use crate::source::TickKind;

const AT: &str = "1723161255088169167";

fn quotes(text: &str) -> BinanceQuotes {
    let symbols = Symbols::from_names(["BTCUSDT", "ETHUSDT"]).unwrap();
    BinanceQuotes::from_reader("b.jsonl", Cursor::new(text.to_owned()), symbols).unwrap()
}

fn trade(data: &str) -> String {
    format!("{AT} {{\"stream\":\"x@trade\",\"data\":{{{data}}}}}\n")
}

#[test]
fn a_trade_says_who_took_and_what_clocks_say() {
    let text = trade(r#""s":"ETHUSDT","T":1723161256322,"p":"61800.30","q":"0.006","m":false"#)
        + &trade(r#""s":"BTCUSDT","T":1723161255000,"p":"0","q":"0.006","m":true"#);
    let mut source = quotes(&text);
    let tick = source.next().unwrap().unwrap();
    let TickKind::Trade(trade) = tick.kind else { panic!("{tick:?}") };
    assert_eq!((tick.instrument, trade.side), (InstrumentId(1), Some(Side::Buy)));
    assert_eq!((trade.px, trade.qty), (Px(61_800_300_000_000), Qty(6_000_000)));
    assert_eq!(tick.time(), Nanos(1_723_161_255_088_169_167));
    assert_eq!(source.next().unwrap(), None);
    let dirt = source.dirt();
    assert_eq!((dirt.void_trades.count, dirt.negative_latency.count), (1, 1));
    assert_eq!(source.latency().quantile_ms(0), Some(-1_234));
}

#[test]
fn malformed_rows_are_refused_with_their_line() {
    let good = r#""s":"BTCUSDT","T":1,"p":"1","q":"1","m":true"#;
    for (row, kind) in [
        ("nonsense".to_owned(), ErrorKind::Time),
        (format!("{AT} {{"), ErrorKind::Json),
        (format!("{AT} {{}}"), ErrorKind::Json),
        (AT.to_owned(), ErrorKind::Json),
        (format!("17 {{\"stream\":\"x@trade\",\"data\":{{{good}}}}}"), ErrorKind::Time),
        (trade(&good.replace("BTCUSDT", "XRP")), ErrorKind::Symbol),
        (trade(&good.replace("\"1\"", "\"1.0000000001\"")), ErrorKind::Number),
        (trade(&good.replace("true", "7")), ErrorKind::Word),
        (trade(&good.replace("\"T\":1,", "")), ErrorKind::Json),
        (trade(&good.replace("\"T\":1,", "\"T\":18446744073709551615,")), ErrorKind::Json),
        (format!("{AT} {{\"lastUpdateId\":1,\"bids\":[],\"asks\":[]}}"), ErrorKind::Json),
    ] {
        let text = trade(good) + row.trim_end() + "\n";
        let mut source =
            quotes(&text.replacen(good, r#""s":"BTCUSDT","T":1,"p":"1","q":"1","m":true"#, 1));
        if row.contains("lastUpdateId") {
            source = quotes(&(row.clone() + "\n"));
            assert_eq!(source.next().unwrap_err().kind(), kind, "no symbol is known yet");
            continue;
        }
        assert!(source.next().unwrap().is_some(), "{row}");
        let error = source.next().unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.place().unwrap().line, 2);
        assert_eq!(source.next().unwrap_err().kind(), ErrorKind::Stopped);
    }
}

#[test]
fn gaps_and_foreign_streams_are_counted() {
    let depth = |first: u64, last: u64, previous: Option<u64>| {
        let previous = previous.map(|p| format!(",\"pu\":{p}")).unwrap_or_default();
        format!(
            "{AT} {{\"stream\":\"b@depth@0ms\",\"data\":{{\"s\":\"BTCUSDT\",\"U\":{first},\"u\":{last}{previous},\"b\":[],\"a\":[]}}}}\n"
        )
    };
    let text = depth(1, 4, None)
        + &depth(5, 5, None)
        + &depth(7, 9, None)
        + &depth(100, 200, Some(9))
        + &depth(300, 400, Some(201))
        + &format!("{AT} {{\"stream\":\"b@kline_1m\",\"data\":{{\"s\":\"BTCUSDT\"}}}}\n");
    let mut source = quotes(&text);
    assert_eq!(source.next().unwrap(), None);
    let dirt = source.dirt();
    assert_eq!((dirt.sequence_gaps.count, dirt.sequence_gaps.first_line), (2, 3));
    assert_eq!(dirt.foreign.count, 1);
}
