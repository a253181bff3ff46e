//! `truefill rehearse`: what live would really have done, before going live.

use super::{compare, print};
use crate::args::Rehearse;
use crate::config::{self, Setup};
use crate::failure::{Done, Failure};
use crate::progress::Watched;
use crate::rundir::RunDir;
use crate::summary::{self, About};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;
use truefill_market::source::Quotes;
use truefill_sim::faults::Faults;
use truefill_sim::session::{Crash, Outcome, Plan};

pub fn run(args: &Rehearse) -> Done {
    let setup = config::load(&args.config).map_err(Failure::input)?;
    let name = args.config.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into());
    let label = faults_label(&args.faults);
    let (dir, replace) = match &args.out {
        Some(out) => (out.clone(), false),
        None => (PathBuf::from(format!("truefill-out/{name}-{label}-{}", args.seed)), true),
    };
    let crash = args.crash_every.map_or(Crash::Never, Crash::Every);
    let job = Job { setup: &setup, name, faults: args.faults.clone(), seed: args.seed, crash };
    let naive = match &args.compare {
        Some(_) => Some(compare::naive(&setup, faults_of(&args.faults)?, args.seed)?),
        None => None,
    };
    let ran = job.run(&dir, replace)?;
    if args.json {
        let json = match &naive {
            Some(naive) => json!({"truefill": ran.json, "naive": naive.json()}),
            None => ran.json.clone(),
        };
        print(&json.to_string())?;
    } else {
        print(&summary::words(&ran.about, &ran.outcome))?;
        if let Some(naive) = &naive {
            print(&naive.words())?;
        }
        print(&format!("    report: {}", dir.join("report.html").display()))?;
    }
    ran.verdict()
}

/// A word for a folder: the preset, or the stem of a fault file.
pub fn faults_label(faults: &str) -> String {
    Path::new(faults).file_stem().map_or_else(|| "faults".into(), |s| s.to_string_lossy().into())
}

/// A preset by name, else a fault file.
pub fn faults_of(text: &str) -> Result<Faults, Failure> {
    if let Some(faults) = Faults::preset(text) {
        return Ok(faults);
    }
    let path = Path::new(text);
    let json = std::fs::read_to_string(path).map_err(|error| {
        Failure::Input(format!(
            "--faults {text}: neither a preset ({}) nor a readable file ({error}); nothing was \
             started",
            Faults::PRESETS.join(", ")
        ))
    })?;
    Faults::from_json(&json).map_err(|error| Failure::about(path.display(), error))
}

/// One rehearsal.
pub struct Job<'a> {
    /// What runs.
    pub setup: &'a Setup,
    /// Its name.
    pub name: String,
    /// Preset or fault file.
    pub faults: String,
    /// Seed.
    pub seed: u64,
    /// Crashes.
    pub crash: Crash,
}

/// A rehearsal that ran.
pub struct Ran {
    /// What it was.
    pub about: About,
    /// What came out.
    pub outcome: Outcome,
    /// The same as public JSON.
    pub json: serde_json::Value,
}

impl Ran {
    /// What the engine is wrong about at the end, in words.
    pub fn wrong(&self) -> String {
        let differs = |row: &&[truefill_core::num::Qty; 3]| row[1] != row[2];
        match self.outcome.positions.iter().filter(differs).count() {
            0 => "nothing".to_owned(),
            some => format!("{some} positions"),
        }
    }

    /// Whether the run was true.
    pub fn verdict(&self) -> Done {
        if self.outcome.violations.is_empty() {
            return Ok(());
        }
        Err(Failure::Wrong(format!(
            "seed {} of {} broke a law of truefill:\n  {}\nthis is a defect; please report the \
             run directory",
            self.about.seed,
            self.about.faults,
            self.outcome.violations.join("\n  ")
        )))
    }
}

impl Job<'_> {
    /// Runs it and writes the run directory.
    pub fn run(&self, dir: &Path, replace: bool) -> Result<Ran, Failure> {
        let began = Instant::now();
        let faults = faults_of(&self.faults)?;
        let mut world = self.setup.world.clone();
        world.faults = faults;
        let mut plan = Plan::new(self.setup.config.clone(), world, self.seed);
        plan.build = env!("TRUEFILL_BUILD").to_owned();
        plan.decide_ns = self.setup.decide_ns;
        plan.crash = self.crash;
        let quotes = self.setup.open_market().map_err(Failure::input)?;
        let mut quotes = Watched::new(quotes, &self.name);
        let strategies = self.setup.open_strategies().map_err(Failure::input)?;
        let run_dir = RunDir::create(dir, replace)?;
        let mut opened = truefill_journal::open(&run_dir.journal()).map_err(Failure::input)?;
        let outcome = truefill_sim::session::run(&plan, &mut opened.store, &mut quotes, strategies)
            .map_err(Failure::input)?;
        drop(opened);
        let dirt = quotes.dirt();
        let dirt = (!dirt.is_clean()).then(|| dirt.to_string());
        if let Some(dirt) = &dirt {
            eprintln!("market data: {dirt}");
        }
        let about = About {
            name: self.name.clone(),
            faults: faults_label(&self.faults),
            seed: self.seed,
            data: self.setup.data_words(),
            synthetic: self.setup.is_synthetic(),
            currency: self.setup.currency.clone(),
            dirt,
            wall_seconds: summary::seconds(
                i64::try_from(began.elapsed().as_nanos()).unwrap_or(i64::MAX),
            ),
        };
        let json = summary::json(&about, &self.setup.config, &outcome, &run_dir.journal());
        run_dir.ledger(&outcome.ledger)?;
        run_dir.truth(outcome.broker.truth())?;
        run_dir.text("report.json", &json.to_string())?;
        let page = summary::page(&about, &self.setup.config, &outcome);
        run_dir.text("report.html", &truefill_report::html(&page))?;
        Ok(Ran { about, outcome, json })
    }
}
