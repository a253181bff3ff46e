//! `mode`, `confirm_account` and `[live]`: what a node is told.
//!
//! Entry points: [`place`] (where a node is, without asking anybody), [`needs`] (what must be asked
//! of the broker first), [`parse`] (everything).
//!
//! A configuration can be one for rehearsals and for the node alike: `[market]` may name recorded
//! quotes, which the node does not look at.
//!
//! Invariant: nothing here asks a clock or a network; what it needs of them is given to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use truefill_core::config::{Config, Holding};
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId};
use truefill_core::num::Qty;
use truefill_core::time::Nanos;
use truefill_node::Program;
use truefill_node::settings::{Endpoint, Mode, OnStop, Settings};
use truefill_sim::broker::world::World;
use truefill_venue::kite::{self, InstrumentRow};

use super::error::{ConfigError, shown};
use super::market::Market;
use super::source::{Field, Section, Source};
use super::{
    DIGEST_EVERY, MarketSpec, REPLAY_HORIZON_NS, Setup, StrategySpec, account, broker, daily, fits,
    hours, keys, recorded, risk, strategy,
};

/// Most bytes of the ready line of a box.
const BOX_BYTES_MAX: u64 = 64 << 10;
/// Products of this broker.
const PRODUCTS: [&str; 4] = ["MIS", "CNC", "NRML", "MTF"];
/// How long leaving the account as it should be may take, where nothing is said.
const STOP_WITHIN_NS: i64 = 30_000_000_000;

/// Where a node is.
#[derive(Clone, Debug)]
pub struct Place {
    /// Everything but who confirmed what.
    pub settings: Settings,
    /// The account.
    pub account: String,
    /// The app's public key, where the file has it.
    pub api_key: Option<String>,
    /// Where its secret is, where the file says so.
    pub secret_file: Option<PathBuf>,
}

/// What must be known before a node can be configured.
#[derive(Clone, Debug)]
pub struct Needs {
    /// Where the node is.
    pub place: Place,
    /// Symbols that the strategies trade, as `EXCHANGE:SYMBOL`.
    pub symbols: BTreeSet<String>,
}

/// Where the targets of a strategy come from, in a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feed {
    /// A file that is watched.
    File {
        /// Its path.
        path: PathBuf,
        /// The strategy whose rows count.
        strategy: String,
        /// Its sleeve.
        sleeve: SleeveId,
    },
    /// A program that is started.
    Program(Program),
    /// A basket, wanted once.
    Hold {
        /// Its sleeve.
        sleeve: SleeveId,
        /// What.
        wishes: Vec<(HoldingId, Qty)>,
        /// When, after the start.
        after_ns: i64,
    },
}

/// A node, configured.
#[derive(Clone, Debug)]
pub struct Live {
    /// For the engine.
    pub config: Config,
    /// For the shell.
    pub settings: Settings,
    /// The broker's numbers of the instruments.
    pub tokens: BTreeMap<u32, InstrumentId>,
    /// The broker on paper.
    pub world: World,
    /// Where targets come from.
    pub feeds: Vec<Feed>,
}

/// Where the node of this text is.
///
/// # Errors
/// [`ConfigError`] for what is wrong with it.
pub fn place(text: &str, file: &str, base_dir: &Path) -> Result<Place, ConfigError> {
    let source = Source { file, text };
    let table = source.parse()?;
    place_of(&Section::root(&source, &table, keys::ROOT)?, base_dir)
}

/// What the node of this text needs to know.
///
/// # Errors
/// [`ConfigError`] for what is wrong with it.
pub fn needs(text: &str, file: &str, base_dir: &Path) -> Result<Needs, ConfigError> {
    let source = Source { file, text };
    let table = source.parse()?;
    let root = Section::root(&source, &table, keys::ROOT)?;
    let place = place_of(&root, base_dir)?;
    let strategies = root.need("strategy", "[strategy.NAME] with targets = \"targets.csv\"")?;
    let mut symbols = BTreeSet::new();
    for field in strategies.names("sections [strategy.NAME]")?.fields() {
        let section = field.section(keys::STRATEGY)?;
        let example = "symbols = [\"NSE:INFY\", \"NSE:SBIN\"]";
        let list = section.need("symbols", example)?;
        for element in list.list("a list of symbols, such as [\"NSE:INFY\"]")? {
            let symbol = element.text("text such as \"NSE:INFY\"")?;
            if !symbol.split_once(':').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty()) {
                let cause = format!("{} does not say on which exchange", shown(symbol));
                return Err(element.wrong(cause).allowed("EXCHANGE:SYMBOL, such as \"NSE:INFY\""));
            }
            symbols.insert(symbol.to_owned());
        }
    }
    Ok(Needs { place, symbols })
}

