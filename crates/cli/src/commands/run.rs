//! `truefill run`: a live node.

use super::live_job::job_of;
use super::secret::of_postbacks;
use crate::args::Run as Args;
use crate::config;
use crate::config::listed::Known;
use crate::config::live::{Needs, needs, parse};
use crate::failure::{Done, Failure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use truefill_core::config::{Config, Instrument};
use truefill_core::ids::InstrumentId;
use truefill_node::clock::wall;
use truefill_node::renew::Renew;
use truefill_node::settings::Settings;
use truefill_node::{Ended, Job, NodeError, freezes, instruments, journal_of, run as run_node};
use truefill_venue::kite::InstrumentRow;

/// Between two looks at the twin.
const BESIDE: Duration = Duration::from_secs(30);

pub fn run(args: &Args) -> Done {
    let text = config::text(&args.config).map_err(Failure::input)?;
    let file = args.config.display().to_string();
    let base = args.config.parent().unwrap_or(Path::new("")).to_owned();
    let needs = needs(&text, &file, &base).map_err(Failure::input)?;
    let settings = needs.place.settings.clone();
    let known = Arc::new(Source { text, file, base, needs });
    // Signals outlive a node that is started again.
    let signals = runtime(1)?;
    let asked = signals.block_on(async { signals_asked() });
    let asked = asked.map_err(|error| Failure::about("signals", error))?;
    while let Ended::Renewed(_) = live(&known, args.quiet, &asked)? {}
    signals.shutdown_background();
    if args.quiet {
        return Ok(());
    }
    let (report, _) = super::gap::of_journal(&journal_of(&settings))?;
    super::print(&super::gap::in_words(&report))
}

fn runtime(threads: usize) -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|error| Failure::about("the runtime does not start", error))
}

/// One life of a node, with a runtime of its own: whatever it started ends with it.
fn live(source: &Arc<Source>, quiet: bool, asked: &watch::Receiver<u32>) -> Result<Ended, Failure> {
    let runtime = runtime(2)?;
    let name = source.file.clone();
    let ended = runtime.block_on(async {
        let mut job = source.job(quiet).await?;
        let (before, source) = ((job.config.clone(), job.tokens.clone()), Arc::clone(source));
        job.renew = Some(Renew {
            at_s: Renew::MORNING_S,
            look: Arc::new(move || {
                let (before, source) = (before.clone(), Arc::clone(&source));
                Box::pin(async move { source.changed(&before).await })
            }),
        });
        if !quiet {
            begins(&job, &name);
            tokio::spawn(beside(job.settings.clone()));
        }
        run_node(job, stops(asked)).await.map_err(failure)
    });
    // A thread that waits for a child or a disk must not keep the process.
    runtime.shutdown_background();
    ended
}

/// Where a node comes from.
struct Source {
    text: String,
    file: String,
    base: PathBuf,
    needs: Needs,
}

/// What a renewal may change.
type Rules = (Config, BTreeMap<u32, InstrumentId>);

impl Source {
    /// The node, with what the broker lists now.
    async fn job(&self, quiet: bool) -> Result<Job, Failure> {
        let (settings, symbols) = (&self.needs.place.settings, &self.needs.symbols);
        let listed = instruments::load(settings, symbols).await.map_err(failure)?;
        self.job_with(&listed, quiet)
    }

    fn job_with(&self, listed: &[InstrumentRow], quiet: bool) -> Result<Job, Failure> {
        let Self { text, file, base, needs } = self;
        let settings = &needs.place.settings;
        let freezes = freezes::load(&settings.dir).map_err(failure)?;
        let known = Known { listed, freezes: &freezes, now: wall() };
        let live = parse((text, file, base), &known).map_err(Failure::input)?;
        Ok(job_of(live, of_postbacks(&needs.place)?, quiet))
    }

    /// In words what has changed since, for people, where anything has.
    async fn changed(&self, (config, tokens): &Rules) -> Result<Option<String>, String> {
        let (settings, symbols) = (&self.needs.place.settings, &self.needs.symbols);
        let listed = instruments::fresh(settings, symbols).await?;
        let job = self.job_with(&listed, true).map_err(|failure| failure.words().to_owned())?;
        if (&job.config, &job.tokens) == (config, tokens) {
            return Ok(None);
        }
        let pairs = config.instruments.iter().zip(&job.config.instruments);
        let changed = pairs.filter(|(old, new)| old != new);
        let mut words: Vec<String> =
            changed.take(5).map(|(old, new)| difference(old, new)).collect();
        if job.tokens != *tokens {
            words.push("the broker's numbers of instruments are others".to_owned());
        }
        if words.is_empty() {
            // A configuration knows the sessions of some days only.
            words.push("the sessions of the days to come are known".to_owned());
        }
        Ok(Some(words.join("; ")))
    }
}

fn difference(old: &Instrument, new: &Instrument) -> String {
    let most = |of: &Instrument| of.max_qty.map_or("any".to_owned(), |qty| qty.to_string());
    format!(
        "{}: tick {} (was {}), lot {} (was {}), largest order {} (was {})",
        new.symbol,
        new.tick,
        old.tick,
        new.lot,
        old.lot,
        most(new),
        most(old)
    )
}

/// What a person who started it wants to know first.
fn begins(job: &Job, file: &str) {
    let (account, dir) = (&job.config.account, job.settings.dir.display());
    eprintln!(
        "truefill: running for account {account}; journal and alerts are in {dir}\n\
         truefill: `truefill status {file}` shows it at work; Ctrl-C stops it and tells the gap"
    );
}

/// The twin, which trades at the prices that were decided on and without friction, beside the life
/// that the account has, from time to time.
async fn beside(settings: Settings) {
    let mut before = String::new();
    let mut took = Duration::ZERO;
    loop {
        // A long journal takes a while to read: never more than a twentieth of the time.
        tokio::time::sleep(BESIDE.max(20 * took)).await;
        let (settings, began) = (settings.clone(), Instant::now());
        let look = move || super::gap::so_far(&journal_of(&settings));
        // What cannot be read now, as the journal of a node that has just begun, can be later.
        let looked = tokio::task::spawn_blocking(look).await;
        took = began.elapsed();
        let Ok(Ok((report, ..))) = looked else { continue };
        let line = super::gap::in_a_line(&report);
        if line != before {
            eprintln!("truefill: {line}");
        }
        before = line;
    }
}

fn failure(error: NodeError) -> Failure {
    match error {
        NodeError::Taken { .. } => Failure::Taken(error.to_string()),
        NodeError::Config(_) | NodeError::Io { .. } => Failure::Input(error.to_string()),
        _ => Failure::Wrong(error.to_string()),
    }
}

/// How often somebody has asked to stop: the service manager, a keyboard, a terminal that went away.
fn signals_asked() -> std::io::Result<watch::Receiver<u32>> {
    let (count, asked) = watch::channel(0);
    let count = Arc::new(count);
    for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
        let mut signal = signal(kind)?;
        let count = Arc::clone(&count);
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                count.send_modify(|count| *count += 1);
            }
        });
    }
    Ok(asked)
}

/// The same for one life: each request, those from before its beginning too.
fn stops(asked: &watch::Receiver<u32>) -> mpsc::Receiver<()> {
    let (ask, stop) = mpsc::channel(4);
    let mut asked = asked.clone();
    tokio::spawn(async move {
        let mut passed = 0;
        loop {
            let count = *asked.borrow_and_update();
            while passed < count {
                passed += 1;
                if ask.send(()).await.is_err() {
                    return;
                }
            }
            if asked.changed().await.is_err() {
                return;
            }
        }
    });
    stop
}
