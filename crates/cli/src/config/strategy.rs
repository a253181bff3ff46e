//! `[strategy.NAME]`: what decides targets, for which holdings.
//!
//! Entry point: [`strategies`].
//!
//! Invariants:
//! 1. A holding key (symbol and product) stands once, with every strategy that trades it.
//! 2. The strategy at position `i` has the sleeve `i + 1`.

use std::path::Path;

use truefill_core::config::{Holding, Instrument, SizeBy, Strategy};
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId, VenueText};
use truefill_core::num::{Qty, Rounding};
use truefill_core::time::SECOND_NS;
use truefill_market::targets::STRATEGY_BYTES_MAX;
use truefill_market::wanted::{Decided, WantedSpec};
use truefill_node::bars::BarsOf;
use truefill_sim::strategy::BUILTIN;

use super::error::{ConfigError, shown};
use super::keys::{self, nearest};
use super::market::{self, Market};
use super::policy::{Side, policy};
use super::source::{Field, Section};
use super::value::Sign;
use super::{MarketSpec, StrategySpec, quoted, sizing};

const SYMBOLS: &str = "a list of symbols, such as [\"BTCUSDT\"]";
const HOLD: &str = "{ SYMBOL = \"10\" }, or \"10\" for as much of every symbol";
/// When a hold strategy declares its targets, where nothing is said: every name has a quote then.
const HOLD_AT_NS: i64 = 5 * SECOND_NS;

/// What all strategies together come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Desk {
    pub(super) holdings: Vec<Holding>,
    pub(super) strategies: Vec<Strategy>,
    pub(super) specs: Vec<StrategySpec>,
}

/// A strategy on its way: its section and what it may trade.
struct Draft<'a> {
    name: &'a str,
    section: Section<'a>,
    /// In the order of `symbols`.
    legs: Vec<(InstrumentId, HoldingId)>,
}

/// All `[strategy.NAME]` sections, in the order of the file.
pub(super) fn strategies(
    root: &Section<'_>,
    market: &Market,
    base_dir: &Path,
) -> Result<Desk, ConfigError> {
    let instruments = &market.instruments;
    let example = "[strategy.NAME] with builtin = \"imbalance\"";
    let field = root.need("strategy", example)?;
    let names = field.names("sections [strategy.NAME]")?;
    if names.fields().is_empty() {
        return Err(names.wrong("there is no strategy").action(format!("add {example}")));
    }
    let mut desk = Desk::default();
    for field in names.fields() {
        check_name(field)?;
        let section = field.section(keys::STRATEGY)?;
        let size_by = sizing::size_by(&section)?;
        let kind = kind(&section)?;
        let draft = desk.claim(field.key, section, instruments)?;
        let entry = policy(&draft.section, Side::Entry)?;
        let exit = policy(&draft.section, Side::Exit)?;
        let mut strategy = Strategy::new(field.key, entry, exit);
        sizing::sizing(&draft.section, &mut strategy)?;
        desk.specs.push(match kind {
            Kind::Imbalance => imbalance(&draft, instruments)?,
            Kind::Targets(field) => targets(&draft, &field, market, base_dir)?,
            Kind::Run(field) => run(&draft.section, &field)?,
            Kind::Hold(field) => hold(&draft, &field, instruments, size_by)?,
        });
        desk.strategies.push(strategy);
    }
    Ok(desk)
}

fn check_name(field: &Field<'_>) -> Result<(), ConfigError> {
    let name = field.key;
    let fits = (1..=STRATEGY_BYTES_MAX).contains(&name.len()) && !name.contains(char::is_control);
    if !fits || name == "manual" {
        let allowed = format!(
            "1 to {STRATEGY_BYTES_MAX} bytes without control characters, and not `manual`, which \
             stands for what no strategy claimed"
        );
        return Err(field.misplaced("this cannot be the name of a strategy").allowed(allowed));
    }
    Ok(())
}

