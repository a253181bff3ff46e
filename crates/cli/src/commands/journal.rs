//! `truefill journal`: verify, cat, export.

use super::print;
use crate::args::Journal as Args;
use crate::failure::{Done, Failure};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use truefill_journal::{
    ErrorKind, Filter, Format, JournalError, Reader, Replayer, VerifyReport, What,
};

pub fn run(args: &Args) -> Done {
    match args {
        Args::Verify { journal, json } => verify(journal, *json),
        Args::Cat { journal, from, to, kind } => {
            let filter = Filter { from: *from, to: *to, direction: None, kinds: kind.clone() };
            let reader = Reader::open(journal).map_err(failure)?;
            let mut out = BufWriter::new(io::stdout().lock());
            ends(truefill_journal::cat(&reader, &filter, &mut out))
        }
        Args::Export { journal, what, format, out } => {
            let what = What::from_text(what).ok_or_else(|| {
                let all: Vec<&str> = What::ALL.iter().map(|w| w.as_str()).collect();
                Failure::Input(format!("--what {what}: allowed are {}", all.join(", ")))
            })?;
            let format = Format::from_text(format).ok_or_else(|| {
                Failure::Input(format!("--format {format}: allowed are csv and jsonl"))
            })?;
            let mut sink: Box<dyn Write> = match out {
                Some(path) => Box::new(BufWriter::new(
                    File::create(path).map_err(|error| Failure::about(path.display(), error))?,
                )),
                None => Box::new(BufWriter::new(io::stdout().lock())),
            };
            let reader = Reader::open(journal).map_err(failure)?;
            ends(truefill_journal::export(&reader, what, format, &mut sink))
        }
    }
}

/// A reader that went away (`| head`) ends a listing without an error.
fn ends(done: Result<(), JournalError>) -> Done {
    match done {
        Err(JournalError::Output { why }) if why.contains("Broken pipe") => Ok(()),
        other => other.map_err(failure),
    }
}

fn failure(error: JournalError) -> Failure {
    if error.kind() == ErrorKind::Damaged {
        Failure::Wrong(error.to_string())
    } else {
        Failure::input(error)
    }
}

fn verify(path: &Path, json: bool) -> Done {
    let mut replayer = Replayer::default();
    let build = env!("TRUEFILL_BUILD");
    let report = truefill_journal::verify(path, Some((build, &mut replayer))).map_err(failure)?;
    print(&if json { as_json(&report) } else { in_words(&report) })?;
    match report.problem {
        None => Ok(()),
        Some(problem) => Err(Failure::Wrong(format!("{}: {problem}", path.display()))),
    }
}

fn as_json(report: &VerifyReport) -> String {
    let redecided = report.redecided.as_ref();
    serde_json::json!({
        "journal": report.path.display().to_string(),
        "ok": report.is_ok(),
        "format": report.format,
        "segments": report.segments.len(),
        "batches": report.batches,
        "inputs": report.inputs,
        "events": report.events,
        "digests": report.digests,
        "last_seq": report.last_seq,
        "last_chain": report.last_chain.to_string(),
        "inputs_decided_again": redecided.map(|r| r.inputs),
        "problem": report.problem.as_ref().map(ToString::to_string),
    })
    .to_string()
}

fn in_words(report: &VerifyReport) -> String {
    let mut text = format!(
        "{}\n  {} segments, {} batches, {} inputs, {} events, {} digests\n  chain {}",
        report.path.display(),
        report.segments.len(),
        report.batches,
        report.inputs,
        report.events,
        report.digests,
        report.last_chain
    );
    if let Some(redecided) = &report.redecided {
        text.push_str(&format!(
            "\n  {} inputs decided again by this build, every event and digest the same",
            redecided.inputs
        ));
    }
    text.push_str(if report.is_ok() { "\nverified" } else { "\nNOT VERIFIED" });
    text
}
