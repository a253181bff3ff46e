use super::*;

const BOOK: &str = r#"{"Item":{"time_exchange":"2025-03-25T23:07:00.773674205Z","time_received":"2025-03-25T23:07:00.773684644Z","exchange":"binance_spot","instrument":1,"kind":{"OrderBookL1":{"last_update_time":"2025-03-25T23:07:00.773674205Z","best_bid":{"price":"2059.10000000","amount":"33.09140000"},"best_ask":{"price":"2059.11000000","amount":"3.01460000"}}}}}"#;
const TRADE: &str = r#"{"Item":{"time_exchange":"2025-03-25T23:07:00.715Z","time_received":"2025-03-25T23:07:00.847021081Z","exchange":"binance_spot","instrument":0,"kind":{"Trade":{"id":"4744868157","price":87232.0,"amount":1.2e-4,"side":"Sell"}}}}"#;

fn read(rows: &[&str]) -> Result<(Vec<Tick>, DirtReport), MarketError> {
    let mut text = rows.join("\n");
    text.push('\n');
    let mut source = BarterQuotes::from_reader("b.jsonl", std::io::Cursor::new(text), 3)?;
    let mut ticks = Vec::new();
    while let Some(tick) = source.next()? {
        ticks.push(tick);
    }
    Ok((ticks, source.dirt().clone()))
}

#[test]
fn books_and_trades_are_exact() {
    let (ticks, dirt) = read(&[BOOK, TRADE, r#"{"Reconnecting":"binance_spot"}"#]).unwrap();
    let quote = Quote {
        bid_px: Px(2_059_100_000_000),
        bid_qty: Qty(33_091_400_000),
        ask_px: Px(2_059_110_000_000),
        ask_qty: Qty(3_014_600_000),
        time: Nanos(1_742_944_020_773_684_644),
    };
    let trade = Trade {
        px: Px(87_232_000_000_000),
        qty: Qty(120_000),
        side: Some(Side::Sell),
        time: Nanos(1_742_944_020_847_021_081),
    };
    assert_eq!(ticks[0], Tick { instrument: InstrumentId(1), kind: TickKind::Quote(quote) });
    assert_eq!(ticks[1], Tick { instrument: InstrumentId(0), kind: TickKind::Trade(trade) });
    assert_eq!((ticks.len(), dirt.reconnects.count, dirt.reconnects.first_line), (2, 1, 3));
}

#[test]
fn digits_that_a_float_would_lose_are_kept_or_refused() {
    let with = |price: &str| TRADE.replace("87232.0", price);
    let (ticks, _) = read(&[&with("123456789.123456789")]).unwrap();
    assert!(matches!(ticks[0].kind, TickKind::Trade(t) if t.px == Px(123_456_789_123_456_789)));
    let error = read(&[&with("0.1000000000000000055")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Number);
    assert!(error.to_string().contains("price is `0.1000000000000000055`: more than 9"), "{error}");
}

#[test]
fn an_absent_side_is_dirt() {
    let bid = r#"{"price":"2059.10000000","amount":"33.09140000"}"#;
    let (ticks, dirt) = read(&[&BOOK.replace(bid, "null")]).unwrap();
    assert_eq!((ticks.len(), dirt.one_sided.count), (0, 1));
}

#[test]
fn what_is_not_the_format_is_refused_with_its_place() {
    let cases = [
        (BOOK.replace("\"instrument\":1", "\"instrument\":3"), ErrorKind::Symbol, "`3`"),
        (BOOK.replace("2059.10000000", "2059,1"), ErrorKind::Number, "price is `2059,1`"),
        (BOOK.replace("33.09140000", "-1"), ErrorKind::Number, "amount is `-1`: below zero"),
        (BOOK.replace("\"33.09140000\"", "[]"), ErrorKind::Number, "amount is `[]`"),
        (BOOK.replace("33.09140000", "3\\u0033"), ErrorKind::Number, "not a decimal"),
        (BOOK.replace("\"33.09140000\"", "null"), ErrorKind::Number, "amount is empty"),
        (BOOK.replace("00.773684644Z", "60Z"), ErrorKind::Time, "a leap second"),
        (BOOK.replace("2025-03-25T23:07:00.773684644Z", "2025-03-25"), ErrorKind::Time, "a date"),
        (BOOK.replace("OrderBookL1", "OrderBookL2"), ErrorKind::Json, "unknown variant"),
        (TRADE.replace("Sell", "sell"), ErrorKind::Word, "side is `sell`"),
        (BOOK[..100].to_owned(), ErrorKind::Json, "EOF"),
        (format!("{BOOK}x"), ErrorKind::Json, "trailing"),
        (String::new(), ErrorKind::Json, "EOF"),
    ];
    for (row, kind, says) in cases {
        let error = read(&[TRADE, &row]).unwrap_err();
        assert_eq!((error.kind(), error.place().unwrap().line), (kind, 2), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let error = read(&[&BOOK.replace("33.09140000", "x")]).unwrap_err();
    let column = BOOK.find("\"33.09140000\"").unwrap() + 1;
    assert_eq!(error.place().unwrap().column, column);
}
