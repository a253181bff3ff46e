//! Progress of a long run on disk, so that it goes on where it was stopped.
//!
//! Entry points: [`save`], [`load`]. One small JSON file, `progress.json`, replaced as a whole:
//! whoever reads it, after a crash too, reads one state or the other.
//!
//! Invariants:
//! 1. What was saved by another program, or of other seeds, is refused: its sums mean something
//!    else.
//! 2. Names of tables are stored with their counts, so a file of a version that knows other names
//!    is refused instead of read wrong.

use crate::cover::{Coverage, Group};
use crate::live::Numbers;
use crate::pool::{Progress, Seeds};
use crate::tally::{FAILURES_KEPT, Failure, Tally};
use serde_json::{Map, Value, json};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file's name in its directory.
pub const FILE: &str = "progress.json";
/// Largest file that is read.
const BYTES_MAX: u64 = 1 << 22;

/// Why progress could not be saved or read.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// The file system.
    #[error("{0}: {1}; check the directory and its permissions, or say another --out")]
    Io(PathBuf, io::Error),
    /// It is not what this program writes.
    #[error("{0}: {1}; nothing was run; say another --out, or remove the file to begin again")]
    Foreign(PathBuf, String),
}

/// Writes progress into a directory.
///
/// # Errors
/// [`SavedError::Io`].
pub fn save(dir: &Path, build: &str, seeds: Seeds, progress: &Progress) -> Result<(), SavedError> {
    let path = dir.join(FILE);
    let fresh = dir.join(format!("{FILE}.new"));
    let written = (|| {
        let mut file = fs::File::create(&fresh)?;
        file.write_all(to_json(build, seeds, progress).to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &path)
    })();
    written.map_err(|error| SavedError::Io(path, error))
}

