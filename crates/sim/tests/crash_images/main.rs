//! Crash images: the journal of a busy session, cut at every operation on its files, and what
//! becomes of trading on it.
//!
//! A child process runs a session in a storm with its journal on a watched disk (`disk.c` of the
//! journal's tests, loaded in front of the C library). After every operation, all kinds of what
//! the disk may then hold are made and opened: whatever the child had acknowledged is there,
//! every order that had left is in it, and the session goes on against its broker, whose truth
//! went on, to an end without a broken law. Linux only, and it needs the C compiler that the
//! build of SQLite needs.
#![cfg(target_os = "linux")]

mod disk;
mod judge;
#[path = "../kit/mod.rs"]
mod kit;
mod session;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use disk::{Dice, Disk, Image, Op, parse};
use judge::{Folder, Judge, Table};
use session::{Known, Reference, plan};
use truefill_journal::{Survives, open, recover};

const CHILD: &str = "TRUEFILL_TEST_IMAGES_JOURNAL";
const SEED: &str = "TRUEFILL_TEST_IMAGES_SEED";
const RELAXED: &str = "TRUEFILL_TEST_IMAGES_RELAXED";

#[test]
fn child_on_the_disk() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).expect("a seed");
    let relaxed = std::env::var_os(RELAXED).is_some();
    let survives = if relaxed { Survives::Kill } else { Survives::PowerCut };
    session::live(Path::new(&path), seed, survives);
}

/// Builds the library; nothing where there is no compiler.
fn disk_library(folder: &Folder) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../journal/tests/common/disk.c");
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
fn run_child(library: &Path, live: &Folder, seed: u64, settings: &[(&str, &str)]) -> String {
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child.args(["--exact", "child_on_the_disk", "--nocapture"]);
    child.env(CHILD, live.db()).env(SEED, seed.to_string());
    child.env("LD_PRELOAD", library).env("DISK_FOLDER", live.path());
    child.envs(settings.iter().copied());
    String::from_utf8(child.output().expect("it runs").stdout).expect("text")
}

/// The operations of a session that nothing happened to.
fn trace(library: &Path, seed: u64, relaxed: bool) -> Vec<Op> {
    let live = Folder::new(&format!("images-live-{seed}-{relaxed}"));
    let file =
        judge::scratch().join(format!("truefill-trace-{seed}-{relaxed}-{}", std::process::id()));
    let path = file.to_str().expect("readable");
    let mut settings = vec![("DISK_TRACE", path)];
    if relaxed {
        settings.push((RELAXED, "1"));
    }
    let said = run_child(library, &live, seed, &settings);
    assert!(said.contains("came to the end"), "{said}");
    let ops = parse(&std::fs::read(&file).expect("a trace"));
    std::fs::remove_file(&file).expect("removable");
    ops
}

/// Every operation with what was known by then, and the disk after it.
fn at_every_operation(ops: &[Op], mut look: impl FnMut(usize, &Op, Known, &Disk)) -> Known {
    let (mut disk, mut known) = (Disk::default(), Known::default());
    for (at, op) in ops.iter().enumerate() {
        if op.kind == b'A' {
            known.hear(&String::from_utf8_lossy(&op.data));
        }
        disk.apply(op);
        look(at, op, known, &disk);
    }
    known
}

/// Judges the images after every operation of one session.
fn images_of(library: &Path, seed: u64, subsets: u64, table: &mut Table) {
    let reference = Reference::of(seed);
    let ops = trace(library, seed, false);
    let folder = Folder::new(&format!("images-{seed}"));
    let mut judge = Judge::new(seed, &reference, &folder);
    let mut seen: BTreeSet<(Known, Image)> = BTreeSet::new();
    let known = at_every_operation(&ops, |at, op, known, disk| {
        // A message changes nothing on the disk, but what must be there.
        let images = disk.images(at as u64, if op.kind == b'A' { 0 } else { subsets });
        if op.kind != b'A' {
            seen.clear();
        }
        for (kind, image) in images {
            let what = format!(
                "seed {seed}, operation {at} of {}, {} {}, {kind:?}",
                ops.len(),
                op.kind as char,
                op.path
            );
            if !seen.insert((known, image.clone())) {
                continue;
            }
            folder.hold(&image);
            judge.recovers(known, &what);
            table.count(&format!("{kind:?}"), "recovered");
        }
    });
    let last = reference.marks.last().expect("marks");
    assert_eq!((known.segments, known.batches), (last.segments, last.batches), "all was heard");
    assert_eq!(known.lines, reference.lines.len() as u64, "all was heard");
    println!(
        "seed {seed}: {} operations, {} orders, {} sessions gone on with",
        ops.len(),
        reference.orders(),
        judge.continued()
    );
}

