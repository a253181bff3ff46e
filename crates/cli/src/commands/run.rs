//! `truefill run`: a live node.

use super::live_job::job_of;
use super::secret::of_postbacks;
use crate::args::Run as Args;
use crate::config;
use crate::config::live::{Needs, needs, parse};
use crate::failure::{Done, Failure};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use truefill_node::clock::wall;
use truefill_node::settings::Settings;
use truefill_node::{Job, NodeError, instruments, journal_of, run as run_node};

/// Between two looks at the twin.
const BESIDE: Duration = Duration::from_secs(30);

pub fn run(args: &Args) -> Done {
    let text = config::text(&args.config).map_err(Failure::input)?;
    let file = args.config.display().to_string();
    let base = args.config.parent().unwrap_or(Path::new("")).to_owned();
    let needs = needs(&text, &file, &base).map_err(Failure::input)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::about("the runtime does not start", error))?;
    let ended = runtime.block_on(async {
        let stop = signals().map_err(|error| Failure::about("signals", error))?;
        let job = job((&text, &file, &base), &needs, args.quiet).await?;
        if !args.quiet {
            begins(&job, &file);
            tokio::spawn(beside(job.settings.clone()));
        }
        run_node(job, stop).await.map_err(failure)
    });
    // A thread that waits for a child or a disk must not keep the process.
    runtime.shutdown_background();
    ended?;
    if args.quiet {
        return Ok(());
    }
    let (report, _) = super::gap::of_journal(&journal_of(&needs.place.settings))?;
    super::print(&super::gap::in_words(&report))
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

async fn job(
    (text, file, base): (&str, &str, &Path),
    needs: &Needs,
    quiet: bool,
) -> Result<Job, Failure> {
    let settings = &needs.place.settings;
    let listed = instruments::load(settings, &needs.symbols).await.map_err(failure)?;
    let live = parse((text, file, base), &listed, wall()).map_err(Failure::input)?;
    Ok(job_of(live, of_postbacks(&needs.place)?, quiet))
}

fn failure(error: NodeError) -> Failure {
    match error {
        NodeError::Taken { .. } => Failure::Taken(error.to_string()),
        NodeError::Config(_) | NodeError::Io { .. } => Failure::Input(error.to_string()),
        _ => Failure::Wrong(error.to_string()),
    }
}

/// Requests to stop: from the service manager, from a keyboard, from a terminal that went away.
fn signals() -> std::io::Result<mpsc::Receiver<()>> {
    let (ask, asked) = mpsc::channel(4);
    for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
        let mut signal = signal(kind)?;
        let ask = ask.clone();
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                if ask.send(()).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(asked)
}
