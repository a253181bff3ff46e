//! `[market]` and `[[instrument]]`: where quotes come from, and the rules of what is traded.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use truefill_core::config::Instrument;
use truefill_core::num::{Amount, Qty};
use truefill_core::time::{MILLI_NS, SECOND_NS};
use truefill_market::columns::Session;
use truefill_market::demo;
use truefill_market::error::MarketError;
use truefill_market::symbols::Symbols;
use truefill_market::synthetic::{Walk, WalkSpec};
use truefill_market::zone::Zone;

use super::error::{ConfigError, MEND, escaped, shown};
use super::keys::{self, nearest};
use super::source::{Field, Section};
use super::value::Sign;
use super::{MarketSpec, quoted, recorded};

/// Most instruments of a walk.
const NAMES_MAX: u32 = 10_000;
/// Longest walk, in seconds: a week.
const SECONDS_MAX: u32 = 7 * 86_400;
/// Most quotes of a walk.
const QUOTES_MAX: u64 = 1_000_000_000;
/// Where quotes may come from.
const SOURCES: [&str; 3] = ["quotes", "bars", "synthetic"];
const QUOTES: &str = "\"demo\", or the path of a CSV file of quotes (plain or .gz)";
/// From a quote to the target it leads to, where nothing is said.
const DECIDE_NS: i64 = 2 * MILLI_NS;

/// What `[market]` and `[[instrument]]` say.
#[derive(Clone, Debug)]
pub(super) struct Market {
    pub(super) spec: MarketSpec,
    pub(super) instruments: Vec<Instrument>,
    pub(super) decide_ns: i64,
    /// The zone of times without an offset.
    pub(super) zone: Option<Zone>,
}

impl Market {
    /// The session of days, where bars have one.
    pub(super) fn session(&self) -> Option<Session> {
        match &self.spec {
            MarketSpec::Bars { session, .. } => *session,
            _ => None,
        }
    }
}

/// `[market]` and `[[instrument]]`.
pub(super) fn market(root: &Section<'_>, base_dir: &Path) -> Result<Market, ConfigError> {
    let section = root.need("market", "[market] with quotes = \"demo\"")?.section(keys::MARKET)?;
    let decide_ns = section.get("decide").map_or(Ok(DECIDE_NS), |field| field.duration(0))?;
    let mut sources = section.fields().iter().filter(|field| SOURCES.contains(&field.key));
    let Some(first) = sources.next() else {
        section.need("quotes", "quotes = \"demo\"")?;
        return Err(section.wrong("quotes are missing"));
    };
    if let Some(second) = sources.next() {
        let cause = "the market is `quotes`, `bars` or [market.synthetic], and one of them only";
        return Err(second.misplaced(cause).action("take one of the two out"));
    }
    fitting(&section, first)?;
    let (spec, mut instruments) = match first.key {
        "bars" => (recorded::bars(&section, first, base_dir)?, Vec::new()),
        "synthetic" => synthetic(first)?,
        _ => quotes(&section, first, base_dir)?,
    };
    declared(root, &spec, &mut instruments)?;
    let zone = recorded::zone(&section)?;
    Ok(Market { spec, instruments, decide_ns, zone })
}

/// Refuses keys that are about another kind of market than the one that is there.
fn fitting(section: &Section<'_>, source: &Field<'_>) -> Result<(), ConfigError> {
    let recorded = source.key == "bars"
        || (source.key == "quotes" && source.text(QUOTES).is_ok_and(|text| text != "demo"));
    let odd = section.fields().iter().find(|field| {
        (keys::OF_BARS.contains(&field.key) && source.key != "bars")
            || (keys::OF_FILES.contains(&field.key) && !recorded)
    });
    match odd {
        Some(odd) => Err(odd
            .misplaced(format!("this key does not fit a market of `{}`", source.key))
            .action("take it out; it is about the rows of a file of another kind")),
        None => Ok(()),
    }
}

