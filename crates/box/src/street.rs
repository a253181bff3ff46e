//! Prices: a walk from a seed or a recorded tape, the day's figures and candles.
//!
//! Entry points: [`Street::new`], [`Street::step`], [`Street::set_price`], [`Street::candles`].
//!
//! Made-up candles of the past are a pure function of seed, instrument and minute, so that they
//! need no memory and every client sees the same; what was quoted since the box began is in the
//! candles of today.
//!
//! Invariants:
//! 1. A quote is sane and on the grid, and inside the band of the day.
//! 2. Equal seeds and equal calls give equal quotes.

use crate::listing::Listing;
use std::collections::BTreeMap;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Px, Qty, Rounding};
use truefill_core::quote::Quote;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_sim::rng::Rng;
use truefill_venue::kite_server::ticker::{Level, TickFace};
use truefill_venue::kite_server::{DAY_NS, on_day_of, time_of_day};

/// A minute.
pub const MINUTE_NS: i64 = 60 * SECOND_NS;
/// Minutes kept of each instrument: a session and some.
const MINUTES_MAX: usize = 1_000;
/// Most candles of an answer.
const CANDLES_MAX: i64 = 25_000;
/// Shares of equity hours: from 09:15 to 15:30.
pub const OPEN_NS: i64 = (9 * 3600 + 15 * 60) * SECOND_NS;
/// End of continuous trading.
pub const CLOSE_NS: i64 = (15 * 3600 + 30 * 60) * SECOND_NS;

/// A candle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// When it begins.
    pub time: Nanos,
    /// First price.
    pub open: Px,
    /// Highest price.
    pub high: Px,
    /// Lowest price.
    pub low: Px,
    /// Last price.
    pub close: Px,
    /// Volume.
    pub volume: Qty,
}

/// One instrument's market.
#[derive(Clone, Debug)]
struct Pitch {
    rng: Rng,
    tick: Px,
    /// Displayed quantities are multiples of it.
    lot: Qty,
    quote: Quote,
    face: TickFace,
    minutes: BTreeMap<i64, Candle>,
    band: (Px, Px),
    depth: Qty,
}

/// All markets.
#[derive(Debug)]
pub struct Street {
    pitches: Vec<Pitch>,
    seed: u64,
}

impl Street {
    /// Markets that begin at `now` where the made-up past ends.
    #[must_use]
    pub fn new(listing: &Listing, seed: u64, now: Nanos) -> Self {
        let rng = Rng::new(seed);
        let pitches = listing.iter().map(|(id, item)| {
            let (tick, lot) = (item.listed.tick, item.listed.lot);
            let mut pitch = Pitch {
                rng: rng.fork(u64::from(id.0)),
                tick,
                lot,
                quote: Quote {
                    bid_px: Px::ZERO,
                    bid_qty: Qty::ZERO,
                    ask_px: Px::ZERO,
                    ask_qty: Qty::ZERO,
                    time: now,
                },
                face: TickFace { token: item.listed.named.token, ..TickFace::default() },
                minutes: BTreeMap::new(),
                band: (Px::ZERO, Px::ZERO),
                depth: Qty::whole(2_000).max(lot),
            };
            let last = past(seed, id, item.base_px, tick, now);
            let close = past(seed, id, item.base_px, tick, now.plus(-DAY_NS));
            pitch.begin_day(close);
            pitch.quote_at(now, last);
            pitch
        });
        Self { pitches: pitches.collect(), seed }
    }

    /// The next quote of an instrument's walk.
    pub fn step(&mut self, id: InstrumentId, now: Nanos) -> Option<Quote> {
        let pitch = self.pitches.get_mut(id.ix())?;
        let bits = pitch.rng.bits();
        let step = match bits & 3 {
            0 => pitch.tick,
            1 => -pitch.tick,
            _ => Px::ZERO,
        };
        let moved = pitch.quote.bid_px + step;
        let inside = moved > pitch.band.0 && moved + pitch.tick < pitch.band.1;
        let bid = if inside { moved } else { pitch.quote.bid_px };
        let lots = |bits: u64| i128::from(bits % 40 + 1);
        let unit = pitch.depth.to_lot(pitch.lot, Rounding::Ceil).0 / 20;
        let unit = unit.max(pitch.lot.0);
        let size = |bits| Qty(unit * lots(bits)).to_lot(pitch.lot, Rounding::Ceil);
        let (bid_qty, ask_qty) = (size(bits >> 8), size(bits >> 20));
        pitch.show(now, bid, bid + pitch.tick, bid_qty, ask_qty);
        Some(pitch.quote)
    }

