//! A target file, watched: what a strategy writes there is wanted as soon as its time has come.
//!
//! Entry point: [`TargetFile`].
//!
//! The last row of a symbol whose time has come counts, and it is declared when it differs from what
//! was declared before. Rows from before the first start of a node are history; rows that were
//! written while a node was down are not.
//!
//! Invariants:
//! 1. A file that cannot be read in full changes nothing: it may be half written.
//! 2. A file that was replaced is a new file; nothing of the old one counts.

use crate::clock::Clock;
use crate::news::{Inbox, News, Wanted};
use crate::notices::Notices;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use truefill_core::engine::Engine;
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId};
use truefill_core::num::Qty;
use truefill_core::time::Nanos;
use truefill_market::symbols::Symbols;
use truefill_market::targets::{Target, Targets};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Largest file.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// What a target file is to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetFile {
    /// Its path.
    pub path: PathBuf,
    /// The strategy whose rows count.
    pub strategy: String,
    /// Its sleeve.
    pub sleeve: SleeveId,
}

impl TargetFile {
    /// All rows of its strategy.
    ///
    /// # Errors
    /// A sentence when the file cannot be read in full.
    pub(crate) fn rows(&self, symbols: &Symbols) -> Result<Vec<Target>, String> {
        let length = std::fs::metadata(&self.path).map_or(0, |meta| meta.len());
        if length > FILE_BYTES_MAX {
            return Err(format!("{} is larger than 64 MiB", self.path.display()));
        }
        if length == 0 {
            return Ok(Vec::new());
        }
        let opened = Targets::open(&self.path, symbols.clone());
        let mut targets = opened.map_err(|error| error.to_string())?;
        let mut rows = Vec::new();
        while let Some(row) = targets.next().map_err(|error| error.to_string())? {
            if *row.strategy == *self.strategy {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

/// A basket that is wanted as soon as there are prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Whose.
    pub sleeve: SleeveId,
    /// What.
    pub wishes: Vec<(HoldingId, Qty)>,
    /// So long after the start.
    pub after_ns: i64,
}

impl Hold {
    /// Wants it.
    pub(crate) async fn run(self, inbox: Inbox) {
        let after = Duration::from_nanos(u64::try_from(self.after_ns).unwrap_or(0));
        tokio::time::sleep(after).await;
        let wish = |(holding, qty): &(HoldingId, Qty)| Wanted {
            sleeve: self.sleeve,
            holding: *holding,
            qty: *qty,
            decided: None,
            px: None,
        };
        drop(inbox.send(News::Wanted(self.wishes.iter().map(wish).collect())).await);
    }
}

/// A file as it was looked at.
type Stamp = (SystemTime, u64);

/// A file that is watched.
pub(crate) struct Watched {
    pub file: TargetFile,
    pub symbols: Symbols,
    /// The holding of the strategy in each instrument that it trades, and until when its targets
    /// are known.
    pub holdings: BTreeMap<InstrumentId, (HoldingId, Nanos)>,
    /// When the journal began.
    pub began: Nanos,
    pub inbox: Inbox,
    pub notices: Notices,
    pub clock: Clock,
}

/// The holdings of a strategy by instrument, each with the time of its last target in the journal,
/// or of the journal's beginning.
pub(crate) fn holdings_of(
    engine: &Engine,
    sleeve: SleeveId,
    began: Nanos,
) -> BTreeMap<InstrumentId, (HoldingId, Nanos)> {
    let known = engine.config().holdings.iter().zip(&engine.state().holdings);
    let own = (0u32..).zip(known).filter(|(_, (key, _))| key.has(sleeve));
    own.map(|(id, (key, h))| {
        let book = h.sleeves.iter().find(|book| book.sleeve == sleeve);
        let decided = book.map_or(h.terms.decided, |book| book.terms.decided);
        (key.instrument, (HoldingId(id), decided.max(began)))
    })
    .collect()
}

impl Watched {
    /// Watches for ever.
    pub async fn run(self) {
        let mut seen: Option<Stamp> = None;
        let mut rows: Vec<Target> = Vec::new();
        let mut declared: BTreeMap<InstrumentId, Target> = BTreeMap::new();
        let mut said = String::new();
        loop {
            let stamp = self.stamp();
            if stamp.is_some() && stamp != seen {
                match self.file.rows(&self.symbols) {
                    Ok(read) => {
                        rows = read;
                        said.clear();
                        self.tell_history(&rows, declared.is_empty());
                    }
                    Err(why) => {
                        if said != why {
                            let then = "the targets from before stand; mend the file";
                            self.notices.say(self.clock.now(), "TARGETS_UNREADABLE", &*why, then);
                            said = why;
                        }
                    }
                }
                seen = stamp;
            }
            let now = self.clock.now();
            let due = due(&rows, now, |id| self.since(id));
            let mut news = Vec::new();
            for (id, row) in due {
                if declared.get(&id) != Some(row) {
                    declared.insert(id, row.clone());
                    news.extend(self.wanted(id, row));
                }
            }
            if !news.is_empty() && self.inbox.send(News::Wanted(news)).await.is_err() {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// A file of which nothing will ever count is a mistake that people should know of.
    fn tell_history(&self, rows: &[Target], nothing_yet: bool) {
        let old = |row: &&Target| row.time <= self.since(row.instrument);
        let known = self.holdings.values().any(|(_, since)| *since > self.began);
        if nothing_yet
            && !known
            && !rows.is_empty()
            && rows.iter().filter(old).count() == rows.len()
        {
            let text = format!(
                "all {} rows of {} are from before the first start of this node",
                rows.len(),
                self.file.path.display()
            );
            let then = "the past is not traded again; append rows with the present time";
            self.notices.say(self.clock.now(), "TARGETS_PAST", text, then);
        }
    }

    fn stamp(&self) -> Option<Stamp> {
        let meta = std::fs::metadata(&self.file.path).ok()?;
        Some((meta.modified().ok()?, meta.len()))
    }

    /// Until when targets of an instrument are known; nobody declares what is not traded.
    fn since(&self, id: InstrumentId) -> Nanos {
        self.holdings.get(&id).map_or(Nanos::MAX, |(_, since)| *since)
    }

    fn wanted(&self, id: InstrumentId, row: &Target) -> Option<Wanted> {
        let (holding, _) = *self.holdings.get(&id)?;
        Some(Wanted {
            sleeve: self.file.sleeve,
            holding,
            qty: row.target,
            decided: Some(row.time),
            px: row.price,
        })
    }
}

/// By instrument the last row whose time has come.
fn due(
    rows: &[Target],
    now: Nanos,
    since: impl Fn(InstrumentId) -> Nanos,
) -> BTreeMap<InstrumentId, &Target> {
    let come = rows.iter().filter(|row| row.time <= now && row.time > since(row.instrument));
    come.map(|row| (row.instrument, row)).collect()
}
