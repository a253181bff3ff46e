//! Disks that fail: injected faults, full disks, folders and files that may not be written.

mod common;

use common::{Folder, all, fill_batch, start, write};
use truefill_journal::emergency::read_notes;
use truefill_journal::{
    Batch, EmergencyNotes, ErrorKind, Fault, FaultyStore, Journal, MemoryStore, Reader, Store, open,
};

/// Appends until it fails; returns what was acknowledged.
fn run(store: &mut dyn Store, batches: u64) -> (u64, Option<ErrorKind>) {
    let mut acknowledged = 0;
    let mut batch = Batch::new();
    if let Err(error) = store.open_segment(&start(10)) {
        return (0, Some(error.kind()));
    }
    for n in 1..=batches {
        fill_batch(&mut batch, n);
        match store.append(&batch) {
            Ok(seq) => acknowledged = seq,
            Err(error) => return (acknowledged, Some(error.kind())),
        }
    }
    (acknowledged, None)
}

#[test]
fn an_injected_fault_poisons_and_the_batch_is_whole_or_absent() {
    let mut clean = MemoryStore::new();
    run(&mut clean, 6);
    let faults = [
        (Fault::Full, ErrorKind::Full, false),
        (Fault::Denied, ErrorKind::Denied, false),
        (Fault::Torn, ErrorKind::Device, false),
        (Fault::Sync { kept: false }, ErrorKind::Device, false),
        (Fault::Sync { kept: true }, ErrorKind::Device, true),
    ];
    for write in 1..=7 {
        for (fault, kind, kept) in faults {
            let mut store = FaultyStore::new(MemoryStore::new()).failing_at(write, fault);
            let (acknowledged, failure) = run(&mut store, 6);
            assert_eq!(failure, Some(kind), "write {write}, {fault:?}");
            let mut batch = Batch::new();
            fill_batch(&mut batch, 9);
            assert_eq!(store.append(&batch).unwrap_err().kind(), ErrorKind::Poisoned);
            assert_eq!(store.open_segment(&start(99)).unwrap_err().kind(), ErrorKind::Poisoned);
            let disk = store.into_disk().reopened();
            let whole = acknowledged == disk.last_seq();
            assert_eq!(whole, !kept || write == 1, "write {write}, {fault:?}");
            assert_eq!(all(&disk), all(&clean)[..disk.last_seq() as usize]);
        }
    }
}

#[test]
fn a_full_disk_refuses_the_batch_and_keeps_all_before_it() {
    let folder = Folder::new("full");
    let mut opened = open(&folder.db()).unwrap();
    opened.store.limit_pages(40).unwrap();
    let (acknowledged, failure) = run(&mut opened.store, 100_000);
    assert_eq!(failure, Some(ErrorKind::Full));
    assert!(acknowledged > 100, "{acknowledged}");
    let mut batch = Batch::new();
    fill_batch(&mut batch, 1);
    assert_eq!(opened.store.append(&batch).unwrap_err().kind(), ErrorKind::Poisoned);
    drop(opened);
    let again = open(&folder.db()).unwrap();
    assert_eq!(again.last_seq, acknowledged);
    assert_eq!(all(&again.store).len() as u64, acknowledged);
}

/// Modes do not bind the superuser, who runs tests in many containers.
fn modes_bind(folder: &Folder) -> bool {
    let probe = folder.path().join("probe");
    set_mode(folder.path(), 0o555);
    let bound = std::fs::write(&probe, "x").is_err();
    set_mode(folder.path(), 0o755);
    bound
}

fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_may_not_be_written_is_refused_in_words() {
    let folder = Folder::new("denied");
    let missing = folder.path().join("no/such/folder/journal.db");
    assert_eq!(open(&missing).unwrap_err().kind(), ErrorKind::Missing);
    assert_eq!(open(folder.path()).unwrap_err().kind(), ErrorKind::Foreign);
    drop(write(&folder.db(), 5));
    if !modes_bind(&folder) {
        return;
    }
    set_mode(&folder.db(), 0o444);
    let error = open(&folder.db()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    std::fs::remove_file(folder.path().join("journal.lock")).unwrap();
    set_mode(folder.path(), 0o555);
    let error = open(&folder.db()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    let reader = Reader::open(&folder.db()).unwrap();
    assert_eq!(all(&reader).len() as u64, reader.last_seq(), "reading needs no right to write");
    drop(reader);
    set_mode(&folder.db(), 0o000);
    assert_eq!(Reader::open(&folder.db()).unwrap_err().kind(), ErrorKind::Denied);
    set_mode(folder.path(), 0o755);
}

#[test]
fn emergency_notes_fit_or_are_refused_and_survive() {
    let folder = Folder::new("notes");
    let path = folder.path().join("emergency.notes");
    assert!(read_notes(&path).unwrap().is_empty());
    let mut notes = EmergencyNotes::prepare(&path, 64).unwrap();
    notes.note("cancel TF1\nforged").unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 64);
    drop(notes);
    let mut notes = EmergencyNotes::prepare(&path, 64).unwrap();
    notes.note("cancel TF2").unwrap();
    assert_eq!(notes.note(&"x".repeat(64)).unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(read_notes(&path).unwrap(), ["cancel TF1 forged", "cancel TF2"]);
    let mut content = std::fs::read(&path).unwrap();
    content[28] = 0;
    std::fs::write(&path, &content).unwrap();
    assert_eq!(read_notes(&path).unwrap(), ["cancel TF1 forged"], "a cut note is not read");
    notes.clear().unwrap();
    notes.note("again").unwrap();
    assert_eq!(read_notes(&path).unwrap(), ["again"]);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 64);
}
