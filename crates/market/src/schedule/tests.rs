use proptest::prelude::*;
use truefill_core::num::Rounding;

use super::impact::{Almgren2005, square_root, square_root_average};
use super::*;

const SECOND_NS: i64 = truefill_core::time::SECOND_NS;

/// Quantities in whole units.
fn units(slices: &[Slice]) -> Vec<i128> {
    slices.iter().map(|slice| slice.qty.0 / Qty::whole(1).0).collect()
}

fn whole_twap(total: i64, horizon_s: i64, interval_s: i64, lot: i64) -> Vec<i128> {
    let (horizon, interval) = (horizon_s * SECOND_NS, interval_s * SECOND_NS);
    units(&twap(Qty::whole(total), horizon, interval, Qty::whole(lot)).unwrap())
}

fn whole_vwap(total: i64, weights: &[u64], lot: i64) -> Vec<i128> {
    let buckets = weights.iter().zip(0..).map(|(weight, at_ns)| Bucket { at_ns, weight: *weight });
    units(&vwap(Qty::whole(total), &buckets.collect::<Vec<_>>(), Qty::whole(lot)).unwrap())
}

#[test]
fn twap_vectors() {
    assert_eq!(whole_twap(1000, 60, 10, 1), [166, 167, 167, 166, 167, 167]);
    assert_eq!(whole_twap(1000, 70, 10, 1), [142, 143, 143, 143, 143, 143, 143]);
    assert_eq!(whole_twap(10, 3, 1, 1), [3, 3, 4]);
    assert_eq!(whole_twap(1950, 4, 1, 75), [450, 525, 450, 525]);
    // The last interval is half as long and gets half as much.
    assert_eq!(whole_twap(1000, 25, 10, 1), [400, 400, 200]);
    // Less than a lot is not traded, and never before its time.
    assert_eq!(whole_twap(149, 2, 1, 75), [0, 75]);
    assert_eq!(whole_twap(74, 2, 1, 75), [0, 0]);
}

#[test]
fn vwap_vectors() {
    let smile = [30, 15, 10, 15, 30];
    assert_eq!(whole_vwap(1000, &smile, 1), [300, 150, 100, 150, 300]);
    assert_eq!(whole_vwap(1001, &smile, 1), [301, 150, 100, 150, 300]);
    assert_eq!(whole_vwap(3750, &smile, 75), [1125, 600, 375, 525, 1125]);
    assert_eq!(whole_vwap(100, &[1, 1, 1], 1), [34, 33, 33]);
    assert_eq!(whole_vwap(2, &[0, 1, 0], 1), [0, 2, 0]);
}

#[test]
fn participation_counts_its_own_volume() {
    let others = Qty::whole(9000);
    assert_eq!(pov_qty(100_000, others), Ok(Qty::whole(1000)));
    assert_eq!(pov_qty(200_000, others), Ok(Qty::whole(2250)));
    assert_eq!(pov_qty(1, Qty(999_999)), Ok(Qty(1)));
    assert_eq!(pov_qty(1, Qty(999_998)), Ok(Qty(0)));
    for rate in [0, 1_000_000, u32::MAX] {
        assert!(pov_qty(rate, others).is_err());
    }
    assert!(pov_qty(1, Qty(-1)).is_err());
}

#[test]
fn what_has_no_meaning_is_refused() {
    let one = Qty::whole(1);
    assert!(twap(Qty::ZERO, 1, 1, one).is_err());
    assert!(twap(one, 1, 1, Qty::ZERO).is_err());
    assert!(twap(-one, 1, 1, one).is_err());
    assert!(twap(one, 0, 1, one).is_err() && twap(one, 1, 0, one).is_err());
    assert!(twap(one, i64::MAX, i64::MAX, one).is_ok());
    let too_many = Err(ScheduleError::TooManySlices { most: SLICES_MAX });
    assert_eq!(twap(one, i64::MAX, 1, one), too_many);
    let bucket = |at_ns, weight| Bucket { at_ns, weight };
    assert!(vwap(one, &[], one).is_err());
    assert!(vwap(one, &[bucket(0, 0)], one).is_err());
    assert!(vwap(one, &[bucket(0, u64::MAX)], one).is_err());
    assert!(vwap(one, &[bucket(-1, 1)], one).is_err());
    let unordered = Err(ScheduleError::Unordered { at_ns: 5 });
    assert_eq!(vwap(one, &[bucket(5, 1), bucket(5, 1)], one), unordered);
    let slice = |at_ns, qty| Slice { at_ns, qty };
    assert_eq!(
        to_cumulative_ppb(&[slice(5, one), slice(5, one)], one, one),
        Err(ScheduleError::Unordered { at_ns: 5 })
    );
    assert!(to_cumulative_ppb(&[slice(0, one + one)], one, one).is_err());
    assert!(to_cumulative_ppb(&[slice(0, -one)], one, one).is_err());
    let fine = to_cumulative_ppb(&[], Qty::whole(2), Qty(1));
    assert!(matches!(fine, Err(ScheduleError::TooFine { .. })), "{fine:?}");
    assert!(to_cumulative_ppb(&[], Qty::whole(1), Qty(1)).is_ok());
}

