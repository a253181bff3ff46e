//! Random valid ledgers.
//!
//! Entry point: [`ledgers`]. Wishes are drawn freely and then made valid: a wish that the
//! rules forbid at its place is left out, so that shrinking always gives a valid ledger.

use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use truefill_gap::Decimal;
use truefill_gap::ledger::{
    Book, ClosingMarks, Entry, Line, Liquidity, MarkSource, Opening, Stage, Time,
};

const SYMBOLS: [&str; 3] = ["NSE:INFY", "BTC-PERP", "ES \"Z6\""];
const STRATEGIES: [&str; 3] = ["orb", "ema_cross", "été"];

/// What a random ledger might do next; texts and numbers are indices and values to choose by.
#[derive(Clone, Debug)]
enum Wish {
    Mark { symbol: usize, px: Decimal },
    Open { who: (usize, usize), broker: Decimal, stages: Vec<(usize, Decimal)> },
    TheoryFill { who: (usize, usize), qty: Decimal, px: Decimal },
    Stage { who: (usize, usize), stage: usize, qty: Decimal, reason: Option<usize> },
    Fill { who: (usize, usize), qty: Decimal, px: Decimal, touch: Option<Decimal>, taker: bool },
    External { who: (usize, usize), qty: Decimal, px: Decimal },
    Cross { symbol: usize, strategies: (usize, usize), qty: Decimal, px: Decimal },
    Split { symbol: usize, ratio: Decimal, px: Decimal },
    Charge { strategy: usize, symbol: Option<usize>, book: bool, amount: Decimal, fee: bool },
    NextDay { marks: Vec<(usize, Decimal, Decimal)> },
}

/// Any number that a ledger may hold; ordinary ones most of the time.
pub fn numbers() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        6 => (-2_000i64..2_000).prop_map(Decimal::from),
        6 => (-10_000_000i128..10_000_000, 0u32..6).prop_map(|(n, s)| Decimal::from_scaled(n, s)),
        2 => (any::<i64>(), 0u32..19).prop_map(|(n, s)| Decimal::from_scaled(n.into(), s)),
        1 => "-?[0-9]{1,64}(\\.[0-9]{1,64})?".prop_map(|text| text.parse().unwrap()),
    ]
}

fn above_zero() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        Just(Decimal::from(1)),
        (1i64..100).prop_map(Decimal::from),
        (1i128..100_000, 0u32..6).prop_map(|(n, s)| Decimal::from_scaled(n, s)),
    ]
}

fn wishes() -> impl Strategy<Value = Wish> {
    let who = || (0..STRATEGIES.len(), 0..SYMBOLS.len());
    prop_oneof![
        8 => (0..SYMBOLS.len(), numbers()).prop_map(|(symbol, px)| Wish::Mark { symbol, px }),
        1 => (who(), numbers(), vec((0usize..8, numbers()), 0..4))
            .prop_map(|(who, broker, stages)| Wish::Open { who, broker, stages }),
        2 => (who(), numbers(), numbers())
            .prop_map(|(who, qty, px)| Wish::TheoryFill { who, qty, px }),
        6 => (who(), 0usize..7, numbers(), proptest::option::of(0usize..3))
            .prop_map(|(who, stage, qty, reason)| Wish::Stage { who, stage, qty, reason }),
        4 => (who(), numbers(), numbers(), proptest::option::of(numbers()), any::<bool>())
            .prop_map(|(who, qty, px, touch, taker)| Wish::Fill { who, qty, px, touch, taker }),
        1 => (who(), numbers(), numbers())
            .prop_map(|(who, qty, px)| Wish::External { who, qty, px }),
        1 => (0..SYMBOLS.len(), (0usize..3, 0usize..3), numbers(), numbers())
            .prop_map(|(symbol, strategies, qty, px)| Wish::Cross { symbol, strategies, qty, px }),
        1 => (0..SYMBOLS.len(), above_zero(), numbers())
            .prop_map(|(symbol, ratio, px)| Wish::Split { symbol, ratio, px }),
        2 => (0..3usize, proptest::option::of(0..3usize), any::<bool>(), numbers(), any::<bool>())
            .prop_map(|(strategy, symbol, book, amount, fee)| {
                Wish::Charge { strategy, symbol, book, amount, fee }
            }),
        1 => vec((0..SYMBOLS.len(), numbers(), numbers()), 0..3)
            .prop_map(|marks| Wish::NextDay { marks }),
    ]
}

/// The last day's closing marks, the multipliers, and what happens in between.
pub fn ledgers() -> impl Strategy<Value = Vec<Line>> {
    (vec(above_zero(), SYMBOLS.len()), vec(numbers(), SYMBOLS.len()), vec(wishes(), 0..60))
        .prop_map(|(multipliers, marks, wishes)| lines(multipliers, marks, wishes))
}

