//! How a scenario begins: the account, the market, the rules.

use super::policy::PolicyWords;
use super::walk::{Fault, Fields};
use super::words::SIDES;
use std::collections::BTreeMap;
use truefill_core::config::Scope;
use truefill_core::ids::VenueText;
use truefill_core::num::{Px, Qty};
use truefill_core::request::Side;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_market::date::{Date, Weekday};
use truefill_market::zone::Zone;

/// 2026-03-03T10:00:00Z.
const NOW: Nanos = Nanos(1_772_532_000 * SECOND_NS);

/// Trading rules of an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Price step.
    pub tick: Px,
    /// Quantity step.
    pub lot: Qty,
    /// Smallest order.
    pub min_qty: Qty,
    /// Largest order.
    pub max_qty: Option<Qty>,
    /// Smallest notional of an order, in currency.
    pub min_notional: Qty,
    /// Share of a bought quantity that the venue keeps.
    pub fee_base: Qty,
    /// Contracts that the name stands for.
    pub contracts: usize,
}

impl Default for Rules {
    fn default() -> Self {
        let one = Qty::whole(1);
        Self {
            tick: Px(10_000_000),
            lot: one,
            min_qty: one,
            max_qty: None,
            min_notional: Qty::ZERO,
            fee_base: Qty::ZERO,
            contracts: 1,
        }
    }
}

/// An execution of an order of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenFill {
    /// Its id.
    pub id: VenueText,
    /// How much.
    pub qty: Qty,
    /// At what price.
    pub px: Px,
}

/// An order that is there at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenOrder {
    /// Its name in the script.
    pub name: String,
    /// Of what.
    pub symbol: String,
    /// Side.
    pub side: Side,
    /// OrderQty.
    pub qty: Qty,
    /// Limit price.
    pub px: Px,
    /// CumQty.
    pub filled: Qty,
    /// The user's own, not the engine's.
    pub manual: bool,
    /// For which strategy.
    pub strategy: String,
    /// Milliseconds since it was made.
    pub age_ms: i64,
    /// The broker's id.
    pub venue_id: Option<VenueText>,
    /// Its executions, in order; for finished orders.
    pub fills: Vec<GivenFill>,
}

/// A rate window of the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Most requests.
    pub n: u32,
    /// In a sliding window of so many milliseconds.
    pub per_ms: i64,
    /// What is counted.
    pub scope: Scope,
    /// Used at the start.
    pub used: u32,
}

/// When the market is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The exchange's zone.
    pub zone: Zone,
    /// Minute of the day at which it opens.
    pub open: i64,
    /// Minute at which it closes; at or before `open`, on the next day.
    pub close: i64,
    /// Days on which sessions begin.
    pub days: Vec<Weekday>,
    /// Days without one.
    pub holidays: Vec<Date>,
}

/// How it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// Start of virtual time.
    pub now: Nanos,
    /// Targets of strategy `A`.
    pub targets: Vec<(String, Qty)>,
    /// Positions of venue and engine.
    pub positions: Vec<(String, Qty)>,
    /// Bid and ask by symbol.
    pub market: BTreeMap<String, (Px, Px)>,
    /// Rules by symbol.
    pub instruments: BTreeMap<String, Rules>,
    /// Orders that work.
    pub open_orders: Vec<GivenOrder>,
    /// Orders that are finished.
    pub closed_orders: Vec<GivenOrder>,
    /// The policy.
    pub policy: PolicyWords,
    /// The broker's windows.
    pub limits: Vec<Limit>,
    /// Most new orders per session or day.
    pub orders_per_day: Option<u32>,
    /// New orders sent before, on this day.
    pub orders_today: u32,
    /// When the market is open; absent means always.
    pub session: Option<Session>,
}

const FIELDS: &[&str] = &[
    "now",
    "host_tz",
    "targets",
    "positions",
    "market",
    "instruments",
    "open_orders",
    "closed_orders",
    "policy",
    "limits",
    "risk",
    "session",
];

impl Given {
    /// Orders of the past and the present.
    pub fn orders(&self) -> impl Iterator<Item = &GivenOrder> {
        self.closed_orders.iter().chain(&self.open_orders)
    }

