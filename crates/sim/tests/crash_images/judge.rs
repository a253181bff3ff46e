//! What is asked of an image: it opens, verifies, holds everything that was acknowledged and
//! every order that left; the engine recovered from it goes on against the broker, whose truth
//! went on, and in the end both agree.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use truefill_core::engine::Engine;
use truefill_journal::lock::Lock;
use truefill_journal::{
    ErrorKind, JournalError, Replayer, Rerun, Survives, open, open_for, recover, verify,
};
use truefill_sim::broker::TruthSink;
use truefill_sim::session::{Reached, Traces};

use crate::disk::Image;
use crate::session::{Known, Mark, Reference, busy, plan};

/// Where images are laid: in memory, where there is such a folder. Nothing here must be durable.
pub fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// A folder that is removed at the end of the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = scratch().join(format!("truefill-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn db(&self) -> PathBuf {
        self.0.join("journal.db")
    }

    /// Exactly these files are in it.
    pub fn hold(&self, image: &Image) {
        for entry in fs::read_dir(&self.0).expect("a folder") {
            let path = entry.expect("an entry").path();
            // The lock is not the journal's content: one file serves all images.
            if path.extension().is_none_or(|ext| ext != "lock") {
                fs::remove_file(path).expect("removable");
            }
        }
        for (name, content) in image {
            fs::write(self.0.join(name), content).expect("writable");
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Images by kind, and what became of them.
#[derive(Debug, Default)]
pub struct Table(BTreeMap<(String, String), u64>);

impl Table {
    pub fn count(&mut self, kind: &str, became: &str) {
        *self.0.entry((kind.to_owned(), became.to_owned())).or_default() += 1;
    }

    pub fn images(&self, kind: &str) -> u64 {
        self.0.iter().filter(|((of, _), _)| of == kind).map(|(_, n)| n).sum()
    }

    pub fn became(&self, became: &str) -> u64 {
        self.0.iter().filter(|((_, so), _)| so.starts_with(became)).map(|(_, n)| n).sum()
    }

    pub fn all(&self) -> u64 {
        self.0.values().sum()
    }

    pub fn print(&self, title: &str) {
        let mut text = String::new();
        for ((kind, became), n) in &self.0 {
            writeln!(text, "  {kind:<24} {became:<40} {n:>7}").expect("a text");
        }
        println!("{title}\n{text}  {:<24} {:<40} {:>7}", "all", "", self.all());
    }
}

/// The truth log that outlived the engine; it must come again as it was.
struct Outlived {
    kept: Vec<String>,
    again: usize,
}

impl TruthSink for Outlived {
    fn line(&mut self, line: &str) -> io::Result<()> {
        match self.kept.get(self.again) {
            Some(there) => assert_eq!(there, line, "line {} comes again", self.again),
            None => self.kept.push(line.to_owned()),
        }
        self.again += 1;
        Ok(())
    }
}

/// Judges images of one session.
pub struct Judge<'a> {
    pub seed: u64,
    pub reference: &'a Reference,
    pub folder: &'a Folder,
    /// What was gone on with already: it is a function of these.
    gone_on: BTreeSet<(u64, u64, u64)>,
}

impl<'a> Judge<'a> {
    pub fn new(seed: u64, reference: &'a Reference, folder: &'a Folder) -> Self {
        Self { seed, reference, folder, gone_on: BTreeSet::new() }
    }

    /// Sessions that were gone on with.
    pub fn continued(&self) -> usize {
        self.gone_on.len()
    }

    /// Where in the session the journal in the folder ends; it verifies, and is a part of the
    /// session's own.
    pub fn place(&self, what: &str) -> Mark {
        let opened = open(&self.folder.db()).unwrap_or_else(|error| panic!("{what}: {error}"));
        let (seq, chain) = (opened.last_seq, opened.last_chain);
        let marks = &self.reference.marks;
        let Some(mark) = marks.iter().find(|mark| mark.seq == seq && mark.chain == chain) else {
            panic!("{what}: record {seq} with chain {chain} was never the end of this session");
        };
        drop(opened);
        if mark.segments > 0 {
            let report = verify(&self.folder.db(), None).unwrap_or_else(|e| panic!("{what}: {e}"));
            assert!(report.is_ok(), "{what}: {:?}", report.problem);
            assert_eq!((report.last_seq, report.last_chain), (seq, chain), "{what}");
        }
        *mark
    }

    /// The journal in the folder, from a session of which so much is known, has lost nothing,
    /// and trading goes on with it.
    pub fn recovers(&mut self, known: Known, what: &str) {
        let mark = self.place(what);
        let (segments, batches) = (mark.segments, mark.batches);
        let what = &format!("{what}: {known:?}, found {segments} segments, {batches} batches");
        assert!(segments >= known.segments && batches >= known.batches, "{what}");
        if let Some(id) = self.reference.lost(known.lines, mark.seq) {
            panic!("{what}: order {id} left and is not in the journal");
        }
        if self.gone_on.insert((segments, batches, known.lines)) {
            self.goes_on(mark, known, what);
        }
    }

    fn goes_on(&self, mark: Mark, known: Known, what: &str) {
        let path = self.folder.db();
        let lock = Lock::acquire(&path).expect("free");
        // What comes next is not cut: it needs to survive nothing.
        let store = open_for(&path, lock, Survives::Kill).expect("opened before").store;
        let mut rerun = Rerun::new(store).expect("readable");
        let lines = usize::try_from(known.lines).expect("few");
        let kept = self.reference.lines[..lines].to_vec();
        let mut log = Outlived { kept, again: 0 };
        let Mark { segments, batches, .. } = mark;
        let reached = Reached { segments, batches, lines: known.lines };
        let kills = if segments > 0 { vec![reached] } else { Vec::new() };
        let traces = Traces { log: &mut log, kills };
        let lived = busy(&plan(self.seed), &mut rerun, traces);
        let outcome = lived.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(outcome.violations.is_empty(), "{what}: {:?}", outcome.violations);
        assert_eq!(outcome.facts.doubled_orders, 0, "{what}");
        // Dead after its last commit, it was over.
        let over = self.reference.marks.last().is_some_and(|last| last.batches == batches);
        assert!(outcome.facts.crashes == u64::from(segments > 0) || over, "{what}");
        for [_, engine, broker] in &outcome.positions {
            assert_eq!(engine, broker, "{what}");
        }
        let once = sent_once(&log.kept);
        assert!(once.is_ok(), "{what}: {once:?}");
        drop(rerun);
        let build = plan(self.seed).build;
        let report = verify(&path, Some((&build, &mut Replayer::default()))).expect("a journal");
        assert!(report.is_ok(), "{what}: after going on: {:?}", report.problem);
    }

    /// What becomes of a journal whose content was damaged after it was durable: it is refused
    /// with a clear error, or the engine that would trade is the one of an earlier moment.
    pub fn damaged(&self, sound: &Engine, at: Mark) -> String {
        let opened = match open(&self.folder.db()) {
            Ok(opened) => opened,
            Err(error) => return refused(&error),
        };
        let mark = self.reference.marks.iter().find(|mark| mark.chain == opened.last_chain);
        let mark = mark.unwrap_or_else(|| panic!("another content was believed"));
        match recover(&opened.store, plan(self.seed).config) {
            Err(error) => refused(&error),
            Ok(engine) if mark.seq == at.seq && mark.segments == at.segments => {
                assert_eq!(engine.digest(), sound.digest(), "another state was believed");
                drop(opened);
                match verify(&self.folder.db(), None) {
                    Ok(report) if report.is_ok() => "the damage touched nothing".to_owned(),
                    _ => "state proven by a younger snapshot".to_owned(),
                }
            }
            Ok(_) => "ends earlier, as after a power cut".to_owned(),
        }
    }
}

/// The kind of a refusal; its words say cause, consequence and next action.
pub fn refused(error: &JournalError) -> String {
    let words = error.to_string();
    assert!(words.matches("; ").count() >= 1 && words.len() > 60, "not clear: {words}");
    let known = [
        ErrorKind::Damaged,
        ErrorKind::Foreign,
        ErrorKind::Denied,
        ErrorKind::Newer,
        ErrorKind::Device,
        ErrorKind::Full,
    ];
    assert!(known.contains(&error.kind()), "{:?}: {words}", error.kind());
    format!("refused: {:?}", error.kind())
}

/// No order left twice, none came to exist twice.
fn sent_once(lines: &[String]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for line in lines {
        let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let about_one = match (value["record"].as_str(), value["kind"].as_str()) {
            (Some("sent"), Some("new")) => "sent",
            (Some("order"), _) => "order",
            _ => continue,
        };
        let Some(id) = value["client_id"].as_str() else { continue };
        if !seen.insert((about_one, id.to_owned())) {
            return Err(format!("{about_one} {id} twice"));
        }
    }
    Ok(())
}
