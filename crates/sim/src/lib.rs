//! The simulated world: everything outside the engine, in virtual time and from one seed.
//!
//! Entry points: [`broker::Broker`] takes the engine's bytes and the market's quotes and gives
//! back bytes; [`broker::truth::Truth`] is what really happened; [`faults::Faults`] says what
//! goes wrong.
//!
//! | module | idea |
//! |---|---|
//! | [`exchange`] | a matching engine on quotes, bars and full books |
//! | [`broker`] | accounts, limits, reads, stream: the server half of the wire, hostile on demand |
//! | [`profile`] | what real brokers are like |
//! | [`network`] | virtual time, latency |
//! | [`faults`] | what can go wrong, how often, and the presets |
//! | [`rng`] | the only source of randomness |
//! | [`strategy`] | what decides targets |
//! | [`session`] | market, engine and broker in one virtual time |
//! | [`apart`] | engine and world in two processes, one of which can be killed |
//! | [`naive`] | the bot that most people write first, for comparison |
//! | [`check`] | belief against truth, every law after every turn |
//! | [`conduct`] | laws that need no truth, by the engine's own events |
//! | [`races`] | what was read while it moved is not compared |
//!
//! Invariant: equal configuration, world, seed and calls give equal deliveries, byte for byte.

pub mod apart;
pub mod backtest;
pub mod broker;
pub mod check;
pub mod conduct;
pub mod exchange;
pub mod faults;
pub mod naive;
pub mod network;
pub mod profile;
pub mod races;
pub mod rng;
pub mod session;
pub mod strategy;