    /// Symbols that are named here.
    pub(super) fn symbols(&self) -> Vec<String> {
        let named = |pairs: &[(String, Qty)]| pairs.iter().map(|(s, _)| s.clone()).collect();
        let mut found: Vec<String> = named(&self.targets);
        found.extend::<Vec<String>>(named(&self.positions));
        found.extend(self.market.keys().cloned());
        found.extend(self.instruments.keys().cloned());
        found.extend(self.orders().map(|order| order.symbol.clone()));
        found
    }

    /// Reads the beginning.
    pub(super) fn read(of: &Fields<'_>) -> Result<Self, Fault> {
        of.only(FIELDS)?;
        of.maybe_name("host_tz")?;
        for name in ["targets", "positions"] {
            of.value(name)?;
        }
        let (orders_per_day, orders_today) = risk(of)?;
        let orders = |name: &str, closed: bool| -> Result<Vec<GivenOrder>, Fault> {
            let items = of.list(name)?.into_iter();
            items.map(|(item, path)| order(&Fields::any(item, &path)?, closed)).collect()
        };
        let policy = match of.has("policy") {
            true => PolicyWords::read(&Fields::any(of.value("policy")?, &of.at("policy"))?)?,
            false => PolicyWords::default(),
        };
        let session = match of.has("session") {
            true => Some(session(&Fields::any(of.value("session")?, &of.at("session"))?)?),
            false => None,
        };
        Ok(Self {
            now: of.maybe_instant("now")?.unwrap_or(NOW),
            targets: of.signed_map("targets")?,
            positions: of.signed_map("positions")?,
            market: market(of)?,
            instruments: instruments(of)?,
            open_orders: orders("open_orders", false)?,
            closed_orders: orders("closed_orders", true)?,
            policy,
            limits: limits(of)?,
            orders_per_day,
            orders_today,
            session,
        })
    }
}

fn market(of: &Fields<'_>) -> Result<BTreeMap<String, (Px, Px)>, Fault> {
    let mut found = BTreeMap::new();
    for (symbol, map) in of.map("market")? {
        let quote = if map.value(&symbol)?.is_string() {
            let px = map.px(&symbol)?;
            (px, px)
        } else {
            let both = Fields::of(map.value(&symbol)?, &map.at(&symbol), &["bid", "ask"])?;
            (both.px("bid")?, both.px("ask")?)
        };
        found.insert(symbol, quote);
    }
    Ok(found)
}

const RULES: &[&str] =
    &["tick", "lot", "min_qty", "max_qty", "min_notional", "fee_base", "venue_ids"];

fn instruments(of: &Fields<'_>) -> Result<BTreeMap<String, Rules>, Fault> {
    let mut found = BTreeMap::new();
    for (symbol, map) in of.map("instruments")? {
        let rules = Fields::of(map.value(&symbol)?, &map.at(&symbol), RULES)?;
        let usual = Rules::default();
        let lot = rules.maybe_qty("lot")?.unwrap_or(usual.lot);
        let tick = rules.maybe_px("tick")?.unwrap_or(usual.tick);
        if lot.is_zero() || tick.0 == 0 {
            return Err(rules.fault("lot", "and tick must be above zero"));
        }
        let names = rules.names("venue_ids")?;
        if rules.has("venue_ids") && names.is_empty() {
            return Err(rules.fault("venue_ids", "is empty"));
        }
        let read = Rules {
            tick,
            lot,
            min_qty: rules.maybe_qty("min_qty")?.unwrap_or(lot),
            max_qty: rules.maybe_qty("max_qty")?,
            min_notional: rules.maybe_qty("min_notional")?.unwrap_or(usual.min_notional),
            fee_base: rules.maybe_qty("fee_base")?.unwrap_or(usual.fee_base),
            contracts: names.len().max(1),
        };
        found.insert(symbol, read);
    }
    Ok(found)
}

const ORDER: &[&str] =
    &["ref", "sym", "side", "qty", "px", "filled", "owner", "strategy", "age_ms", "venue_id"];

