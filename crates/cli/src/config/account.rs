//! `mode`, `[account]`, `[recon]` and `[backtest]`.

use truefill_core::config::{Descriptor, OnExternal, Recon, Scope, Window};
use truefill_core::time::{MILLI_NS, SECOND_NS};

use truefill_sim::broker::world::World;
use truefill_sim::profile::Profile;

use super::error::ConfigError;
use super::keys;
use super::source::Section;

/// Most requests that a window may allow.
const WINDOW_MAX: u32 = 1_000_000;
/// Most bytes of an account's name and of a currency.
const NAME_BYTES_MAX: usize = 64;

/// Brokers that can be rehearsed against, and whose profile they are.
const BROKERS: [(&str, &str); 6] = [
    ("reference", "reference"),
    ("zerodha", "zerodha"),
    ("kite", "zerodha"),
    ("binance", "binance"),
    ("alpaca", "alpaca"),
    ("fix", "fix"),
];

/// The broker of the reference wire.
fn reference() -> Profile {
    Profile { descriptor: Descriptor::default(), world: World::default() }
}

/// What `[account]` says.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    /// What the broker declares, and what it is like.
    pub(super) profile: Profile,
    pub(super) currency: String,
    pub(super) windows: Vec<Window>,
    pub(super) on_external: OnExternal,
    /// Opposite needs of strategies on one key are traded inside, at mid.
    pub(super) crossing: bool,
}

/// What a node looks at. A rehearsal is one whatever it says, and checks it all the same.
pub(super) fn mode(root: &Section<'_>) -> Result<(), ConfigError> {
    let Some(field) = root.get("mode") else { return Ok(()) };
    field.word(&[("paper", ()), ("live", ())], &[])
}

/// `[account]`.
pub(super) fn account(root: &Section<'_>) -> Result<Account, ConfigError> {
    let section = root.need("account", "[account]")?;
    let section = section.section(keys::ACCOUNT)?;
    let broker = match section.get("broker") {
        Some(field) => field.word(&BROKERS, &["interactive_brokers"])?,
        None => "reference",
    };
    let profile = Profile::by_name(broker).unwrap_or_else(reference);
    let on_external = match section.get("on_external") {
        Some(field) => {
            field.word(&[("hold", OnExternal::Hold), ("rebuild", OnExternal::Rebuild)], &[])?
        }
        None => Recon::default().on_external,
    };
    Ok(Account {
        name: name(&section, "name")?.unwrap_or("account").to_owned(),
        currency: name(&section, "currency")?.unwrap_or_default().to_owned(),
        windows: windows(&section, broker, &profile.descriptor.windows)?,
        profile,
        on_external,
        crossing: section.get("crossing").map_or(Ok(false), |field| field.switch())?,
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

/// The broker's rate windows. Those of a real broker may only be made smaller; the reference
/// broker has whatever is said.
fn windows(
    section: &Section<'_>,
    broker: &str,
    declared: &[Window],
) -> Result<Vec<Window>, ConfigError> {
    let table = [
        ("orders_per_second", SECOND_NS, Scope::Orders),
        ("reads_per_second", SECOND_NS, Scope::Reads),
        ("orders_per_minute", 60 * SECOND_NS, Scope::Orders),
        ("orders_per_day", 86_400 * SECOND_NS, Scope::Orders),
    ];
    let mut windows = declared.to_vec();
    for (key, per_ns, scope) in table {
        let Some(field) = section.get(key) else { continue };
        let n = field.whole(1..=WINDOW_MAX)?;
        let same = windows.iter_mut().find(|w| w.per_ns == per_ns && w.scope == scope);
        match same {
            Some(window) if n > window.n && broker != "reference" => {
                let cause = format!("{broker} takes {} at most", window.n);
                return Err(field.wrong(cause).allowed(format!("1 to {}", window.n)));
            }
            Some(window) => window.n = n,
            None => windows.push(Window { n, per_ns, scope }),
        }
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
