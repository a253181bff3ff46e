//! Fee schedules: what a broker, an exchange and the state charge, as dated data.
//!
//! Entry points: [`Schedule::by_name`] for what comes with the program, [`Schedule::from_text`]
//! for a text of the user, [`Charger`] to charge executions one by one.
//!
//! The data are texts in `data/fees/`: copy one, change a rate, pass it instead. Their form:
//!
//! ```text
//! schedule my-broker
//! currency INR
//! zone +05:30                      # whose days these are: UTC, New_York or an offset
//! from 2026-04-01                  # all lines below hold from that day on, and only they
//! brokerage both 0.03% max 20/order
//! stt sell 0.025% note nearest 1   # a bill rounds the sum of the day to whole rupees
//! taf sell 0.000166/unit max 8.30/trade note up 0.01
//! transaction both 0.00307% unverified
//! gst both 18% of brokerage transaction
//! ```
//!
//! A line is: kind, when (`both`, `buy`, `sell`, `maker`, `taker`), rate (`%` of the notional, an
//! amount per `unit` or per `order`), then what limits and rounds it. `paid received` says that
//! the fee is taken from the asset that is received, `paid BNB` that it is taken in that asset.
//!
//! Invariants:
//! 1. Money is a count of 1e-18 and rates are counts of 1e-12: nothing is rounded that such
//!    counts can hold, and no float is near.
//! 2. What [`Charger`] charges for the executions of one order on one day sums exactly to what the
//!    schedule charges for their sum, whatever the executions are.
//! 3. A day before the first dated rate is an error that names the first day covered.

mod charger;
mod embedded;
mod error;
mod rate;
mod schedule;
mod text;

pub use charger::{Billing, Charger, Charges, FeeLine, Paid, TradeForFee};
pub use error::FeeError;
pub use rate::FeeKind;
pub use schedule::Schedule;

#[cfg(test)]
mod tests;