fn order(of: &Fields<'_>, closed: bool) -> Result<GivenOrder, Fault> {
    let mut allowed = ORDER.to_vec();
    if closed {
        allowed.push("fills");
    }
    of.only(&allowed)?;
    let mut fills = Vec::new();
    for (item, path) in of.list("fills")? {
        let fill = Fields::of(item, &path, &["fill", "qty", "px"])?;
        fill.name("fill")?;
        let id = fill.maybe_id("fill")?.unwrap_or_default();
        fills.push(GivenFill { id, qty: fill.qty("qty")?, px: fill.px("px")? });
    }
    let sum: Qty = fills.iter().map(|fill| fill.qty).sum();
    let owner = of.maybe_word("owner", &[("engine", false), ("manual", true)])?;
    let qty = of.qty("qty")?;
    let filled = of.maybe_qty("filled")?.unwrap_or(sum);
    if filled > qty {
        return Err(of.fault("filled", format!("is {filled}, more than the order's {qty}")));
    }
    Ok(GivenOrder {
        name: of.name("ref")?,
        symbol: of.name("sym")?,
        side: of.word("side", SIDES)?,
        qty,
        px: of.px("px")?,
        filled,
        manual: owner.unwrap_or(false),
        strategy: of.maybe_name("strategy")?.unwrap_or_else(|| "A".to_owned()),
        age_ms: of.maybe_int("age_ms", 0)?.unwrap_or(0),
        venue_id: of.maybe_id("venue_id")?,
        fills,
    })
}

fn limits(of: &Fields<'_>) -> Result<Vec<Limit>, Fault> {
    let scopes = [("orders", Scope::Orders), ("reads", Scope::Reads), ("all", Scope::All)];
    let mut found = Vec::new();
    for (item, path) in of.list("limits")? {
        let limit = Fields::of(item, &path, &["n", "per_ms", "scope", "used"])?;
        let n = limit.maybe_count("n", 1)?;
        found.push(Limit {
            n: n.ok_or_else(|| limit.fault("n", "is missing"))?,
            per_ms: limit.int("per_ms", 1)?,
            scope: limit.word("scope", &scopes)?,
            used: limit.maybe_count("used", 0)?.unwrap_or(0),
        });
    }
    Ok(found)
}

fn risk(of: &Fields<'_>) -> Result<(Option<u32>, u32), Fault> {
    if !of.has("risk") {
        return Ok((None, 0));
    }
    let allowed = ["max_orders_per_day", "orders_today"];
    let risk = Fields::of(of.value("risk")?, &of.at("risk"), &allowed)?;
    let today = risk.maybe_count("orders_today", 0)?.unwrap_or(0);
    Ok((risk.maybe_count("max_orders_per_day", 1)?, today))
}

fn session(of: &Fields<'_>) -> Result<Session, Fault> {
    of.only(&["tz", "open", "close", "days", "holidays"])?;
    let name = of.name("tz")?;
    let zone = Zone::parse(&name).ok_or_else(|| {
        let known: Vec<&str> = Zone::names().collect();
        of.fault("tz", format!("\"{name}\" is no zone known here; known are {}", known.join(", ")))
    })?;
    let mut days = Vec::new();
    for (item, path) in of.list("days")? {
        let word = item.as_str();
        let day = Weekday::ALL.iter().find(|day| word == Some(day.short()));
        let day = day.ok_or_else(|| Fault::new(path, "is no day; allowed are mon to sun"))?;
        days.push(*day);
    }
    if !of.has("days") {
        days = Weekday::ALL.into_iter().take(5).collect();
    }
    let mut holidays = Vec::new();
    for (item, path) in of.list("holidays")? {
        let date = item.as_str().and_then(date_of);
        holidays.push(date.ok_or_else(|| Fault::new(path, "is no date like 2026-03-06"))?);
    }
    Ok(Session { zone, open: minute(of, "open")?, close: minute(of, "close")?, days, holidays })
}

fn date_of(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let mut next = |width: usize| -> Option<i64> {
        let part = parts.next()?;
        let plain = part.len() == width && part.bytes().all(|b| b.is_ascii_digit());
        if plain { part.parse().ok() } else { None }
    };
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    Date::from_ymd(year, month, day)
}

fn minute(of: &Fields<'_>, name: &str) -> Result<i64, Fault> {
    let text = of.name(name)?;
    let number = |part: &str| -> Option<i64> {
        let plain = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if plain { part.parse().ok() } else { None }
    };
    let both = text.split_once(':').and_then(|(h, m)| Some((number(h)?, number(m)?)));
    match both {
        Some((h, m)) if m < 60 && (h < 24 || (h == 24 && m == 0)) => Ok(h * 60 + m),
        _ => Err(of.fault(name, format!("\"{text}\" is no time like 09:15, up to 24:00"))),
    }
}