/// The node of this text. `listed` is what the broker says of its instruments.
///
/// # Errors
/// [`ConfigError`] for the first thing that cannot be used.
pub fn parse(
    (text, file, base_dir): (&str, &str, &Path),
    listed: &[InstrumentRow],
    now: Nanos,
) -> Result<Live, ConfigError> {
    let source = Source { file, text };
    let table = source.parse()?;
    let root = Section::root(&source, &table, keys::ROOT)?;
    let place = place_of(&root, base_dir)?;
    let account = account::account(&root)?;
    let mut instruments = Vec::new();
    let mut tokens = BTreeMap::new();
    for row in listed {
        let known = row.to_instrument();
        let mut known = known.ok_or_else(|| root.wrong(format!("{} is not traded", row.symbol)))?;
        known.expires = row.expires(15 * 3600 + 1800);
        let id = InstrumentId(u32::try_from(instruments.len()).unwrap_or(u32::MAX));
        tokens.insert(row.token, id);
        instruments.push(known);
    }
    let zone = match root.get("market") {
        Some(field) => recorded::zone(&field.section(keys::MARKET)?)?,
        None => None,
    };
    let market = Market { spec: MarketSpec::Live { now }, instruments, decide_ns: 0, zone };
    let desk = strategy::strategies(&root, &market, base_dir)?;
    products(&root, &desk.holdings)?;
    let mut descriptor = kite::descriptor(&kite::Limits::default());
    // What the account may lower it has lowered; reads are two calls each, so half is the engine's.
    for window in &mut descriptor.windows {
        let same =
            account.windows.iter().find(|w| (w.per_ns, w.scope) == (window.per_ns, window.scope));
        window.n = same.map_or(window.n, |lowered| window.n.min(lowered.n));
    }
    descriptor.clock_every_ns = Some(60_000_000_000);
    let (simulated, world) = broker::broker(&root, &account, base_dir)?;
    if place.settings.mode == Mode::Paper {
        descriptor = simulated;
    }
    let config = Config {
        account: account.name,
        instruments: market.instruments,
        holdings: desk.holdings,
        strategies: desk.strategies,
        descriptor,
        risk: risk::risk(&root)?,
        recon: account::recon(&root, account.on_external)?,
        digest_every: DIGEST_EVERY,
        replay_horizon_ns: REPLAY_HORIZON_NS,
        assumed_fee_bps: account::assumed_fee_bps(&root)?,
        calendars: Vec::new(),
        crossing: account.crossing,
    };
    fits(&root, &config)?;
    let mut setup = Setup {
        config,
        world,
        strategies: desk.specs,
        market: market.spec,
        currency: account.currency,
        decide_ns: 0,
        faults: None,
    };
    hours::resolve(&root, &mut setup)?;
    let feeds = feeds(&root, setup.strategies, &setup.config, base_dir)?;
    Ok(Live { world: setup.world, config: setup.config, settings: place.settings, tokens, feeds })
}

fn products(root: &Section<'_>, holdings: &[Holding]) -> Result<(), ConfigError> {
    match holdings.iter().find(|key| !PRODUCTS.contains(&key.product.as_str())) {
        None => Ok(()),
        Some(key) => {
            let cause = format!("{} is no product of this broker", shown(key.product.as_str()));
            let field = root.get("strategy");
            let error = field.map_or_else(|| root.wrong(&*cause), |field| field.wrong(&*cause));
            Err(error.allowed("product = \"MIS\", \"CNC\", \"NRML\" or \"MTF\" in [strategy.NAME]"))
        }
    }
}

fn feeds(
    root: &Section<'_>,
    specs: Vec<StrategySpec>,
    config: &Config,
    base_dir: &Path,
) -> Result<Vec<Feed>, ConfigError> {
    let mut feeds = Vec::new();
    for (spec, number) in specs.into_iter().zip(1u16..) {
        let sleeve = SleeveId(number);
        feeds.push(match spec {
            StrategySpec::Targets { path, name, .. } => Feed::File { path, strategy: name, sleeve },
            StrategySpec::Run { command, flat_on_death } => Feed::Program(Program {
                strategy: config.strategy(sleeve).map_or_else(String::new, |s| s.name.clone()),
                sleeve,
                command,
                folder: if base_dir.as_os_str().is_empty() { ".".into() } else { base_dir.into() },
                flat_on_death,
            }),
            StrategySpec::Hold { at_ns_after_start: after_ns, wishes } => {
                Feed::Hold { sleeve, wishes, after_ns }
            }
            StrategySpec::Imbalance { .. } => {
                let cause = "the built-in strategy is for rehearsals; a node does not run it yet";
                let field = root.get("strategy");
                let error = field.map_or_else(|| root.wrong(cause), |field| field.wrong(cause));
                return Err(error.allowed("targets = \"targets.csv\", or hold = { .. }"));
            }
        });
    }
    Ok(feeds)
}