fn quotes(
    section: &Section<'_>,
    field: &Field<'_>,
    base_dir: &Path,
) -> Result<(MarketSpec, Vec<Instrument>), ConfigError> {
    if field.text(QUOTES)? == "demo" {
        return Ok((MarketSpec::Demo, demo::instruments()));
    }
    let path = file(field, base_dir, QUOTES)?;
    Ok((MarketSpec::File { path, spec: recorded::quotes(section)? }, Vec::new()))
}

/// The path of a file that exists, relative to the folder of the configuration.
pub(super) fn file(
    field: &Field<'_>,
    base_dir: &Path,
    allowed: &str,
) -> Result<PathBuf, ConfigError> {
    let path = base_dir.join(field.text(allowed)?);
    if path.is_file() {
        return Ok(path);
    }
    let found = escaped(&path.display().to_string());
    Err(field
        .wrong(format!("there is no file `{found}`"))
        .allowed(allowed)
        .action("check the path; a relative one begins at the folder of the configuration file"))
}

fn synthetic(field: &Field<'_>) -> Result<(MarketSpec, Vec<Instrument>), ConfigError> {
    let section = field.section(keys::SYNTHETIC)?;
    let spec = walk_spec(&section)?;
    let walk = Walk::new(spec.clone()).map_err(|error| {
        let (cause, _) = words(&error);
        section.wrong(cause).action("mend the values of [market.synthetic]")
    })?;
    let instruments = walk.instruments();
    Ok((MarketSpec::Synthetic { spec }, instruments))
}

fn walk_spec(section: &Section<'_>) -> Result<WalkSpec, ConfigError> {
    let instruments = section.need("names", "names = 50")?.whole(1..=NAMES_MAX)?;
    let mut spec = WalkSpec { instruments, ..WalkSpec::default() };
    let seconds = section.need("seconds", "seconds = 60")?;
    let length_ns = i64::from(seconds.whole(1..=SECONDS_MAX)?) * SECOND_NS;
    if let Some(field) = section.get("seed") {
        spec.seed = u64::from(field.whole(0..=u32::MAX)?);
    }
    if let Some(field) = section.get("period") {
        spec.period_ns = field.duration(1)?;
    }
    if let Some(field) = section.get("tick") {
        spec.tick = field.px(Sign::Positive)?;
    }
    if let Some(field) = section.get("lot") {
        spec.lot = field.qty(Sign::Positive)?;
    }
    if let Some(field) = section.get("first_bid_ticks") {
        spec.first_bid_ticks = range(field)?;
    }
    if let Some(field) = section.get("spread_ticks") {
        spec.spread_ticks = field.whole(0..=1_000_000)?;
    }
    if let Some(field) = section.get("step_ticks") {
        spec.step_ticks = field.whole(0..=1_000_000)?;
    }
    if let Some(field) = section.get("size_lots") {
        spec.size_lots = range(field)?;
    }
    let rounds = u64::try_from(length_ns / spec.period_ns.max(1)).unwrap_or(0);
    spec.quotes = rounds.saturating_mul(u64::from(spec.instruments));
    if spec.quotes == 0 || spec.quotes > QUOTES_MAX {
        let cause = format!("names x seconds / period makes {} quotes", spec.quotes);
        return Err(seconds.wrong(cause).allowed(format!("1 to {QUOTES_MAX} quotes in all")));
    }
    Ok(spec)
}

/// Cause and next action of an error whose consequence is another one here.
fn words(error: &MarketError) -> (String, String) {
    let text = error.to_string();
    let mut parts = text.splitn(3, "; ");
    let cause = parts.next().unwrap_or_default().to_owned();
    (cause, parts.nth(1).unwrap_or(MEND).to_owned())
}

/// `[least, most]`.
fn range(field: &Field<'_>) -> Result<(u32, u32), ConfigError> {
    let allowed = "a list of two integers, [least, most]";
    match field.list(allowed)?.as_slice() {
        [least, most] => Ok((least.whole(1..=u32::MAX)?, most.whole(1..=u32::MAX)?)),
        _ => Err(field.wrong("this list does not have two elements").allowed(allowed)),
    }
}

