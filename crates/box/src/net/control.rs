//! The control API over HTTP: `POST /fault`, `/price`, `/trade`, `/token`, `/link`, `/time`,
//! `/switch`; `GET /truth`, `/log`, `/`.

use super::Shared;
use super::rest::{Answered, body_of, response};
use crate::desk::ControlError;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::ORIGIN;
use hyper::{Method, Request, Response};
use serde_json::{Map, Value};
use std::sync::Arc;
use truefill_venue::kite_server::{BodyType, Fields, Json, Reply, parse_stamp};

/// What `GET /` says.
const HELP: &str = "\
truefill box, control API

  POST /fault   {\"fault\":\"lost_reply\",\"on\":\"place\",\"nth\":1,\"form\":\"504\",\"fate\":\"later\",\"after_ms\":8000}
                {\"preset\":\"storm\"}  {\"shares\":{\"push_lost\":100000}}  {\"clear\":true}
  POST /price   {\"symbol\":\"NSE:INFY\",\"price\":1500.5,\"depth\":100}
  POST /trade   {\"symbol\":\"NSE:INFY\",\"side\":\"BUY\",\"quantity\":10,\"product\":\"MIS\"}
  POST /token   {\"action\":\"kill\"}  {\"action\":\"renew\"}
  POST /link    {\"state\":\"dark\",\"for_s\":40}  up, down, half_open, drop_ticker, exchange_lost
  POST /time    {\"advance_ms\":60000}  {\"set\":\"2026-11-26 06:00:00\"}  {\"event\":\"day_roll\"}
  POST /switch  {\"sliding\":false}
  GET  /truth   positions, orders, fills, requests counted by window, violations
  GET  /log?from=N   the log, as JSON Lines
";

/// Longest leap of the clock: a week.
const LEAP_MS_MAX: i64 = 7 * 86_400_000;

/// Answers a command.
pub(super) async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> Answered {
    // No page in a browser has any business here.
    if request.headers().contains_key(ORIGIN) {
        return Ok(refused(shared, 403, "requests of browsers are refused"));
    }
    let path = request.uri().path().trim_matches('/').to_owned();
    let query = Fields::read(request.uri().query().unwrap_or_default());
    let method = request.method().clone();
    let reply = match (&method, path.as_str()) {
        (&Method::GET, "truth") => Reply::json(200, &shared.with(|desk, now| desk.truth(now))),
        (&Method::GET, "log") => {
            let from = query.get("from").and_then(|from| from.parse().ok()).unwrap_or(0);
            let lines = shared.with(|desk, _| desk.chronicle().since(from));
            Reply::text(200, BodyType::Json, lines)
        }
        (&Method::GET, "") => Reply::text(200, BodyType::Csv, HELP.to_owned()),
        (&Method::POST, _) => match body_of(request.into_body()).await {
            Err(refusal) => refusal.into(),
            Ok(body) => match command(shared, &path, &body) {
                Ok(done) => Reply::json(200, &done),
                Err(error) => return Ok(refused(shared, 400, &error.0)),
            },
        },
        _ => return Ok(refused(shared, 404, "GET / says what there is")),
    };
    Ok(response(reply, shared.clock.now(), false))
}

fn refused(shared: &Shared, status: u16, why: &str) -> Response<Full<Bytes>> {
    let body = Json::object([("error", why.into())]);
    response(Reply::json(status, &body), shared.clock.now(), false)
}

fn command(shared: &Shared, path: &str, body: &[u8]) -> Result<Json, ControlError> {
    let value: Value = match body {
        [] => Value::Object(Map::new()),
        body => serde_json::from_slice(body)
            .map_err(|error| ControlError(format!("the body is not JSON: {error}")))?,
    };
    let members = value.as_object();
    let members = members.ok_or_else(|| ControlError("the body is a JSON object".to_owned()))?;
    if path == "time" {
        leap(shared, members)?;
    }
    shared.with(|desk, now| desk.control(now, path, members))
}

/// Moves the clock, if that is asked.
fn leap(shared: &Shared, members: &Map<String, Value>) -> Result<(), ControlError> {
    let fields = Fields::of_json(members);
    let ms = fields.number("advance_ms", 0..=LEAP_MS_MAX);
    let ms = ms.map_err(|_| ControlError("`advance_ms` is at most a week".to_owned()))?;
    let mut by_ns = ms.unwrap_or(0) * 1_000_000;
    if let Some(text) = fields.get("set") {
        let to = parse_stamp(text).ok_or_else(|| {
            ControlError("`set` is a time in India, as 2026-11-26 06:00:00".to_owned())
        })?;
        by_ns = to.since(shared.clock.now());
        if !(0..=LEAP_MS_MAX * 1_000_000).contains(&by_ns) {
            return Err(ControlError("time goes forward only, at most a week".to_owned()));
        }
    }
    shared.clock.leap(by_ns);
    Ok(())
}
