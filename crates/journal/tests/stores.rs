//! The store contract, on every store.

mod common;

use common::{Folder, all, fill_batch, start, write};
use truefill_journal::{
    Batch, Digest, ErrorKind, Journal, MemoryStore, Reader, Snapshot, Store, open,
};

/// Runs a story on a store and returns what it should hold.
fn story(store: &mut dyn Store) -> u64 {
    let mut batch = Batch::new();
    assert_eq!(store.open_segment(&start(10)).unwrap(), 1);
    assert_eq!(store.append(&batch).unwrap(), 0, "an empty batch is nothing");
    let mut records = 0;
    for n in 1..=300 {
        fill_batch(&mut batch, n);
        records += batch.len() as u64;
        assert_eq!(store.append(&batch).unwrap(), records);
    }
    assert_eq!(store.open_segment(&start(11)).unwrap(), 2);
    fill_batch(&mut batch, 301);
    store.append(&batch).unwrap()
}

#[test]
fn a_file_and_memory_hold_the_same() {
    let folder = Folder::new("same");
    let mut memory = MemoryStore::new();
    let last = story(&mut memory);
    {
        let mut opened = open(&folder.db()).unwrap();
        assert_eq!((opened.last_seq, opened.snapshot.is_none()), (0, true));
        assert_eq!(story(&mut opened.store), last);
        assert_eq!(opened.store.last_chain(), memory.last_chain());
        assert_eq!(all(&opened.store), all(&memory));
    }
    let opened = open(&folder.db()).unwrap();
    assert_eq!((opened.last_seq, opened.last_chain), (last, memory.last_chain()));
    assert_eq!(opened.tail().count() as u64, last);
    assert_eq!(opened.store.segments().unwrap(), memory.segments().unwrap());
    assert_eq!(opened.store.digests().unwrap(), memory.digests().unwrap());
    let reader = Reader::open(&folder.db()).unwrap();
    assert_eq!(all(&reader), all(&memory));
    assert_eq!(reader.last_chain(), memory.last_chain());
    let from_middle: Vec<_> = memory.records(500).map(|r| r.unwrap().seq).collect();
    let same: Vec<_> = opened.store.records(500).map(|r| r.unwrap().seq).collect();
    assert_eq!((from_middle[0], &from_middle), (500, &same));
}

#[test]
fn a_clean_stop_leaves_one_file() {
    let folder = Folder::new("clean");
    drop(write(&folder.db(), 20));
    drop(Reader::open(&folder.db()).unwrap());
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["journal.db", "journal.lock"]);
}

fn contract(store: &mut dyn Store) {
    let mut batch = Batch::new();
    fill_batch(&mut batch, 1);
    assert_eq!(store.append(&batch).unwrap_err().kind(), ErrorKind::Misuse);
    store.open_segment(&start(10)).unwrap();
    assert_eq!(store.open_segment(&start(10)).unwrap_err().kind(), ErrorKind::Misuse);
    let early = Snapshot { seq: 1, digest: Digest::from(1), body: vec![1] };
    assert_eq!(store.put_snapshot(&early).unwrap_err().kind(), ErrorKind::Misuse);
    store.append(&batch).unwrap();
    for seq in [1, 2, 3] {
        let snapshot = Snapshot { seq, digest: Digest::from(u128::from(seq)), body: vec![7; 100] };
        store.put_snapshot(&snapshot).unwrap();
        assert_eq!(store.latest_snapshot().unwrap(), Some(snapshot));
    }
}

#[test]
fn every_store_refuses_the_same() {
    let folder = Folder::new("contract");
    contract(&mut MemoryStore::new());
    contract(&mut open(&folder.db()).unwrap().store);
    let opened = open(&folder.db()).unwrap();
    let snapshot = opened.snapshot.as_ref().unwrap();
    assert_eq!(snapshot.seq, 3);
    assert!(opened.tail().all(|record| record.unwrap().seq > 3));
}

#[test]
fn a_second_engine_is_refused_and_told_who_is_first() {
    let folder = Folder::new("lock");
    let opened = open(&folder.db()).unwrap();
    let error = open(&folder.db()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    let pid = format!("pid {}", std::process::id());
    assert!(error.to_string().contains(&pid), "{error}");
    let link = folder.path().join("other-name.db");
    std::os::unix::fs::symlink(folder.db(), &link).unwrap();
    assert_eq!(open(&link).unwrap_err().kind(), ErrorKind::Locked, "another name, same journal");
    drop(opened);
    open(&folder.db()).unwrap();
}
