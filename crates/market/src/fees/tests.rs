use proptest::prelude::*;
use truefill_core::num::{Amount, Px, Qty, Rounding};
use truefill_core::report::Liquidity;
use truefill_core::request::Side;

use super::*;
use crate::error::ErrorKind;
use crate::time_text;

fn schedule(name: &str) -> Schedule {
    Schedule::by_name(name).unwrap()
}

fn trade(time: &str, side: Side, qty: &str, px: &str) -> TradeForFee {
    TradeForFee {
        time: time_text::parse(time).unwrap(),
        side,
        qty: qty.parse().unwrap(),
        px: px.parse().unwrap(),
        multiplier: Qty::whole(1),
        liquidity: None,
    }
}

/// A round trip of two orders, each executed at once: its lines summed by kind, and the total.
fn round_trip(schedule: &Schedule, day: &str, qty: &str, bought: &str, sold: &str) -> Vec<String> {
    let time = format!("{day}T11:00:00+05:30");
    let buy = schedule.charge(&trade(&time, Side::Buy, qty, bought)).unwrap();
    let sell = schedule.charge(&trade(&time, Side::Sell, qty, sold)).unwrap();
    let indian = &FeeKind::ALL[..6];
    let mut sums: Vec<Amount> = indian.iter().map(|kind| buy.of(*kind) + sell.of(*kind)).collect();
    assert_eq!(sums.iter().copied().sum::<Amount>(), buy.total + sell.total);
    sums.push(buy.total + sell.total);
    sums.iter().map(ToString::to_string).collect()
}

const BEFORE: &str = "2026-03-30";
const AFTER: &str = "2026-04-01";

/// Rows of the reference: brokerage, STT, transaction, SEBI, stamp, GST, total.
#[test]
fn the_indian_vectors() {
    let intraday = schedule("zerodha-equity-intraday");
    let in_1 = round_trip(&intraday, AFTER, "400", "1000", "1100");
    assert_eq!(in_1, ["40", "110", "25.788", "0.84", "12", "11.99304", "200.62104"]);
    let in_1b = round_trip(&intraday, BEFORE, "400", "1000", "1100");
    assert_eq!(in_1b, ["40", "110", "24.948", "0.84", "12", "11.84184", "199.62984"]);
    // A user's copy with the exchange rate of some years ago.
    let text = Schedule::text_of("zerodha-equity-intraday").unwrap().replace("0.00307", "0.00345");
    let older = Schedule::from_text("zerodha-equity-intraday", "older.txt", &text).unwrap();
    let in_1c = round_trip(&older, AFTER, "400", "1000", "1100");
    assert_eq!(in_1c, ["40", "110", "28.98", "0.84", "12", "12.5676", "204.3876"]);

    let delivery = schedule("zerodha-equity-delivery");
    let in_2 = round_trip(&delivery, AFTER, "400", "1000", "1100");
    assert_eq!(in_2, ["0", "840", "25.788", "0.84", "60", "4.79304", "931.42104"]);
    let futures = schedule("zerodha-futures");
    let in_3 = round_trip(&futures, AFTER, "400", "1000", "1100");
    assert_eq!(in_3, ["40", "220", "15.372", "0.84", "8", "10.11816", "294.33016"]);
    let in_4 = round_trip(&futures, AFTER, "75", "25000", "25000");
    assert_eq!(in_4, ["40", "937.5", "68.625", "3.75", "37.5", "20.2275", "1107.6025"]);
    let options = schedule("zerodha-options");
    let in_5 = round_trip(&options, AFTER, "75", "100", "100");
    assert_eq!(in_5, ["40", "11.25", "5.3295", "0.015", "0.225", "8.16201", "64.98151"]);
    let in_6 = round_trip(&intraday, AFTER, "100", "1000", "1000");
    assert_eq!(in_6, ["40", "25", "6.14", "0.2", "3", "8.3412", "82.6812"]);
    let in_7 = round_trip(&delivery, AFTER, "100", "1000", "1000");
    assert_eq!(in_7, ["0", "200", "6.14", "0.2", "15", "1.1412", "222.4812"]);
}

