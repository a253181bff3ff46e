//! The control API: what a test may do to the box.
//!
//! Entry point: [`Desk::control`].

use super::Desk;
use crate::faults::BadOrder;
use serde_json::{Map, Value};
use std::fmt;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty};
use truefill_core::time::Nanos;
use truefill_venue::kite_server::{Fields, Json, Product, side_of};

/// Longest time of a link that is not well, in milliseconds: a day.
const LINK_MS_MAX: i64 = 86_400_000;

/// Why something is refused: what is wrong, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlError(pub String);

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ControlError {}

impl From<BadOrder> for ControlError {
    fn from(bad: BadOrder) -> Self {
        Self(bad.to_string())
    }
}

/// How the way to the box is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkKind {
    /// As it should be.
    #[default]
    Up,
    /// Connections are closed; nothing gets in.
    Down,
    /// What is sent gets in and is carried out; nothing comes back, and sockets stay open.
    HalfOpen,
    /// Nothing gets in and nothing comes back; sockets stay open.
    Dark,
}

/// How the way to the box is, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    kind: LinkKind,
    until: Nanos,
}

impl Default for Link {
    fn default() -> Self {
        Self { kind: LinkKind::Up, until: Nanos::MAX }
    }
}

type Body = Map<String, Value>;

impl Desk {
    /// How the way to the box is now.
    #[must_use]
    pub fn link(&self, now: Nanos) -> LinkKind {
        if now < self.link.until { self.link.kind } else { LinkKind::Up }
    }

    /// A command of the control API: the last part of its path, and its JSON body.
    ///
    /// # Errors
    /// [`ControlError`], which says what is allowed.
    pub fn control(&mut self, now: Nanos, path: &str, body: &Body) -> Result<Json, ControlError> {
        self.advance(now);
        let now = self.now;
        match path {
            "fault" => self.fault(now, body),
            "price" => self.price(now, body),
            "trade" => self.trade(now, body),
            "token" => self.token_order(now, body),
            "link" => self.link_order(now, body),
            "time" => self.event(now, body),
            "switch" => self.switch(body),
            _ => Err(ControlError(
                "POST fault, price, trade, token, link, time or switch; GET truth or log"
                    .to_owned(),
            )),
        }
    }

    fn fault(&mut self, now: Nanos, body: &Body) -> Result<Json, ControlError> {
        if let Some((fault, details)) = self.plan.order(body)? {
            self.happen(now, fault, details);
        }
        let shares = self.plan.shares().filter(|(_, ppm)| *ppm > 0);
        let shares = shares.map(|(fault, ppm)| (fault.name().into(), ppm.into()));
        Ok(Json::object([
            ("armed", self.plan.armed().into()),
            ("shares", Json::Object(shares.collect())),
        ]))
    }

    fn named(&self, body: &Body) -> Result<InstrumentId, ControlError> {
        let name = body.get("symbol").and_then(Value::as_str).unwrap_or_default();
        let found = self.listing.named(name);
        found.ok_or_else(|| ControlError(format!("`symbol` {name:?} is not listed; say NSE:INFY")))
    }

    fn price(&mut self, now: Nanos, body: &Body) -> Result<Json, ControlError> {
        let id = self.named(body)?;
        let fields = Fields::of_json(body);
        let wrong = |what: &str| ControlError(format!("`{what}` is a number above zero"));
        if let Some(depth) = fields.qty("depth").map_err(|_| wrong("depth"))? {
            self.street.set_depth(id, depth);
        }
        let px = fields.px("price").map_err(|_| wrong("price"))?;
        let last = self.street.quote(id).map(|quote| quote.bid_px);
        let px = px.or(last).filter(|px| px.0 > 0).ok_or_else(|| wrong("price"))?;
        if let Some(quote) = self.street.set_price(id, px, now) {
            self.on_quote(now, id, &quote);
        }
        self.stream.send_ticks(&self.street, &self.listing, now);
        let quote = self.street.quote(id);
        Ok(Json::object([
            ("bid", quote.map(|quote| quote.bid_px).into()),
            ("ask", quote.map(|quote| quote.ask_px).into()),
        ]))
    }

    fn trade(&mut self, now: Nanos, body: &Body) -> Result<Json, ControlError> {
        let id = self.named(body)?;
        let fields = Fields::of_json(body);
        let side = fields.get("side").and_then(side_of);
        let side = side.ok_or_else(|| ControlError("`side` is BUY or SELL".to_owned()))?;
        let product = Product::parse(fields.get("product").unwrap_or("MIS"));
        let product =
            product.ok_or_else(|| ControlError("`product` is CNC, NRML, MIS or MTF".to_owned()))?;
        let qty = fields.qty("quantity").ok().flatten().filter(|qty| qty.0 > 0);
        let qty = qty.ok_or_else(|| ControlError("`quantity` is a whole number".to_owned()))?;
        let px = fields.px("price");
        let px = px.map_err(|_| ControlError("`price` is a number above zero".to_owned()))?;
        if fields.get("holding") == Some("true") {
            let px = px.or_else(|| self.street.face(id).map(|face| face.last_px));
            self.hold(id, qty, px.unwrap_or(Px::ZERO));
            return Ok(Json::object([("held", qty.into())]));
        }
        let serial = self.trade_by_hand(now, id, product, side, qty, px);
        self.chronicle.say(now, "manual_trade", "somebody traded by hand, as the control API said");
        Ok(Json::object([("order_id", serial.map(|serial| self.id_of(serial)).into())]))
    }

