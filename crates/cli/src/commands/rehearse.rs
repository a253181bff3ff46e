//! `truefill rehearse`: what live would really have done, before going live.

use super::compare::{self, Compared};
use super::{print, resume};
use crate::args::Rehearse;
use crate::begun::{Begun, DataFile};
use crate::config::{self, Setup};
use crate::doom::{Doom, Doomed, Point};
use crate::failure::{Done, Failure};
use crate::progress::Watched;
use crate::quick;
use crate::rundir::{Files, RunDir};
use crate::summary::{self, About};
use crate::truthfile::TruthFile;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;
use truefill_journal::{Rerun, SqliteStore, Survives};
use truefill_market::source::Quotes;
use truefill_report::Side;
use truefill_sim::faults::Faults;
use truefill_sim::session::{Crash, Outcome, Plan, Reached, Traces};
use truefill_sim::strategy::Strategy;

/// Which program runs.
pub const BUILD: &str = env!("TRUEFILL_BUILD");

pub fn run(args: &Rehearse) -> Done {
    if let Some(dir) = &args.resume {
        return resume::run(dir, args);
    }
    let begun =
        Begun { seed: args.seed.unwrap_or(1), crash_every: args.crash_every, ..named(args)? };
    let (dir, replace) = match &args.out {
        Some(out) => (out.clone(), false),
        None => {
            let Begun { name, faults, seed, .. } = &begun;
            (PathBuf::from(format!("truefill-out/{name}-{faults}-{seed}")), true)
        }
    };
    let mut job = Job::new(begun)?;
    let naive = args.compare.as_ref().map(|_| job.naive()).transpose()?;
    let ran = job.begin(&dir, replace)?;
    tell(&ran, naive.as_ref(), &dir, args.json)
}

/// What the command line names: a configuration, or the files of a backtest.
fn named(args: &Rehearse) -> Result<Begun, Failure> {
    let begun = Begun::with_faults(args.faults.as_deref().unwrap_or("calm"))?;
    let Some(config) = args.config.as_deref() else {
        let config_text = quick::config_text(&args.quick)?;
        let targets = args.quick.targets.as_deref().unwrap_or(Path::new(""));
        let config_file = "the configuration that the flags mean".to_owned();
        return Ok(Begun { name: quick::name(targets), config_file, config_text, ..begun });
    };
    // What the command line says of faults goes before what the file says.
    let begun = match (&args.faults, config::load(config).map_err(Failure::input)?.faults) {
        (None, Some(faults)) => Begun::with_faults(&faults)?,
        _ => begun,
    };
    Ok(Begun {
        name: config.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into()),
        config_file: config.display().to_string(),
        config_text: config::text(config).map_err(Failure::input)?,
        base_dir: config.parent().unwrap_or(Path::new("")).to_path_buf(),
        ..begun
    })
}