#[test]
fn the_tax_on_derivatives_rises_on_the_first_of_april_by_the_clock_of_india() {
    let stt = |name: &str, time: &str| {
        let charges = schedule(name).charge(&trade(time, Side::Sell, "100", "1000")).unwrap();
        charges.of(FeeKind::Stt).to_string()
    };
    for (name, before, after) in
        [("zerodha-futures", "20", "50"), ("zerodha-options", "100", "150")]
    {
        assert_eq!(stt(name, "2026-03-31T18:29:59.999999999Z"), before);
        assert_eq!(stt(name, "2026-03-31T18:30:00Z"), after);
    }
}

#[test]
fn the_american_vectors() {
    let alpaca = schedule("alpaca-equity");
    let time = "2024-06-03T15:00:00Z";
    let bill = |qty, px| {
        let mut charger = Charger::new(alpaca.clone(), Billing::Rounded);
        let charges = charger.charge(1, &trade(time, Side::Sell, qty, px)).unwrap();
        [FeeKind::Sec, FeeKind::Taf].map(|kind| charges.of(kind).to_string())
    };
    assert_eq!(bill("1000", "100"), ["2.78", "0.17"]);
    assert_eq!(bill("60000", "10"), ["16.68", "8.3"]);
    // Exact, the first is 0.166; a purchase costs nothing.
    let exact = alpaca.charge(&trade(time, Side::Sell, "1000", "100")).unwrap();
    assert_eq!(exact.of(FeeKind::Taf).to_string(), "0.166");
    assert_eq!(alpaca.charge(&trade(time, Side::Buy, "1000", "100")).unwrap().lines, []);
    // The limit is per trade: two sales of 40000 are two trades.
    let mut charger = Charger::new(alpaca.clone(), Billing::Exact);
    let taf = [(); 2].map(|()| {
        let charges = charger.charge(1, &trade(time, Side::Sell, "40000", "10")).unwrap();
        charges.of(FeeKind::Taf).to_string()
    });
    assert_eq!(taf, ["6.64", "6.64"]);

    let sec = |day: &str| {
        let sale = trade(&format!("{day}T15:00:00Z"), Side::Sell, "10000", "100");
        alpaca.charge(&sale).unwrap().of(FeeKind::Sec).to_string()
    };
    let days = ["2024-05-21", "2024-05-22", "2025-05-13", "2025-05-14", "2026-04-06"];
    assert_eq!(days.map(sec), ["8", "27.8", "27.8", "0", "20.6"]);
    let unverified = |day: &str| -> Vec<FeeKind> {
        let lines = alpaca.lines_at(day.parse().unwrap()).unwrap();
        lines.filter(|(_, _, verified)| !verified).map(|(kind, _, _)| kind).collect()
    };
    assert_eq!(unverified("2024-06-03"), []);
    assert_eq!(unverified("2026-04-06"), [FeeKind::Sec, FeeKind::Taf, FeeKind::Cat]);
}

#[test]
fn the_crypto_vectors() {
    let time = "2026-01-05T00:00:00Z";
    let total = |name: &str, liquidity| {
        let mut half = trade(time, Side::Sell, "0.5", "60000");
        half.liquidity = liquidity;
        schedule(name).charge(&half).unwrap().total.to_string()
    };
    let (maker, taker) = (Some(Liquidity::Maker), Some(Liquidity::Taker));
    assert_eq!([total("binance-spot", maker), total("binance-spot", taker)], ["30", "30"]);
    assert_eq!(total("binance-spot-bnb", taker), "22.5");
    assert_eq!([total("binance-usdm", maker), total("binance-usdm", taker)], ["6", "15"]);
    assert_eq!(
        [total("binance-usdm-bnb", maker), total("binance-usdm-bnb", None)],
        ["5.4", "13.5"]
    );

    // The fee leg is an asset of its own: what was bought is not what is there.
    let alpaca = schedule("alpaca-crypto");
    let mut order = trade(time, Side::Buy, "2", "40000");
    let in_kind = |amount: &str| Paid::Base(amount.parse().unwrap());
    assert_eq!(alpaca.charge(&order).unwrap().paid, in_kind("0.005"));
    assert_eq!(alpaca.charge(&order).unwrap().total.to_string(), "200");
    order.liquidity = maker;
    assert_eq!(alpaca.charge(&order).unwrap().paid, in_kind("0.003"));
    order.side = Side::Sell;
    let sold = alpaca.charge(&order).unwrap();
    assert_eq!((sold.total.to_string().as_str(), sold.paid), ("120", Paid::Quote));
    order.liquidity = None;
    assert_eq!(alpaca.charge(&order).unwrap().total.to_string(), "200");

    let bnb = schedule("binance-spot-bnb").charge(&trade(time, Side::Buy, "0.5", "60000")).unwrap();
    assert_eq!(bnb.paid, Paid::Asset("BNB".into()));
    let in_bnb =
        |px: i64, rounding| bnb.in_asset(Px::whole(px), rounding).map(|qty| qty.to_string());
    assert_eq!(in_bnb(600, Rounding::Ceil), Some("0.0375".into()));
    assert_eq!(in_bnb(700, Rounding::Ceil), Some("0.032142858".into()));
    assert_eq!(in_bnb(700, Rounding::Floor), Some("0.032142857".into()));
    assert_eq!(in_bnb(0, Rounding::Ceil), None);
}

