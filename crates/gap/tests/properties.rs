//! Laws that hold for every ledger, tried on thousands of random ones.

mod generator;

use generator::{ledgers, numbers, timed};
use proptest::prelude::*;
use std::collections::BTreeMap;
use truefill_gap::ledger::{Entry, LedgerReader, LedgerWriter, Line, MarkSource};
use truefill_gap::report::Figures;
use truefill_gap::{Attribution, Cause, Decimal, Report, Rounding, report_of_reader};

fn report_of(lines: &[Line]) -> Report {
    let mut attribution = Attribution::new();
    lines.iter().for_each(|line| attribution.apply(line).unwrap());
    attribution.finish().unwrap()
}

fn text_of(entries: &[Entry]) -> Vec<u8> {
    let mut writer = LedgerWriter::new(Vec::new()).unwrap();
    entries.iter().skip(1).for_each(|entry| writer.write(entry).unwrap());
    writer.into_inner()
}

fn moved(report: &Report) -> BTreeMap<Cause, Decimal> {
    let amounts = report.causes().iter().filter(|(_, amount)| !amount.is_zero());
    amounts.map(|(cause, amount)| (cause, amount.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_residual_is_zero_after_every_line(lines in ledgers()) {
        let mut attribution = Attribution::new();
        for line in &lines {
            attribution.apply(line).unwrap();
            attribution.check().unwrap();
        }
        let report = attribution.finish().unwrap();
        prop_assert!(report.is_exact());
        prop_assert!(report.residual().is_zero());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_roll_up_adds_up(lines in ledgers()) {
        let report = report_of(&lines);
        let by_cause = report.leaves().map(|leaf| (leaf.cause, leaf.amount.clone())).collect();
        prop_assert_eq!(report.causes(), &by_cause);
        let netting = report.causes().get(Cause::Netting);
        prop_assert!(netting.is_none_or(Decimal::is_zero), "one gains what the other pays");
        let total = report.total();
        let days: Figures = report.days().iter().map(|day| &day.figures).collect();
        let strategies: Figures = report.by_strategy().values().collect();
        let symbols: Figures = report.by_symbol().values().collect();
        prop_assert_eq!((&days, &strategies, &symbols), (total, total, total));
        for part in report.by_strategy().values().chain(report.by_symbol().values()) {
            prop_assert!(part.residual().is_zero());
        }
    }

    #[test]
    fn the_lines_shown_add_up_to_the_total_shown(lines in ledgers()) {
        let report = report_of(&lines);
        let shown = report.displayed();
        prop_assert_eq!(&shown.gap, &report.gap().rounded(2, Rounding::HalfEven));
        prop_assert_eq!(&shown.causes.total(), &shown.gap);
        let cent = Decimal::from_scaled(1, 2);
        for (cause, exact) in report.causes().iter() {
            let shown = shown.causes.get(cause).unwrap();
            prop_assert_eq!(shown, &shown.rounded(2, Rounding::Floor));
            prop_assert!((shown - exact).abs() < cent, "{} shown as {}", exact, shown);
        }
    }

    /// The steps between telescope: going away and coming back costs nothing.
    #[test]
    fn a_detour_of_the_mark_changes_no_cause(
        lines in ledgers(),
        place in any::<proptest::sample::Index>(),
        detour in numbers(),
    ) {
        let marks: Vec<usize> =
            (0..lines.len()).filter(|n| matches!(lines[*n], Line::Mark { .. })).collect();
        let place = *place.get(&marks);
        let Line::Mark { symbol, .. } = &lines[place] else { unreachable!() };
        let away = Line::Mark { symbol: symbol.clone(), px: detour, source: MarkSource::Last };
        let mut longer = lines.clone();
        longer.splice(place + 1..place + 1, [away, lines[place].clone()]);
        prop_assert_eq!(moved(&report_of(&longer)), moved(&report_of(&lines)));
    }

    #[test]
    fn what_is_written_is_read_back(lines in ledgers(), start in any::<i64>()) {
        let entries = timed(&lines, start);
        let text = text_of(&entries);
        let read: Vec<Entry> =
            LedgerReader::new(text.as_slice()).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(&read[1..], &entries[1..]);
        prop_assert_eq!(text_of(&read), text.clone(), "writing again gives the same bytes");
        prop_assert_eq!(report_of_reader(text.as_slice()).unwrap(), report_of(&lines));
    }

    #[test]
    fn a_ledger_cut_inside_its_last_day_is_never_reported(
        lines in ledgers(),
        cut in any::<proptest::sample::Index>(),
    ) {
        let text = text_of(&timed(&lines, 1));
        let last_day = lines.iter().rposition(|line| matches!(line, Line::Day { .. })).unwrap();
        let day_start = text.split_inclusive(|byte| *byte == b'\n').take(last_day + 1);
        let day_start = day_start.map(<[u8]>::len).sum::<usize>();
        // Without its line break the last line is still whole.
        let cut = day_start + cut.index(text.len() - 1 - day_start);
        let error = report_of_reader(&text[..cut]).unwrap_err();
        prop_assert!(error.line().is_some());
    }

    #[test]
    fn a_corrupted_ledger_is_refused_or_reported_exactly(
        lines in ledgers(),
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
    ) {
        let mut text = text_of(&timed(&lines, 1));
        for (place, byte) in flips {
            let place = place.index(text.len());
            text[place] = byte;
        }
        if let Some(cut) = cut {
            text.truncate(cut.index(text.len()));
        }
        match report_of_reader(text.as_slice()) {
            Ok(report) => prop_assert!(report.is_exact()),
            Err(error) => prop_assert!(!error.to_string().contains(char::is_control)),
        }
    }
}
