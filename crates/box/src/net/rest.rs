//! A request over HTTP.

use super::{Shared, ticker};
use crate::desk::{Ending, LinkKind};
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, DATE, LOCATION,
};
use hyper::{HeaderMap, Request, Response, StatusCode};
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;
use truefill_core::time::Nanos;
use truefill_market::date::Date;
use truefill_venue::kite_server::{Asked, BodyType, ErrorType, Refusal, Reply};

/// Bytes of a body.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(15);
/// How long a connection without an answer stays open.
const SILENCE: Duration = Duration::from_secs(300);

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed on purpose")]
pub(super) struct Gone;

pub(super) type Answered = Result<Response<Full<Bytes>>, Gone>;

/// Answers a request of a client, or does not.
pub(super) async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> Answered {
    match shared.link() {
        LinkKind::Down => return Err(Gone),
        LinkKind::Dark => return silence().await,
        LinkKind::Up | LinkKind::HalfOpen => {}
    }
    if ticker::is_upgrade(&request) {
        return Ok(ticker::upgrade(shared, request));
    }
    let packs = packs(request.headers());
    let asked = match read(request).await {
        Ok(asked) => asked,
        Err(refusal) => return Ok(response(refusal.into(), shared.clock.now(), false)),
    };
    let answer = shared.with(|desk, now| desk.request(now, &asked));
    tokio::time::sleep(shared.clock.real(answer.after_ns)).await;
    let reply = match answer.ending {
        Ending::Reply(reply) => reply,
        Ending::Drop => return Err(Gone),
        Ending::Silence => return silence().await,
    };
    match shared.link() {
        LinkKind::Up => Ok(response(reply, shared.clock.now(), packs)),
        LinkKind::Down => Err(Gone),
        LinkKind::HalfOpen | LinkKind::Dark => silence().await,
    }
}

async fn silence() -> Answered {
    tokio::time::sleep(SILENCE).await;
    Err(Gone)
}

/// The client takes packed bodies.
fn packs(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("gzip"))
}

async fn read(request: Request<Incoming>) -> Result<Asked, Refusal> {
    let (head, body) = request.into_parts();
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = text(AUTHORIZATION).map(str::to_owned);
    let json = text(CONTENT_TYPE).is_some_and(|kind| kind.contains("json"));
    let body = body_of(body).await?;
    Ok(Asked {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        authorization,
        json,
        body,
    })
}

/// The body, if it comes in time and is not too long.
pub(super) async fn body_of(body: Incoming) -> Result<Vec<u8>, Refusal> {
    let limited = Limited::new(body, BODY_BYTES_MAX).collect();
    let refuse = |status, words: &str| Refusal::new(ErrorType::Input, words).with_status(status);
    match tokio::time::timeout(BODY_TIME, limited).await {
        Err(_) => Err(refuse(408, "The body of the request took too long.")),
        Ok(Err(_)) => Err(refuse(413, "The body of the request is too large or broken.")),
        Ok(Ok(collected)) => Ok(collected.to_bytes().to_vec()),
    }
}

/// A reply as bytes of HTTP.
pub(super) fn response(reply: Reply, now: Nanos, packs: bool) -> Response<Full<Bytes>> {
    let pack = packs && reply.body_type == BodyType::Csv;
    let packed = pack.then(|| gzip(&reply.body)).flatten();
    let encoded = packed.is_some();
    let mut response = Response::new(Full::new(Bytes::from(packed.unwrap_or(reply.body))));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let mut set = |name, value: &str| {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    };
    set(CONTENT_TYPE, reply.body_type.as_str());
    set(DATE, &http_date(now));
    if encoded {
        set(CONTENT_ENCODING, "gzip");
    }
    if let Some(to) = &reply.location {
        set(LOCATION, to);
    }
    response
}

fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// `Wed, 25 Nov 2026 03:45:00 GMT`: the box's own time, so that clients can compare clocks.
fn http_date(at: Nanos) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = at.to_string();
    let part = |range| text.get(range).unwrap_or_default();
    let (date, time) = (part(0..10), part(11..19));
    let weekday = date.parse::<Date>().map_or("Thu", |date| match date.weekday().short() {
        "mon" => "Mon",
        "tue" => "Tue",
        "wed" => "Wed",
        "fri" => "Fri",
        "sat" => "Sat",
        "sun" => "Sun",
        _ => "Thu",
    });
    let month = part(5..7).parse::<usize>().ok().and_then(|month| MONTHS.get(month - 1));
    let month = month.copied().unwrap_or("Jan");
    format!("{weekday}, {} {month} {} {time} GMT", part(8..10), part(0..4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use truefill_core::time::SECOND_NS;

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(http_date(Nanos(784_111_777 * SECOND_NS)), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn lists_are_packed_where_the_client_takes_it() {
        let reply = || Reply::text(200, BodyType::Csv, "a,b\n".repeat(100));
        let packed = response(reply(), Nanos(0), true);
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        assert!(!response(reply(), Nanos(0), false).headers().contains_key(CONTENT_ENCODING));
    }
}
