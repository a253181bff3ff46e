//! `[broker_sim]`: what the simulated broker does. Its promises go to the engine as the
//! descriptor; the rest only the simulation knows.

use std::path::Path;

use truefill_core::config::{CancelProof, Descriptor};
use truefill_core::time::MILLI_NS;
use truefill_market::fees::Schedule;
use truefill_sim::broker::world::{WindowKind, World};
use truefill_sim::exchange::ThinBook;
use truefill_sim::faults::Faults;
use truefill_sim::network::Latency;

use super::account::Account;
use super::error::{ConfigError, shown};
use super::keys::{self, nearest};
use super::source::{Field, Section};
use super::value::Sign;

/// Decimal places of a fee in basis points: a hundredth of one is a millionth of the notional.
const FEE_PLACES: u32 = 2;
/// A fee of the whole notional, in millionths.
const FEE_PPM_MAX: u32 = 1_000_000;

const FEES: &str =
    "the name of a schedule of fees such as \"zerodha-equity-intraday\", or the path of one";
const APPEAR: &str = "text of a time, such as \"30s\", or \"unbounded\"";
const LATENCY: &str = "\"none\", \"ordinary\", \"far\", or text of a time, such as \"20ms\"";
const LATENCIES: [(&str, Latency); 3] = [
    ("none", Latency::fixed(0)),
    ("ordinary", Latency::ordinary()),
    // Another continent: 120 to 200 ms, two in a thousand up to 2 s more.
    (
        "far",
        Latency {
            base_ns: 120 * MILLI_NS,
            spread_ns: 80 * MILLI_NS,
            spike_ppm: 2_000,
            spike_ns: 2_000 * MILLI_NS,
        },
    ),
];

/// The broker as the engine knows it and as the simulation plays it.
pub(super) fn broker(
    root: &Section<'_>,
    account: &Account,
    base_dir: &Path,
) -> Result<(Descriptor, World), ConfigError> {
    let mut descriptor =
        Descriptor { windows: account.windows.clone(), ..account.profile.descriptor.clone() };
    let mut world = account.profile.world.clone();
    let section = match root.get("broker_sim") {
        Some(field) => field.section(keys::BROKER_SIM)?,
        None => return checked(root, descriptor, world),
    };
    promises(&section, &mut descriptor)?;
    // A finished order must not be gone before its absence could prove anything.
    let keep_ns = descriptor.appear_max_ns.unwrap_or(0).saturating_mul(2);
    world.books_keep_ns = world.books_keep_ns.max(keep_ns);
    if let Some(field) = section.get("fee_bps") {
        world.fee_ppm = fee_ppm(field)?;
    }
    if let Some(field) = section.get("fees") {
        if section.get("fee_bps").is_some() {
            let cause = "fees come from fee_bps or from a schedule, not from both";
            return Err(field.misplaced(cause).action("take one of the two out"));
        }
        world.fees = Some(schedule(field, base_dir)?);
    }
    if let Some(field) = section.get("thin_book") {
        world.market.thin = Some(thin_book(field)?);
    }
    if let Some(field) = section.get("latency") {
        let latency = latency(field)?;
        (world.up, world.down, world.push) = (latency, latency, latency);
    }
    if let Some(field) = section.get("window") {
        let kind =
            field.word(&[("sliding", WindowKind::Sliding), ("fixed", WindowKind::Fixed)], &[])?;
        world.window_kinds = vec![kind; descriptor.windows.len()];
    }
    checked(&section, descriptor, world)
}

fn promises(section: &Section<'_>, descriptor: &mut Descriptor) -> Result<(), ConfigError> {
    if let Some(field) = section.get("appear_max") {
        descriptor.appear_max_ns = match field.text(APPEAR) {
            Ok("unbounded") => None,
            Ok(word) if !begins_with_digit(word) => {
                let cause = format!("{} is not a word that fits here", shown(word));
                let near = nearest(word, ["unbounded"]);
                return Err(field.wrong(cause).allowed(APPEAR).near(near));
            }
            _ => Some(field.duration(0).map_err(|error| error.allowed(APPEAR))?),
        };
    }
    if let Some(field) = section.get("arrival_max") {
        descriptor.arrival_max_ns = field.duration(0)?;
    }
    if let Some(field) = section.get("reply_timeout") {
        descriptor.reply_timeout_ns = field.duration(MILLI_NS)?;
    }
    if let Some(field) = section.get("read_lag_max") {
        descriptor.read_lag_max_ns = field.duration(0)?;
    }
    if let Some(field) = section.get("cancel_proof") {
        descriptor.cancel_proof =
            field.word(&[("read", CancelProof::Read), ("word", CancelProof::Word)], &[])?;
    }
    Ok(())
}

