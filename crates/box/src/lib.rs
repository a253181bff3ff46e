//! A broker in a box: a server that speaks a real broker's wire over the simulated exchange, and
//! is as nasty as the real one on its worst day.
//!
//! Entry points: [`Desk`](desk::Desk) is the broker without any I/O; [`net`] serves it.
//!
//! | module | idea |
//! |---|---|
//! | [`desk`] | the broker: orders, books, account, session, stream |
//! | [`faults`] | what can go wrong, how often, and what is armed |
//! | [`listing`] | what can be traded |
//! | [`street`] | prices and candles |
//! | [`tape`] | recorded prices |
//! | [`chronicle`] | the log of truth |
//! | [`net`] | sockets, HTTP and WebSocket, the control API, limits on all of it |

pub mod chronicle;
pub mod desk;
pub mod faults;
pub mod listing;
pub mod net;
pub mod street;
pub mod tape;