/// Where the targets of a strategy come from.
enum Kind<'a> {
    Imbalance,
    Targets(Field<'a>),
    Hold(Field<'a>),
    Run(Field<'a>),
}

/// Exactly one of `builtin`, `targets` and `hold`, and no key of another of them.
fn kind<'a>(section: &Section<'a>) -> Result<Kind<'a>, ConfigError> {
    const KINDS: [(&str, &[&str]); 4] = [
        ("builtin", &["size", "period", "threshold_pct"]),
        ("targets", &["decided"]),
        ("hold", &["at"]),
        ("run", &["on_death", "bars", "history"]),
    ];
    let mut given =
        section.fields().iter().filter(|field| KINDS.iter().any(|(key, _)| *key == field.key));
    let Some(first) = given.next() else {
        let cause = "nothing says where the targets come from";
        return Err(section.wrong(cause).allowed(
            "exactly one of builtin = \"imbalance\", targets = \"targets.csv\", \
             hold = { BTCUSDT = \"1\" }",
        ));
    };
    if let Some(second) = given.next() {
        let cause = format!("`{}` says already where the targets come from", first.key);
        return Err(second
            .misplaced(cause)
            .action("keep one of the two lines, or make two strategies"));
    }
    for (key, own) in KINDS.iter().filter(|(key, _)| *key != first.key) {
        if let Some(odd) = section.fields().iter().find(|field| own.contains(&field.key)) {
            let cause = format!("this key is for a strategy with `{key}`, not `{}`", first.key);
            return Err(odd.misplaced(cause).action("take it out"));
        }
    }
    let first = first.clone();
    match first.key {
        "targets" => Ok(Kind::Targets(first)),
        "hold" => Ok(Kind::Hold(first)),
        "run" => Ok(Kind::Run(first)),
        _ => {
            let words = BUILTIN.map(|word| (word, ()));
            first.word(&words, &["ema_cross"]).map(|()| Kind::Imbalance)
        }
    }
}

impl Desk {
    /// Makes the holdings of a strategy, or joins those that another one made.
    fn claim<'a>(
        &mut self,
        name: &'a str,
        section: Section<'a>,
        instruments: &[Instrument],
    ) -> Result<Draft<'a>, ConfigError> {
        let product = product(&section)?;
        let sleeve = u16::try_from(self.strategies.len() + 1).map(SleeveId);
        let sleeve = sleeve.map_err(|_| section.wrong("there are too many strategies"))?;
        let mut legs = Vec::new();
        for (instrument, field) in traded(&section, instruments)? {
            let Some(id) = self.holding(instrument, product, sleeve) else {
                let cause =
                    format!("{} stands here twice", shown(&instruments[instrument.ix()].symbol));
                let error = field.map_or_else(|| section.wrong(&cause), |f| f.wrong(&cause));
                return Err(error.action("take one of the two out"));
            };
            legs.push((instrument, id));
        }
        Ok(Draft { name, section, legs })
    }

    /// The holding of an instrument and a product, with this strategy in it; `None` if it is
    /// there already.
    fn holding(
        &mut self,
        instrument: InstrumentId,
        product: VenueText,
        sleeve: SleeveId,
    ) -> Option<HoldingId> {
        let known =
            self.holdings.iter().position(|h| h.instrument == instrument && h.product == product);
        let at = known.unwrap_or(self.holdings.len());
        let id = HoldingId(u32::try_from(at).unwrap_or(u32::MAX));
        match known.and_then(|at| self.holdings.get_mut(at)) {
            Some(holding) if holding.has(sleeve) => return None,
            // Strategies come in the order of the file, so the list rises by itself.
            Some(holding) => holding.others.push(sleeve),
            None => {
                // Shares for delivery cannot be sold before they are there.
                let (never_short, others) = (product.as_str() == "CNC", Vec::new());
                let new = Holding { instrument, product, sleeve, never_short, others };
                self.holdings.push(new);
            }
        }
        Some(id)
    }
}

fn product(section: &Section<'_>) -> Result<VenueText, ConfigError> {
    let Some(field) = section.get("product") else { return Ok(VenueText::EMPTY) };
    let allowed = "text of at most 48 printable ASCII characters; empty where there is none";
    let text = field.text(allowed)?;
    VenueText::new(text).ok_or_else(|| field.wrong("this cannot be a product").allowed(allowed))
}

