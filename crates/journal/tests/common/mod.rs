//! What the tests of the journal share: folders, configurations, batches.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use truefill_core::config::{
    Config, Descriptor, Holding, Instrument, Policy, Recon, Risk, Strategy,
};
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId, VenueText};
use truefill_core::input::{Envelope, Input, Release, Target, Tick};
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::quote::{Mark, Quote};
use truefill_core::time::Nanos;
use truefill_journal::{Batch, Digest, Opened, SegmentStart, Store, StoredRecord, open};

/// A folder that is removed at the end of the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("truefill-journal-{name}-{}-{unique}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn db(&self) -> PathBuf {
        self.0.join("journal.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn config() -> Config {
    let instrument = |symbol: &str| Instrument {
        symbol: symbol.to_owned(),
        tick: Px(50_000_000),
        lot: Qty::whole(1),
        min_qty: Qty::whole(1),
        max_qty: Some(Qty::whole(5000)),
        min_notional: Amount(0),
        multiplier: Qty::whole(1),
        calendar: None,
        expires: None,
        band_low: None,
        band_high: None,
    };
    let holding = |instrument: u32, product: &str| Holding {
        instrument: InstrumentId(instrument),
        product: VenueText::new(product).unwrap(),
        sleeve: SleeveId(1),
        never_short: false,
        others: Vec::new(),
    };
    Config {
        account: "AB1234".to_owned(),
        instruments: vec![instrument("NSE:INFY"), instrument("NSE:SBIN")],
        holdings: vec![holding(0, "MIS"), holding(1, "CNC")],
        strategies: vec![Strategy::new("orb", Policy::default(), Policy::default())],
        descriptor: Descriptor::default(),
        risk: Risk::default(),
        recon: Recon::default(),
        digest_every: 16,
        replay_horizon_ns: 86_400_000_000_000,
        assumed_fee_bps: 1,
        calendars: Vec::new(),
        crossing: false,
    }
}

pub fn start(epoch: u64) -> SegmentStart {
    SegmentStart::new(Nanos(1_795_000_000_000_000_000), epoch, "test build", &config())
}

pub fn quote(at: i64) -> Quote {
    Quote {
        bid_px: Px::whole(99),
        bid_qty: Qty::whole(500),
        ask_px: Px::whole(100),
        ask_qty: Qty::whole(700),
        time: Nanos(at),
    }
}

pub fn target(at: i64, qty: i64) -> Envelope {
    let target = Target {
        sleeve: SleeveId(1),
        holding: HoldingId(0),
        qty: Qty::whole(qty),
        decided: Nanos(at),
        px: None,
        reopen: false,
        stop_px: None,
    };
    let marks = vec![Mark { instrument: InstrumentId(0), quote: quote(at) }];
    Envelope { now: Nanos(at), marks, input: Input::Target(target) }
}

pub fn tick(at: i64) -> Envelope {
    Envelope { now: Nanos(at), marks: vec![], input: Input::Tick(Tick {}) }
}

pub fn release(at: i64) -> Envelope {
    Envelope { now: Nanos(at), marks: vec![], input: Input::Release(Release {}) }
}

/// The n-th batch of a fixed story; 3 to 6 records, sometimes a digest.
pub fn fill_batch(batch: &mut Batch, n: u64) {
    batch.clear();
    let at = 1_795_000_000_000_000_000 + i64::try_from(n).unwrap() * 1_000_000;
    batch.input(&target(at, i64::try_from(n).unwrap()));
    for extra in 0..=n % 3 {
        batch.input(&tick(at + i64::try_from(extra).unwrap()));
    }
    batch.input(&release(at + 10));
    if n.is_multiple_of(4) {
        batch.digest(Digest::from(u128::from(n)));
    }
}

/// A journal with one segment and so many batches.
pub fn write(path: &Path, batches: u64) -> Opened {
    let mut opened = open(path).unwrap();
    opened.store.open_segment(&start(opened.store.last_epoch() + 1)).unwrap();
    let mut batch = Batch::new();
    for n in 1..=batches {
        fill_batch(&mut batch, n);
        opened.store.append(&batch).unwrap();
    }
    opened
}

pub fn all(journal: &dyn truefill_journal::Journal) -> Vec<StoredRecord> {
    truefill_journal::Records::new(journal, 1).map(Result::unwrap).collect()
}
