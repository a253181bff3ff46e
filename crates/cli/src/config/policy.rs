//! `[strategy.NAME.entry]` and `[strategy.NAME.exit]`: how orders are priced, and what becomes
//! of what does not fill.
//!
//! Entry point: [`policy`].
//!
//! Invariants:
//! 1. A key that the chosen policy or remainder does not look at is refused: whoever writes it
//!    expects it to act.
//! 2. An exit never waives: it has no `cancel`.

use truefill_core::config::{Chase, Peg, Policy, Remainder, Style, Then};
use truefill_core::time::{MILLI_NS, SECOND_NS};

use super::error::ConfigError;
use super::keys;
use super::release;
use super::source::{Field, Section};
use super::value::Sign;

/// Which orders a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Entry,
    Exit,
}

/// Shares in a configuration (`min_fill`) are millionths in the engine.
const PPM_PLACES: u32 = 6;
const WHOLE_PPM: i128 = 1_000_000;
/// How long a passive order has where nothing is said.
const PATIENCE_NS: i64 = 20 * SECOND_NS;
/// How long before the close an order for the close may wait where nothing is said.
const CLOSE_LEAD_NS: i64 = 300 * SECOND_NS;

/// The policy of one side; the product's default where nothing is said.
pub(super) fn policy(strategy: &Section<'_>, side: Side) -> Result<Policy, ConfigError> {
    let key = match side {
        Side::Entry => "entry",
        Side::Exit => "exit",
    };
    let Some(field) = strategy.get(key) else { return Ok(usual(side)) };
    let section = field.section(keys::POLICY)?;
    let mut policy = Policy { style: style(&section)?, ..Policy::default() };
    if let Some(field) = section.get("collar") {
        (policy.collar_bps, policy.collar_ticks) = collar(field)?;
    }
    if let Some(field) = section.get("remainder") {
        policy.remainder = remainder(field, side)?;
    }
    price_rule(&section, &mut policy)?;
    patience(&section, &mut policy, side)?;
    contract(&section, &mut policy, side)?;
    sizes(&section, &mut policy)?;
    if let Some(field) = section.get("schedule") {
        release::schedule(field, &mut policy)?;
    }
    Ok(policy)
}

/// What desks do when nobody says otherwise: an entry rests for a while and then crosses, an
/// exit is marketable and follows the market.
fn usual(side: Side) -> Policy {
    match side {
        Side::Entry => Policy {
            style: Style::PassiveThenCross,
            patience_ns: PATIENCE_NS,
            collar_bps: 30,
            collar_ticks: 2,
            requote_ns: SECOND_NS,
            requote_bps: 1,
            ..Policy::default()
        },
        Side::Exit => Policy {
            collar_bps: 30,
            collar_ticks: 2,
            remainder: Remainder::Chase,
            chase: Chase { bps_max: 100, steps_max: 20, then: Then::Cross, ..Chase::default() },
            ..Policy::default()
        },
    }
}

fn style(section: &Section<'_>) -> Result<Style, ConfigError> {
    let Some(field) = section.get("policy") else { return Ok(Style::MarketableLimit) };
    let words = [
        ("marketable_limit", Style::MarketableLimit),
        ("limit", Style::Limit),
        ("passive_then_cross", Style::PassiveThenCross),
        ("at_close", Style::AtClose),
    ];
    match field.text("")? {
        "market" => Err(field
            .wrong("there is no naked market order: it pays whatever the book holds")
            .allowed("\"marketable_limit\", \"limit\", \"passive_then_cross\", \"at_close\"")
            .action("write \"marketable_limit\" with a collar, which bounds what it may pay")),
        _ => field.word(&words, &[]),
    }
}