/// The instruments that a strategy names, each with the field that names it; without any, all.
fn traded<'a>(
    section: &Section<'a>,
    instruments: &[Instrument],
) -> Result<Vec<(InstrumentId, Option<Field<'a>>)>, ConfigError> {
    let mut named = Vec::new();
    if let Some(field) = section.get("symbols") {
        for element in field.list(SYMBOLS)? {
            let symbol = element.text(SYMBOLS)?;
            let id = find(symbol, instruments)
                .ok_or_else(|| no_symbol(element.wrong(unknown(symbol)), symbol, instruments))?;
            named.push((id, Some(element)));
        }
        if named.is_empty() {
            return Err(field.wrong("this list is empty").allowed(SYMBOLS));
        }
        return Ok(named);
    }
    if section.get("builtin").is_some() {
        section.need("symbols", "symbols = [\"BTCUSDT\"]")?;
    }
    if let Some(table) = section.get("hold").and_then(|hold| hold.names("").ok()) {
        for field in table.fields() {
            let id = find(field.key, instruments).ok_or_else(|| {
                no_symbol(field.misplaced(unknown(field.key)), field.key, instruments)
            })?;
            named.push((id, Some(field.clone())));
        }
        return Ok(named);
    }
    let count = u32::try_from(instruments.len()).unwrap_or(u32::MAX);
    Ok((0..count).map(|id| (InstrumentId(id), None)).collect())
}

fn find(symbol: &str, instruments: &[Instrument]) -> Option<InstrumentId> {
    let at = instruments.iter().position(|known| known.symbol == symbol)?;
    u32::try_from(at).ok().map(InstrumentId)
}

fn unknown(symbol: &str) -> String {
    format!("{} is not an instrument of this configuration", shown(symbol))
}

fn no_symbol(error: ConfigError, symbol: &str, instruments: &[Instrument]) -> ConfigError {
    let names = instruments.iter().map(|known| known.symbol.as_str());
    error.allowed(quoted(names.clone())).near(nearest(symbol, names))
}

fn imbalance(draft: &Draft<'_>, instruments: &[Instrument]) -> Result<StrategySpec, ConfigError> {
    let section = &draft.section;
    let example = "size = { BTCUSDT = \"0.05\" }";
    let size = section.need("size", example)?;
    let table = size.names("one size for each symbol, such as { BTCUSDT = \"0.05\" }")?;
    let symbol = |id: InstrumentId| instruments[id.ix()].symbol.as_str();
    let listed = || draft.legs.iter().map(|(id, _)| symbol(*id));
    if let Some(odd) = table.fields().iter().find(|f| !listed().any(|name| name == f.key)) {
        let cause = format!("{} is not in `symbols`", shown(odd.key));
        let error = odd.misplaced(cause).allowed(quoted(listed()));
        return Err(error.near(nearest(odd.key, listed())));
    }
    let mut legs = Vec::new();
    for (instrument, holding) in &draft.legs {
        let name = symbol(*instrument);
        let field = table.need(name, &format!("{name} = \"1\""))?;
        let qty = on_grid(field, &instruments[instrument.ix()], Sign::Positive)?;
        legs.push((*instrument, *holding, qty));
    }
    let period = section.get("period");
    let period_ns = period.map_or(Ok(SECOND_NS), |field| field.duration(1))?;
    let threshold = section.get("threshold_pct");
    let threshold_pct = threshold.map_or(Ok(70), |field| field.whole(50..=99))?;
    Ok(StrategySpec::Imbalance { legs, period_ns, threshold_pct })
}

fn targets(
    draft: &Draft<'_>,
    field: &Field<'_>,
    market: &Market,
    base_dir: &Path,
) -> Result<StrategySpec, ConfigError> {
    let allowed = "the path of a target file (CSV or JSON Lines)";
    let path = match market.spec {
        // A node waits for it.
        MarketSpec::Live { .. } => base_dir.join(field.text(allowed)?),
        _ => market::file(field, base_dir, allowed)?,
    };
    let words = [("open", Decided::Open), ("close", Decided::Close)];
    let decided = draft.section.get("decided").map(|field| field.word(&words, &[])).transpose()?;
    let spec = WantedSpec { decided, zone: market.zone, session: market.session() };
    Ok(StrategySpec::Targets { path, name: draft.name.to_owned(), spec })
}

