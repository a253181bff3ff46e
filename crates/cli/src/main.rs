//! The truefill command: reads arguments, runs one command, ends with an honest status.
//!
//! | module | idea |
//! |---|---|
//! | [`args`] | the command line, as people see it |
//! | [`config`] | TOML to a resolved setup |
//! | [`commands`] | one file a command |
//! | [`rundir`] | the files of a run |
//! | [`begun`] | what a run was begun with |
//! | [`truthfile`] | the simulator's own log on disk |
//! | [`doom`] | for tests: dies where it is told to |
//! | [`summary`] | a run as numbers: JSON and words |
//! | [`progress`] | a sign of life for long runs |
//! | [`failure`] | cause, consequence, next action, exit status |

mod advice;
mod args;
mod begun;
mod commands;
mod config;
mod doom;
mod equity;
mod failure;
mod progress;
mod quick;
mod rundir;
mod summary;
mod truthfile;
mod waterfall;

use args::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Demo(args) => commands::demo::run(&args),
        Command::Backtest(args) => commands::backtest::run(&args),
        Command::Rehearse(args) => commands::rehearse::run(&args),
        Command::Gap(args) => commands::gap::run(&args),
        Command::Journal(args) => commands::journal::run(&args),
        Command::Data(args) => commands::data::run(&args),
        Command::Fees(args) => commands::fees::run(&args),
        Command::Calendar(args) => commands::calendar::run(&args),
        Command::Incidents(args) => commands::incidents::run(&args),
        Command::Swarm(args) => commands::swarm::run(&args),
        Command::Init(args) => commands::init::run(&args),
        Command::Box(args) => commands::broker_box::run(&args),
        #[cfg(unix)]
        Command::Run(args) => commands::run::run(&args),
        #[cfg(unix)]
        Command::Login(args) => commands::login::run(&args),
        #[cfg(unix)]
        Command::Doctor(args) => commands::doctor::run(&args),
        #[cfg(unix)]
        Command::Adopt(args) => commands::operate::adopt(&args),
        #[cfg(unix)]
        Command::Split(args) => commands::operate::split(&args),
        #[cfg(unix)]
        Command::Status(args) => commands::operate::run("status", &args),
        #[cfg(unix)]
        Command::Halt(args) => commands::operate::run("halt", &args),
        #[cfg(unix)]
        Command::Resume(args) => commands::operate::resume(&args),
        #[cfg(unix)]
        Command::Kill(args) => commands::operate::run("kill", &args),
        #[cfg(unix)]
        Command::Flatten(args) => commands::operate::run("flatten", &args),
        #[cfg(unix)]
        Command::DevBroker(args) => commands::dev::broker(&args),
        #[cfg(unix)]
        Command::DevEngine(args) => commands::dev::engine(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("truefill: {}", failure.words());
            ExitCode::from(failure.status())
        }
    }
}