/// Agrees with a printed figure to its last digit.
fn printed(value: f64, figure: &str) {
    let decimals = figure.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    assert_eq!(format!("{value:.decimals$}"), figure);
}

fn inputs(risk_aversion: f64) -> AlmgrenChriss {
    AlmgrenChriss {
        shares: 1e6,
        horizon: 5.0,
        periods: 5,
        volatility: 0.95,
        fixed_cost: 0.0625,
        permanent: 2.5e-7,
        temporary: 2.5e-6,
        risk_aversion,
    }
}

type Row = (f64, [&'static str; 4], [&'static str; 4]);

/// Risk aversion; kappa, half-life, expected cost, standard deviation; holdings.
const TABLE: [Row; 7] = [
    (0.0, ["0", "inf", "662500.00", "1040672.86"], ["800000", "600000", "400000", "200000"]),
    (
        1e-8,
        ["0.061634", "16.2247", "662588.84", "1032059.56"],
        ["795477.76", "593978.34", "394736.04", "196993.73"],
    ),
    (
        1e-7,
        ["0.194629", "5.1380", "670057.46", "961622.90"],
        ["757882.39", "544564.31", "351939.68", "172688.75"],
    ),
    (
        2e-7,
        ["0.274815", "3.6388", "688153.63", "895775.90"],
        ["721626.73", "498097.08", "312422.82", "150492.69"],
    ),
    (
        1e-6,
        ["0.607076", "1.6472", "911226.99", "603430.67"],
        ["541955.55", "289854.22", "147897.49", "62141.80"],
    ),
    (
        2e-6,
        ["0.846297", "1.1816", "1140715.17", "449367.65"],
        ["428598.85", "182932.81", "76295.72", "27643.38"],
    ),
    (
        1e-5,
        ["1.726711", "0.5791", "1845211.26", "171712.41"],
        ["177868.31", "31636.20", "5621.63", "969.25"],
    ),
];

#[test]
fn the_table_of_almgren_and_chriss_to_its_last_digit() {
    for (risk_aversion, [kappa, half_life, cost, sd], holdings) in TABLE {
        let found = almgren_chriss(&inputs(risk_aversion)).unwrap();
        printed(found.kappa, kappa);
        printed(found.half_life(), half_life);
        printed(found.expected_cost, cost);
        printed(found.std_dev(), sd);
        assert_eq!(found.holdings.len(), 5);
        for (held, figure) in found.holdings.iter().zip(holdings) {
            printed(*held, figure);
        }
        assert_eq!(found.holdings.last(), Some(&0.0));
    }
    let found = almgren_chriss(&inputs(1e-6)).unwrap();
    let trades = ["458044.45", "252101.33", "141956.73", "85755.69", "62141.80"];
    for (trade, figure) in found.trades.iter().zip(trades) {
        printed(*trade, figure);
    }
    let at_once = AlmgrenChriss { horizon: 1.0, periods: 1, ..inputs(1e-6) };
    assert_eq!(almgren_chriss(&at_once).unwrap().expected_cost, 2_562_500.0);
}

#[test]
fn the_nine_rows_of_the_drop_library() {
    let half_lives =
        ["51.30", "36.27", "29.62", "25.65", "22.94", "20.94", "19.39", "18.14", "17.10"];
    let mut before = (0.0, f64::INFINITY, 0.0);
    for (half_life, row) in half_lives.iter().zip(1_i32..) {
        let risk_aversion = f64::from(row) * 1e-9;
        let found = almgren_chriss(&inputs(risk_aversion)).unwrap();
        printed(found.half_life(), half_life);
        let penalty = found.expected_cost + risk_aversion * found.variance;
        // In millions, and millions squared; the ends of each column are known.
        let scaled = (found.expected_cost / 1e6, found.variance / 1e12, penalty / 1e6);
        let ends = match row {
            1 => Some(["0.6625", "1.0812", "0.6636"]),
            9 => Some(["0.6626", "1.0669", "0.6722"]),
            _ => None,
        };
        if let Some(ends) = ends {
            printed(scaled.0, ends[0]);
            printed(scaled.1, ends[1]);
            printed(scaled.2, ends[2]);
        }
        assert!(scaled.0 > before.0 && scaled.1 < before.1 && scaled.2 > before.2);
        before = scaled;
    }
}

