//! The configuration that the flags mean, as text that a person may keep and edit.

use super::data::Data;
use super::sizes::Sizes;
use crate::args::{End, Quick};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use truefill_market::wanted::Table;

/// Writes it.
pub(super) fn config(
    quick: &Quick,
    targets: &Path,
    table: &Table,
    data: &Data,
    sizes: &Sizes,
) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, quick, targets, table, data, sizes);
    out
}

fn write(
    out: &mut String,
    quick: &Quick,
    targets: &Path,
    table: &Table,
    data: &Data,
    sizes: &Sizes,
) -> std::fmt::Result {
    writeln!(
        out,
        "# Written by `truefill rehearse --targets`: what its flags mean. Copy it to go on"
    )?;
    writeln!(out, "# from here: truefill rehearse THIS.toml")?;
    writeln!(out, "[account]\nname = {}", text(&super::name(targets)))?;
    writeln!(
        out,
        "currency = {}",
        text(quick.currency.as_deref().unwrap_or("")).replace("\"\"", "\"units\"")
    )?;
    writeln!(out, "orders_per_second = {}", quick.orders_per_second.unwrap_or(3))?;
    writeln!(out, "on_external = \"rebuild\"\n\n[market]")?;
    market(out, quick, data)?;
    for one in &data.traded {
        writeln!(out, "\n[[instrument]]\nsymbol = {}", text(&one.symbol))?;
        let read = if quick.tick.is_some() { "" } else { "   # read off the prices" };
        writeln!(out, "tick = \"{}\"{read}", one.tick)?;
        let assumed = if sizes.lot_assumed { "   # assumed: whole units" } else { "" };
        writeln!(out, "lot = \"{}\"{assumed}", sizes.lot)?;
    }
    let strategies: BTreeSet<&str> = table.rows.iter().map(|row| &*row.strategy).collect();
    for strategy in strategies {
        let symbols: BTreeSet<&str> = table
            .rows
            .iter()
            .filter(|row| &*row.strategy == strategy)
            .map(|row| &*row.symbol)
            .collect();
        self::strategy(out, quick, targets, strategy, &symbols, table.days, sizes)?;
    }
    if let Some(bps) = &quick.fee_bps {
        writeln!(out, "\n[broker_sim]\nfee_bps = {}", text(bps))?;
    }
    reads(out, data)
}

fn market(out: &mut String, quick: &Quick, data: &Data) -> std::fmt::Result {
    match (&quick.bars, &quick.quotes) {
        (Some(bars), _) => writeln!(out, "bars = {}", path(bars))?,
        (None, Some(quotes)) => writeln!(out, "quotes = {}", path(quotes))?,
        (None, None) => {}
    }
    if let Some(side) = quick.stamp {
        writeln!(out, "stamp = \"{}\"", word(side))?;
    }
    for (key, value) in
        [("zone", &quick.zone), ("session", &quick.session), ("symbol", &quick.symbol)]
    {
        if let Some(value) = value {
            writeln!(out, "{key} = {}", text(value))?;
        }
    }
    if let Some(period) = &quick.period {
        writeln!(out, "period = {}", text(period))?;
    } else if let (Some(ns), true) = (data.period_ns, data.period_inferred) {
        writeln!(out, "period = \"{}s\"   # the most common distance of bars", ns / 1_000_000_000)?;
    }
    if let Some(adjusted) = quick.adjusted {
        writeln!(out, "adjusted = \"{}\"", if adjusted { "yes" } else { "no" })?;
    }
    if let Some(bps) = quick.spread_bps {
        writeln!(out, "spread_bps = {bps}")?;
    } else if quick.bars.is_some() {
        writeln!(out, "# no spread is known from bars: two ticks are assumed; see spread_bps")?;
    }
    if let Some(cap) = &quick.volume_cap {
        writeln!(out, "volume_cap = {}", text(cap))?;
    }
    if let Some(volume) = &quick.assume_volume {
        writeln!(out, "assume_volume = {}", text(volume))?;
    } else if data.untraded {
        writeln!(out, "no_volume = \"untraded\"   # some bars have none")?;
    }
    if let Some(size) = &quick.assume_size {
        writeln!(out, "assume_size = {}", text(size))?;
    }
    Ok(())
}

fn strategy(
    out: &mut String,
    quick: &Quick,
    targets: &Path,
    name: &str,
    symbols: &BTreeSet<&str>,
    days: bool,
    sizes: &Sizes,
) -> std::fmt::Result {
    let section = text(name);
    writeln!(out, "\n[strategy.{section}]\ntargets = {}", path(targets))?;
    let symbols: Vec<String> = symbols.iter().map(|symbol| text(symbol)).collect();
    writeln!(out, "symbols = [{}]", symbols.join(", "))?;
    writeln!(out, "size_by = \"{}\"", sizes.size_by)?;
    if let Some(capital) = &quick.capital {
        writeln!(out, "capital = {}", text(capital))?;
        writeln!(out, "leverage = {}", text(quick.leverage.as_deref().unwrap_or("1")))?;
    }
    if let (Some(side), true) = (quick.decided, days) {
        writeln!(out, "decided = \"{}\"", word(side))?;
    }
    for side in ["entry", "exit"] {
        writeln!(out, "[strategy.{section}.{side}]\npolicy = \"marketable_limit\"")?;
        writeln!(out, "collar = {{ bps = 50, min_ticks = 2 }}")?;
        writeln!(
            out,
            "remainder = \"cross\"   # follows the market, never further than the collar"
        )?;
        writeln!(out, "patience = \"5s\"")?;
    }
    Ok(())
}

/// The account is read as often as the market is known: reading a daily market every three
/// seconds would be millions of reads that find nothing.
fn reads(out: &mut String, data: &Data) -> std::fmt::Result {
    const MINUTE_S: i64 = 60;
    let daily = data.period_ns.is_none() && data.span.1.since(data.span.0) > 0;
    let period_s = data.period_ns.map_or(if daily { 86_400 } else { 0 }, |ns| ns / 1_000_000_000);
    if period_s <= MINUTE_S {
        return Ok(());
    }
    let busy_s = (period_s / 300).clamp(3, 600);
    let idle_s = period_s.clamp(MINUTE_S, 86_400);
    writeln!(out, "\n[recon]\nbusy = \"{busy_s}s\"\nidle = \"{idle_s}s\"")
}

const fn word(side: End) -> &'static str {
    match side {
        End::Open => "open",
        End::Close => "close",
    }
}

/// A path that means the same file wherever the configuration is kept.
fn path(path: &Path) -> String {
    let found = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    text(&found.display().to_string())
}

/// A TOML string.
fn text(plain: &str) -> String {
    let mut out = String::from("\"");
    for c in plain.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
