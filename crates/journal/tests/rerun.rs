//! A session that is executed again meets its own journal, and nothing else.

mod common;

use common::{Folder, all, fill_batch, start, write};
use truefill_journal::{
    Batch, Digest, ErrorKind, Journal, JournalError, Rerun, Snapshot, SqliteStore, Store, open,
};

/// The journal of ten batches in two segments.
fn rerun(folder: &Folder) -> Rerun<SqliteStore> {
    drop(write(&folder.db(), 6));
    let mut store = open(&folder.db()).unwrap().store;
    store.open_segment(&start(2)).unwrap();
    let mut batch = Batch::new();
    for n in 7..=10 {
        fill_batch(&mut batch, n);
        store.append(&batch).unwrap();
    }
    drop(store);
    Rerun::new(open(&folder.db()).unwrap().store).unwrap()
}

/// Lives through the first segment and so many batches of it.
fn come(store: &mut dyn Store, batches: u64) {
    store.open_segment(&start(1)).unwrap();
    let mut batch = Batch::new();
    for n in 1..=batches {
        fill_batch(&mut batch, n);
        store.append(&batch).unwrap();
    }
}

fn differs<T: std::fmt::Debug>(result: Result<T, JournalError>, word: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Differs, "{error}");
    let words = error.to_string();
    assert!(words.contains(word) && words.contains("nothing was written"), "{words}");
}

#[test]
fn what_comes_again_is_not_written_and_what_is_new_is() {
    let folder = Folder::new("rerun");
    let mut store = rerun(&folder);
    let (before, chain) = {
        let journal = truefill_journal::Reader::open(&folder.db()).unwrap();
        (all(&journal), journal.last_chain())
    };
    assert_eq!(store.found(), (2, 10));
    come(&mut store, 6);
    store.open_segment(&start(2)).unwrap();
    let mut batch = Batch::new();
    for n in 7..=10 {
        assert!(!store.is_through(), "batch {n} is still to come");
        fill_batch(&mut batch, n);
        store.append(&batch).unwrap();
    }
    assert!(store.is_through());
    assert_eq!(store.last_chain(), chain);
    assert_eq!(all(&store), before, "nothing was written");
    store.open_segment(&start(3)).unwrap();
    fill_batch(&mut batch, 11);
    let last = store.append(&batch).unwrap();
    drop(store);
    let verified = truefill_journal::verify(&folder.db(), None).unwrap();
    assert!(verified.is_ok());
    assert_eq!((verified.last_seq, verified.batches), (last, 11));
    assert_eq!(verified.segments.len(), 3);
}

#[test]
fn a_reader_sees_only_what_has_come() {
    let folder = Folder::new("rerun-view");
    let mut store = rerun(&folder);
    assert_eq!((store.last_seq(), all(&store).len()), (0, 0));
    come(&mut store, 5);
    // A journal that never was longer.
    let short = Folder::new("rerun-short");
    let short = write(&short.db(), 5).store;
    assert_eq!(all(&store), all(&short));
    assert_eq!(store.last_chain(), short.last_chain());
    assert_eq!(store.segments().unwrap(), short.segments().unwrap());
    assert_eq!(store.digests().unwrap(), short.digests().unwrap());
    assert_eq!(store.latest_snapshot().unwrap(), None);
    for seq in [3, 7, 9] {
        store.put_snapshot(&Snapshot { seq, digest: Digest::default(), body: vec![1] }).unwrap();
    }
    assert_eq!(store.latest_snapshot().unwrap().unwrap().seq, 9);
}

#[test]
fn whatever_differs_is_refused_and_the_file_stays() {
    let folder = Folder::new("rerun-differs");
    let mut store = rerun(&folder);
    let untouched = std::fs::read(folder.db()).unwrap();
    let mut batch = Batch::new();
    fill_batch(&mut batch, 1);
    differs(store.append(&batch), "a batch where the journal has a start");
    differs(store.open_segment(&start(4)), "another start");
    let other = truefill_journal::SegmentStart { build: "other".into(), ..start(1) };
    differs(store.open_segment(&other), "this is build other");
    come(&mut store, 3);
    fill_batch(&mut batch, 5);
    differs(store.append(&batch), "another content");
    fill_batch(&mut batch, 4);
    batch.input(&common::tick(9));
    differs(store.append(&batch), "record");
    batch.clear();
    batch.input(&common::tick(9));
    differs(store.append(&batch), "Target");
    differs(store.open_segment(&start(2)), "another start");
    // The same records and no digest.
    fill_batch(&mut batch, 4);
    let mut silent = Batch::new();
    let at = 1_795_000_000_004_000_000;
    silent.input(&common::target(at, 4));
    silent.input(&common::tick(at));
    silent.input(&common::tick(at + 1));
    silent.input(&common::release(at + 10));
    assert_eq!(silent.records().collect::<Vec<_>>(), batch.records().collect::<Vec<_>>());
    differs(store.append(&silent), "digest");
    store.append(&batch).unwrap();
    for n in 5..=6 {
        fill_batch(&mut batch, n);
        store.append(&batch).unwrap();
    }
    fill_batch(&mut batch, 7);
    differs(store.append(&batch), "a batch where the journal has a start");
    assert_eq!(std::fs::read(folder.db()).unwrap(), untouched);
}
