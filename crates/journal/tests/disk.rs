//! The real store on a watched disk: cut at every write, torn, unsynced, full, failing to sync.
//!
//! A child process runs the store with `common/disk.c` in front of the C library. From its trace
//! follows what a disk may hold when the power goes after any operation: everything that was
//! synced, and any part of what was not. Whatever the child had acknowledged by then must be
//! there, whole and with a right chain. Linux only, and it needs the C compiler that the build
//! of SQLite needs.
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Folder, all, fill_batch, start};
use truefill_journal::{Batch, Digest, Journal, MemoryStore, Snapshot, Store, open, verify};

const CHILD: &str = "TRUEFILL_TEST_DISK_JOURNAL";

/// What the child does, on any store: two starts, snapshots.
fn act(
    store: &mut dyn Store,
    epoch: u64,
    say: &mut dyn FnMut(u64),
) -> truefill_journal::Result<()> {
    let mut batch = Batch::new();
    store.open_segment(&start(epoch))?;
    for n in 1..=12 {
        fill_batch(&mut batch, n * epoch);
        let seq = store.append(&batch)?;
        say(seq);
        if n == 6 {
            store.put_snapshot(&Snapshot { seq, digest: Digest::from(1), body: vec![5; 9000] })?;
        }
    }
    Ok(())
}

#[test]
fn child_on_the_disk() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    for epoch in 1..=2 {
        let run = || {
            let mut opened = open(Path::new(&path))?;
            act(&mut opened.store, epoch, &mut |seq| println!("acknowledged {seq}"))?;
            opened.store.checkpoint()?;
            let mut batch = Batch::new();
            fill_batch(&mut batch, 99);
            opened.store.append(&batch).map(|seq| println!("acknowledged {seq}"))
        };
        if let Err(error) = run() {
            println!("failed {:?}", error.kind());
            return;
        }
    }
    println!("came to the end");
}

/// What the child would have stored without any fault.
fn whole_story() -> MemoryStore {
    let mut memory = MemoryStore::new();
    for epoch in 1..=2 {
        act(&mut memory, epoch, &mut |_| {}).unwrap();
        let mut batch = Batch::new();
        fill_batch(&mut batch, 99);
        memory.append(&batch).unwrap();
    }
    memory
}

/// Builds the library; nothing where there is no compiler.
fn disk_library(folder: &Folder) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/disk.c");
    let library = folder.path().join("disk.so");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let built = Command::new(compiler)
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .status()
        .is_ok_and(|status| status.success());
    if !built {
        eprintln!("skipped: no C compiler");
    }
    built.then_some(library)
}

/// Runs the child and returns what it said.
fn run_child(library: &Path, live: &Folder, settings: &[(&str, &Path)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "child_on_the_disk", "--nocapture"]);
    child.env(CHILD, live.db()).env("LD_PRELOAD", library).env("DISK_FOLDER", live.path());
    child.envs(settings.iter().copied());
    let output = child.output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn acknowledged(said: &str) -> Option<u64> {
    let last = said.lines().rev().find_map(|line| line.split("acknowledged ").nth(1))?;
    last.split_whitespace().next()?.parse().ok()
}

/// One operation of the trace.
struct Op {
    kind: u8,
    path: String,
    offset: u64,
    data: Vec<u8>,
}

fn parse(trace: &[u8]) -> Vec<Op> {
    let (mut rest, mut ops) = (trace, Vec::new());
    let mut take = |len: usize| {
        let (taken, left) = rest.split_at(len);
        rest = left;
        (taken.to_vec(), left.is_empty())
    };
    loop {
        let kind = take(1).0[0];
        let path_len = u16::from_le_bytes(take(2).0.try_into().unwrap());
        let path = String::from_utf8(take(usize::from(path_len)).0).unwrap();
        let offset = u64::from_le_bytes(take(8).0.try_into().unwrap());
        let len = u32::from_le_bytes(take(4).0.try_into().unwrap());
        let (data, done) = take(len as usize);
        ops.push(Op { kind, path, offset, data });
        if done {
            return ops;
        }
    }
}

/// A file: what is on the disk for sure, and what was asked for since the last sync.
#[derive(Default)]
struct Watched {
    synced: Vec<u8>,
    pending: Vec<(u8, u64, Vec<u8>)>,
}

fn apply(content: &mut Vec<u8>, kind: u8, offset: u64, data: &[u8]) {
    let offset = usize::try_from(offset).unwrap();
    if kind == b'T' {
        content.resize(offset, 0);
        return;
    }
    let end = offset + data.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(data);
}

/// Which of the pending operations reached the disk.
#[derive(Clone, Copy)]
enum Luck {
    None,
    All,
    /// Some, by sectors of 512 bytes.
    Some(u64),
}

