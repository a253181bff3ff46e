//! `mode`, `[account]`, `[recon]` and `[backtest]`.

use truefill_core::config::{OnExternal, Recon, Scope, Window};
use truefill_core::time::{MILLI_NS, SECOND_NS};

use super::error::ConfigError;
use super::keys;
use super::source::Section;

/// Most requests that a window may allow.
const WINDOW_MAX: u32 = 1_000_000;
/// Most bytes of an account's name and of a currency.
const NAME_BYTES_MAX: usize = 64;

/// What `[account]` says.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) broker: String,
    pub(super) currency: String,
    pub(super) windows: Vec<Window>,
    pub(super) on_external: OnExternal,
}

/// Refuses what this version cannot run.
pub(super) fn mode(root: &Section<'_>) -> Result<(), ConfigError> {
    let Some(field) = root.get("mode") else { return Ok(()) };
    if field.text("\"paper\"")? == "live" {
        let cause = "`live` needs the live node, which is not in this version";
        return Err(field.wrong(cause).allowed("\"paper\"").action(
            "take the line out and use `truefill rehearse`, which runs the same engine against a \
             simulated broker",
        ));
    }
    field.word(&[("paper", ())], &[])
}

/// `[account]`.
pub(super) fn account(root: &Section<'_>) -> Result<Account, ConfigError> {
    let section = root.need("account", "[account]")?;
    let section = section.section(keys::ACCOUNT)?;
    let broker = match section.get("broker") {
        Some(field) => field.word(
            &[("reference", "reference")],
            &["kite", "binance", "alpaca", "fix", "interactive_brokers"],
        )?,
        None => "reference",
    };
    let on_external = match section.get("on_external") {
        Some(field) => {
            field.word(&[("hold", OnExternal::Hold), ("rebuild", OnExternal::Rebuild)], &[])?
        }
        None => Recon::default().on_external,
    };
    Ok(Account {
        name: name(&section, "name")?.unwrap_or("account").to_owned(),
        broker: broker.to_owned(),
        currency: name(&section, "currency")?.unwrap_or_default().to_owned(),
        windows: windows(&section)?,
        on_external,
    })
}

fn name<'a>(section: &Section<'a>, key: &str) -> Result<Option<&'a str>, ConfigError> {
    let Some(field) = section.get(key) else { return Ok(None) };
    let allowed = format!("text of 1 to {NAME_BYTES_MAX} bytes without control characters");
    let text = field.text(&allowed)?;
    if text.is_empty() || text.len() > NAME_BYTES_MAX || text.contains(char::is_control) {
        return Err(field.wrong("this cannot be a name").allowed(allowed));
    }
    Ok(Some(text))
}

/// The broker's rate windows: orders and reads per second always, others where they are given.
fn windows(section: &Section<'_>) -> Result<Vec<Window>, ConfigError> {
    let table = [
        ("orders_per_second", Some(3), SECOND_NS, Scope::Orders),
        ("reads_per_second", Some(10), SECOND_NS, Scope::Reads),
        ("orders_per_minute", None, 60 * SECOND_NS, Scope::Orders),
        ("orders_per_day", None, 86_400 * SECOND_NS, Scope::Orders),
    ];
    let mut windows = Vec::new();
    for (key, default, per_ns, scope) in table {
        let n = match section.get(key) {
            Some(field) => Some(field.whole(1..=WINDOW_MAX)?),
            None => default,
        };
        windows.extend(n.map(|n| Window { n, per_ns, scope }));
    }
    Ok(windows)
}

/// `[recon]`.
pub(super) fn recon(root: &Section<'_>, on_external: OnExternal) -> Result<Recon, ConfigError> {
    let mut recon = Recon { on_external, ..Recon::default() };
    let Some(field) = root.get("recon") else { return Ok(recon) };
    let section = field.section(keys::RECON)?;
    if let Some(field) = section.get("busy") {
        recon.busy_ns = field.duration(100 * MILLI_NS)?;
    }
    if let Some(field) = section.get("idle") {
        recon.idle_ns = field.duration(100 * MILLI_NS)?;
    }
    Ok(recon)
}

/// `[backtest]`: what the backtest assumed per side, in basis points.
pub(super) fn assumed_fee_bps(root: &Section<'_>) -> Result<u32, ConfigError> {
    let Some(field) = root.get("backtest") else { return Ok(0) };
    let section = field.section(keys::BACKTEST)?;
    section.get("assumed_fee_bps").map_or(Ok(0), |field| field.whole(0..=10_000))
}
