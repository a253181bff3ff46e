use proptest::prelude::*;

use super::*;

fn table(rows: &str) -> Rules {
    Rules::from_text("rules.csv", &format!("{HEADER}\n{rows}")).unwrap()
}

fn refused(rows: &str) -> String {
    let read = Rules::from_text("r", &format!("{HEADER}\n{rows}"));
    read.unwrap_err().to_string()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn px(text: &str) -> Px {
    text.parse().unwrap()
}

#[test]
fn rules_change_on_their_day() {
    let rules = table(
        "NFO:F,2026-01-01,75,0.05,1800,\n\nNFO:F,2026-08-03,65,0.1,1755,10%\n\
         NSE:INFY,2026-01-01,1,0.1,,\n",
    );
    assert_eq!(rules.symbols().collect::<Vec<_>>(), ["NFO:F", "NSE:INFY"]);
    let before = rules.at("NFO:F", date("2026-08-02")).unwrap();
    assert_eq!(
        (before.lot, before.freeze, before.band),
        (Qty::whole(75), Some(Qty::whole(1800)), None)
    );
    assert_eq!(before.ticks, Ticks::flat(px("0.05")));
    assert_eq!(before.limits(px("100")), None);
    let after = rules.at("NFO:F", date("2026-08-03")).unwrap();
    assert_eq!((after.lot, after.largest_order()), (Qty::whole(65), Some(Qty::whole(1755))));
    assert_eq!(rules.at("NSE:INFY", date("2030-01-01")).unwrap().largest_order(), None);
    let early = rules.at("NFO:F", date("2025-12-31")).unwrap_err().to_string();
    assert!(early.contains("begin with 2026-01-01, not with 2025-12-31"), "{early}");
    let unknown = rules.at("NSE:INFI", date("2026-01-01")).unwrap_err().to_string();
    assert!(unknown.contains("did you mean `NSE:INFY`?"), "{unknown}");
}

#[test]
fn the_largest_order_is_whole_lots() {
    let rule = table("F,2026-01-01,75,0.05,1799,\n").at("F", date("2026-01-01")).unwrap();
    assert_eq!(rule.largest_order(), Some(Qty::whole(1725)));
}

#[test]
fn steps_depend_on_price_and_date() {
    let rules = table("A,2024-01-01,1,nse-cash,,\nB,2024-01-01,1,us-equities,,\n");
    let step = |symbol: &str, day: &str, price: &str| {
        rules.at(symbol, date(day)).unwrap().ticks.at(px(price)).to_string()
    };
    assert_eq!(step("A", "2024-06-09", "100"), "0.05");
    assert_eq!(step("A", "2024-06-10", "100"), "0.01");
    assert_eq!(step("A", "2025-04-14", "3000"), "0.05");
    for (price, expected) in [
        ("249.99", "0.01"),
        ("250", "0.05"),
        ("1000", "0.05"),
        ("1000.1", "0.1"),
        ("5000", "0.1"),
        ("10000", "0.5"),
        ("20000", "1"),
        ("20001", "5"),
    ] {
        assert_eq!(step("A", "2025-04-15", price), expected, "{price}");
    }
    assert_eq!(step("B", "2026-01-01", "0.9999"), "0.0001");
    assert_eq!(step("B", "2026-01-01", "1"), "0.01");
    let own = table("C,2024-01-01,1,0.01<250 0.05<=1000 0.1,,\n");
    assert_eq!(own.at("C", date("2024-01-01")).unwrap().ticks.at(px("1000")), px("0.05"));
}

#[test]
fn a_band_is_on_the_step_and_inside() {
    let rules = table("A,2026-01-01,1,0.05,,10%\nB,2026-01-01,1,0.05,,1400.01-1711.09\n");
    let limits = |symbol: &str, reference: &str| {
        rules.at(symbol, date("2026-01-01")).unwrap().limits(px(reference)).unwrap()
    };
    assert_eq!(limits("A", "1000"), (px("900"), px("1100")));
    // 90.117 and 110.143: inward to the step.
    assert_eq!(limits("A", "100.13"), (px("90.15"), px("110.1")));
    assert_eq!(limits("B", "1500"), (px("1400.05"), px("1711.05")));
    // 0.9000000009 and 1.1000000011 do not fit nine decimals: inward as well.
    let fine = table("C,2026-01-01,1,0.000000001,,10%\n").at("C", date("2026-01-01")).unwrap();
    assert_eq!(fine.limits(px("1.000000001")), Some((px("0.900000001"), px("1.100000001"))));
}

#[test]
fn a_broken_table_says_where_and_what() {
    for (rows, start) in [
        ("A,2026-01-01,1,0.05,\n", "r:2:1: the row has 5 cells instead of 6"),
        (",2026-01-01,1,0.05,,\n", "r:2:1: symbol is empty"),
        ("A,2026-02-30,1,0.05,,\n", "r:2:3: from is `2026-02-30`"),
        ("A,2026-01-01,0,0.05,,\n", "r:2:14: lot is `0`: zero"),
        ("A,2026-01-01,-1,0.05,,\n", "r:2:14: lot is `-1`: below zero"),
        ("A,2026-01-01,1,0,,\n", "r:2:16: tick is `0`"),
        ("A,2026-01-01,1,nse-cahs,,\n", "r:2:16: tick is `nse-cahs`"),
        ("A,2023-12-31,1,nse-cash,,\n", "r:2:16: tick is `nse-cash`"),
        ("A,2026-01-01,1,0.05<9 0.01<9 1,,\n", "r:2:16"),
        ("A,2026-01-01,1,0.05<9,,\n", "r:2:16"),
        ("A,2026-01-01,75,0.05,74,\n", "r:2:22: freeze is `74`: less than a lot"),
        ("A,2026-01-01,1,0.05,,0%\n", "r:2:22: band is `0%`"),
        ("A,2026-01-01,1,0.05,,100%\n", "r:2:22: band is `100%`"),
        ("A,2026-01-01,1,0.05,,9-9\n", "r:2:22: band is `9-9`"),
        ("A,2026-01-01,1,1,,\nA,2026-01-01,1,1,,\n", "r:3:1: symbol is `A`: there is a row"),
        ("A,2026-01-01,1,1,,", "r:2:19: the last line has no newline"),
    ] {
        let error = refused(rows);
        assert!(error.starts_with(start), "{error}");
    }
    assert!(refused("A,2026-01-01,1,nse-cahs,,\n").contains("did you mean `nse-cash`?"));
    let error = Rules::from_text("r", "symbol,lot\n").unwrap_err().to_string();
    assert!(error.starts_with("r:1:1: the first line does not name"), "{error}");
    assert_eq!(Rules::from_text("r", &format!("{HEADER}\n")).unwrap(), Rules::default());
}

proptest! {
    #[test]
    fn limits_are_inside_the_band(
        reference in 1_000_000_000_i128..100_000_000_000_000,
        percent in 1_i128..100,
    ) {
        let rows = format!("A,2026-01-01,1,nse-cash,,{percent}%\n");
        let rule = table(&rows).at("A", date("2026-01-01")).unwrap();
        let (low, high) = rule.limits(Px(reference)).unwrap();
        let tick = rule.ticks.at(Px(reference)).0;
        prop_assert!(low.0 * 100 >= reference * (100 - percent));
        prop_assert!(high.0 * 100 <= reference * (100 + percent));
        // One step further would be outside.
        prop_assert!((low.0 - tick) * 100 < reference * (100 - percent));
        prop_assert!((high.0 + tick) * 100 > reference * (100 + percent));
        prop_assert_eq!((low.0 % tick, high.0 % tick), (0, 0));
    }

    #[test]
    fn no_row_panics(row in "[-A0-9.,<=% %]{0,40}") {
        let _ = Rules::from_text("r", &format!("{HEADER}\n{row}\n"));
    }
}