    /// Shares that are in the depository from now on.
    pub fn hold(&mut self, id: InstrumentId, qty: Qty, average_px: Px) {
        let holding = self.account.holdings.entry(id).or_default();
        holding.qty += qty;
        holding.average_px = average_px;
    }

    fn token_order(&mut self, now: Nanos, body: &Body) -> Result<Json, ControlError> {
        match body.get("action").and_then(Value::as_str) {
            Some("kill") => self.end_session(now, "the token is dead, as the control API said"),
            Some("renew") => {
                self.session.kill();
                self.session.renew(now);
                self.chronicle.say(now, "token", "a new token, as the control API said");
            }
            _ => return Err(ControlError("`action` is kill or renew".to_owned())),
        }
        let token = Some(self.session.token().to_owned()).filter(|_| self.session.is_alive());
        Ok(Json::object([("access_token", token.into())]))
    }

    fn link_order(&mut self, now: Nanos, body: &Body) -> Result<Json, ControlError> {
        let state = body.get("state").and_then(Value::as_str);
        let kind = match state {
            Some("up") => LinkKind::Up,
            Some("down") => LinkKind::Down,
            Some("half_open") => LinkKind::HalfOpen,
            Some("dark") => LinkKind::Dark,
            Some("drop_ticker") => {
                self.stream.close_all("dropped, as the control API said");
                self.chronicle.say(now, "link", "the sockets of the ticker are closed");
                return Ok(Json::object([("state", "up".into())]));
            }
            Some("exchange_lost") => {
                let ms = millis(body)?.unwrap_or(60_000);
                let details = crate::faults::Details {
                    lasts_ns: Some(ms * 1_000_000),
                    ..crate::faults::Details::default()
                };
                self.happen(now, crate::faults::Fault::LinkLost, details);
                return Ok(Json::object([("state", "exchange_lost".into())]));
            }
            _ => {
                return Err(ControlError(
                    "`state` is up, down, half_open, dark, drop_ticker or exchange_lost".to_owned(),
                ));
            }
        };
        let until = millis(body)?.map_or(Nanos::MAX, |ms| now.plus(ms * 1_000_000));
        self.link = Link { kind, until };
        if kind == LinkKind::Down {
            self.stream.close_all("the link is down");
        }
        let words = format!("the link is {}", state.unwrap_or_default());
        self.chronicle.say(now, "link", &words);
        Ok(Json::object([("state", state.map(str::to_owned).into())]))
    }

    fn event(&mut self, now: Nanos, body: &Body) -> Result<Json, ControlError> {
        match body.get("event").and_then(Value::as_str) {
            Some("day_roll") => self.day_roll(now),
            Some("dawn") => {
                self.end_session(now, "it is six in the morning: the token is dead");
                self.day_roll(now);
            }
            Some("square_off") => self.square_off(now),
            Some("close") => {
                self.end_day_orders(now);
                self.market_open = false;
            }
            Some("open") => self.market_open = true,
            None => {}
            Some(_) => {
                return Err(ControlError(
                    "`event` is day_roll, dawn, square_off, close or open".to_owned(),
                ));
            }
        }
        let at = truefill_venue::kite_server::stamp(now);
        Ok(Json::object([("now", at.into()), ("now_ns", now.0.into())]))
    }

    fn switch(&mut self, body: &Body) -> Result<Json, ControlError> {
        for (name, value) in body {
            let on = value.as_bool();
            let on = on.ok_or_else(|| ControlError(format!("`{name}` is true or false")))?;
            let switches = &mut self.options.switches;
            match name.as_str() {
                "count_cancels" => switches.count_cancels = on,
                "push_on_open" => switches.push_on_open = on,
                "market_as_limit" => switches.market_as_limit = on,
                "need_protection" => switches.need_protection = on,
                "always_open" => switches.always_open = on,
                "no_limits" => switches.no_limits = on,
                "sliding" => {
                    switches.sliding = on;
                    self.windows = super::windows::Windows::new(on);
                }
                _ => {
                    return Err(ControlError(format!(
                        "no switch `{name}`: count_cancels, push_on_open, market_as_limit, \
                         need_protection, always_open, no_limits, sliding"
                    )));
                }
            }
        }
        Ok(self.switches_told())
    }

    pub(super) fn switches_told(&self) -> Json {
        let switches = self.options.switches;
        Json::object([
            ("sliding", switches.sliding.into()),
            ("count_cancels", switches.count_cancels.into()),
            ("push_on_open", switches.push_on_open.into()),
            ("market_as_limit", switches.market_as_limit.into()),
            ("need_protection", switches.need_protection.into()),
            ("always_open", switches.always_open.into()),
            ("no_limits", switches.no_limits.into()),
        ])
    }
}

fn millis(body: &Body) -> Result<Option<i64>, ControlError> {
    let fields = Fields::of_json(body);
    let ms = |name| fields.number(name, 0..=LINK_MS_MAX);
    let wrong = |_| ControlError("`for_s` and `for_ms` are numbers, at most a day".to_owned());
    if let Some(ms) = ms("for_ms").map_err(wrong)? {
        return Ok(Some(ms));
    }
    let seconds = fields.number("for_s", 0..=LINK_MS_MAX / 1_000).map_err(wrong)?;
    Ok(seconds.map(|seconds| seconds * 1_000))
}