/// `run = ["python3", "mine.py"]`.
fn run(section: &Section<'_>, field: &Field<'_>) -> Result<StrategySpec, ConfigError> {
    const COMMAND: &str = "a list of texts, such as [\"python3\", \"mine.py\"]";
    let words = field.list(COMMAND)?;
    let command: Result<Vec<String>, ConfigError> =
        words.iter().map(|word| word.text(COMMAND).map(str::to_owned)).collect();
    let command = command?;
    if command.first().is_none_or(String::is_empty) {
        return Err(field.wrong("there is no command").allowed(COMMAND));
    }
    let deaths = [("hold", false), ("flatten", true)];
    let flat_on_death = section.get("on_death").map_or(Ok(false), |f| f.word(&deaths, &[]))?;
    Ok(StrategySpec::Run { command, flat_on_death, bars: bars(section)? })
}

/// `bars = "5m"` and `history = 200`.
fn bars(section: &Section<'_>) -> Result<Option<BarsOf>, ConfigError> {
    let history = section.get("history");
    let Some(field) = section.get("bars") else {
        return match history {
            None => Ok(None),
            Some(odd) => {
                let cause = "without `bars` there is nothing that it could be the history of";
                Err(odd.misplaced(cause).action("add bars = \"5m\", or take it out"))
            }
        };
    };
    let period_ns = field.word(&BarsOf::words(), &[])?;
    let history = history.map_or(Ok(0), |field| field.whole(0..=BarsOf::HISTORY_MAX))?;
    Ok(Some(BarsOf { period_ns, history }))
}

/// `{ SYMBOL = "10" }`, or `"10"` for as much of every symbol.
fn hold(
    draft: &Draft<'_>,
    field: &Field<'_>,
    instruments: &[Instrument],
    size_by: SizeBy,
) -> Result<StrategySpec, ConfigError> {
    let at = draft.section.get("at");
    let at_ns_after_start = at.map_or(Ok(HOLD_AT_NS), |field| field.duration(0))?;
    let table = field.names("").ok();
    match &table {
        Some(table) if table.fields().is_empty() => {
            return Err(field.wrong("nothing is to be held").allowed(HOLD));
        }
        None if !field.may_be_number() => return Err(field.mistyped(HOLD)),
        _ => {}
    }
    let mut wishes = Vec::new();
    for (instrument, holding) in &draft.legs {
        let rules = &instruments[instrument.ix()];
        let qty = match &table {
            Some(table) => {
                let example = format!("{} = \"10\"", rules.symbol);
                held(table.need(&rules.symbol, &example)?, rules, size_by)?
            }
            None => held(field, rules, size_by)?,
        };
        wishes.push((*holding, qty));
    }
    if let Some(table) = &table {
        let listed = || draft.legs.iter().map(|(id, _)| instruments[id.ix()].symbol.as_str());
        if let Some(odd) = table.fields().iter().find(|f| !listed().any(|name| name == f.key)) {
            let cause = format!("{} is not in `symbols`", shown(odd.key));
            let error = odd.misplaced(cause).allowed(quoted(listed()));
            return Err(error.near(nearest(odd.key, listed())));
        }
    }
    Ok(StrategySpec::Hold { at_ns_after_start, wishes })
}

/// A size in the unit of the strategy: only quantities have a grid.
fn held(field: &Field<'_>, rules: &Instrument, size_by: SizeBy) -> Result<Qty, ConfigError> {
    match size_by {
        SizeBy::Shares => on_grid(field, rules, Sign::Any),
        SizeBy::Weight | SizeBy::Notional => field.qty(Sign::Any),
    }
}

/// A quantity that can be held: on the lot grid, and large enough for an order.
fn on_grid(field: &Field<'_>, rules: &Instrument, sign: Sign) -> Result<Qty, ConfigError> {
    let qty = field.qty(sign)?;
    let symbol = shown(&rules.symbol);
    if qty.to_lot(rules.lot, Rounding::Floor) != qty {
        let cause = format!("{} is not a multiple of the lot of {symbol}", shown(field.raw()));
        return Err(field.wrong(cause).allowed(format!("multiples of {}", rules.lot)));
    }
    if !qty.is_zero() && qty.abs() < rules.min_qty {
        let cause = format!("{} is below the smallest order of {symbol}", shown(field.raw()));
        return Err(field.wrong(cause).allowed(format!("{} or more", rules.min_qty)));
    }
    Ok(qty)
}