/// Where the price comes from: a given one, a peg, and when it moves.
fn price_rule(section: &Section<'_>, policy: &mut Policy) -> Result<(), ConfigError> {
    let passive = matches!(policy.style, Style::Limit | Style::PassiveThenCross);
    if let Some(field) = section.get("price") {
        if policy.style != Style::Limit {
            let cause = "a fixed price belongs to policy = \"limit\"";
            return Err(field.misplaced(cause).action("take it out, or write policy = \"limit\""));
        }
        policy.px = Some(field.px(Sign::Positive)?);
    }
    if let Some(field) = section.get("peg") {
        if !passive || policy.px.is_some() {
            let cause = "a peg says where a passive order rests, and this one does not rest there";
            return Err(field.misplaced(cause).action("take it out"));
        }
        policy.peg = field.word(&[("near", Peg::Near), ("mid", Peg::Mid)], &[])?;
    }
    if let Some(field) = section.get("requote") {
        if !passive || policy.px.is_some() {
            let cause = "only an order that rests at a peg is moved with the market";
            return Err(field
                .misplaced(cause)
                .action("take it out; remainder = \"chase\" is what moves a marketable order"));
        }
        let requote = field.section(keys::REQUOTE)?;
        policy.requote_ns = requote.need("every", "every = \"1s\"")?.duration(MILLI_NS)?;
        policy.requote_bps = requote.get("bps").map_or(Ok(1), |field| field.whole(0..=10_000))?;
    }
    if let Some(field) = section.get("max_spread_bps") {
        policy.spread_bps_max = field.whole(1..=10_000)?;
    }
    Ok(())
}

/// `patience` and `cross_patience`: how long the first price has, and the crossing one.
fn patience(section: &Section<'_>, policy: &mut Policy, side: Side) -> Result<(), ConfigError> {
    let waits = matches!(policy.style, Style::PassiveThenCross | Style::AtClose)
        || matches!(policy.remainder, Remainder::Cancel | Remainder::Cross);
    match section.get("patience") {
        Some(field) if waits => policy.patience_ns = field.duration(0)?,
        Some(field) => {
            let cause = match policy.remainder {
                Remainder::Chase => "a chase has its own clock: `every` in chase = { ... }",
                _ => "patience says when a remainder is cancelled, and this one rests",
            };
            return Err(field.misplaced(cause).action(match side {
                Side::Entry => "write remainder = \"cancel\", or take patience out",
                Side::Exit => "take patience out",
            }));
        }
        None if policy.style == Style::PassiveThenCross => policy.patience_ns = PATIENCE_NS,
        None if policy.style == Style::AtClose => policy.patience_ns = CLOSE_LEAD_NS,
        None if waits => {
            section.need("patience", "patience = \"20s\"")?;
        }
        None => {}
    }
    if let Some(field) = section.get("cross_patience") {
        if policy.style != Style::PassiveThenCross {
            let cause = "only passive_then_cross has a crossing order that waits on its own";
            return Err(field.misplaced(cause).action("take it out"));
        }
        policy.cross_patience_ns = field.duration(0)?;
    }
    Ok(())
}

/// `chase` and `min_fill`.
fn contract(section: &Section<'_>, policy: &mut Policy, side: Side) -> Result<(), ConfigError> {
    if let Some(field) = section.get("chase") {
        if policy.remainder != Remainder::Chase {
            let cause = "this says how to chase, and the remainder is not chased";
            return Err(field.misplaced(cause).action("write remainder = \"chase\""));
        }
        policy.chase = chase(field, side)?;
    } else if policy.remainder == Remainder::Chase && side == Side::Exit {
        policy.chase.then = Then::Cross;
    }
    let Some(field) = section.get("min_fill") else { return Ok(()) };
    if side == Side::Exit {
        let cause = "min_fill unwinds a fill that is too small, and an exit has nothing to unwind";
        return Err(field.misplaced(cause).action("take it out; it belongs to the entry"));
    }
    let cancels = policy.remainder == Remainder::Cancel
        || (policy.remainder == Remainder::Chase && policy.chase.then == Then::Cancel);
    if !cancels {
        let cause = "min_fill unwinds what filled when the rest is cancelled, and nothing \
                     here cancels the rest";
        return Err(field
            .misplaced(cause)
            .action("write remainder = \"cancel\", or `then = \"cancel\"` in chase = { ... }"));
    }
    let ppm = field.decimal(PPM_PLACES, Sign::Positive)?;
    policy.min_fill_ppm =
        u32::try_from(ppm).ok().filter(|_| ppm <= WHOLE_PPM).ok_or_else(|| {
            field.wrong("more than the whole quantity").allowed("\"0.000001\" to \"1\"")
        })?;
    Ok(())
}

