//! Readers of the wire of Kite Connect.

use super::{Read, Reader, said};
use truefill_core::ids::VenueText;
use truefill_core::ids::{ClOrdId, OrderNo};
use truefill_core::report::{Found, Outcome};
use truefill_core::request::{CancelOrder, OneOrder, Query, Request, Whole};
use truefill_core::time::Nanos;
use truefill_venue::Symbols;
use truefill_venue::http::{HttpReply, Secret};
use truefill_venue::kite::{
    App, Failure, InstrumentReader, KiteCodec, NoList, Notes, Postback, TextMessage, frame,
    read_basket, read_candles, read_charges, read_funds, read_margins,
};
use truefill_venue::live::{LiveCodec, Rows};

const fn of(name: &'static str, read: fn(&[u8]) -> Read) -> Reader {
    Reader { name, read, names_file: false }
}

/// All of them.
pub const READERS: [Reader; 12] = [
    of("kite-orders", orders),
    of("kite-history", history),
    of("kite-trades", trades),
    of("kite-positions", positions),
    of("kite-reply", reply),
    of("kite-session", session),
    of("kite-money", money),
    of("kite-quotes", quotes),
    of("kite-candles", candles),
    of("kite-instruments", instruments),
    of("kite-ticker", ticker),
    of("kite-messages", messages),
];

fn codec() -> KiteCodec {
    let names = ["NSE:INFY", "NSE:SBIN", "MCX:GOLDPETAL26DECFUT"];
    KiteCodec::new(Symbols::from_names(names.map(str::to_owned)))
}

fn ours() -> ClOrdId {
    ClOrdId::new("TF0MXE5K3Z0000000A").expect("an id")
}

fn ok(body: &[u8]) -> HttpReply<'_> {
    HttpReply::new(200, body)
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).expect("a count")
}

#[expect(clippy::boxed_local, reason = "the readers fail with it, and it is mapped over them")]
fn failed(failure: Box<Failure>) -> String {
    format!("the broker's answer is none: {} {}", failure.status, failure.words)
}

/// Two bodies, one after the other, parted by a line that says so.
fn two(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mark = b"\n--\n";
    let at = bytes.windows(mark.len()).position(|window| window == mark);
    at.map_or((bytes, bytes), |at| (&bytes[..at], &bytes[at + mark.len()..]))
}

fn read(query: &Query, bodies: &[&[u8]]) -> Read {
    let replies: Vec<HttpReply<'_>> = bodies.iter().map(|body| ok(body)).collect();
    let mut notes = Notes::default();
    let end = codec().answer(query, &replies, &mut notes);
    let bad = format!("rows that cannot be read: {:?}", end.bad_rows.first());
    match end.found {
        Found::Orders(rows) if rows.complete => Ok(count(rows.rows.len())),
        Found::Activity(rows) if rows.complete => Ok(count(rows.rows.len())),
        Found::Positions(rows) => Ok(count(rows.rows.len())),
        Found::Order(one) => Ok(u64::from(one.row.is_some())),
        Found::Failed(_) => Err(format!("the broker's answer is none: {}", end.words)),
        _ => Err(bad),
    }
}

fn orders(bytes: &[u8]) -> Read {
    read(&Query::Orders(Whole {}), &[bytes])
}

fn history(bytes: &[u8]) -> Read {
    let order_id = VenueText::new("2611250000000000001");
    let one = OneOrder { cl_ord_id: ours(), order: OrderNo(1), order_id };
    read(&Query::Order(one), &[bytes])
}

fn trades(bytes: &[u8]) -> Read {
    let (trades, orders) = two(bytes);
    read(&Query::Activity(Whole {}), &[trades, orders])
}

fn positions(bytes: &[u8]) -> Read {
    let (positions, holdings) = two(bytes);
    read(&Query::Positions(Whole {}), &[positions, holdings])
}