#[test]
fn brokerage_is_per_order_and_a_bill_rounds_the_day() {
    let mut charger = Charger::new(schedule("zerodha-options"), Billing::Rounded);
    let time = "2026-04-01T11:00:00+05:30";
    let lot = trade(time, Side::Sell, "75", "100");
    let mut bill = |order| {
        let charges = charger.charge(order, &lot).unwrap();
        [FeeKind::Brokerage, FeeKind::Stt].map(|kind| charges.of(kind).to_string())
    };
    // 11.25 each: the day's sums are 11.25, 22.5, 33.75, 45, rounded 11, 23, 34, 45.
    assert_eq!(bill(1), ["20", "11"]);
    assert_eq!(bill(1), ["0", "12"]);
    assert_eq!(bill(2), ["20", "11"]);
    assert_eq!(bill(1), ["0", "11"]);
    // The next day is another bill, and there the same order is another order.
    let next = trade("2026-04-02T11:00:00+05:30", Side::Sell, "75", "100");
    let charges = charger.charge(1, &next).unwrap();
    assert_eq!(charges.of(FeeKind::Brokerage).to_string(), "20");
    assert_eq!(charges.of(FeeKind::Stt).to_string(), "11");
    // A late execution of the day before still finds its order.
    let late = charger.charge(2, &lot).unwrap();
    assert_eq!(late.of(FeeKind::Brokerage), Amount::ZERO);
    let much_later = trade("2026-04-20T11:00:00+05:30", Side::Sell, "75", "100");
    assert!(charger.charge(3, &much_later).is_ok());
    assert!(matches!(charger.charge(2, &lot), Err(FeeError::TooLate { .. })));
}

#[test]
fn what_cannot_be_charged_says_why() {
    let delivery = schedule("zerodha-equity-delivery");
    let early = delivery.charge(&trade("2024-09-30T18:29:59Z", Side::Buy, "1", "100"));
    let message = early.unwrap_err().to_string();
    assert!(message.contains("begins with 2024-10-01, not with 2024-09-30"), "{message}");
    assert!(delivery.charge(&trade("2024-09-30T18:30:00Z", Side::Buy, "1", "100")).is_ok());
    let now = "2026-04-01T11:00:00+05:30";
    for qty in ["0", "-1"] {
        let refused = delivery.charge(&trade(now, Side::Buy, qty, "100"));
        assert!(matches!(refused, Err(FeeError::NotAbove { .. })));
    }
    let huge = delivery.charge(&trade(now, Side::Buy, "1000000000000", "1000000000"));
    assert!(matches!(huge, Err(FeeError::TooLarge { .. })));
    // A price below zero is a price: oil had one.
    let below = delivery.charge(&trade(now, Side::Buy, "1", "-100")).unwrap();
    assert_eq!(below.of(FeeKind::Stt).to_string(), "0.1");
    let unknown = Schedule::by_name("zerodha-option").unwrap_err().to_string();
    assert!(unknown.contains("did you mean `zerodha-options`?"), "{unknown}");
}

