//! `truefill run`: a live node.

use super::live_job::job_of;
use super::secret::of_postbacks;
use crate::args::Run as Args;
use crate::config;
use crate::config::live::{Needs, needs, parse};
use crate::failure::{Done, Failure};
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use truefill_node::clock::wall;
use truefill_node::{Job, NodeError, instruments, run as run_node};

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
        }
        run_node(job, stop).await.map_err(failure)
    });
    // A thread that waits for a child or a disk must not keep the process.
    runtime.shutdown_background();
    ended?;
    if args.quiet {
        return Ok(());
    }
    let journal = needs.place.settings.dir.join("journal.db");
    let (report, _) = super::gap::of_journal(&journal)?;
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