/// The same lines with times, which decide nothing.
pub fn timed(lines: &[Line], start: i64) -> Vec<Entry> {
    let time = |n: i64| match n % 3 {
        0 => None,
        1 => Some(Time::from_nanos(start.wrapping_mul(n))),
        _ => Some("2026-01-05T09:20:05.120+05:30".parse().unwrap()),
    };
    lines.iter().zip(0..).map(|(line, n)| Entry { t: time(n), line: line.clone() }).collect()
}

fn lines(multipliers: Vec<Decimal>, marks: Vec<Decimal>, wishes: Vec<Wish>) -> Vec<Line> {
    let mut lines = vec![Line::HEADER];
    for (symbol, multiplier) in SYMBOLS.iter().zip(multipliers) {
        lines.push(Line::Instrument { symbol: (*symbol).into(), multiplier });
    }
    lines.push(Line::Day { day: "day 0".into() });
    for (symbol, px) in SYMBOLS.iter().zip(marks) {
        lines.push(Line::Mark { symbol: (*symbol).into(), px, source: MarkSource::Close });
    }
    let mut held = BTreeSet::new();
    let mut days = 0;
    for wish in wishes {
        lines.extend(granted(wish, &mut held, &mut days));
    }
    lines.push(Line::DayEnd { marks: BTreeMap::new() });
    lines
}

/// The lines that grant a wish: none if the rules forbid it here.
fn granted(wish: Wish, held: &mut BTreeSet<(usize, usize)>, days: &mut u32) -> Vec<Line> {
    let symbol = |n: usize| SYMBOLS[n].to_owned();
    let strategy = |n: usize| STRATEGIES[n].to_owned();
    let fresh = |who: &(usize, usize), held: &mut BTreeSet<_>| held.insert(*who);
    let line = match wish {
        Wish::Mark { symbol: s, px } => {
            Line::Mark { symbol: symbol(s), px, source: MarkSource::Mid }
        }
        Wish::Open { who, broker, stages } => {
            if !fresh(&who, held) {
                return vec![];
            }
            let stages = stages.into_iter().map(|(n, qty)| (Stage::ALL[n], qty)).collect();
            let qty = Opening { broker, stages };
            Line::Open { strategy: strategy(who.0), symbol: symbol(who.1), qty }
        }
        Wish::TheoryFill { who, qty, px } => {
            fresh(&who, held);
            Line::TheoryFill { strategy: strategy(who.0), symbol: symbol(who.1), qty, px }
        }
        Wish::Stage { who, stage, qty, reason } => {
            fresh(&who, held);
            let stage = Stage::SETTABLE[stage];
            let reason = reason.and_then(|n| stage.reasons().get(n).copied());
            Line::Stage { strategy: strategy(who.0), symbol: symbol(who.1), stage, qty, reason }
        }
        Wish::Fill { who, qty, px, touch, taker } => {
            fresh(&who, held);
            let liquidity = match (taker, touch) {
                (true, touch) => Liquidity::Taker { touch: touch.unwrap_or(px.clone()) },
                (false, touch) => Liquidity::Maker { touch },
            };
            Line::Fill { strategy: strategy(who.0), symbol: symbol(who.1), qty, px, liquidity }
        }
        Wish::External { who, qty, px } => {
            fresh(&who, held);
            Line::External { strategy: strategy(who.0), symbol: symbol(who.1), qty, px }
        }
        Wish::Cross { symbol: s, strategies: (buyer, seller), qty, px } => {
            if buyer == seller {
                return vec![];
            }
            fresh(&(buyer, s), held);
            fresh(&(seller, s), held);
            let (buyer, seller) = (strategy(buyer), strategy(seller));
            Line::Cross { symbol: symbol(s), buyer, seller, qty: qty.abs(), px }
        }
        Wish::Split { symbol: s, ratio, px } => Line::Split { symbol: symbol(s), ratio, px },
        Wish::Charge { strategy: who, symbol: s, book, amount, fee } => {
            let (strategy, symbol) = (strategy(who), s.map(symbol));
            let book = if book { Book::Live } else { Book::Theory };
            match fee {
                true => Line::Fee { strategy, symbol, book, amount },
                false => Line::Financing { strategy, symbol, book, amount },
            }
        }
        Wish::NextDay { marks } => {
            *days += 1;
            let marks = marks
                .into_iter()
                .map(|(s, theory, live)| (symbol(s), ClosingMarks { theory, live }))
                .collect();
            return vec![Line::DayEnd { marks }, Line::Day { day: format!("day {days}") }];
        }
    };
    vec![line]
}