/// Reads what a directory has; nothing is saved where there is no file.
///
/// # Errors
/// [`SavedError`] for what cannot be read or is of another run.
pub fn load(dir: &Path, build: &str, seeds: Seeds) -> Result<Option<Progress>, SavedError> {
    let path = dir.join(FILE);
    let io = |error| SavedError::Io(path.clone(), error);
    let length = match fs::metadata(&path) {
        Ok(meta) => meta.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    let foreign = |why: &str| SavedError::Foreign(path.clone(), why.to_owned());
    if length > BYTES_MAX {
        return Err(foreign("it is far larger than progress ever is"));
    }
    let text = fs::read_to_string(&path).map_err(io)?;
    let value: Value = serde_json::from_str(&text).map_err(|error| foreign(&error.to_string()))?;
    if value["build"] != json!(build) {
        return Err(foreign("it was written by another build, whose days may be others"));
    }
    if value["from"] != json!(seeds.from) {
        return Err(foreign("it is of other seeds"));
    }
    from_json(&value).map(Some).ok_or_else(|| foreign("it is not what this program writes"))
}

/// A tally as public JSON.
#[must_use]
pub fn tally_json(tally: &Tally) -> Value {
    let failure = |f: &Failure| json!({ "seed": f.seed, "violation": f.violation });
    let group = |group: &Group| {
        let rows = tally.coverage.of(*group);
        let counts: Map<String, Value> =
            rows.map(|(name, count)| (name.to_owned(), json!(count))).collect();
        (group.name().to_owned(), Value::Object(counts))
    };
    let coverage: Map<String, Value> = Group::ALL.iter().map(group).collect();
    let n = &tally.numbers;
    let numbers: Map<String, Value> =
        fields(n).into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    json!({
        "numbers": numbers,
        "excused": tally.excused,
        "failed": tally.failed,
        "failures": tally.failures.iter().map(failure).collect::<Vec<_>>(),
        "digest": format!("{:032x}", tally.digest),
        "coverage": coverage,
    })
}

const fn fields(n: &Numbers) -> [(&'static str, u64); 10] {
    [
        ("days", n.days),
        ("virtual_ms", n.virtual_ms),
        ("orders", n.orders),
        ("fills", n.fills),
        ("requests", n.requests),
        ("events", n.events),
        ("turns", n.turns),
        ("crashes", n.crashes),
        ("faults", n.faults),
        ("journal_bytes", n.journal_bytes),
    ]
}

fn to_json(build: &str, seeds: Seeds, progress: &Progress) -> Value {
    json!({
        "build": build,
        "from": seeds.from,
        "next": progress.next,
        "tally": tally_json(&progress.tally),
    })
}

fn from_json(value: &Value) -> Option<Progress> {
    let tally = &value["tally"];
    let number = |name: &str| tally["numbers"][name].as_u64();
    let numbers = Numbers {
        days: number("days")?,
        virtual_ms: number("virtual_ms")?,
        orders: number("orders")?,
        fills: number("fills")?,
        requests: number("requests")?,
        events: number("events")?,
        turns: number("turns")?,
        crashes: number("crashes")?,
        faults: number("faults")?,
        journal_bytes: number("journal_bytes")?,
    };
    let mut coverage = Coverage::default();
    for group in Group::ALL {
        let table = tally["coverage"][group.name()].as_object()?;
        let names = group.names();
        if table.len() != names.len() {
            return None;
        }
        for (at, name) in names.into_iter().enumerate() {
            coverage.add(*group, at, table.get(name)?.as_u64()?);
        }
    }
    let rows = tally["failures"].as_array()?.iter().take(FAILURES_KEPT);
    let failure = |row: &Value| {
        let violation = row["violation"].as_str()?.to_owned();
        Some(Failure { seed: row["seed"].as_u64()?, violation })
    };
    let failures = rows.map(failure).collect::<Option<Vec<_>>>()?;
    let digest = u128::from_str_radix(tally["digest"].as_str()?, 16).ok()?;
    let (excused, failed) = (tally["excused"].as_u64()?, tally["failed"].as_u64()?);
    let tally = Tally { numbers, coverage, excused, failed, failures, digest };
    Some(Progress { next: value["next"].as_u64()?, tally })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::no_checks;
    use crate::pool::run;

    fn dir(name: &str) -> PathBuf {
        let dir =
            std::env::temp_dir().join(format!("truefill-swarm-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("a directory");
        dir
    }

    #[test]
    fn a_run_that_goes_on_ends_as_one_that_never_stopped() {
        let seeds = Seeds { from: 0, until: 40 };
        let whole = run(seeds, Progress::default(), 2, &no_checks, &|_| true);
        let half = Seeds { until: 16, ..seeds };
        let first = run(half, Progress::default(), 1, &no_checks, &|_| true);
        assert_eq!(first.next, 16);
        let dir = dir("resume");
        save(&dir, "b", seeds, &first).expect("saved");
        let known = load(&dir, "b", seeds).expect("reads").expect("is there");
        assert_eq!(known, first);
        assert_eq!(run(seeds, known, 2, &no_checks, &|_| true), whole);
        fs::remove_dir_all(dir).expect("gone");
    }

    #[test]
    fn what_is_of_another_run_is_refused() {
        let seeds = Seeds { from: 0, until: 40 };
        let dir = dir("foreign");
        assert_eq!(load(&dir, "b", seeds).expect("reads"), None);
        save(&dir, "b", seeds, &Progress::default()).expect("saved");
        assert!(load(&dir, "c", seeds).is_err(), "another build");
        assert!(load(&dir, "b", Seeds { from: 1, until: 40 }).is_err(), "other seeds");
        let text = fs::read_to_string(dir.join(FILE)).expect("text");
        for cut in [0, 1, text.len() / 2, text.len() - 1] {
            fs::write(dir.join(FILE), &text[..cut]).expect("written");
            assert!(load(&dir, "b", seeds).is_err(), "cut at {cut}");
        }
        fs::write(dir.join(FILE), text.replacen("\"Target\"", "\"Torget\"", 1)).expect("written");
        assert!(load(&dir, "b", seeds).is_err(), "a name that nobody knows");
        fs::remove_dir_all(dir).expect("gone");
    }
}