#[test]
fn the_multiplier_comes_last() {
    let mut silver = trade("2026-01-05T00:00:00Z", Side::Sell, "3", "70000.5");
    silver.multiplier = "0.001".parse().unwrap();
    let charges = schedule("binance-usdm").charge(&silver).unwrap();
    assert_eq!(charges.total.to_string(), "0.10500075");
}

#[test]
fn everything_that_comes_with_the_program_reads() {
    assert_eq!(Schedule::names().count(), 10);
    for name in Schedule::names() {
        let known = schedule(name);
        assert_eq!(known.name(), name);
        let text = Schedule::text_of(name).unwrap();
        assert_eq!(Schedule::from_text(name, "copy.txt", text).unwrap(), known);
        // Each line is told as it is written.
        for date in known.dates() {
            for (kind, line, _) in known.lines_at(date).unwrap() {
                assert!(line.starts_with(kind.name()) && text.contains(line), "{line}");
            }
        }
    }
}

#[test]
fn a_broken_schedule_says_where_and_what() {
    let head = "schedule s\ncurrency INR\nzone UTC\nfrom 2026-01-01\n";
    let cases = [
        ("brokerages both 1%", "s:5:1: `brokerages`"),
        ("brokerage all 1%", "s:5:11: `all`"),
        ("brokerage both", "s:5:15: the rate is missing"),
        ("brokerage both 1", "s:5:16: `1`"),
        ("brokerage both 101%", "s:5:16: `101%`"),
        ("brokerage both 0.00000000001%", "s:5:16"),
        ("brokerage both -1/order", "s:5:16: `-1/order`"),
        ("brokerage both -0.000000001/unit", "s:5:16: `-0.000000001/unit`: below zero"),
        ("brokerage both 1/day", "s:5:16: `1/day`"),
        ("brokerage both 1% max 20", "s:5:23: `20`"),
        ("brokerage both 1% note down 1", "s:5:24: `down`"),
        ("brokerage both 1% note up 0", "s:5:27: `0`"),
        ("brokerage both 1% or more", "s:5:19: `or`"),
        ("gst both 18% of brokerage", "s:5:17: `brokerage`"),
        ("brokerage both 1%\nbrokerage sell 1%", "s:6:1: brokerage is there twice"),
        ("from 2026-01-01", "s:5:1: the block from 2026-01-01"),
        ("paid received\nbrokerage both 1/order", "s: a fee of `s` from 2026-01-01"),
        ("schedule s", "s:5:10: `s`"),
    ];
    for (line, start) in cases {
        let error = Schedule::from_text("s", "s", &format!("{head}{line}\n")).unwrap_err();
        assert!(error.to_string().starts_with(start), "{error}");
    }
    for (text, start) in [
        ("brokerage both 1%", "s:1:1: `brokerage`: stands before the first schedule"),
        ("schedule s\nbrokerage both 1%", "s:2:1: `brokerage`: stands before the first date"),
        ("schedule s\nzone UTC\nfrom 2026-01-01", "s: the schedule `s` has no `currency` line"),
        ("schedule s\ncurrency A\nfrom 2026-01-01", "s: the schedule `s` has no `zone` line"),
        ("schedule s\ncurrency A\nzone UTC", "s: the schedule `s` has no `from` line"),
        ("schedule t", "s: there is no fee schedule `s`"),
    ] {
        let error = Schedule::from_text("s", "s", text).unwrap_err();
        assert!(error.to_string().starts_with(start), "{error}");
        assert!(matches!(error.kind(), ErrorKind::Word | ErrorKind::Declared));
    }
}

/// Executions of one order: quantities and one price, in raw units.
fn executions() -> impl Strategy<Value = (Side, Vec<i128>, i128)> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    (side, prop::collection::vec(1_i128..200_000_000_000_000, 1..12), 1_i128..50_000_000_000_000)
}