impl Watched {
    fn image(&self, luck: Luck) -> Vec<u8> {
        let mut content = self.synced.clone();
        let mut random = match luck {
            Luck::None => return content,
            Luck::All => None,
            Luck::Some(seed) => Some(seed | 1),
        };
        for (kind, offset, data) in &self.pending {
            let Some(state) = &mut random else {
                apply(&mut content, *kind, *offset, data);
                continue;
            };
            for (at, sector) in data.chunks(512).enumerate() {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                if *state % 3 > 0 {
                    apply(&mut content, *kind, offset + at as u64 * 512, sector);
                }
            }
        }
        content
    }
}

/// Writes an image and checks what recovery makes of it.
fn check_image(
    files: &BTreeMap<String, Watched>,
    luck: Luck,
    acknowledged: u64,
    story: &MemoryStore,
    what: &str,
) {
    let image = Folder::new("disk-image");
    for (path, file) in files {
        let name = Path::new(path).file_name().unwrap();
        std::fs::write(image.path().join(name), file.image(luck)).unwrap();
    }
    let opened = open(&image.db()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let found = all(&opened.store);
    assert!(opened.last_seq >= acknowledged, "{what}: {} of {acknowledged}", opened.last_seq);
    assert!(found == all(story)[..found.len()], "{what}: another content");
    assert!(is_batch_end(story, opened.last_seq), "{what}: a torn batch");
    drop(opened);
    if found.len().is_multiple_of(7) && !found.is_empty() {
        let report = verify(&image.db(), None).unwrap();
        assert!(report.is_ok(), "{what}: {:?}", report.problem);
    }
}

fn is_batch_end(story: &MemoryStore, seq: u64) -> bool {
    let next = story.records(seq.max(1)).take(2).map(Result::unwrap).collect::<Vec<_>>();
    match &next[..] {
        [last, next] => seq == 0 || last.batch != next.batch,
        _ => true,
    }
}

#[test]
fn a_power_cut_after_any_operation_loses_nothing_acknowledged() {
    let live = Folder::new("disk-live");
    let Some(library) = disk_library(&live) else { return };
    let trace = std::env::temp_dir().join(format!("truefill-trace-{}", std::process::id()));
    let said = run_child(&library, &live, &[("DISK_TRACE", &trace)]);
    assert!(said.contains("came to the end"), "{said}");
    let ops = parse(&std::fs::read(&trace).unwrap());
    std::fs::remove_file(&trace).unwrap();
    let story = whole_story();
    let syncs = ops.iter().filter(|op| op.kind == b'S').count();
    assert!(syncs > 26 && ops.len() > 150, "every commit is synced: {syncs} of {}", ops.len());

    let mut files: BTreeMap<String, Watched> = BTreeMap::new();
    let mut known = 0;
    for (at, op) in ops.iter().enumerate() {
        match op.kind {
            b'A' => known = acknowledged(&String::from_utf8_lossy(&op.data)).unwrap_or(known),
            b'U' => drop(files.remove(&op.path)),
            b'S' => {
                if let Some(file) = files.get_mut(&op.path) {
                    file.synced = file.image(Luck::All);
                    file.pending.clear();
                }
            }
            _ => {
                let file = files.entry(op.path.clone()).or_default();
                file.pending.push((op.kind, op.offset, op.data.clone()));
            }
        }
        for luck in [Luck::None, Luck::All, Luck::Some(at as u64 * 7919 + 3)] {
            let what = format!("operation {at} of {}, {} {}", ops.len(), op.kind as char, op.path);
            check_image(&files, luck, known, &story, &what);
        }
    }
    assert_eq!(known, story.last_seq());
}

#[test]
fn a_failing_disk_is_reported_and_what_was_acknowledged_is_there() {
    let folder = Folder::new("disk-library");
    let Some(library) = disk_library(&folder) else { return };
    let story = whole_story();
    for (how, kind) in [("sync", "Device"), ("full", "Full"), ("short", "Device")] {
        let mut failures = 0;
        for count in (1..400).step_by(if how == "sync" { 3 } else { 11 }) {
            let live = Folder::new("disk-fails");
            let plan = format!("{how} {count}");
            let said = run_child(&library, &live, &[("DISK_FAIL", Path::new(&plan))]);
            if said.contains("came to the end") {
                // Past the last operation, or in a checkpoint at the end, which loses nothing.
                if failures > 0 && count > 150 {
                    break;
                }
            } else {
                assert!(said.contains("failed"), "{plan}: {said}");
                failures += 1;
                assert!(said.contains(kind), "{plan}: {said}");
            }
            let known = acknowledged(&said).unwrap_or(0);
            let opened = open(&live.db()).unwrap_or_else(|error| panic!("{plan}: {error}"));
            let found = all(&opened.store);
            assert!(opened.last_seq >= known, "{plan}: {} of {known}", opened.last_seq);
            assert!(found == all(&story)[..found.len()], "{plan}: another content");
            assert!(is_batch_end(&story, opened.last_seq), "{plan}: a torn batch");
        }
        assert!(failures > 5, "{how}: {failures}");
    }
}
