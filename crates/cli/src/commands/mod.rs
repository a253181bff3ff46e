//! One file a command.

pub mod backtest;
pub mod broker_box;
pub mod calendar;
pub mod compare;
pub mod data;
mod dated;
pub mod demo;
#[cfg(unix)]
pub mod dev;
#[cfg(unix)]
pub mod doctor;
pub mod fees;
pub mod gap;
pub mod incidents;
pub mod init;
pub mod journal;
#[cfg(unix)]
mod live_job;
#[cfg(unix)]
pub mod login;
#[cfg(unix)]
pub mod operate;
pub mod rehearse;
pub mod resume;
#[cfg(unix)]
pub mod run;
#[cfg(unix)]
mod secret;
pub mod swarm;

use crate::failure::Failure;
use std::io::{self, Write};

/// Prints a line on standard output. A reader that went away (`| head`) is no error.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::about("standard output", error))
        }
        _ => Ok(()),
    }
}