#[test]
fn every_image_of_a_power_cut_recovers_and_trades_on() {
    let folder = Folder::new("images-library");
    let Some(library) = disk_library(&folder) else { return };
    let mut table = Table::default();
    images_of(&library, 1, 4, &mut table);
    table.print("Images of one session");
    assert!(table.all() > 2000, "{} images prove little", table.all());
    for kind in ["Whole", "Unsynced", "Short", "Torn", "Reordered", "Folder"] {
        assert!(table.images(kind) > 0, "no image of kind {kind}");
    }
}

#[test]
#[ignore = "images of many sessions take minutes: cargo test --release -p truefill-sim --test \
            crash_images -- --ignored --nocapture"]
fn every_image_of_many_sessions_recovers_and_trades_on() {
    let folder = Folder::new("images-library-long");
    let Some(library) = disk_library(&folder) else { return };
    let mut table = Table::default();
    for seed in 1..=20 {
        images_of(&library, seed, 12, &mut table);
    }
    table.print("Images of 20 sessions");
}

/// Where commits need to survive only the death of the process, a power cut may take the last
/// ones, never the file and never one from the middle.
#[test]
fn a_power_cut_on_a_rehearsal_leaves_an_earlier_moment() {
    let folder = Folder::new("images-library-relaxed");
    let Some(library) = disk_library(&folder) else { return };
    let seed = 2;
    let reference = Reference::of(seed);
    let ops = trace(&library, seed, true);
    let image_folder = Folder::new("images-relaxed");
    let mut judge = Judge::new(seed, &reference, &image_folder);
    let mut table = Table::default();
    at_every_operation(&ops, |at, op, known, disk| {
        if op.kind == b'A' {
            return;
        }
        let what = format!("operation {at}, {} {}", op.kind as char, op.path);
        for (kind, image) in disk.images(at as u64, 1) {
            image_folder.hold(&image);
            if kind == disk::Kind::Whole {
                judge.recovers(known, &what);
            } else if at.is_multiple_of(4) {
                judge.place(&what);
            } else {
                continue;
            }
            table.count(&format!("{kind:?}"), "an earlier moment, or all");
        }
    });
    table.print("Images of one rehearsal");
    assert!(table.images("Whole") > 200 && table.images("Reordered") > 100);
}

/// The disk fails under a running session, at every `step`-th operation: it stops at once, and
/// what was acknowledged is there.
fn failing(library: &Path, (how, operation): (&str, u8), step: usize, table: &mut Table) {
    let seed = 3;
    let reference = Reference::of(seed);
    let operations = trace(library, seed, false).iter().filter(|op| op.kind == operation).count();
    let live = Folder::new(&format!("images-{how}"));
    let mut judge = Judge::new(seed, &reference, &live);
    for count in (1..=operations).step_by(step) {
        live.hold(&Image::new());
        let plan = format!("{how} {count}");
        let said = run_child(library, &live, seed, &[("DISK_FAIL", &plan)]);
        let mut known = Known::default();
        known.hear(said.split("died of").next().unwrap_or_default());
        if said.contains("came to the end") {
            // Nothing depended on it: a log that was moved into the file anyway.
            table.count(how, "came to its end all the same");
        } else {
            let why = said.lines().find_map(|line| line.split("died of ").nth(1));
            let why = why.unwrap_or_else(|| panic!("{plan}: {said}"));
            let (kind, words) = why.split_once(": ").expect("kind and words");
            assert!(words.contains("; "), "{plan}: {words}");
            table.count(how, &format!("stopped ({kind}), recovered"));
        }
        judge.recovers(known, &plan);
    }
}

