//! Instruments, quotes, candles.

use crate::desk::{INFY, SBIN, at, bytes, kite};
use truefill_core::num::{Px, Qty};
use truefill_core::quote::Quote;
use truefill_venue::http::{Budget, HttpReply};
use truefill_venue::kite::{
    BadLine, Calls, InstrumentReader, InstrumentRow, Interval, NoList, QuoteDetail, candles_call,
    instruments_call, read_candles,
};

type Line = Result<InstrumentRow, BadLine>;

fn listed(bytes: &[u8], piece: usize) -> (Vec<Line>, Result<usize, NoList>) {
    let mut lines = Vec::new();
    let mut reader = InstrumentReader::default();
    for piece in bytes.chunks(piece) {
        if let Err(error) = reader.push(piece, &mut |line| lines.push(line)) {
            return (lines, Err(error));
        }
    }
    let end = reader.finish(&mut |line| lines.push(line));
    (lines, end)
}

#[test]
fn the_list_is_the_same_in_pieces_of_any_size() {
    let (whole, count) = listed(bytes!("instruments.csv"), 1 << 20);
    assert_eq!(count, Ok(4));
    for piece in [1, 2, 7, 64] {
        assert_eq!(listed(bytes!("instruments.csv"), piece), (whole.clone(), Ok(4)), "{piece}");
    }
    let rows: Vec<&InstrumentRow> = whole.iter().filter_map(|line| line.as_ref().ok()).collect();
    assert_eq!(rows[0].symbol, "NSE:INFY");
    assert_eq!(rows[0].name, "INFOSYS, THE \"LIMITED\"");
    assert_eq!((rows[0].token, rows[0].tick), (408_065, Px(100_000_000)));
    assert_eq!((rows[1].lot, rows[1].expiry_day), (Qty::whole(75), Some(20_816)));
    let close_s = 15 * 3600 + 1800;
    assert_eq!(
        rows[1].expires(close_s).expect("an end").to_string(),
        "2026-12-29T10:00:00.000000000Z"
    );
    assert_eq!(rows[2].tick, Px(2_500_000));
    let indices = rows[3].to_instrument();
    assert!(indices.is_none(), "an index cannot be traded");
    let instrument = rows[1].to_instrument().expect("tradable");
    assert_eq!((instrument.lot, instrument.tick), (Qty::whole(75), Px(50_000_000)));
    let bad: Vec<usize> =
        whole.iter().filter_map(|line| line.as_ref().err()).map(|bad| bad.line).collect();
    assert_eq!(bad, [6, 7]);
}

#[test]
fn an_error_instead_of_a_list_is_a_refusal() {
    let body = br#" {"status":"error","error_type":"TokenException","message":"no session"}"#;
    for piece in [1usize, 5, 1000] {
        let (lines, end) = listed(body, piece);
        assert!(lines.is_empty());
        if piece > 1 {
            assert!(
                matches!(&end, Err(NoList::Refused(failure)) if failure.words == "no session"),
                "{end:?}"
            );
        } else {
            assert!(end.is_err(), "{end:?}");
        }
    }
    for body in [&b""[..], b"\n\n", b"<html>\n", b"a,b,c\n1,2,3\n"] {
        assert!(matches!(listed(body, 9).1, Err(NoList::Garbled(_))), "{body:?}");
    }
    let long = [b'x'; 20 << 10];
    assert!(matches!(listed(&long, 512).1, Err(NoList::Garbled(_))));
    assert_eq!(instruments_call(&Calls::default(), None).target, "/instruments");
    assert_eq!(instruments_call(&Calls::default(), Some("NFO")).target, "/instruments/NFO");
}

#[test]
fn snapshots_carry_bands_and_the_close_before() {
    let codec = kite();
    let calls = codec.quote_calls(QuoteDetail::Full, &[INFY, SBIN]);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].target, "/quote?i=NSE%3AINFY&i=NSE%3ASBIN");
    assert_eq!(calls[0].budget, Budget::Quotes);
    assert_eq!(codec.quote_calls(QuoteDetail::Ltp, &[INFY; 1001]).len(), 3);
    let now = at("9:20:00");
    let read = codec.read_quotes(&HttpReply::new(200, bytes!("quote.json")), now);
    let read = read.expect("quotes");
    assert_eq!((read.rows.len(), read.foreign, read.bad), (2, 1, 0));
    let infy = &read.rows[0];
    let quote = Quote {
        bid_px: Px::whole(1500),
        bid_qty: Qty::whole(12),
        ask_px: Px(1_500_050_000_000),
        ask_qty: Qty::whole(7),
        time: now,
    };
    assert_eq!((infy.instrument, infy.quote), (INFY, Some(quote)));
    assert_eq!(infy.prev_close, Some(Px(1_497_550_000_000)));
    assert_eq!(infy.band_high, Some(Px(1_650_050_000_000)));
    assert_eq!((infy.token, infy.volume), (Some(408_065), Some(Qty::whole(123_456))));
    assert_eq!((read.rows[1].quote, read.rows[1].band_low), (None, None));
}

#[test]
fn candles_are_read_one_by_one() {
    let call =
        candles_call(&Calls::default(), 408_065, Interval::Minutes5, at("9:15:00"), at("15:30:00"));
    assert_eq!(
        call.target,
        "/instruments/historical/408065/5minute?from=2026-11-25%2009%3A15%3A00\
         &to=2026-11-25%2015%3A30%3A00&oi=1"
    );
    assert_eq!(call.budget, Budget::History);
    let read = read_candles(&HttpReply::new(200, bytes!("candles.json"))).expect("candles");
    assert_eq!((read.rows.len(), read.bad), (2, 1), "a high below the open is not a candle");
    assert_eq!(read.rows[0].time, at("9:15:00"));
    assert_eq!((read.rows[0].interest, read.rows[1].interest), (Some(Qty::ZERO), None));
    assert_eq!(read.rows[1].low, Px(1_499_950_000_000));
}