fn chase(field: &Field<'_>, side: Side) -> Result<Chase, ConfigError> {
    let section = field.section(keys::CHASE)?;
    let mut chase = Chase::default();
    if let Some(field) = section.get("step_bps") {
        chase.step_bps = field.whole(1..=10_000)?;
    }
    if let Some(field) = section.get("max_bps") {
        chase.bps_max = field.whole(1..=10_000)?;
    }
    if chase.bps_max < chase.step_bps {
        let odd = section.get("max_bps").or(section.get("step_bps")).unwrap_or(field);
        return Err(odd
            .wrong("the chase ends before its first step")
            .action("make max_bps at least step_bps"));
    }
    // Where only one of the two bounds is said, the other does not bind.
    chase.steps_max = match section.get("max_steps") {
        Some(field) => field.whole(1..=10_000)?,
        None => chase.bps_max.div_ceil(chase.step_bps),
    };
    if let Some(field) = section.get("every") {
        chase.interval_ns = field.duration(MILLI_NS)?;
    }
    let (rest, cross) = (("rest", Then::Rest), ("cross", Then::Cross));
    chase.then = match (section.get("then"), side) {
        (Some(field), Side::Entry) => field.word(&[rest, ("cancel", Then::Cancel), cross], &[])?,
        (Some(field), Side::Exit) => field.word(&[rest, cross], &[])?,
        (None, Side::Entry) => Then::Rest,
        (None, Side::Exit) => Then::Cross,
    };
    Ok(chase)
}

/// `child_qty` and `display_qty`.
fn sizes(section: &Section<'_>, policy: &mut Policy) -> Result<(), ConfigError> {
    let qty = |key: &str| section.get(key).map(|field| field.qty(Sign::Positive)).transpose();
    policy.child_qty = qty("child_qty")?;
    policy.display_qty = qty("display_qty")?;
    Ok(())
}

/// Basis points and ticks; the larger of the two holds.
fn collar(field: &Field<'_>) -> Result<(u32, u32), ConfigError> {
    let section = field.section(keys::COLLAR)?;
    if section.fields().is_empty() {
        section.need("bps", "collar = { bps = 5, min_ticks = 2 }")?;
    }
    let bps = section.get("bps").map_or(Ok(0), |field| field.whole(0..=10_000))?;
    let ticks = section.get("min_ticks").map_or(Ok(0), |field| field.whole(0..=1_000_000))?;
    Ok((bps, ticks))
}

fn remainder(field: &Field<'_>, side: Side) -> Result<Remainder, ConfigError> {
    let rest = ("rest", Remainder::Rest);
    let (chase, cross) = (("chase", Remainder::Chase), ("cross", Remainder::Cross));
    if side == Side::Entry {
        return field.word(&[rest, ("cancel", Remainder::Cancel), chase, cross], &[]);
    }
    if field.text("\"rest\"")? == "cancel" {
        let cause = "an exit cannot be cancelled: it would leave a position that nobody wants";
        return Err(field
            .wrong(cause)
            .allowed("\"rest\", \"chase\", \"cross\"")
            .action("write \"chase\" here; \"cancel\" is for entries only"));
    }
    field.word(&[rest, chase, cross], &[])
}