    /// A quote from outside, for instance from a tape.
    pub fn on_quote(&mut self, id: InstrumentId, quote: &Quote) -> Option<Quote> {
        let pitch = self.pitches.get_mut(id.ix()).filter(|_| quote.is_sane())?;
        pitch.show(quote.time, quote.bid_px, quote.ask_px, quote.bid_qty, quote.ask_qty);
        Some(pitch.quote)
    }

    /// Moves a market to this bid, on the grid; the band of the day moves along where it must.
    pub fn set_price(&mut self, id: InstrumentId, px: Px, now: Nanos) -> Option<Quote> {
        let pitch = self.pitches.get_mut(id.ix()).filter(|_| px.0 > 0)?;
        let px = px.to_tick(pitch.tick, Rounding::Floor).max(pitch.tick);
        pitch.band.0 = pitch.band.0.min(px - pitch.tick).max(Px::ZERO);
        pitch.band.1 = pitch.band.1.max(px + pitch.tick + pitch.tick);
        pitch.quote_at(now, px);
        Some(pitch.quote)
    }

    /// About so much is displayed from now on.
    pub fn set_depth(&mut self, id: InstrumentId, qty: Qty) {
        if let Some(pitch) = self.pitches.get_mut(id.ix()) {
            pitch.depth = qty.max(pitch.lot);
        }
    }

    /// The present quote.
    #[must_use]
    pub fn quote(&self, id: InstrumentId) -> Option<Quote> {
        self.pitches.get(id.ix()).map(|pitch| pitch.quote)
    }

    /// Lowest and highest price of the day.
    #[must_use]
    pub fn band(&self, id: InstrumentId) -> (Px, Px) {
        self.pitches.get(id.ix()).map_or((Px::ZERO, Px::ZERO), |pitch| pitch.band)
    }

    /// As the ticker shows it.
    #[must_use]
    pub fn face(&self, id: InstrumentId) -> Option<&TickFace> {
        self.pitches.get(id.ix()).map(|pitch| &pitch.face)
    }

    /// A new day: the last price is the close, volumes begin at zero.
    pub fn day_roll(&mut self) {
        for pitch in &mut self.pitches {
            let close = pitch.face.last_px;
            pitch.begin_day(close);
            pitch.minutes.clear();
        }
    }

    /// The candles of an instrument that begin within a span, at most 25,000; `minutes` is their
    /// length, 0 for days. Days begin at 00:00, everything shorter at 09:15.
    #[must_use]
    pub fn candles(
        &self,
        listing: &Listing,
        id: InstrumentId,
        minutes: i64,
        (from, until): (Nanos, Nanos),
    ) -> Vec<Candle> {
        let (Some(pitch), Some(item)) = (self.pitches.get(id.ix()), listing.get(id)) else {
            return Vec::new();
        };
        let of_minute = |at: Nanos| match pitch.minutes.get(&at.0.div_euclid(MINUTE_NS)) {
            Some(candle) => *candle,
            None => made_up(self.seed, id, item.base_px, pitch.tick, at),
        };
        let mut candles = Vec::new();
        let mut day = on_day_of(from, 0);
        while day <= until && candles.len() < usize::try_from(CANDLES_MAX).unwrap_or(0) {
            let open = day.plus(OPEN_NS);
            if minutes == 0 {
                // A day from a sample of its minutes: open, close and every quarter of an hour.
                let sample = (0..25).map(|at| of_minute(open.plus(at * 15 * MINUTE_NS)));
                let merged = merged(sample).map(|candle| Candle { time: day, ..candle });
                candles.extend(merged.filter(|_| day >= from && !weekend(day)));
            } else {
                let mut at = 0;
                while at < 375 && !weekend(day) {
                    let begins = open.plus(at * MINUTE_NS);
                    let length = minutes.min(375 - at);
                    at += minutes;
                    if begins < from {
                        continue;
                    }
                    if begins > until {
                        break;
                    }
                    let parts = (0..length).map(|part| of_minute(begins.plus(part * MINUTE_NS)));
                    candles.extend(merged(parts).map(|candle| Candle { time: begins, ..candle }));
                }
            }
            day = day.plus(DAY_NS);
        }
        candles
    }
}

