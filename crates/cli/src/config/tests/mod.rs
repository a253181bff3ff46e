//! The configuration from outside: shipped examples, exact messages, damaged files.

mod damage;
mod examples;
mod files;
mod live;
mod refusals;

use std::path::Path;

use super::{ConfigError, Setup, parse};

/// A configuration that says everything once, on real quotes.
const FULL: &str = r#"mode = "paper"
[account]
name = "mine"
broker = "reference"
currency = "USDT"
orders_per_second = 5
orders_per_minute = 100
orders_per_day = 3000
reads_per_second = 8
on_external = "hold"
crossing = true
[market]
quotes = "demo"
decide = "3ms"
[[instrument]]
symbol = "BTCUSDT"
tick = "0.01"
lot = "0.00001"
min_qty = "0.0001"
max_qty = 9
min_notional = "5"
multiplier = 1
[strategy.fast]
builtin = "imbalance"
symbols = ["BTCUSDT", "SOLUSDT"]
size = { BTCUSDT = "0.05", SOLUSDT = 30 }
period = "1500ms"
threshold_pct = 80
size_by = "shares"
product = "CNC"
[strategy.fast.entry]
policy = "marketable_limit"
collar = { bps = 5, min_ticks = 2 }
remainder = "cancel"
patience = "20s"
[strategy.fast.exit]
collar = { bps = 30 }
remainder = "rest"
[strategy.slow]
hold = { ETHUSDT = "-2.5" }
at = "1m"
[risk]
order_qty_max = "50"
order_notional_max = "10000"
position_qty_max = 100
position_notional_max = "20000.5"
gross_notional_max = "40000"
collar_bps = 300
mark_age = "10s"
orders_per_day = 2000
repeat = { n = 30, per = "10s" }
daily_loss = { limit = "6000", action = "flatten" }
[broker_sim]
fee_bps = "2.5"
window = "fixed"
latency = "far"
appear_max = "40s"
arrival_max = "6s"
reply_timeout = "4s"
read_lag_max = "1s"
cancel_proof = "word"
[backtest]
assumed_fee_bps = 1
[recon]
busy = "2s"
idle = "1m"
"#;

fn read(text: &str) -> Result<Setup, ConfigError> {
    parse(text, "my.toml", Path::new("."))
}

/// [`FULL`] with one thing changed.
fn changed(from: &str, to: &str) -> Result<Setup, ConfigError> {
    assert_eq!(FULL.matches(from).count(), 1, "{from}");
    read(&FULL.replace(from, to))
}