fn place_of(root: &Section<'_>, base_dir: &Path) -> Result<Place, ConfigError> {
    let mode = match root.get("mode") {
        Some(field) => field.word(&[("paper", Mode::Paper), ("live", Mode::Live)], &[])?,
        None => Mode::Paper,
    };
    let account = root.need("account", "[account]")?.section(keys::ACCOUNT)?;
    let broker = account.need("broker", "broker = \"kite\"")?;
    broker.word(&[("kite", ()), ("zerodha", ())], &["binance", "alpaca", "fix"])?;
    let name = account.need("name", "name = \"AB1234\" (the broker's id of the account)")?;
    let name = name.text("text such as \"AB1234\"")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 32 || !name.chars().all(fits) {
        let cause = format!("{} cannot be the id of an account", shown(name));
        return Err(account.need("name", "")?.wrong(cause).allowed("text such as \"AB1234\""));
    }
    let confirmed = root.get("confirm_account").or(root.get("confirm_live"));
    let confirmed = confirmed.map(|field| field.text("the id of the account")).transpose()?;
    let live = root.get("live").map(|field| field.section(keys::LIVE)).transpose()?;
    let get = |key: &str| live.as_ref().and_then(|section| section.get(key));
    let file = |key: &str| get(key).map(|f| f.text("a path")).transpose();
    let dir = file("dir")?.map_or_else(|| format!("truefill-live/{name}"), str::to_owned);
    let dir = base_dir.join(dir);
    let (rest, ticker, token_file) = match get("box") {
        Some(field) => of_box(field, base_dir, live.as_ref())?,
        None => {
            let rest = endpoint(get("rest"), "https://api.kite.trade")?;
            let ticker = endpoint(get("ticker"), "wss://ws.kite.trade")?;
            let token = file("token_file")?;
            (rest, ticker, token.map_or_else(|| dir.join("token.json"), |p| base_dir.join(p)))
        }
    };
    let on_stop = get("on_stop").map_or(Ok(OnStop::Leave), |f| f.word(&OnStop::WORDS, &[]))?;
    let stop_within = get("stop_within").map_or(Ok(STOP_WITHIN_NS), |f| f.duration(0))?;
    let api_key = get("api_key").map(|f| f.text("the app's public key")).transpose()?;
    let settings = Settings {
        mode,
        confirmed: confirmed.map(str::to_owned),
        rest,
        ticker,
        token_file,
        dir,
        locks: locks(),
        on_stop,
        stop_within: Duration::from_nanos(u64::try_from(stop_within).unwrap_or(0)),
        remind: daily::remind(get("remind"))?,
        postback: daily::postback(get("postback"))?,
        build: env!("TRUEFILL_BUILD").to_owned(),
    };
    let (account, api_key) = (name.to_owned(), api_key.map(str::to_owned));
    let secret_file = file("secret_file")?.map(|path| base_dir.join(path));
    Ok(Place { settings, account, api_key, secret_file })
}

fn endpoint(field: Option<&Field<'_>>, usual: &str) -> Result<Endpoint, ConfigError> {
    let example = "an address such as \"https://api.kite.trade\"";
    let text = field.map_or(Ok(usual), |field| field.text(example))?;
    Endpoint::parse(text).map_err(|why| match field {
        Some(field) => field.wrong(why).allowed(example),
        None => unreachable_address(why),
    })
}

/// The addresses of the broker itself are right.
fn unreachable_address(why: String) -> ConfigError {
    let place = super::source::Place { file: String::new(), line: 0, column: 0 };
    ConfigError::new(place, "live", why)
}

/// Addresses and token from the ready line of a box.
fn of_box(
    field: &Field<'_>,
    base_dir: &Path,
    live: Option<&Section<'_>>,
) -> Result<(Endpoint, Endpoint, PathBuf), ConfigError> {
    for key in ["rest", "ticker", "token_file"] {
        if let Some(odd) = live.and_then(|section| section.get(key)) {
            let cause = "`box` says this already";
            return Err(odd.misplaced(cause).action("take one of the two out"));
        }
    }
    let start = "start one with `truefill box kite > box.json`";
    let path = base_dir.join(field.text("the path of what `truefill box kite` printed")?);
    let cause = |why: String| field.wrong(why).action(start);
    let length = std::fs::metadata(&path).map_or(0, |meta| meta.len());
    if length > BOX_BYTES_MAX {
        return Err(cause("this is not what a box printed".to_owned()));
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|error| cause(format!("{}: {error}", path.display())))?;
    let value: serde_json::Value = serde_json::from_str(text.trim())
        .map_err(|_| cause(format!("{} is not what a box printed", path.display())))?;
    let get = |key: &str| {
        let url = value.get(key).and_then(serde_json::Value::as_str);
        let url = url.ok_or_else(|| cause(format!("there is no `{key}` in {}", path.display())))?;
        Endpoint::parse(url).map_err(cause)
    };
    Ok((get("rest")?, get("ticker")?, path))
}

/// Where accounts are locked: one folder for all nodes of a user.
fn locks() -> PathBuf {
    let from = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let state = from("XDG_STATE_HOME")
        .or_else(|| from("HOME").map(|home| home.join(".local/state")))
        .unwrap_or_else(std::env::temp_dir);
    state.join("truefill")
}
