//! A ledger by gate, rule and target, with numbers worked out by hand.

use truefill_core::config::{
    Config, Descriptor, Holding, Instrument, Policy, Recon, Risk, Strategy,
};
use truefill_core::event::Block;
use truefill_core::ids::{HoldingId, InstrumentId, OrderNo, SleeveId, VenueText};
use truefill_core::num::{Px, Qty};
use truefill_core::order::Rule;
use truefill_core::time::SECOND_NS;
use truefill_gap::ledger::{Entry, Line, Liquidity, MarkSource, Stage, Time};
use truefill_gap::story::{BookKey, Note, Noted, PricedBy, breakdown};
use truefill_gap::{Cause, Decimal};

const HOLDING: HoldingId = HoldingId(0);

const fn book(at: u32) -> BookKey {
    BookKey { holding: HoldingId(at), sleeve: SleeveId(1) }
}

/// One strategy in one symbol, with two products: for a ledger one holding.
fn config() -> Config {
    let holding = |product: &str| Holding {
        instrument: InstrumentId(0),
        product: VenueText::new(product).expect("short"),
        sleeve: SleeveId(1),
        never_short: false,
        others: Vec::new(),
    };
    Config {
        account: "test".into(),
        instruments: vec![Instrument::new("X", Px::whole(1), Qty::whole(1))],
        holdings: vec![holding("CNC"), holding("MIS")],
        strategies: vec![Strategy::new("A", Policy::default(), Policy::default())],
        descriptor: Descriptor::default(),
        risk: Risk::default(),
        recon: Recon::default(),
        digest_every: 64,
        replay_horizon_ns: 86_400 * SECOND_NS,
        assumed_fee_bps: 0,
        calendars: Vec::new(),
        crossing: false,
    }
}

fn at(second: i64, line: Line) -> Entry {
    Entry { t: Some(Time::from_nanos(second * SECOND_NS)), line }
}

fn mark(second: i64, px: i64) -> Entry {
    at(second, Line::Mark { symbol: "X".into(), px: px.into(), source: MarkSource::Mid })
}

fn stage(second: i64, stage: Stage, qty: i64) -> Entry {
    let (strategy, symbol, reason) = ("A".into(), "X".into(), None);
    at(second, Line::Stage { strategy, symbol, stage, qty: qty.into(), reason })
}

fn theory(second: i64, qty: i64, px: i64) -> Entry {
    let (strategy, symbol) = ("A".into(), "X".into());
    at(second, Line::TheoryFill { strategy, symbol, qty: qty.into(), px: px.into() })
}

fn fill(second: i64, qty: i64, px: i64, liquidity: Liquidity) -> Entry {
    let (strategy, symbol) = ("A".into(), "X".into());
    at(second, Line::Fill { strategy, symbol, qty: qty.into(), px: px.into(), liquidity })
}

/// Ten wanted at 100, four admitted: six wait 30 s for the hours (+2), then 10 s for margin (-1).
/// Two targets; two executions under two rules; a holding that nobody declared.
fn story() -> (Vec<Entry>, Vec<Note>) {
    let mut entries = vec![
        at(0, Line::Instrument { symbol: "X".into(), multiplier: 1.into() }),
        at(0, Line::Day { day: "D".into() }),
        mark(0, 100),
    ];
    let mut notes =
        vec![Note { entry: 0, what: Noted::Gate { book: book(9), why: Block::Frozen } }];
    let mut note = |entries: &[Entry], what| notes.push(Note { entry: entries.len(), what });
    note(&entries, Noted::Parent { book: book(0), parent: 0 });
    entries.push(theory(0, 10, 100));
    let above = [Stage::Twin, Stage::Emitted, Stage::Rounded];
    entries.extend(above.map(|each| stage(0, each, 10)));
    // The second product stands for the same holding of the ledger.
    note(&entries, Noted::Gate { book: book(1), why: Block::Hours });
    let below = [Stage::Admitted, Stage::Released, Stage::Accepted];
    entries.extend(below.map(|each| stage(0, each, 4)));
    let by = PricedBy::new(Rule::Near, 3);
    note(&entries, Noted::Fill { book: book(0), order: OrderNo(1), by });
    entries.push(fill(1, 3, 99, Liquidity::Maker { touch: None }));
    let by = PricedBy::new(Rule::ChaseStep, 2);
    note(&entries, Noted::Fill { book: book(0), order: OrderNo(2), by });
    entries.push(fill(1, 1, 103, Liquidity::Taker { touch: 101.into() }));
    entries.push(stage(1, Stage::Filled, 4));
    entries.push(mark(20, 102));
    note(&entries, Noted::Gate { book: book(0), why: Block::Margin });
    entries.push(mark(30, 102));
    entries.push(mark(35, 101));
    note(&entries, Noted::Parent { book: book(0), parent: 1 });
    entries.push(theory(40, -6, 100));
    entries.extend(above.map(|each| stage(40, each, 4)));
    entries.push(mark(50, 90));
    entries.push(at(60, Line::DayEnd { marks: Default::default() }));
    (entries, notes)
}

#[test]
fn gates_rules_and_targets_have_what_is_theirs() {
    let (entries, notes) = story();
    let found = breakdown(&config(), &entries, &notes).expect("a ledger");
    let number = |value: i64| Decimal::from(value);
    let gates: Vec<_> = found
        .gates
        .iter()
        .map(|((_, why), held)| (*why, held.time_ns / SECOND_NS, held.cost.clone()))
        .collect();
    // Six units: +2 each while the hours were not open; -1 each without margin.
    assert_eq!(gates, [(Block::Hours, 30, number(12)), (Block::Margin, 10, number(-6))]);
    let near = &found.rules[&(HOLDING, PricedBy::new(Rule::Near, 0))];
    assert_eq!((near.fills, &near.qty, &near.turnover), (1, &number(3), &number(297)));
    assert_eq!((&near.spread, &near.depth, &near.passive), (&number(0), &number(0), &number(-3)));
    let chase = &found.rules[&(HOLDING, PricedBy::new(Rule::ChaseStep, 2))];
    assert_eq!((&chase.spread, &chase.depth, &chase.passive), (&number(1), &number(2), &number(0)));
    let part = |parent: usize, cause| found.parents[&parent].1.get(cause).cloned();
    assert_eq!(part(0, Cause::Gate), Some(number(6)));
    assert_eq!(part(0, Cause::Passive), Some(number(-3)));
    assert_eq!(part(0, Cause::TheoryPrice), None);
    // The second decision sold six at 100 where the mark was 101.
    assert_eq!(part(1, Cause::TheoryPrice), Some(number(-6)));
    assert_eq!(part(1, Cause::Gate), None, "nothing waits any more");
    assert!(found.rest.is_empty());
}

#[test]
fn without_notes_everything_is_a_limit_and_no_target_owns_it() {
    let (entries, _) = story();
    let found = breakdown(&config(), &entries, &[]).expect("a ledger");
    let gates: Vec<_> = found.gates.iter().map(|((_, why), held)| (*why, held.time_ns)).collect();
    assert_eq!(gates, [(Block::Open, 40 * SECOND_NS)]);
    assert_eq!(found.rest.get(Cause::Gate), Some(&6.into()));
    assert!(found.rules.is_empty() && found.parents.is_empty());
}