fn weekend(day: Nanos) -> bool {
    // 1970-01-01 was a Thursday.
    let number = (truefill_venue::kite_server::day_of(day) + 4).rem_euclid(7);
    number == 0 || number == 6
}

impl Pitch {
    fn begin_day(&mut self, close: Px) {
        let face = &mut self.face;
        (face.close, face.open, face.high, face.low) = (close, Px::ZERO, Px::ZERO, Px::ZERO);
        (face.volume, face.average_px) = (Qty::ZERO, Px::ZERO);
        let band = |bps| close.plus_bps(bps, Rounding::Floor).to_tick(self.tick, Rounding::Ceil);
        self.band = (band(-1_000).max(self.tick), band(1_000));
    }

    fn quote_at(&mut self, now: Nanos, bid: Px) {
        let size = self.depth.to_lot(self.lot, Rounding::Ceil);
        self.show(now, bid, bid + self.tick, size, size);
    }

    /// The quote is displayed, and something trades at one of its sides.
    fn show(&mut self, now: Nanos, bid_px: Px, ask_px: Px, bid_qty: Qty, ask_qty: Qty) {
        self.quote = Quote { bid_px, bid_qty, ask_px, ask_qty, time: now };
        let bits = self.rng.bits();
        let last_px = if bits & 1 == 0 { bid_px } else { ask_px };
        let last_qty = Qty(self.lot.0 * i128::from(bits % 7 + 1));
        let face = &mut self.face;
        let traded = face.volume.times(face.average_px).0 + last_qty.times(last_px).0;
        face.volume += last_qty;
        face.average_px =
            Px(traded / face.volume.0.max(1)).to_tick(Px(10_000_000), Rounding::Floor);
        (face.last_px, face.last_qty, face.last_trade, face.time) = (last_px, last_qty, now, now);
        if face.open.is_zero() {
            (face.open, face.high, face.low) = (last_px, last_px, last_px);
        }
        face.high = face.high.max(last_px);
        face.low = face.low.min(last_px);
        let level = |px: Px, qty: Qty| Level { px, qty, orders: 3 };
        let levels = |px: Px, qty: Qty, step: Px| {
            let deep = (0..5i128)
                .map(|at| level(Px(px.0 + step.0 * at), if at == 0 { qty } else { self.depth }));
            deep.filter(|level| level.px.0 > 0).collect::<Vec<_>>()
        };
        face.bids = levels(bid_px, bid_qty, -self.tick);
        face.asks = levels(ask_px, ask_qty, self.tick);
        face.buy_qty = face.bids.iter().map(|level| level.qty).sum();
        face.sell_qty = face.asks.iter().map(|level| level.qty).sum();
        self.candle(now, last_px, last_qty);
    }

    fn candle(&mut self, now: Nanos, px: Px, qty: Qty) {
        let minute = now.0.div_euclid(MINUTE_NS);
        let fresh = Candle {
            time: Nanos(minute * MINUTE_NS),
            open: px,
            high: px,
            low: px,
            close: px,
            volume: Qty::ZERO,
        };
        let candle = self.minutes.entry(minute).or_insert(fresh);
        candle.high = candle.high.max(px);
        candle.low = candle.low.min(px);
        candle.close = px;
        candle.volume += qty;
        while self.minutes.len() > MINUTES_MAX {
            self.minutes.pop_first();
        }
    }
}

fn merged(mut parts: impl Iterator<Item = Candle>) -> Option<Candle> {
    let first = parts.next()?;
    Some(parts.fold(first, |sum, part| Candle {
        time: sum.time,
        open: sum.open,
        high: sum.high.max(part.high),
        low: sum.low.min(part.low),
        close: part.close,
        volume: sum.volume + part.volume,
    }))
}