#[test]
fn noon_of_a_day_has_the_rates_of_that_day() {
    for name in Schedule::names() {
        let known = schedule(name);
        for date in known.dates() {
            assert_eq!(known.date_at(known.noon(date)), date, "{name}");
            assert!(
                known
                    .charge(&TradeForFee {
                        time: known.noon(date),
                        ..trade("2026-05-05T09:00:00Z", Side::Buy, "1", "1")
                    })
                    .is_ok()
            );
        }
    }
    let text = Schedule::text_of("zerodha-futures").unwrap();
    for zone in ["-23:59", "+23:59", "New_York"] {
        let moved = text.replace("zone +05:30", &format!("zone {zone}"));
        let moved = Schedule::from_text("zerodha-futures", "moved", &moved).unwrap();
        for day in ["2026-03-08", "2026-11-01", "2026-12-31"] {
            let date = day.parse().unwrap();
            assert_eq!(moved.date_at(moved.noon(date)), date, "{zone} {day}");
        }
    }
}

proptest! {
    #[test]
    fn the_charges_of_an_order_sum_to_the_orders_charge(
        name in prop::sample::select(Schedule::names().collect::<Vec<_>>()),
        (side, quantities, px) in executions(),
        other in 1_i128..1_000_000_000_000,
    ) {
        let known = schedule(name);
        let piece = |qty| TradeForFee { side, qty: Qty(qty), px: Px(px), ..trade(
            "2026-05-05T09:00:00Z", Side::Buy, "1", "1") };
        let mut charger = Charger::new(known.clone(), Billing::Exact);
        let mut sums = vec![Amount::ZERO; FeeKind::ALL.len()];
        let mut total = Amount::ZERO;
        for qty in &quantities {
            // Another order in between changes nothing.
            charger.charge(2, &piece(other)).unwrap();
            let charges = charger.charge(1, &piece(*qty)).unwrap();
            for (kind, sum) in FeeKind::ALL.iter().zip(&mut sums) {
                *sum += charges.of(*kind);
            }
            total += charges.total;
        }
        let whole = known.charge(&piece(quantities.iter().sum())).unwrap();
        for (kind, sum) in FeeKind::ALL.iter().zip(&sums) {
            // The limit of this one is per trade, so that pieces may cost more.
            if *kind == FeeKind::Taf {
                prop_assert!(*sum >= whole.of(*kind));
            } else {
                prop_assert_eq!(*sum, whole.of(*kind), "{}", kind.name());
            }
        }
        prop_assert_eq!(total, sums.iter().copied().sum::<Amount>());
    }

    #[test]
    fn a_rounded_day_sums_to_the_rounded_sum(
        (side, quantities, px) in executions(),
        orders in prop::collection::vec(0_u64..3, 12),
    ) {
        let piece = |qty| TradeForFee { side, qty: Qty(qty), px: Px(px), ..trade(
            "2026-05-05T09:00:00Z", Side::Buy, "1", "1") };
        let mut exact = Charger::new(schedule("zerodha-equity-intraday"), Billing::Exact);
        let mut billed = Charger::new(schedule("zerodha-equity-intraday"), Billing::Rounded);
        let (mut stt, mut bill) = (Amount::ZERO, Amount::ZERO);
        for (qty, order) in quantities.iter().zip(&orders) {
            stt += exact.charge(*order, &piece(*qty)).unwrap().of(FeeKind::Stt);
            bill += billed.charge(*order, &piece(*qty)).unwrap().of(FeeKind::Stt);
        }
        let rupee: Amount = "1".parse().unwrap();
        prop_assert_eq!(bill.0 % rupee.0, 0);
        prop_assert!((bill - stt).abs().0 * 2 <= rupee.0);
    }

    #[test]
    fn no_text_panics(text in "(schedule s|from 2026-01-01|currency|zone|gst|sec|both|of|max|note|up|%|/order| |\n|-|[0-9]){0,60}") {
        let _ = Schedule::from_text("s", "s", &text);
    }
}

#[test]
fn names_in_a_text_cannot_write_to_a_terminal() {
    let mut text = String::from("schedule a\u{1b}[31m\n");
    for n in 0..500 {
        text.push_str(&format!("schedule name-{n}\n"));
    }
    let words = Schedule::from_text("mine", "f.txt", &text).expect_err("not there").to_string();
    assert!(words.contains("there are: `a") && words.contains("and 481 more"), "{words}");
    assert!(!words.contains(char::is_control) && words.len() < 1000, "{words:?}");
}