/// Says what came out.
pub fn tell(ran: &Ran, naive: Option<&Compared>, dir: &Path, json: bool) -> Done {
    if json {
        let json = match naive {
            Some(naive) => json!({"truefill": ran.json, "naive": naive.json()}),
            None => ran.json.clone(),
        };
        print(&json.to_string())?;
    } else {
        print(&summary::words(&ran.about, &ran.outcome))?;
        if let Some(naive) = naive {
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

/// The text of a fault file, or the name of a preset.
pub fn faults_text(text: &str) -> Result<String, Failure> {
    if Faults::preset(text).is_some() {
        return Ok(text.to_owned());
    }
    let path = Path::new(text);
    let json = std::fs::read_to_string(path).map_err(|error| {
        Failure::Input(format!(
            "--faults {text}: neither a preset ({}) nor a readable file ({error}); nothing was \
             started",
            Faults::PRESETS.join(", ")
        ))
    })?;
    match Faults::from_json(&json) {
        Ok(_) => Ok(json),
        Err(error) => Err(Failure::about(path.display(), error)),
    }
}

/// One rehearsal.
pub struct Job {
    begun: Begun,
    setup: Setup,
    faults: Faults,
    /// The naive bot in the same world, if it ran: the page shows it.
    usual: Option<Side>,
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
        summary::wrong(&self.outcome)
    }

    /// Whether the run was true.
    pub fn verdict(&self) -> Done {
        verdict(&self.about.faults, self.about.seed, &self.outcome.violations)
    }
}

/// Whether a run was true.
pub fn verdict(faults: &str, seed: u64, violations: &[String]) -> Done {
    if violations.is_empty() {
        return Ok(());
    }
    Err(Failure::Wrong(format!(
        "seed {seed} of {faults} broke a law of truefill:\n  {}\nthis is a defect; please report \
         the run directory",
        violations.join("\n  ")
    )))
}

/// What a session reads.
struct Inputs {
    quotes: Watched,
    strategies: Vec<Box<dyn Strategy>>,
}

/// The files of a run, as one life of it has them open.
struct Open {
    files: Files,
    store: Doomed<Rerun<SqliteStore>>,
    truth: Doomed<TruthFile>,
    kills: Vec<Reached>,
    doom: Doom,
}

impl Open {
    fn new(dir: RunDir) -> Result<Self, Failure> {
        let doom = Doom::from_environment()?;
        let (lock, files) = dir.into_parts();
        let opened = truefill_journal::open_for(&files.journal(), lock, Survives::Kill);
        let store = Rerun::new(opened.map_err(Failure::input)?.store).map_err(Failure::input)?;
        let path = files.truth();
        let truth = TruthFile::open(&path).map_err(|e| Failure::about(path.display(), e))?;
        let (segments, batches) = store.found();
        let kills = files.kills(Reached { segments, batches, lines: truth.found() })?;
        let (store, truth) = (Doomed::new(store, doom), Doomed::new(truth, doom));
        Ok(Self { files, store, truth, kills, doom })
    }

    /// Everything that an earlier life left has come again.
    fn is_through(&self) -> Done {
        if self.store.inner().is_through() && self.truth.inner().is_through() {
            return Ok(());
        }
        Err(Failure::Input(format!(
            "{}: journal or truth log hold more than the whole session gave; they are not of this \
             run, and no report was written; put the right files back",
            self.files.journal().display()
        )))
    }
}

impl Job {
    /// A rehearsal as `run.json` describes it.
    pub fn new(begun: Begun) -> Result<Self, Failure> {
        let setup = begun.setup().map_err(Failure::input)?;
        let faults = match Faults::preset(&begun.faults_text) {
            Some(faults) => faults,
            None => Faults::from_json(&begun.faults_text).map_err(Failure::input)?,
        };
        Ok(Self { begun, setup, faults, usual: None })
    }

    /// The naive bot in the world of this rehearsal; the page of the run will show it beside.
    pub fn naive(&mut self) -> Result<Compared, Failure> {
        let compared = compare::naive(&self.setup, self.faults.clone(), self.begun.seed)?;
        self.usual = Some(compared.side());
        Ok(compared)
    }

    /// Runs it in a new run directory.
    pub fn begin(mut self, dir: &Path, replace: bool) -> Result<Ran, Failure> {
        // Whatever cannot be opened is told before a run directory is there.
        let inputs = self.inputs()?;
        self.begun.data = self.setup.data_words();
        self.begun.files = DataFile::all(&self.setup)?;
        let dir = RunDir::create(dir, replace)?;
        dir.files().begin(&self.begun)?;
        self.live(dir, inputs)
    }

    /// Goes on with it where its files say it came to.
    pub fn go_on(&self, dir: RunDir) -> Result<Ran, Failure> {
        self.live(dir, self.inputs()?)
    }

    fn inputs(&self) -> Result<Inputs, Failure> {
        let quotes = self.setup.open_market().map_err(Failure::input)?;
        let strategies = self.setup.open_strategies().map_err(Failure::input)?;
        Ok(Inputs { quotes: Watched::new(quotes, &self.begun.name), strategies })
    }

    /// Runs it from its beginning; what its files hold already is compared, not written.
    fn live(&self, dir: RunDir, inputs: Inputs) -> Result<Ran, Failure> {
        let clock = Instant::now();
        let plan = self.plan();
        let Inputs { mut quotes, strategies } = inputs;
        let mut open = Open::new(dir)?;
        let traces = Traces { log: &mut open.truth, kills: open.kills.clone() };
        let ran = truefill_sim::session::run_traced(
            &plan,
            &mut open.store,
            traces,
            &mut quotes,
            strategies,
        );
        let outcome = ran.map_err(Failure::input)?;
        open.is_through()?;
        let dirt = quotes.dirt();
        let dirt = (!dirt.is_clean()).then(|| dirt.to_string());
        if let Some(dirt) = &dirt {
            eprintln!("market data: {dirt}");
        }
        let wall_ns = i64::try_from(clock.elapsed().as_nanos()).unwrap_or(i64::MAX);
        let about = About {
            name: self.begun.name.clone(),
            faults: self.begun.faults.clone(),
            seed: self.begun.seed,
            data: self.begun.data.clone(),
            synthetic: self.setup.is_synthetic(),
            currency: self.setup.currency.clone(),
            dirt,
            wall_seconds: summary::seconds(wall_ns),
        };
        self.report(&open, about, outcome)
    }

    fn plan(&self) -> Plan {
        let mut world = self.setup.world.clone();
        world.faults = self.faults.clone();
        let mut plan = Plan::new(self.setup.config.clone(), world, self.begun.seed);
        plan.build = BUILD.to_owned();
        plan.decide_ns = self.setup.decide_ns;
        plan.crash = self.begun.crash_every.map_or(Crash::Never, Crash::Every);
        plan
    }

    /// Writes what people read, `report.json` last: who has it is finished.
    fn report(&self, open: &Open, about: About, outcome: Outcome) -> Result<Ran, Failure> {
        open.doom.at(Point::Report, 1);
        let (config, files) = (&self.setup.config, &open.files);
        let trading = summary::trading(config, &outcome).map_err(Failure::input)?;
        let json = summary::json(&about, config, &outcome, &trading, &files.journal());
        files.ledger(&outcome.ledger)?;
        let page = summary::page(&about, config, &outcome, trading, self.usual.as_ref());
        files.text("report.html", &truefill_report::html(&page))?;
        files.text("report.json", &json.to_string())?;
        Ok(Ran { about, outcome, json })
    }
}
