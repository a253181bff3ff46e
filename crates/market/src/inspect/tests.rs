//! First lines and what they are taken for.

use super::*;

fn guess(name: &str, text: &str) -> Result<Guess, MarketError> {
    let bytes: std::sync::Arc<[u8]> = text.as_bytes().into();
    detect::guess(&Input::Bytes(name.into(), bytes), &Declared::default())
}

#[test]
fn forms_are_told_by_their_first_lines() {
    for (name, first, format) in [
        ("x", "time,symbol,bid_px,bid_qty,ask_px,ask_qty", Format::Ticks),
        ("x", "{\"Item\":{}}", Format::Barter),
        ("x", "1723161255030314667 {\"stream\":\"\"}", Format::Binance),
        ("x", "1430438404518 order_created {}", Format::Bitstamp),
        ("x", "utc,EX,BID,BIDSIZ,OFR,OFRSIZ,SYMBOL", Format::TaqQuotes),
        ("x", "utc,EX,SYMBOL,COND,SIZE,PRICE,CORR", Format::TaqTrades),
        ("fxcm_20140501.zip", "1787,1.38727,1.38729", Format::FxcmTicks),
        ("a_20180404_quote.zip", "0,1,1,1,1,1,1,1,1,1,1", Format::LeanQuotes),
        ("a_20180404_trade.zip", "0,1,1,1,1,1", Format::LeanTrades),
        ("cccl.zip", "20100104 00:00,1,1,1,1,9", Format::LeanDaily),
        ("x", "timestamp,bid,ask", Format::ColumnQuotes),
        ("x", "Date,Open,High,Low,Close,Volume", Format::ColumnBars),
        ("x", "Date,AAPL,AMD", Format::ColumnBars),
        ("x", "20110301 090100;133.9;134.01;133.9;133.98;3778", Format::ColumnBars),
        ("x", "1641040200,1,2,0.5,1.5", Format::ColumnBars),
    ] {
        assert_eq!(guess(name, &format!("{first}\n")).unwrap().format, format, "{first}");
    }
}

#[test]
fn what_is_no_market_data_gets_a_list_of_what_is() {
    for first in ["", "hello world", "a,b,c", "1,2", "<xml/>", "name,age,city", "{\"a\":1}"] {
        let error = guess("x", &format!("{first}\n")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{first}: {error}");
        assert!(error.to_string().contains("raw Binance capture"), "{error}");
    }
    let error = guess("x", "time,strategy,symbol,target,price\n").unwrap_err();
    assert!(error.to_string().contains("target file"), "{error}");
    let error = guess("trades.csv", "0,1,1,1,1,1\n").unwrap_err();
    assert_eq!(error.ambiguity(), Some(Ambiguity::Date));
}
