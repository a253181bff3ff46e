//! What waits for a child: the newest quote of each symbol, the newest standing of each holding,
//! and all bars.
//!
//! Entry point: [`Mail`]. A child that is slow misses what was replaced meanwhile, never what is. Of
//! bars it misses none: one that does not read them is dead before there are many. A child that is
//! started again reads the last bars once more.

use crate::bars::{BarsOf, Given};
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;
use truefill_core::ids::{HoldingId, InstrumentId};
use truefill_core::num::Qty;
use truefill_core::quote::Quote;

/// How a strategy stands in a holding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it holds.
    pub position: Qty,
    /// What it wants, on the grid of lots.
    pub target: Qty,
    /// What is worked toward, after limits and waivers: of the whole key.
    pub working: Qty,
    /// Why nothing is sent.
    pub frozen: Option<String>,
}

#[derive(Debug)]
struct Of<T> {
    symbol: String,
    newest: Option<T>,
    new: bool,
}

impl<T: PartialEq> Of<T> {
    fn put(&mut self, value: T) -> bool {
        let news = self.newest.as_ref() != Some(&value);
        self.new |= news;
        self.newest = Some(value);
        news
    }

    fn take(&mut self) -> Option<(&str, &T)> {
        let new = std::mem::take(&mut self.new);
        self.newest.as_ref().filter(|_| new).map(|value| (self.symbol.as_str(), value))
    }
}

#[derive(Debug)]
struct Waiting {
    quotes: Vec<(InstrumentId, Of<Quote>)>,
    standings: Vec<(HoldingId, Of<Standing>)>,
    bars: VecDeque<Given>,
    /// The last bars of each symbol, for one that listens anew.
    kept: BTreeMap<InstrumentId, VecDeque<Given>>,
}

/// See the module.
#[derive(Debug)]
pub struct Mail {
    waiting: Mutex<Waiting>,
    /// Bars of each symbol that are kept.
    depth: usize,
    bell: Notify,
}

/// Bars that wait at most, the newest of them: more are left by nobody who is alive.
const BARS_MAX: usize = 2 * BarsOf::ALL_MAX;

impl Mail {
    /// About these holdings, each with its instrument and symbol.
    #[must_use]
    pub fn new(of: impl Iterator<Item = (HoldingId, InstrumentId, String)>, depth: usize) -> Self {
        let (mut quotes, mut standings) = (Vec::new(), Vec::new());
        for (holding, instrument, symbol) in of {
            let again = symbol.clone();
            quotes.push((instrument, Of { symbol, newest: None, new: false }));
            standings.push((holding, Of { symbol: again, newest: None, new: false }));
        }
        let (bars, kept) = (VecDeque::new(), BTreeMap::new());
        let waiting = Mutex::new(Waiting { quotes, standings, bars, kept });
        Self { waiting, depth, bell: Notify::new() }
    }

    /// A quote.
    pub fn quote(&self, id: InstrumentId, quote: &Quote) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let place = waiting.quotes.iter_mut().find(|(of, _)| *of == id);
        if place.is_some_and(|(_, place)| place.put(*quote)) {
            self.bell.notify_one();
        }
    }

    /// The holdings it is about.
    #[must_use]
    pub fn holdings(&self) -> Vec<HoldingId> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.standings.iter().map(|(holding, _)| *holding).collect()
    }

    /// The instruments it is about.
    #[must_use]
    pub fn instruments(&self) -> Vec<InstrumentId> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.quotes.iter().map(|(id, _)| *id).collect()
    }

    /// A bar.
    pub fn bar(&self, given: &Given) {
        let id = given.bar.instrument;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.quotes.iter().all(|(of, _)| *of != id) {
            return;
        }
        waiting.bars.push_back(*given);
        if waiting.bars.len() > BARS_MAX {
            waiting.bars.pop_front();
        }
        let kept = waiting.kept.entry(id).or_default();
        kept.push_back(*given);
        while kept.len() > self.depth {
            kept.pop_front();
        }
        self.bell.notify_one();
    }

    /// How it stands.
    pub fn standing(&self, id: HoldingId, standing: Standing) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let place = waiting.standings.iter_mut().find(|(of, _)| *of == id);
        if place.is_some_and(|(_, place)| place.put(standing)) {
            self.bell.notify_one();
        }
    }

    /// Somebody new listens: everything is news.
    pub fn all_new(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.quotes.iter_mut().for_each(|(_, place)| place.new = place.newest.is_some());
        waiting.standings.iter_mut().for_each(|(_, place)| place.new = place.newest.is_some());
        let mut again: Vec<Given> = waiting.kept.values().flatten().copied().collect();
        again.sort_by_key(|given| (given.bar.end_time, given.bar.instrument));
        waiting.bars = again.into();
        self.bell.notify_one();
    }

    /// Waits for something new; lines of JSON.
    pub async fn next(&self) -> String {
        loop {
            let lines = self.take();
            if !lines.is_empty() {
                return lines;
            }
            self.bell.notified().await;
        }
    }

    fn take(&self) -> String {
        let mut lines = String::new();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Waiting { quotes, standings, bars, .. } = &mut *waiting;
        for (symbol, s) in standings.iter_mut().filter_map(|(_, place)| place.take()) {
            let line = json!({
                "type": "position", "symbol": symbol, "position": s.position.to_string(),
                "target": s.target.to_string(), "working_target": s.working.to_string(),
                "frozen": s.frozen,
            });
            let _ = writeln!(lines, "{line}");
        }
        for Given { bar, candle, whole } in std::mem::take(bars) {
            let of = quotes.iter().find(|(id, _)| *id == bar.instrument);
            let line = json!({
                "type": "bar", "time": bar.open_time.to_string(), "end": bar.end_time.to_string(),
                "symbol": of.map(|(_, place)| place.symbol.as_str()),
                "open": bar.open.to_string(), "high": bar.high.to_string(),
                "low": bar.low.to_string(), "close": bar.close.to_string(),
                "volume": bar.volume.to_string(),
                "from": if candle { "broker" } else { "ticks" }, "whole": whole,
            });
            let _ = writeln!(lines, "{line}");
        }
        for (symbol, q) in quotes.iter_mut().filter_map(|(_, place)| place.take()) {
            let line = json!({
                "type": "quote", "time": q.time.to_string(), "symbol": symbol,
                "bid": q.bid_px.to_string(), "bid_qty": q.bid_qty.to_string(),
                "ask": q.ask_px.to_string(), "ask_qty": q.ask_qty.to_string(),
            });
            let _ = writeln!(lines, "{line}");
        }
        lines
    }
}