/// Adds what `[[instrument]]` declares. A source that brings its own instruments keeps them, and
/// what is declared here replaces their rules.
fn declared(
    root: &Section<'_>,
    spec: &MarketSpec,
    instruments: &mut Vec<Instrument>,
) -> Result<(), ConfigError> {
    let file = matches!(spec, MarketSpec::File { .. } | MarketSpec::Bars { .. });
    let list = match root.get("instrument") {
        Some(field) => field.list("one or more [[instrument]] sections")?,
        None if file => {
            let example = "[[instrument]] with symbol, tick and lot for every symbol of the file";
            root.need("instrument", example)?;
            Vec::new()
        }
        None => Vec::new(),
    };
    let mut seen = BTreeSet::new();
    for element in &list {
        let section = element.section(keys::INSTRUMENT)?;
        let symbol_field = section.need("symbol", "symbol = \"BTCUSDT\"")?;
        let symbol = symbol_field.text("text")?;
        if let Err(error) = Symbols::from_names([symbol]) {
            let (cause, action) = words(&error);
            return Err(symbol_field.wrong(cause).action(action));
        }
        if !seen.insert(symbol) {
            let cause = format!("{} is declared twice", shown(symbol));
            return Err(symbol_field.wrong(cause).action("declare every instrument once"));
        }
        if file {
            instruments.push(rules(&section, symbol, None)?);
            continue;
        }
        match instruments.iter_mut().find(|known| known.symbol == symbol) {
            Some(known) => *known = rules(&section, symbol, Some(known))?,
            None => {
                let names = instruments.iter().map(|known| known.symbol.as_str());
                return Err(symbol_field
                    .wrong(format!("{} is not in these quotes", shown(symbol)))
                    .allowed(quoted(names.clone()))
                    .near(nearest(symbol, names)));
            }
        }
    }
    if instruments.is_empty() {
        return Err(root.wrong("there is no instrument").action("add an [[instrument]] section"));
    }
    Ok(())
}

/// The trading rules of an instrument; absent keys are as in `base`.
fn rules(
    section: &Section<'_>,
    symbol: &str,
    base: Option<&Instrument>,
) -> Result<Instrument, ConfigError> {
    let tick = match (section.get("tick"), base) {
        (None, Some(base)) => base.tick,
        _ => section.need("tick", "tick = \"0.01\"")?.px(Sign::Positive)?,
    };
    let lot = match (section.get("lot"), base) {
        (None, Some(base)) => base.lot,
        _ => section.need("lot", "lot = \"0.001\"")?.qty(Sign::Positive)?,
    };
    let min_qty = match section.get("min_qty") {
        Some(field) => field.qty(Sign::NotNegative)?,
        None => base.map_or(lot, |base| base.min_qty.max(lot)),
    };
    let max_qty = match section.get("max_qty") {
        Some(field) => {
            let most = field.qty(Sign::Positive)?;
            if most < min_qty.max(lot) {
                let cause = format!("{} is less than min_qty or lot", shown(field.raw()));
                return Err(field.wrong(cause).action("no order would ever be possible; mend it"));
            }
            Some(most)
        }
        None => base.and_then(|base| base.max_qty),
    };
    let min_notional = match section.get("min_notional") {
        Some(field) => field.amount(Sign::NotNegative)?,
        None => base.map_or(Amount::ZERO, |base| base.min_notional),
    };
    let multiplier = match section.get("multiplier") {
        Some(field) => field.qty(Sign::Positive)?,
        None => base.map_or(Qty::whole(1), |base| base.multiplier),
    };
    let symbol = symbol.to_owned();
    Ok(Instrument {
        symbol,
        tick,
        lot,
        min_qty,
        max_qty,
        min_notional,
        multiplier,
        calendar: None,
        expires: None,
        band_low: None,
        band_high: None,
    })
}
