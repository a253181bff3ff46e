//! The way from theory to live as bars of text: for people who look before they read.
//!
//! Entry point: [`waterfall`].

use truefill_gap::{Cause, Decimal, Report};

/// Characters of the widest bar.
const WIDTH: i64 = 34;

/// One line a cause, from the theory's profit to the live one. Every bar stands where the sum of
/// the lines above it ends, so the eye can follow the money. The figures add up to the cent: the
/// last one is the theory less the lines, which may be a cent off the live profit rounded alone.
///
/// ```text
///   theory              120.50  ················██████████████████
///   crossing the spread -80.20  ······████████████
///   live                 40.30  ················██████
/// ```
pub fn waterfall(report: &Report) -> String {
    let displayed = report.displayed();
    let theory = cents(report.theory_pnl());
    let mut lines: Vec<(String, i64, i64)> = vec![("theory".to_owned(), 0, theory)];
    let mut at = theory;
    let mut steps: Vec<(&'static str, i64)> = displayed
        .causes
        .iter()
        .map(|(cause, amount)| (Cause::plain_name(cause), -cents(amount)))
        .filter(|(_, step)| *step != 0)
        .collect();
    steps.sort_by_key(|(name, step)| (-step.abs(), *name));
    for (name, step) in steps {
        lines.push((name.to_owned(), at, at.saturating_add(step)));
        at = at.saturating_add(step);
    }
    lines.push(("live".to_owned(), 0, at));
    draw(&lines)
}

/// Each line: a name, where its bar begins and where it ends, in cents.
fn draw(lines: &[(String, i64, i64)]) -> String {
    let low = lines.iter().map(|(_, a, b)| *a.min(b)).min().unwrap_or(0).min(0);
    let high = lines.iter().map(|(_, a, b)| *a.max(b)).max().unwrap_or(0).max(0);
    let span = i128::from(high) - i128::from(low);
    let column = |cents: i64| -> usize {
        let scaled = (i128::from(cents) - i128::from(low)) * i128::from(WIDTH);
        usize::try_from((scaled + span / 2).checked_div(span).unwrap_or(0)).unwrap_or(0)
    };
    let names = lines.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
    let amounts: Vec<String> = lines.iter().map(|(_, a, b)| signed(b - a)).collect();
    let width = amounts.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for ((name, a, b), amount) in lines.iter().zip(&amounts) {
        let (from, until) = (column(*a.min(b)), column(*a.max(b)).max(column(*a.min(b)) + 1));
        text.push_str(&format!("    {name:<names$}  {amount:>width$}  "));
        text.push_str(&" ".repeat(from));
        text.push_str(&"█".repeat(until - from));
        text.push('\n');
    }
    text
}

fn cents(amount: &Decimal) -> i64 {
    let text = amount.rounded(2, truefill_gap::Rounding::HalfEven).to_string();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.as_str()),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = format!("{part:0<2}");
    let all: i64 = format!("{whole}{part}").parse().unwrap_or(i64::MAX / 8);
    sign * all.min(i64::MAX / 8)
}

fn signed(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_where_the_money_is() {
        let lines = [
            ("theory".to_owned(), 0, 1000),
            ("spread".to_owned(), 1000, 250),
            ("live".to_owned(), 0, 250),
        ];
        let text = draw(&lines);
        let rows: Vec<&str> = text.lines().collect();
        assert!(rows[0].contains("10.00") && rows[1].contains("-7.50") && rows[2].contains("2.50"));
        let bar = |row: &str| {
            (
                row.chars().take_while(|c| *c != '█').count(),
                row.chars().filter(|c| *c == '█').count(),
            )
        };
        let (start, long) = bar(rows[0]);
        assert_eq!(i64::try_from(long), Ok(WIDTH));
        let (from, cut) = bar(rows[1]);
        let (_, left) = bar(rows[2]);
        assert_eq!(from - start, left, "the loss begins where what is left ends");
        assert_eq!(cut + left, long);
    }

    #[test]
    fn losses_go_below_zero_and_nothing_divides_by_it() {
        let text = draw(&[("theory".to_owned(), 0, 0), ("live".to_owned(), 0, 0)]);
        assert_eq!(text.lines().count(), 2);
        let text = draw(&[("theory".to_owned(), 0, 100), ("fees".to_owned(), 100, -300)]);
        assert!(text.contains("-4.00"));
    }
}
