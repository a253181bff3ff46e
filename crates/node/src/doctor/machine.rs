//! This machine: what was confirmed, the disk, the place of alerts, another node.
//!
//! Entry point: [`look`].
//!
//! Invariant: no alert is written, and no file of a running node is taken away.

use super::List;
use crate::notices;
use crate::operator;
use crate::run::Job;
use crate::settings::{Mode, Settings};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::{Duration, Instant};
use truefill_core::config::Config;

/// A commit that takes longer delays every order.
const SLOW_DISK: Duration = Duration::from_millis(20);
/// Free space that a day's journal may need, as it is tried by a file of this size.
const SPACE_BYTES: usize = 4 << 20;

/// Everything that needs no broker.
pub(super) fn look(list: &mut List, config: &Config, settings: &Settings) {
    confirmed(list, config, settings);
    disk(list, settings);
    alerts(list, settings);
    node(list, settings);
}

/// Whether postbacks could be told from forged ones.
pub(super) fn postbacks(list: &mut List, job: &Job) {
    let Some(address) = job.settings.postback else { return };
    if job.secret.is_some() {
        let text = format!("taken at {address}, checked with the secret of the app");
        list.fine("postbacks", &text);
    } else {
        let text =
            format!("they cannot be checked at {address}: the secret of the app is not known");
        let then = "name its file, of mode 0600, as secret_file in [live]; a node does not start";
        list.wrong("postbacks", &text, then);
    }
}

fn confirmed(list: &mut List, config: &Config, settings: &Settings) {
    let account = &config.account;
    match (settings.mode, &settings.confirmed) {
        (Mode::Paper, _) => {
            list.note("mode", "mode is paper: no order will leave", "mode = \"live\" trades");
        }
        (Mode::Live, Some(confirmed)) if confirmed == account => {
            list.fine("mode", &format!("live, confirmed for account {account}"));
        }
        (Mode::Live, _) => list.wrong(
            "mode",
            "live, and the account is not confirmed: the node will not start",
            &format!("add confirm_account = \"{account}\" at the top of the file"),
        ),
    }
}

/// A commit waits for the disk, and an order for the commit.
fn disk(list: &mut List, settings: &Settings) {
    match commit_time(settings) {
        Ok(took) => {
            let text =
                format!("a commit takes {} us in {}", took.as_micros(), settings.dir.display());
            if took > SLOW_DISK {
                list.note("disk", &text, "every order waits for one; use a local solid-state disk");
            } else {
                list.fine("disk", &text);
            }
        }
        Err(error) => list.wrong(
            "disk",
            &format!("{} cannot be written: {error}", settings.dir.display()),
            "check its owner, its mode and the space that is left",
        ),
    }
}

/// The median of some commits, and whether there is space for a journal.
fn commit_time(settings: &Settings) -> std::io::Result<Duration> {
    std::fs::create_dir_all(&settings.dir)?;
    let path = settings.dir.join("doctor.tmp");
    let measured = (|| {
        let mut file = std::fs::File::create(&path)?;
        file.write_all(&vec![1; SPACE_BYTES])?;
        file.sync_all()?;
        let mut times = Vec::new();
        for _ in 0..15 {
            let began = Instant::now();
            file.write_all(&[0; 512])?;
            file.sync_data()?;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        Ok(times[times.len() / 2])
    })();
    drop(std::fs::remove_file(&path));
    measured
}

/// Alerts that nobody can read are no alerts.
fn alerts(list: &mut List, settings: &Settings) {
    let path = notices::file_in(&settings.dir);
    let shown = path.display();
    // Left where it is: a node that starts meanwhile has it open already.
    match OpenOptions::new().create(true).append(true).open(&path) {
        Ok(_) => {
            let text = format!("alerts go to standard error, to {shown} and into `status`");
            list.fine("alerts", &text);
        }
        Err(error) => list.wrong(
            "alerts",
            &format!("{shown} cannot be written: {error}; alerts would only be on standard error"),
            "check its owner and its mode, or move it away",
        ),
    }
}

#[cfg(unix)]
fn node(list: &mut List, settings: &Settings) {
    match operator::ask(&settings.dir, &json!({ "do": "status" })) {
        Ok(status) => {
            let state = status["state"].as_str().unwrap_or("-");
            list.note("node", &format!("a node runs in this folder, and is {state}"), "");
        }
        Err(_) => list.fine("node", "no node runs in this folder"),
    }
}
