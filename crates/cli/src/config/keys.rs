//! Every key that a configuration may have, and what is said about one it may not.
//!
//! Entry points: the lists, [`unknown`] and [`nearest`].

use super::error::{ConfigError, shown};
use super::source::Place;

/// At the top of the file.
pub(super) const ROOT: &[&str] = &[
    "mode",
    "confirm_account",
    "confirm_live",
    "account",
    "live",
    "market",
    "instrument",
    "strategy",
    "risk",
    "recon",
    "broker_sim",
    "backtest",
];
/// `[account]`.
pub(super) const ACCOUNT: &[&str] = &[
    "name",
    "broker",
    "currency",
    "orders_per_second",
    "orders_per_minute",
    "orders_per_day",
    "reads_per_second",
    "on_external",
    "crossing",
];
/// `[live]`.
pub(super) const LIVE: &[&str] = &[
    "box",
    "rest",
    "ticker",
    "api_key",
    "secret_file",
    "token_file",
    "dir",
    "on_stop",
    "stop_within",
    "remind",
    "postback",
];
/// `[market]`.
pub(super) const MARKET: &[&str] = &[
    "quotes",
    "bars",
    "synthetic",
    "calendar",
    "calendar_days",
    "decide",
    "stamp",
    "zone",
    "session",
    "symbol",
    "period",
    "adjusted",
    "spread_bps",
    "volume_cap",
    "assume_volume",
    "no_volume",
    "assume_size",
];
/// Keys of `[market]` that are about bars.
pub(super) const OF_BARS: &[&str] = &[
    "stamp",
    "session",
    "period",
    "adjusted",
    "spread_bps",
    "volume_cap",
    "assume_volume",
    "no_volume",
];
/// Keys of `[market]` that are about a file.
pub(super) const OF_FILES: &[&str] = &["zone", "symbol", "assume_size"];
/// `[market.synthetic]`.
pub(super) const SYNTHETIC: &[&str] = &[
    "names",
    "seconds",
    "seed",
    "period",
    "tick",
    "lot",
    "first_bid_ticks",
    "spread_ticks",
    "step_ticks",
    "size_lots",
];
/// `[[instrument]]`.
pub(super) const INSTRUMENT: &[&str] =
    &["symbol", "tick", "lot", "min_qty", "max_qty", "min_notional", "multiplier"];
/// `[strategy.NAME]`.
pub(super) const STRATEGY: &[&str] = &[
    "builtin",
    "targets",
    "hold",
    "run",
    "on_death",
    "symbols",
    "size",
    "period",
    "threshold_pct",
    "at",
    "product",
    "size_by",
    "capital",
    "leverage",
    "min_trade",
    "valid_for",
    "entries",
    "flat_by",
    "basket",
    "on_expiry",
    "expiry_lead",
    "decided",
    "entry",
    "exit",
];
/// `basket = { ... }` of a strategy.
pub(super) const BASKET: &[&str] = &["max_imbalance", "funding"];
/// `[strategy.NAME.entry]` and `[strategy.NAME.exit]`.
pub(super) const POLICY: &[&str] = &[
    "policy",
    "collar",
    "remainder",
    "patience",
    "cross_patience",
    "price",
    "peg",
    "requote",
    "chase",
    "min_fill",
    "child_qty",
    "display_qty",
    "max_spread_bps",
    "schedule",
];
/// `schedule = { ... }` of a policy.
pub(super) const SCHEDULE: &[&str] = &["kind", "over", "every", "weights", "urgency", "rate"];
/// `requote = { ... }`.
pub(super) const REQUOTE: &[&str] = &["every", "bps"];
/// `chase = { ... }`.
pub(super) const CHASE: &[&str] = &["step_bps", "max_bps", "max_steps", "every", "then"];
/// `collar = { ... }`.
pub(super) const COLLAR: &[&str] = &["bps", "min_ticks"];
/// `[risk]`.
pub(super) const RISK: &[&str] = &[
    "order_qty_max",
    "order_notional_max",
    "position_qty_max",
    "position_notional_max",
    "gross_notional_max",
    "collar_bps",
    "mark_age",
    "orders_per_day",
    "repeat",
    "daily_loss",
];
/// `repeat = { ... }`.
pub(super) const REPEAT: &[&str] = &["n", "per"];
/// `daily_loss = { ... }`.
pub(super) const DAILY_LOSS: &[&str] = &["limit", "action"];
/// `[recon]`.
pub(super) const RECON: &[&str] = &["busy", "idle"];
/// `[broker_sim]`.
pub(super) const BROKER_SIM: &[&str] = &[
    "fee_bps",
    "fees",
    "faults",
    "thin_book",
    "window",
    "latency",
    "appear_max",
    "arrival_max",
    "reply_timeout",
    "read_lag_max",
    "cancel_proof",
];
/// `thin_book = { ... }`.
pub(super) const THIN_BOOK: &[&str] = &["levels", "step_ticks", "qty"];
/// `[backtest]`.
pub(super) const BACKTEST: &[&str] = &["assumed_fee_bps"];