/// A minute of the past.
fn made_up(seed: u64, id: InstrumentId, base: Px, tick: Px, at: Nanos) -> Candle {
    let minute = at.0.div_euclid(MINUTE_NS);
    let time = Nanos(minute * MINUTE_NS);
    let (open, close) =
        (past(seed, id, base, tick, time), past(seed, id, base, tick, time.plus(MINUTE_NS)));
    let mut rng = Rng::new(seed ^ minute.unsigned_abs()).fork(u64::from(id.0));
    let wick = |rng: &mut Rng| Px(tick.0 * i128::from(rng.below(4)));
    let high = open.max(close) + wick(&mut rng);
    let low = (open.min(close) - wick(&mut rng)).max(tick);
    let volume = Qty::whole(rng.between(200, 9_000));
    Candle { time, open, high, low, close, volume }
}

/// The price at an instant of the past: smooth noise of three lengths around the base, within
/// 4 percent of it.
fn past(seed: u64, id: InstrumentId, base: Px, tick: Px, at: Nanos) -> Px {
    let mut ppm = 0;
    for (label, length_ns, most_ppm) in
        [(1, DAY_NS, 25_000), (2, 60 * MINUTE_NS, 10_000), (3, 5 * MINUTE_NS, 3_000)]
    {
        let (number, within) = (at.0.div_euclid(length_ns), at.0.rem_euclid(length_ns));
        let end = |number: i64| {
            let rng = Rng::new(seed ^ number.unsigned_abs()).fork(u64::from(id.0));
            i128::from(rng.fork(label).between(-most_ppm, most_ppm))
        };
        let (a, b) = (end(number), end(number.saturating_add(1)));
        ppm += a + (b - a) * i128::from(within) / i128::from(length_ns);
    }
    Px(base.0 + base.0 * ppm / 1_000_000).to_tick(tick, Rounding::Floor).max(tick)
}

/// Whether equity is traded at this time of day, weekends apart.
#[must_use]
pub fn in_hours(at: Nanos) -> bool {
    (OPEN_NS..CLOSE_NS).contains(&time_of_day(at)) && !weekend(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use truefill_venue::kite_server::parse_stamp;

    fn street() -> (Listing, Street, Nanos) {
        let now = parse_stamp("2026-11-25 10:00:00").unwrap();
        let listing = Listing::standard();
        let street = Street::new(&listing, 7, now);
        (listing, street, now)
    }

    #[test]
    fn quotes_are_sane_and_on_the_grid() {
        let (listing, mut street, now) = street();
        for round in 0..500 {
            for (id, item) in listing.iter() {
                let quote = street.step(id, now.plus(round * SECOND_NS)).unwrap();
                assert!(quote.is_sane() && quote.bid_px.0 % item.listed.tick.0 == 0);
                assert!(quote.bid_qty.0 > 0 && quote.bid_qty.0 % item.listed.lot.0 == 0);
                let (low, high) = street.band(id);
                assert!(low <= quote.bid_px && quote.ask_px <= high);
            }
        }
    }

    #[test]
    fn a_price_that_is_set_stands() {
        let (_, mut street, now) = street();
        let id = InstrumentId(0);
        let quote = street.set_price(id, Px(5_000_030_000_000), now).unwrap();
        assert_eq!(quote.bid_px, Px::whole(5_000));
        assert!(street.band(id).1 >= quote.ask_px);
        assert_eq!(street.set_price(id, Px(-1), now), None);
    }

    #[test]
    fn candles_join_and_hold_together() {
        let (listing, street, _) = street();
        let span = |from: &str, to: &str| (parse_stamp(from).unwrap(), parse_stamp(to).unwrap());
        let day = street.candles(&listing, InstrumentId(3), 1, span("2026-11-20", "2026-11-21"));
        assert_eq!(day.len(), 375);
        assert!(day.windows(2).all(|pair| pair[0].close == pair[1].open));
        assert!(day.iter().all(|c| c.low <= c.open && c.open <= c.high && c.low <= c.close));
        let days = street.candles(&listing, InstrumentId(3), 0, span("2026-11-01", "2026-11-22"));
        assert_eq!(days.len(), 15);
        let long =
            street.candles(&listing, InstrumentId(3), 60, span("2026-11-20", "2026-11-20 23:00"));
        assert_eq!(long.len(), 7);
        assert_eq!(long[0].open, day[0].open);
    }
}
