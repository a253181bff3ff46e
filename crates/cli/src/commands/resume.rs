//! `truefill rehearse --resume DIR`: a run that was killed goes on.
//!
//! The session is executed again from its beginning, against its own journal and truth log, up to
//! where they end; there the engine dies, recovers from the journal, and goes on. See
//! `truefill_sim::session::Reached`.

use super::print;
use super::rehearse::{BUILD, Job, faults_text, tell, verdict};
use crate::args::Rehearse;
use crate::begun::Begun;
use crate::config;
use crate::failure::{Done, Failure};
use crate::rundir::RunDir;
use serde_json::Value;
use std::path::Path;

pub fn run(dir: &Path, args: &Rehearse) -> Done {
    let (run_dir, begun) = RunDir::reopen(dir)?;
    agrees(&begun, args)?;
    if let Some(report) = run_dir.files().report()? {
        return finished(dir, &report, args.json);
    }
    begun.check(BUILD)?;
    note_edited(&begun);
    tell(&Job::new(begun)?.go_on(run_dir)?, None, dir, args.json)
}

/// Arguments beside `--resume` may repeat what the run was begun with, and nothing else.
fn agrees(begun: &Begun, args: &Rehearse) -> Done {
    let contradicts = |what: String, was: String| {
        Failure::Input(format!(
            "{what} contradicts run.json: the run was begun with {was}; nothing was started; leave \
             it out, or begin a new run"
        ))
    };
    if let Some(seed) = args.seed.filter(|seed| *seed != begun.seed) {
        return Err(contradicts(format!("--seed {seed}"), format!("seed {}", begun.seed)));
    }
    if let Some(faults) = &args.faults
        && faults_text(faults)? != begun.faults_text
    {
        return Err(contradicts(format!("--faults {faults}"), format!("faults {}", begun.faults)));
    }
    if args.crash_every.is_some() && args.crash_every != begun.crash_every {
        let was = begun.crash_every.map_or_else(|| "none".to_owned(), |turns| turns.to_string());
        return Err(contradicts("--crash-every".to_owned(), was));
    }
    if let Some(config) = &args.config
        && config::text(config).map_err(Failure::input)? != begun.config_text
    {
        let was = format!("{}, which had another content", begun.config_file);
        return Err(contradicts(config.display().to_string(), was));
    }
    Ok(())
}

/// Nothing is left to do.
fn finished(dir: &Path, report: &Value, json: bool) -> Done {
    if json {
        print(&report.to_string())?;
    } else {
        print(&format!(
            "{} is finished, there is nothing to go on with\n    report: {}",
            dir.display(),
            dir.join("report.html").display()
        ))?;
    }
    let texts = report["violations"].as_array().into_iter().flatten();
    let violations: Vec<String> = texts.filter_map(|v| v.as_str().map(str::to_owned)).collect();
    let faults = report["faults"].as_str().unwrap_or_default();
    verdict(faults, report["seed"].as_u64().unwrap_or_default(), &violations)
}

/// The run keeps its own copy of the configuration; who edited the file should know.
fn note_edited(begun: &Begun) {
    let name = Path::new(&begun.config_file).file_name().map(|name| begun.base_dir.join(name));
    if let Some(path) = name.filter(|path| path.is_file())
        && config::text(&path).is_ok_and(|text| text != begun.config_text)
    {
        eprintln!(
            "{} was edited since; the run goes on with the configuration it was begun with",
            path.display()
        );
    }
}