#[test]
fn a_disk_that_fails_stops_trading_and_loses_nothing() {
    let folder = Folder::new("images-library-fails");
    let Some(library) = disk_library(&folder) else { return };
    let mut table = Table::default();
    for (how, step) in
        [(("sync", b'S'), 2), (("full", b'W'), 11), (("short", b'W'), 11), (("ro", b'W'), 11)]
    {
        failing(&library, how, step, &mut table);
    }
    table.print("Failures of the disk");
    assert!(table.became("stopped") > 40, "few failures prove little");
}

#[test]
fn a_start_on_a_read_only_file_system_sends_nothing() {
    let folder = Folder::new("images-library-ro");
    let Some(library) = disk_library(&folder) else { return };
    let live = Folder::new("images-read-only");
    let seed = 3;
    // Half a session, then the file system is read-only from the start.
    let said = run_child(&library, &live, seed, &[("DISK_FAIL", "full 200")]);
    assert!(said.contains("died of Full"), "{said}");
    let before = open(&live.db()).expect("opens").last_chain;
    let said = run_child(&library, &live, seed, &[("DISK_FAIL", "ro 0")]);
    assert!(said.contains("died of Denied") && said.contains("nothing was recorded"), "{said}");
    assert!(!said.contains("line "), "{said}");
    assert_eq!(open(&live.db()).expect("opens").last_chain, before);
}

/// Bytes that change after they were durable: no engine starts from what it never was.
#[test]
fn a_damaged_journal_is_refused_or_is_what_it_was() {
    let folder = Folder::new("images-library-damage");
    let Some(library) = disk_library(&folder) else { return };
    let seed = 4;
    let reference = Reference::of(seed);
    let ops = trace(&library, seed, false);
    let image_folder = Folder::new("images-damage");
    let judge = Judge::new(seed, &reference, &image_folder);
    let mut table = Table::default();
    at_every_operation(&ops, |at, op, _, disk| {
        if op.kind == b'A' || at < 40 || !at.is_multiple_of(50) {
            return;
        }
        let (_, whole) = disk.images(0, 0).remove(0);
        image_folder.hold(&whole);
        let mark = judge.place("undamaged");
        let opened = open(&image_folder.db()).expect("opened before");
        let sound = recover(&opened.store, plan(seed).config).expect("recovers");
        drop(opened);
        for case in 0..24 {
            let mut dice = Dice(at as u64 * 1000 + case);
            let mut damaged = whole.clone();
            let how = damage(&mut damaged, &mut dice);
            image_folder.hold(&damaged);
            let became = judge.damaged(&sound, mark);
            table.count(how, &became);
        }
    });
    table.print("Damage after the fact");
    assert!(table.became("refused") > 10, "nothing was refused");
}

/// Damages one file of an image: a byte, a sector, or a page that is an old one.
fn damage(image: &mut Image, dice: &mut Dice) -> &'static str {
    let filled: Vec<String> =
        image.iter().filter(|(_, content)| content.len() > 8192).map(|(n, _)| n.clone()).collect();
    let name = &filled[usize::try_from(dice.below(filled.len() as u64)).expect("few")];
    let content = image.get_mut(name).expect("a file");
    let at = usize::try_from(dice.below(content.len() as u64)).expect("small");
    match dice.below(3) {
        0 => {
            content[at] ^= 1 << dice.below(8);
            "a byte"
        }
        1 => {
            let from = at / 512 * 512;
            let to = (from + 512).min(content.len());
            content[from..to].fill(0);
            "a sector of zeros"
        }
        _ => {
            let pages = content.len() / 4096;
            let (to, from) = (at / 4096 % pages * 4096, dice.below(pages as u64));
            let from = usize::try_from(from).expect("small") * 4096;
            content.copy_within(from..from + 4096, to);
            "another page's content"
        }
    }
}