/// Where each list belongs, in the words of a TOML file.
const HOMES: [(&str, &[&str]); 20] = [
    ("the top of the file", ROOT),
    ("[account]", ACCOUNT),
    ("[live]", LIVE),
    ("[market]", MARKET),
    ("[market.synthetic]", SYNTHETIC),
    ("[[instrument]]", INSTRUMENT),
    ("[strategy.NAME]", STRATEGY),
    ("[strategy.NAME.entry] and [strategy.NAME.exit]", POLICY),
    ("basket = { ... } of [strategy.NAME]", BASKET),
    ("collar = { ... }", COLLAR),
    ("schedule = { ... }", SCHEDULE),
    ("requote = { ... }", REQUOTE),
    ("chase = { ... }", CHASE),
    ("[risk]", RISK),
    ("repeat = { ... } of [risk]", REPEAT),
    ("daily_loss = { ... } of [risk]", DAILY_LOSS),
    ("[recon]", RECON),
    ("[broker_sim]", BROKER_SIM),
    ("thin_book = { ... } of [broker_sim]", THIN_BOOK),
    ("[backtest]", BACKTEST),
];

/// Keys that are designed and not built yet: they are not mistakes, and not silently ignored.
const LATER: [&str; 1] = ["bars"];

/// Words longer than this are not compared: nothing valid is that long.
const COMPARED_BYTES_MAX: usize = 64;

/// Parts of a word shorter than this do not count as its likeness.
const PART_BYTES_MIN: usize = 4;

/// The candidate nearest to `found`, if one is near enough to be worth proposing: few edits away,
/// or the same with a part more or less.
pub(super) fn nearest<'a>(
    found: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if found.len() > COMPARED_BYTES_MAX {
        return None;
    }
    let found = plain(found);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= COMPARED_BYTES_MAX)
        .map(|candidate| (strsim::osa_distance(&found, &plain(candidate)), candidate))
        .filter(|(edits, candidate)| {
            *edits <= (candidate.chars().count() / 3).max(1) || contained(&found, &plain(candidate))
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// A word without differences that nobody means.
fn plain(word: &str) -> String {
    word.to_lowercase().replace('-', "_").replace("quantity", "qty")
}

fn contained(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.len() >= PART_BYTES_MIN && long.contains(short)
}

/// What to say about a key that a section does not have.
pub(super) fn unknown(place: Place, path: &str, key: &str, keys: &[&str]) -> ConfigError {
    if LATER.contains(&key) {
        return ConfigError::new(place, path, "this key is not in this version yet")
            .allowed(keys.join(", "))
            .action("remove it; it is refused because ignoring it would change what runs");
    }
    let error = ConfigError::new(place, path, "there is no such key").allowed(keys.join(", "));
    if let Some(near) = nearest(key, keys.iter().copied()) {
        return error.near(Some(near));
    }
    match HOMES.iter().find(|(_, home)| home.contains(&key)) {
        Some((home, _)) => error.action(format!("{} belongs in {home}", shown(key))),
        None => error,
    }
}