#[test]
fn the_paper_s_formula_agrees_where_its_functions_can_be_computed() {
    for (risk_aversion, periods) in [(1e-9, 3), (1e-7, 40), (3e-6, 17), (1e-5, 100)] {
        let asked = AlmgrenChriss { periods, ..inputs(risk_aversion) };
        let found = almgren_chriss(&asked).unwrap();
        let tau = asked.horizon / f64::from(periods);
        for (held, j) in found.holdings.iter().zip(1_i32..) {
            let left = asked.horizon - tau * f64::from(j);
            let paper =
                asked.shares * (found.kappa * left).sinh() / (found.kappa * asked.horizon).sinh();
            assert!((held - paper).abs() <= 1e-9 * asked.shares, "{held} {paper}");
        }
    }
}

#[test]
fn a_trajectory_becomes_lots_once() {
    let found = almgren_chriss(&inputs(1e-6)).unwrap();
    let points = found.cumulative_ppb(10);
    let shares = [458_044_446, 710_145_781, 852_102_512, 937_858_198, 1_000_000_000];
    let expected: Vec<(i64, i64)> = (0..).step_by(10).zip(shares).collect();
    assert_eq!(points, expected);
    let slices = found.slices(Qty::whole(1000), Qty::whole(1), 10);
    assert_eq!(units(&slices), [458, 252, 142, 85, 63]);
    let slices = found.slices(Qty::whole(1000), Qty::whole(75), 10);
    assert_eq!(units(&slices), [450, 225, 150, 75, 75]);
    // So urgent that a period is for ever: all at once.
    let urgent = almgren_chriss(&AlmgrenChriss { volatility: 1e100, ..inputs(1.0) }).unwrap();
    assert_eq!(units(&urgent.slices(Qty::whole(9), Qty::whole(1), 10)), [9, 0, 0, 0, 0]);
    for bad in [
        AlmgrenChriss { shares: 0.0, ..inputs(0.0) },
        AlmgrenChriss { horizon: f64::NAN, ..inputs(0.0) },
        AlmgrenChriss { periods: 0, ..inputs(0.0) },
        AlmgrenChriss { periods: 100_001, ..inputs(0.0) },
        AlmgrenChriss { volatility: f64::INFINITY, ..inputs(0.0) },
        AlmgrenChriss { permanent: 1e-5, ..inputs(0.0) },
        inputs(-1e-9),
        AlmgrenChriss { volatility: 1e200, ..inputs(1.0) },
    ] {
        assert!(almgren_chriss(&bad).is_err(), "{bad:?}");
    }
}

#[test]
fn impact_figures() {
    let bps = |fraction: f64, figure| printed(fraction * 10_000.0, figure);
    let model = Almgren2005::default();
    for (volatility, outstanding, permanent, rows) in [
        (0.0157, 263.0, "19.85", [("22.29", "32.22"), ("14.71", "24.63"), ("8.49", "18.41")]),
        (0.0226, 87.0, "21.67", [("32.09", "42.93"), ("21.17", "32.01"), ("12.22", "23.05")]),
    ] {
        bps(model.permanent(volatility, 0.1, outstanding), permanent);
        for ((temporary, cost), days) in rows.iter().zip([0.1, 0.2, 0.5]) {
            bps(model.temporary(volatility, 0.1, days), temporary);
            bps(model.cost(volatility, 0.1, outstanding, days), cost);
        }
    }
    let shares = [0.0001, 0.001, 0.01, 0.05, 0.1, 0.25];
    let figures = ["2.000", "6.325", "20.000", "44.721", "63.246", "100.000"];
    for (share, figure) in shares.iter().zip(figures) {
        bps(square_root(1.0, 0.02, *share), figure);
    }
    bps(square_root_average(1.0, 0.02, 0.01), "13.333");
    bps(square_root(0.5, 0.02, 0.01), "10.000");
}

