//! A generated week: three strategies in eight symbols behind a rate limit.

use std::fmt::Write;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_gap::Decimal;
use truefill_report::{Incident, Point, PositionRow, QueuePoint};

/// 2026-01-05T03:45:00Z, a Monday.
const OPEN: i64 = 1_767_584_700 * SECOND_NS;
const DAY_NS: i64 = 86_400 * SECOND_NS;
const SYMBOLS: [&str; 8] = [
    "NSE:INFY",
    "NSE:SBIN",
    "NSE:TCS",
    "NSE:HDFCBANK",
    "NSE:RELIANCE",
    "NSE:ITC",
    "NSE:AXISBANK",
    "NSE:LT",
];
const STRATEGIES: [&str; 3] = ["orb", "ema_cross", "<script>alert(1)</script>"];

/// A small generator of pseudo-random numbers: the same week each time.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// A number from 0 to `below - 1`.
    pub fn roll(&mut self, below: i64) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as i64) % below
    }
}

/// The ledger of the week.
pub fn ledger() -> String {
    let mut dice = Dice::new(7);
    let mut text = String::from("{\"ev\":\"ledger\",\"version\":1}\n");
    for symbol in SYMBOLS {
        let _ = writeln!(text, r#"{{"ev":"instrument","symbol":"{symbol}","multiplier":"1"}}"#);
    }
    let mut prices: Vec<i64> = (0..8).map(|i| 30_000 + i * 21_500).collect();
    for day in 5..10 {
        let _ = writeln!(text, r#"{{"ev":"day","day":"2026-01-{day:02}"}}"#);
        for (symbol, price) in SYMBOLS.iter().zip(&prices) {
            mark(&mut text, symbol, *price);
        }
        for (at, symbol) in SYMBOLS.iter().enumerate() {
            for (which, strategy) in STRATEGIES.iter().enumerate() {
                if (at + which) % 3 != 0 {
                    let up = dice.roll(9) > 2;
                    round_trip(&mut text, &mut dice, strategy, symbol, &mut prices[at], up);
                }
            }
        }
        let _ = writeln!(text, r#"{{"ev":"day_end","marks":{{}}}}"#);
    }
    text
}

fn money(paise: i64) -> String {
    Decimal::from_scaled(i128::from(paise), 2).to_string()
}

fn mark(text: &mut String, symbol: &str, paise: i64) {
    let px = money(paise);
    let _ = writeln!(text, r#"{{"ev":"mark","symbol":"{symbol}","px":"{px}","source":"mid"}}"#);
}

fn round_trip(
    text: &mut String,
    dice: &mut Dice,
    strategy: &str,
    symbol: &str,
    price: &mut i64,
    wins: bool,
) {
    let qty = 100 + dice.roll(400);
    let half = *price * qty;
    trade(text, dice, strategy, symbol, (0, qty), price);
    let drift = *price / 200 + dice.roll(*price / 150);
    *price += if wins { drift } else { -drift / 2 };
    mark(text, symbol, *price);
    trade(text, dice, strategy, symbol, (qty, 0), price);
    for (book, amount) in [("theory", half / 4_000), ("live", half / 2_600)] {
        let amount = money(amount);
        let _ = writeln!(
            text,
            r#"{{"ev":"fee","strategy":"{strategy}","symbol":"{symbol}","book":"{book}","amount":"{amount}"}}"#
        );
    }
}

fn trade(
    text: &mut String,
    dice: &mut Dice,
    strategy: &str,
    symbol: &str,
    (from, to): (i64, i64),
    price: &mut i64,
) {
    let side = (to - from).signum();
    let stage = |text: &mut String, stage: &str, reason: &str, qty: i64| {
        let _ = writeln!(
            text,
            r#"{{"ev":"stage","strategy":"{strategy}","symbol":"{symbol}","stage":"{stage}","qty":"{qty}"{reason}}}"#
        );
    };
    let px = money(*price - side * dice.roll(3));
    let _ = writeln!(
        text,
        r#"{{"ev":"theory_fill","strategy":"{strategy}","symbol":"{symbol}","qty":"{}","px":"{px}"}}"#,
        to - from
    );
    stage(text, "twin", "", to);
    let mut step = |text: &mut String, dice: &mut Dice, most: i64| {
        *price += side * (dice.roll(most) - most / 4);
        mark(text, symbol, *price);
    };
    step(text, dice, 4 + most_of(symbol));
    stage(text, "emitted", "", to);
    stage(text, "rounded", "", to);
    stage(text, "admitted", "", to);
    step(text, dice, 14 * most_of(symbol));
    let backs_off = dice.roll(12) == 0;
    if backs_off {
        stage(text, "released", r#","reason":"backoff""#, from);
        step(text, dice, 60 * most_of(symbol));
    }
    stage(text, "released", r#","reason":"queue""#, to);
    step(text, dice, 2 * most_of(symbol));
    stage(text, "accepted", "", to);
    step(text, dice, 4 * most_of(symbol));
    let (touch, paid) = (*price + side * 2, *price + side * (2 + dice.roll(3)));
    let liquidity = match dice.roll(3) {
        0 => r#""liquidity":"maker""#.to_owned(),
        _ => format!(r#""liquidity":"taker","touch":"{}""#, money(touch)),
    };
    let px = money(if liquidity.contains("maker") { *price - side * 2 } else { paid });
    let _ = writeln!(
        text,
        r#"{{"ev":"fill","strategy":"{strategy}","symbol":"{symbol}","qty":"{}","px":"{px}",{liquidity}}}"#,
        to - from
    );
    stage(text, "filled", "", to);
}

/// How restless a symbol is.
fn most_of(symbol: &str) -> i64 {
    2 + i64::try_from(symbol.len()).unwrap_or(0) % 4
}

/// Profits each ten seconds of the week; the last point is at the given profits.
pub fn equity(theory: i64, live: i64) -> Vec<Point> {
    let mut dice = Dice::new(11);
    let per_day = 2_250;
    let all = 5 * per_day;
    let (mut noise, mut lag) = (0, 0);
    (0..all)
        .map(|at| {
            noise += dice.roll(20_001) - 10_000 - noise / 200;
            lag += dice.roll(3_001) - 1_500 - lag / 100;
            let (day, second) = (at / per_day, at % per_day * 10);
            let left = all - 1 - at;
            let share = |whole: i64| whole * at / (all - 1);
            let theory = share(theory) + noise * left.min(500) / 500;
            let live = share(live) + (noise + lag) * left.min(500) / 500;
            Point {
                time: Nanos(OPEN + day * DAY_NS + second * SECOND_NS),
                theory: Decimal::from_scaled(i128::from(theory), 2),
                live: Decimal::from_scaled(i128::from(live), 2),
            }
        })
        .collect()
}

/// Waits of many requests, with a burst on each quarter of an hour.
pub fn queue(count: i64) -> Vec<QueuePoint> {
    let mut dice = Dice::new(5);
    (0..count)
        .map(|at| {
            let (day, second) = (at * 5 / count, at * 112_500 / count % 22_500);
            let since_bar = second % 900;
            let burst = if since_bar < 20 { (20 - since_bar) * 140_000_000 } else { 0 };
            let wait_ns =
                (dice.roll(90_000_000) - 40_000_000).max(0) + burst * dice.roll(100) / 100;
            let symbol = SYMBOLS[usize::try_from(dice.roll(8)).unwrap_or(0)];
            QueuePoint {
                time: Nanos(OPEN + day * DAY_NS + second * SECOND_NS + dice.roll(SECOND_NS)),
                wait_ns,
                label: format!("place {symbol}"),
            }
        })
        .collect()
}

/// Incidents of the usual kinds, spread over the week.
pub fn incidents(count: i64) -> Vec<Incident> {
    const KINDS: [(&str, &str, &str); 6] = [
        (
            "AMBIGUOUS_SUBMIT",
            "The reply to a placement timed out after 7 s.",
            "Counted as worst-case exposure; found working by its tag 3.1 s later, nothing was sent twice.",
        ),
        (
            "RATE_LIMITED",
            "The broker refused a request with 429.",
            "Sending paused for a full window; cancels went first afterwards.",
        ),
        (
            "DUPLICATE_FILL_IGNORED",
            "An execution came a second time over the stream.",
            "Already processed; the position did not change.",
        ),
        (
            "POSITION_DRIFT",
            "A quiet read showed 25 more than the journal.",
            "A fill was missed while the stream was down; booked from the trade list.",
        ),
        ("STREAM_STALE", "No message for 5 s.", "Increases paused; exits used fetched quotes."),
        (
            "BUST",
            "The exchange took back an execution of 50.",
            "The position was put right; trades were fetched.",
        ),
    ];
    let mut dice = Dice::new(3);
    (0..count)
        .map(|at| {
            let roll = dice.roll(40);
            let kind = [0, 0, 0, 1, 1, 2, 2, 2, 3, 4][usize::try_from(roll % 10).unwrap_or(0)];
            let (code, text, consequence) = KINDS[if roll == 39 { 5 } else { kind }];
            let time = OPEN + at * 5 / count * DAY_NS + dice.roll(22_400) * SECOND_NS;
            Incident {
                time: Nanos(time + dice.roll(1_000) * 1_000_000),
                code: code.to_owned(),
                subject: SYMBOLS[usize::try_from(dice.roll(8)).unwrap_or(0)].to_owned(),
                text: text.to_owned(),
                consequence: consequence.to_owned(),
            }
        })
        .collect()
}

/// Positions at the end; all agree but one.
pub fn positions() -> Vec<PositionRow> {
    let row = |(at, symbol): (usize, &&str)| {
        let target = Decimal::from([0, 850, -1200, 0][at % 4]);
        let engine = if at == 5 { Decimal::from(810) } else { target.clone() };
        PositionRow { symbol: format!("{symbol} MIS"), target, broker: engine.clone(), engine }
    };
    SYMBOLS.iter().enumerate().map(row).collect()
}