/// An answer to a write, at every status that means something of its own.
fn reply(bytes: &[u8]) -> Read {
    let codec = codec();
    let request = Request::Cancel(CancelOrder {
        cl_ord_id: ours(),
        order: OrderNo(1),
        order_id: VenueText::new("1"),
        instrument: truefill_core::ids::InstrumentId(0),
    });
    for status in [400, 403, 404, 428, 429, 500, 503, 504] {
        let reply = HttpReply::new(status, bytes);
        let end = codec.reply(&request, &reply, &mut Notes::default());
        assert!(!matches!(end.outcome, Outcome::Taken(_)), "{status} is no success");
        assert!(status < 500 || matches!(end.outcome, Outcome::Unclear(_)), "{status} is unknown");
    }
    let ack = codec.ack(&ok(bytes)).map_err(failed)?;
    Ok(1 + count(ack.slices.len()))
}

fn session(bytes: &[u8]) -> Read {
    let app = App::new("key", Secret::new("hush"));
    app.read_session(&ok(bytes), Nanos(1_795_577_200_000_000_000)).map(|_| 1).map_err(failed)
}

fn money(bytes: &[u8]) -> Read {
    let reply = ok(bytes);
    let margins = read_margins(&reply).map(|rows| rows.into_iter().flatten().count());
    let charges = read_charges(&reply).map(|rows| rows.into_iter().flatten().count());
    let basket = read_basket(&reply).map(|_| 1);
    let funds = read_funds(&reply).map(|funds| usize::from(funds.equity.is_some()));
    let read = [margins, charges, basket, funds];
    let most = read.iter().filter_map(|rows| rows.as_ref().ok()).max().copied();
    most.filter(|rows| *rows > 0).map(count).ok_or_else(|| {
        let [_, _, _, funds] = read;
        funds.err().map_or_else(|| "there are no figures in it".to_owned(), failed)
    })
}

fn whole<T>(rows: Rows<T>) -> Read {
    match rows.bad_rows.first() {
        Some(bad) => Err(format!("row {} cannot be read: {}", bad.row, bad.why)),
        None => Ok(count(rows.rows.len())),
    }
}

fn quotes(bytes: &[u8]) -> Read {
    codec().read_quotes(&ok(bytes), Nanos(0)).map_err(failed).and_then(whole)
}

fn candles(bytes: &[u8]) -> Read {
    read_candles(&ok(bytes)).map_err(failed).and_then(whole)
}

fn instruments(bytes: &[u8]) -> Read {
    let mut bad = None;
    let mut reader = InstrumentReader::default();
    let mut sink = |line: Result<_, _>| {
        if let Err(line) = line {
            bad.get_or_insert(line);
        }
    };
    let no_list = |why| match why {
        NoList::Refused(failure) => failed(failure),
        NoList::Garbled(why) => format!("this is no list of instruments: {why}"),
    };
    for piece in bytes.chunks(97) {
        reader.push(piece, &mut sink).map_err(no_list)?;
    }
    let rows = reader.finish(&mut sink).map_err(no_list)?;
    match bad {
        Some(line) => Err(format!("line {} cannot be read: {}", line.line, line.why)),
        None => Ok(count(rows)),
    }
}

fn ticker(bytes: &[u8]) -> Read {
    let read = frame(bytes);
    match read.why {
        Some(why) => Err(format!("a frame that cannot be read: {why}")),
        None => Ok(count(read.ticks.len())),
    }
}

/// Text messages of the ticker and webhooks.
fn messages(bytes: &[u8]) -> Read {
    let codec = codec();
    let secret = Secret::new("hush");
    match codec.postback(bytes, &secret, "AB1234") {
        Postback::Order(_) => return Ok(1),
        Postback::Foreign => return Ok(0),
        Postback::Unreadable(_) | Postback::Forged | Postback::Garbled(_) => {}
    }
    match codec.text_message(bytes) {
        Ok(TextMessage::Order(_)) => Ok(1),
        Ok(_) => Ok(0),
        Err(why) => Err(format!("a message that cannot be read: {}", said(why))),
    }
}
