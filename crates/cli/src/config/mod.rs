//! A configuration file (TOML) as the resolved setup of a rehearsal or a backtest.
//!
//! Entry points: [`load`], or [`text()`] and [`parse`]; then [`Setup::open_market`] and [`Setup::open_strategies`].
//!
//! | module | idea |
//! |---|---|
//! | `source` | the file as sections and fields that know where they stand |
//! | `keys` | every key there is, and what is said about one there is not |
//! | `value` | values as exact numbers, times with a unit, words |
//! | `account`, `market`, `recorded`, `strategy`, `policy`, `release`, `sizing`, `risk`, `broker` | the sections |
//! | [`live`] | what a node is told |
//! | `hours` | sessions and hours, as instants |
//! | `open` | market data and strategies of a setup |
//! | `error` | what is wrong, where, what is allowed, what to do |
//!
//! Invariants:
//! 1. Unknown keys are refused in every section; nothing that stands in the file is ignored.
//! 2. No text makes it panic: what is not a configuration is a [`ConfigError`].
//! 3. Equal texts give equal setups.

mod account;
mod broker;
mod daily;
mod error;
mod hours;
mod keys;
pub mod live;
mod market;
mod open;
mod policy;
mod recorded;
mod release;
mod risk;
mod sizing;
mod source;
mod strategy;
mod value;

#[cfg(test)]
mod tests;

pub use error::ConfigError;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use truefill_core::config::Config;
use truefill_core::ids::{HoldingId, InstrumentId};
use truefill_core::num::Qty;
use truefill_core::time::SECOND_NS;
use truefill_market::columns::{BarSpec, QuoteSpec, Session};
use truefill_market::points::PointSpec;
use truefill_market::synthetic::WalkSpec;
use truefill_market::wanted::WantedSpec;
use truefill_sim::broker::world::World;

use source::{Field, Section, Source};

/// Largest configuration file, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Inputs between two digests in the journal.
const DIGEST_EVERY: u32 = 256;
/// How long the dedupe keys of a closed order are kept.
const REPLAY_HORIZON_NS: i64 = 86_400 * SECOND_NS;
/// Symbols that are listed in a message.
const LISTED_MAX: usize = 8;

/// Everything that a configuration says, resolved.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The engine's configuration.
    pub config: Config,
    /// The simulated broker, without faults.
    pub world: World,
    /// Strategies, in the order of `config.strategies`.
    pub strategies: Vec<StrategySpec>,
    /// Where quotes come from.
    pub market: MarketSpec,
    /// Currency of all amounts, for people.
    pub currency: String,
    /// From a quote to the target it leads to, in nanoseconds.
    pub decide_ns: i64,
    /// Faults that the file names, where the command line names none.
    pub faults: Option<String>,
}

/// Where quotes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarketSpec {
    /// The real data inside the program.
    Demo,
    /// A CSV file of quotes.
    File {
        /// Its path.
        path: PathBuf,
        /// What it does not say of itself, where it is not in truefill's own form.
        spec: QuoteSpec,
    },
    /// A CSV file of bars.
    Bars {
        /// Its path.
        path: PathBuf,
        /// What it does not say of itself.
        spec: BarSpec,
        /// What is assumed of the inside of bars.
        points: PointSpec,
        /// The session of bars that are stamped with a day.
        session: Option<Session>,
    },
    /// The broker's own stream, from this time on.
    Live {
        /// The start.
        now: truefill_core::time::Nanos,
    },
    /// Made-up quotes.
    Synthetic {
        /// What to make.
        spec: WalkSpec,
    },
}

/// Where the targets of a strategy come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StrategySpec {
    /// The built-in strategy that follows the larger side of the book.
    Imbalance {
        /// What it trades, and how much of it it holds.
        legs: Vec<(InstrumentId, HoldingId, Qty)>,
        /// Time between two decisions, in nanoseconds.
        period_ns: i64,
        /// Share of the displayed size, in percent, from which it acts.
        threshold_pct: u32,
    },
    /// A target file.
    Targets {
        /// Its path.
        path: PathBuf,
        /// The strategy whose rows count.
        name: String,
        /// What it does not say of itself, where it is not in truefill's own form.
        spec: WantedSpec,
    },
    /// A program that a node starts.
    Run {
        /// The command and its arguments.
        command: Vec<String>,
        /// Its targets go to zero when it dies.
        flat_on_death: bool,
    },
    /// A basket, wanted once.
    Hold {
        /// When, after the first quote, in nanoseconds.
        at_ns_after_start: i64,
        /// What.
        wishes: Vec<(HoldingId, Qty)>,
    },
}

/// Reads a configuration file.
///
/// # Errors
/// [`ConfigError`] when it cannot be read, is larger than 1 MiB, is not UTF-8, or for the first
/// thing in it that cannot be used.
pub fn load(path: &Path) -> Result<Setup, ConfigError> {
    let (name, text) = (path.display().to_string(), text(path)?);
    parse(&text, &name, path.parent().unwrap_or(Path::new("")))
}

