//! The live node: a shell of sockets, timers and a journal thread around the deterministic engine.
//!
//! Entry point: [`run()`].
//!
//! ```text
//!   target files, people          broker's stream            broker's answers
//!            |                     |          |                     |
//!            |              prices |          | news of orders      |
//!            v                     v          v                     v
//!         inbox (bounded, waits)  board (newest only)            inbox
//!                           \      |      /
//!                            desk: step, release
//!                                  |
//!                        journal thread: commit
//!                                  |  durable
//!                     gateway: requests     notices: people
//! ```
//!
//! | module | idea |
//! |---|---|
//! | [`settings`] | what a node is told |
//! | `run` | from start to end |
//! | `outside` | everything that talks to others, put together |
//! | [`renew`], [`freezes`] | rules that change: each morning, and when the exchange teaches one |
//! | `outside` | everything that talks to others, put together |
//! | `desk` | one batch after the other |
//! | `scribe` | the journal on its own thread |
//! | `gateway` | requests to the broker and what came of them |
//! | `http`, `wire` | calls and connections |
//! | `ticker`, `board`, `tape` | prices, from the socket to the engine |
//! | `session` | the token of the day |
//! | `postback` | the broker's posts about orders |
//! | `reminder` | a word before the open, while nobody has logged in |
//! | `service` | a word to the service manager |
//! | [`doctor`] | what can be checked before going live |
//! | [`instruments`] | what the broker lists |
//! | [`login`] | a person at the broker, a token in a file |
//! | [`feed`] | target files |
//! | [`operator`] | the socket of those who command it |
//! | `child` | strategies that are programs |
//! | `built_in` | strategies that are a part of this program |
//! | [`bars`] | bars for them, from ticks and the broker's candles |
//! | [`renew`], [`freezes`] | rules that change: each morning, and when an exchange teaches one |
//! | `notices` | what people must know |
//! | `emergency` | cancels without an engine |
//! | `paper` | a simulated broker on live prices |
//! | `pace` | how long a turn takes, and the disk in it |
//! | [`clock`], `backoff` | time that is never set, waits that grow |
//!
//! Invariants:
//! 1. Every queue is bounded. Prices replace each other; nothing about an order is dropped.
//! 2. Nothing leaves before what led to it is durable.
//! 3. Secrets are shown nowhere: not in logs, errors, the journal or a list of processes.

pub mod bars;
pub mod clock;
#[cfg(unix)]
pub mod doctor;
pub mod feed;
pub mod freezes;
pub mod instruments;
pub mod login;
#[cfg(unix)]
pub mod operator;
pub mod renew;
pub mod settings;

mod backoff;
mod board;
mod built_in;
mod child;
mod desk;
mod emergency;
mod error;
mod gateway;
mod http;
mod news;
mod notices;
mod outside;
mod pace;
mod paper;
mod postback;
mod reminder;
mod run;
mod scribe;
#[cfg(unix)]
mod service;
mod session;
mod tape;
mod ticker;
mod wire;

pub use built_in::BuiltIn;
pub use child::{Program, Said, read_said};
pub use error::NodeError;
pub use run::{Ended, Job, journal_of, run};
