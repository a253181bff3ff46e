//! Bars: their volume, and never the bar that gave the signal.

use super::*;
use crate::exchange::Assumptions;
use truefill_market::bars::Bar;
use truefill_market::points::{BarPoints, NoVolume, PointSpec};
use truefill_market::source::{ListedBars, Quotes, TickKind};

fn minutes(rows: &[([i64; 4], i64)]) -> Vec<Bar> {
    let bar = |(minute, ([open, high, low, close], volume)): (i64, &([i64; 4], i64))| Bar {
        instrument: ID,
        open_time: Nanos(minute * 60_000_000_000),
        end_time: Nanos((minute + 1) * 60_000_000_000),
        open: Px::whole(*open),
        high: Px::whole(*high),
        low: Px::whole(*low),
        close: Px::whole(*close),
        volume: Qty::whole(*volume),
        prices: 1,
    };
    (0..).zip(rows).map(bar).collect()
}

fn points(bars: Vec<Bar>) -> BarPoints<ListedBars> {
    let spec = PointSpec { no_volume: NoVolume::Untraded, ..PointSpec::default() };
    let grids = BarPoints::<ListedBars>::grids(&[instrument()]);
    BarPoints::new(ListedBars::new(bars), grids, spec).unwrap()
}

fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.exchange.assume(Assumptions { shared_sides: true, ..Assumptions::default() });
    desk
}

/// Runs bars; after every tick `act` may place orders. Gives each fill with its time.
fn run(
    bars: Vec<Bar>,
    mut act: impl FnMut(&mut Desk, &TickKind) -> Vec<Seen>,
) -> Vec<(Nanos, Seen)> {
    let (mut desk, mut points, mut fills) = (desk(), points(bars), Vec::new());
    while let Some(tick) = points.next().unwrap() {
        let mut out = Vec::new();
        match &tick.kind {
            TickKind::Quote(quote) => desk.exchange.on_quote(ID, quote, &mut out),
            TickKind::Bar(_) => desk.exchange.hush(ID),
            TickKind::Trade(_) => {}
        }
        let mut now = seen(&out);
        now.extend(act(&mut desk, &tick.kind));
        fills.extend(now.into_iter().map(|fill| (tick.time(), fill)));
    }
    fills
}

#[test]
fn what_is_decided_at_a_close_fills_at_the_next_open() {
    let bars = minutes(&[([100, 110, 90, 105], 4000), ([120, 130, 110, 115], 4000)]);
    let mut decided = false;
    let fills = run(bars, |desk, kind| {
        if decided || !matches!(kind, TickKind::Bar(_)) {
            return Vec::new();
        }
        decided = true;
        // A generous limit, an IOC order, and a market order: there is nobody to trade with.
        let ioc = desk.place(Side::Buy, 5, 150, TimeInForce::Ioc);
        assert_eq!(ioc, (0, vec![]));
        let market = Arriving::market(0, ID, Side::Buy, Qty::whole(5));
        assert_eq!(desk.send(market), (0, vec![]));
        assert_eq!(desk.exchange.far_touch(ID, Side::Buy), None);
        desk.buy(5, 150).1
    });
    let first_point = Nanos(60_000_000_001);
    assert_eq!(fills, [(first_point, (3, 5, 121, true))]);
}

#[test]
fn both_sides_trade_one_volume() {
    // Ten per cent of 400, a quarter of it at each point.
    let bars = minutes(&[([100, 110, 90, 105], 400)]);
    let fills = run(bars, |desk, kind| match kind {
        TickKind::Quote(_) => {
            let mut fills = desk.place(Side::Buy, 6, 200, TimeInForce::Ioc).1;
            fills.extend(desk.place(Side::Sell, 100, 1, TimeInForce::Ioc).1);
            fills
        }
        _ => Vec::new(),
    });
    let sizes: Vec<i64> = fills.iter().map(|(_, fill)| fill.1).collect();
    assert_eq!(sizes, [6, 4, 6, 4, 6, 4, 6, 4]);
}

#[test]
fn a_flat_bar_gives_all_of_its_share_and_not_more() {
    let bars = minutes(&[([100; 4], 400), ([100; 4], 400)]);
    let mut placed = false;
    let fills = run(bars, |desk, _| {
        let first = !std::mem::replace(&mut placed, true);
        if first { desk.buy(1000, 200).1 } else { Vec::new() }
    });
    let sizes: Vec<i64> = fills.iter().map(|(_, fill)| fill.1).collect();
    assert_eq!(sizes, [10; 8]);
}

#[test]
fn a_stop_is_reached_inside_a_bar() {
    let bars = minutes(&[([100, 110, 90, 95], 4000), ([95, 96, 80, 85], 4000)]);
    let mut placed = false;
    let fills = run(bars, |desk, _| {
        if std::mem::replace(&mut placed, true) {
            return Vec::new();
        }
        let stop_px = Some(Px::whole(92));
        desk.send(Arriving { stop_px, ..super::working::limit(Side::Sell, 5, 60) }).1
    });
    // High first, then low, because the bar fell.
    assert_eq!(fills, [(Nanos(30_000_000_000), (1, 5, 89, true))]);
}

/// What is done after a tick, if anything: buy or sell, quantity, limit, IOC.
fn doing() -> impl Strategy<Value = Vec<Option<(bool, i64, i64, bool)>>> {
    let one = (any::<bool>(), 1i64..80, 1i64..16, any::<bool>());
    prop::collection::vec(prop::option::of(one), 60)
}

fn market() -> impl Strategy<Value = Vec<([i64; 4], i64)>> {
    let one = (prop::array::uniform4(2i64..14), 0i64..600).prop_map(|(px, volume)| {
        let (low, high) = (*px.iter().min().unwrap(), *px.iter().max().unwrap());
        ([px[0], high, low, px[3]], volume)
    });
    prop::collection::vec(one, 1..12)
}

proptest! {
    #[test]
    fn all_orders_together_stay_under_the_cap_and_out_of_the_past(
        rows in market(),
        doing in doing(),
    ) {
        let bars = minutes(&rows);
        let mut doing = doing.into_iter();
        // By order: its side and limit, and the end of the last bar that had ended by then.
        let mut known: BTreeMap<u64, (bool, i64, Nanos)> = BTreeMap::new();
        let mut ended = Nanos(0);
        let fills = run(bars.clone(), |desk, kind| {
            if let TickKind::Bar(bar) = kind {
                ended = bar.end_time;
            }
            let Some(Some((buy, qty, px, ioc))) = doing.next() else { return Vec::new() };
            let side = if buy { Side::Buy } else { Side::Sell };
            let tif = if ioc { TimeInForce::Ioc } else { TimeInForce::Day };
            known.insert(desk.number + 1, (buy, px, ended));
            desk.place(side, qty, px, tif).1
        });
        let mut taken: BTreeMap<Nanos, i64> = BTreeMap::new();
        for (time, (number, qty, px, _)) in fills {
            let (buy, limit, signal_end) = known[&number];
            let fair = if buy { px <= limit } else { px >= limit };
            prop_assert!(fair, "worse than its limit");
            prop_assert!(time > signal_end, "filled on what it was decided on");
            let bar = bars.iter().find(|b| b.open_time < time && time < b.end_time);
            prop_assert!(bar.is_some(), "filled while there was no market");
            *taken.entry(bar.unwrap().open_time).or_default() += qty;
        }
        for bar in &bars {
            let taken = taken.get(&bar.open_time).copied().unwrap_or(0);
            prop_assert!(taken * 10 <= whole(bar.volume.0), "{taken} of {bar:?}");
        }
    }
}