/// The session that a word or a text of hours means.
pub fn session_of_text(text: &str) -> Option<Session> {
    recorded::session(text)
}

/// A time of at least a millisecond, such as `1m`, in nanoseconds.
pub fn duration_of_text(text: &str) -> Option<i64> {
    value::duration(text).filter(|ns| *ns >= truefill_core::time::MILLI_NS)
}

/// The text of a configuration file.
///
/// # Errors
/// [`ConfigError`] when it cannot be read, is larger than 1 MiB or is not UTF-8.
pub fn text(path: &Path) -> Result<String, ConfigError> {
    let name = path.display().to_string();
    let source = Source { file: &name, text: "" };
    let bytes = read(path).map_err(|error| {
        ConfigError::new(source.whole(), "", format!("cannot be read ({error})"))
            .action("check the path; examples/configs/demo.toml is a file to start from")
    })?;
    check_size(&source, u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let good = String::from_utf8_lossy(error.as_bytes().get(..good).unwrap_or_default());
        let place = Source { file: &name, text: &good }.place(good.len());
        let cause = "here is a byte that is not UTF-8 text";
        ConfigError::new(place, "", cause).action("save the file as UTF-8")
    })
}

/// At most one byte more than is allowed.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn check_size(source: &Source<'_>, bytes: u64) -> Result<(), ConfigError> {
    if bytes <= FILE_BYTES_MAX {
        return Ok(());
    }
    Err(ConfigError::new(source.whole(), "", "is larger than any configuration")
        .allowed(format!("{FILE_BYTES_MAX} bytes"))
        .action("check that this is the file you mean; market data go into files of their own"))
}

/// Resolves the text of a configuration. `file_name` is for messages; relative paths in it begin
/// at `base_dir`.
///
/// # Errors
/// [`ConfigError`] for the first thing that cannot be used.
pub fn parse(text: &str, file_name: &str, base_dir: &Path) -> Result<Setup, ConfigError> {
    let source = Source { file: file_name, text };
    check_size(&source, u64::try_from(text.len()).unwrap_or(u64::MAX))?;
    let table = source.parse()?;
    let root = Section::root(&source, &table, keys::ROOT)?;
    account::mode(&root)?;
    let account = account::account(&root)?;
    let market = market::market(&root, base_dir)?;
    let desk = strategy::strategies(&root, &market, base_dir)?;
    let risk = risk::risk(&root)?;
    let recon = account::recon(&root, account.on_external)?;
    let (descriptor, world) = broker::broker(&root, &account, base_dir)?;
    let config = Config {
        account: account.name,
        instruments: market.instruments,
        holdings: desk.holdings,
        strategies: desk.strategies,
        descriptor,
        risk,
        recon,
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
        decide_ns: market.decide_ns,
        faults: broker::faults(&root, base_dir)?,
    };
    hours::resolve(&root, &mut setup)?;
    Ok(setup)
}

/// Checks what sections demand of each other.
fn fits(root: &Section<'_>, config: &Config) -> Result<(), ConfigError> {
    config.check().map_err(|sentence| root.wrong(sentence))?;
    let most = config.risk.collar_bps_max;
    let wide = config.strategies.iter().find(|strategy| strategy.entry.collar_bps >= most);
    let Some(wide) = wide else { return Ok(()) };
    let cause = format!(
        "entries of {} reach {} bps beyond the far touch, and the risk collar ends {most} bps \
         from the mid: none would ever be sent",
        error::shown(&wide.name),
        wide.entry.collar_bps
    );
    let error = match collar(root, &wide.name) {
        Some(field) => field.wrong(cause),
        None => root.wrong(cause),
    };
    Err(error.action("make `collar` of the entry smaller, or collar_bps of [risk] larger"))
}

/// The field that makes the risk collar narrower than an entry: that of `[risk]`, or the
/// strategy's own.
fn collar<'a>(root: &Section<'a>, strategy: &str) -> Option<Field<'a>> {
    let risk = root.get("risk").and_then(|risk| risk.section(keys::RISK).ok());
    if let Some(field) = risk.as_ref().and_then(|risk| risk.get("collar_bps")) {
        return Some(field.clone());
    }
    let names = root.get("strategy")?.names("").ok()?;
    let strategy = names.get(strategy)?.section(keys::STRATEGY).ok()?;
    let entry = strategy.get("entry")?.section(keys::POLICY).ok()?;
    entry.get("collar").cloned()
}

/// Names as messages list them.
fn quoted<'a>(names: impl Iterator<Item = &'a str> + Clone) -> String {
    let count = names.clone().count();
    let listed: Vec<String> = names.take(LISTED_MAX).map(error::escaped).collect();
    match count.saturating_sub(LISTED_MAX) {
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    }
}