/// The world must keep what the descriptor promises; points at the key that its sentence begins
/// with.
fn checked(
    section: &Section<'_>,
    descriptor: Descriptor,
    world: World,
) -> Result<(Descriptor, World), ConfigError> {
    let Err(sentence) = world.check(&descriptor) else { return Ok((descriptor, world)) };
    let sentence = sentence.replace("_ns", "");
    let mut named: Vec<(usize, &Field<'_>)> = section
        .fields()
        .iter()
        .filter_map(|field| sentence.find(field.key).map(|at| (at, field)))
        .collect();
    named.sort_by_key(|(at, _)| *at);
    match named.first() {
        Some((_, field)) => Err(field.wrong(sentence)),
        None => Err(section.wrong(sentence)),
    }
}

/// A schedule that comes with the program, or the path of one's own.
fn schedule(field: &Field<'_>, base_dir: &Path) -> Result<Schedule, ConfigError> {
    let text = field.text(FEES)?;
    let names: Vec<&str> = Schedule::names().collect();
    if names.contains(&text) {
        return Schedule::by_name(text).map_err(|error| field.wrong(error.to_string()));
    }
    let path = base_dir.join(text);
    if !path.is_file() {
        let cause = format!("{} is neither a schedule of fees nor a file", shown(text));
        let near = nearest(text, names.iter().copied());
        return Err(field.wrong(cause).allowed(names.join(", ")).near(near));
    }
    let name = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let read = std::fs::read_to_string(&path).map_err(|error| field.wrong(error.to_string()))?;
    Schedule::from_text(&name, text, &read).map_err(|error| field.wrong(error.to_string()))
}

/// Levels behind the touch, where only the touch is recorded.
fn thin_book(field: &Field<'_>) -> Result<ThinBook, ConfigError> {
    let section = field.section(keys::THIN_BOOK)?;
    let levels = section.need("levels", "levels = 10")?.whole(1..=1_000)?;
    let levels = u16::try_from(levels).unwrap_or(u16::MAX);
    let step_ticks = section.need("step_ticks", "step_ticks = 20")?.whole(1..=1_000_000)?;
    let qty = section.need("qty", "qty = \"5\"")?.qty(Sign::Positive)?;
    Ok(ThinBook { levels, step_ticks, qty })
}

fn fee_ppm(field: &Field<'_>) -> Result<u32, ConfigError> {
    let raw = field.decimal(FEE_PLACES, Sign::NotNegative)?;
    u32::try_from(raw).ok().filter(|ppm| *ppm <= FEE_PPM_MAX).ok_or_else(|| {
        field.wrong("a fee of more than the whole notional").allowed("\"0\" to \"10000\"")
    })
}

/// A preset, or a time that every message takes.
fn latency(field: &Field<'_>) -> Result<Latency, ConfigError> {
    let text = field.text(LATENCY)?;
    let latency = if begins_with_digit(text) {
        field.duration(0).map(Latency::fixed)
    } else {
        field.word(&LATENCIES, &[])
    };
    latency.map_err(|error| error.allowed(LATENCY))
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// The faults that the file names: a preset, or the path of a fault file.
pub(super) fn faults(root: &Section<'_>, base_dir: &Path) -> Result<Option<String>, ConfigError> {
    let Some(field) = root.get("broker_sim") else { return Ok(None) };
    let section = field.section(keys::BROKER_SIM)?;
    let Some(field) = section.get("faults") else { return Ok(None) };
    let presets = Faults::PRESETS.map(|name| format!("\"{name}\"")).join(", ");
    let allowed = format!("{presets}, or the path of a fault file (JSON)");
    let text = field.text(&allowed)?;
    if Faults::preset(text).is_some() {
        return Ok(Some(text.to_owned()));
    }
    let path = base_dir.join(text);
    if !path.is_file() {
        let cause = format!("{} is neither a preset nor a file", shown(text));
        let near = nearest(text, Faults::PRESETS);
        return Err(field.wrong(cause).allowed(allowed).near(near));
    }
    Ok(Some(path.display().to_string()))
}