/// A total and a lot, in raw units, with at most a billion lots.
fn total_and_lot() -> impl Strategy<Value = (Qty, Qty)> {
    (1_i128..1_000_000_000_000, 1_i128..1_000_000_000).prop_flat_map(|(lot, lots)| {
        (lot * lots..lot * lots + lot, Just(lot)).prop_map(|(total, lot)| (Qty(total), Qty(lot)))
    })
}

/// Slices are lots, sum to the total in lots, and come back from their points.
fn assert_exact(slices: &[Slice], total: Qty, lot: Qty) {
    let points = to_cumulative_ppb(slices, total, lot);
    let sum: Qty = slices.iter().map(|slice| slice.qty).sum();
    assert_eq!(sum, total.to_lot(lot, Rounding::Floor));
    // A total that is not whole lots may be a hair above a billion of them.
    let Ok(points) = points else { return assert!(total.0 > lot.0 * 1_000_000_000) };
    let mut done = Qty::ZERO;
    for slice in slices {
        assert!(slice.qty.0 >= 0 && slice.qty.0 % lot.0 == 0);
        assert_eq!(due(&points, total, lot, slice.at_ns - 1), done);
        done += slice.qty;
        assert_eq!(due(&points, total, lot, slice.at_ns), done);
    }
    assert_eq!(due(&points, total, lot, i64::MAX), sum);
}

proptest! {
    #[test]
    fn twap_is_exact(
        (total, lot) in total_and_lot(),
        horizon in 1_i64..100_000,
        interval in 1_i64..200_000,
    ) {
        let slices = twap(total, horizon, interval * 1000 / 999 + horizon / 500, lot).unwrap();
        assert_exact(&slices, total, lot);
        // Never ahead of the clock by a lot or more, never behind by one.
        let mut done = 0;
        for (at, slice) in slices.iter().enumerate() {
            done += slice.qty.0;
            let end = slices.get(at + 1).map_or(horizon, |next| next.at_ns);
            let fair = total.to_lot(lot, Rounding::Floor).0 * i128::from(end);
            let scaled = done * i128::from(horizon);
            prop_assert!(scaled <= fair && fair - scaled < lot.0 * i128::from(horizon));
        }
    }

    #[test]
    fn vwap_is_exact_and_within_a_lot_of_its_curve(
        (total, lot) in total_and_lot(),
        weights in prop::collection::vec(0_u64..1_000_000_000, 1..40),
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let buckets = weights.iter().zip(0..);
        let buckets = buckets.map(|(weight, at_ns)| Bucket { at_ns, weight: *weight });
        let slices = vwap(total, &buckets.collect::<Vec<_>>(), lot).unwrap();
        assert_exact(&slices, total, lot);
        let sum: u64 = weights.iter().sum();
        let whole = total.to_lot(lot, Rounding::Floor).0;
        for (slice, weight) in slices.iter().zip(&weights) {
            let off = slice.qty.0 * i128::from(sum) - whole * i128::from(*weight);
            prop_assert!(off.abs() < lot.0 * i128::from(sum));
        }
    }

    #[test]
    fn participation_holds(rate in 1_u32..1_000_000, others in 0_i128..1_000_000_000_000_000) {
        let own = pov_qty(rate, Qty(others)).unwrap().0;
        // Ours is at most the rate of all, and one part more would be above it.
        let within = |own: i128| own * 1_000_000 <= i128::from(rate) * (own + others);
        prop_assert!(within(own) && !within(own + 1));
    }

    #[test]
    fn a_trajectory_sells_all_and_only_sells(
        risk_aversion in prop_oneof![Just(0.0), 1e-12_f64..1e-3],
        periods in 1_u32..300,
    ) {
        let found = almgren_chriss(&AlmgrenChriss { periods, ..inputs(risk_aversion) }).unwrap();
        let points = found.cumulative_ppb(1);
        prop_assert!(points.is_sorted());
        prop_assert_eq!(points.last().map(|(_, ppb)| *ppb), Some(1_000_000_000));
        let slices = found.slices(Qty::whole(12_345), Qty::whole(7), 1);
        prop_assert!(slices.iter().all(|slice| slice.qty.0 >= 0));
        let sum: Qty = slices.iter().map(|slice| slice.qty).sum();
        prop_assert_eq!(sum, Qty::whole(12_341));
        // Who fears risk trades no later than who does not.
        for ((_, ppb), j) in points.iter().zip(1_i64..) {
            prop_assert!(*ppb >= j * 1_000_000_000 / i64::from(periods) - 1);
        }
    }
}
