//! Accounts for every unit of currency between a theoretical book and a live one.
//!
//! A gap ledger tells the story of both books, line by line; this crate reads it and splits
//! *theoretical less live profit* into causes that sum to it exactly: network, waiting in our
//! queue, waiting to fill, spread, fees and so on ([`Cause`] names them all).
//!
//! Entry points:
//! - [`report_of_reader`]: a whole ledger in, a [`Report`] out;
//! - [`Attribution`]: the same fold, line by line, for an engine that writes its own ledger;
//! - [`ledger`]: the format's types, reader and writer.
//!
//! Invariants:
//! - The residual is zero for every ledger, every mark path and every decimal in it. Profits
//!   come from cash and valuation, causes from a ladder of nine positions, so that zero is
//!   checked and not defined.
//! - No floating point, no clock, no randomness, no I/O of its own: the same ledger gives the
//!   same report, byte for byte.
//! - What is not understood is refused, with its line and what to do about it.
//!
//! ```
//! let ledger = r#"{"ev":"ledger","version":1}
//! {"ev":"instrument","symbol":"ACME","multiplier":"1"}
//! {"ev":"day","day":"2026-01-05"}
//! {"ev":"mark","symbol":"ACME","px":"100.00","source":"mid"}
//! {"ev":"theory_fill","strategy":"orb","symbol":"ACME","qty":"10","px":"100.00"}
//! {"ev":"stage","strategy":"orb","symbol":"ACME","stage":"twin","qty":"10"}
//! {"ev":"stage","strategy":"orb","symbol":"ACME","stage":"emitted","qty":"10"}
//! {"ev":"stage","strategy":"orb","symbol":"ACME","stage":"rounded","qty":"10"}
//! {"ev":"stage","strategy":"orb","symbol":"ACME","stage":"admitted","qty":"10"}
//! {"ev":"mark","symbol":"ACME","px":"100.20","source":"mid"}
//! {"ev":"stage","strategy":"orb","symbol":"ACME","stage":"released","qty":"10"}
//! {"ev":"stage","strategy":"orb","symbol":"ACME","stage":"accepted","qty":"10"}
//! {"ev":"fill","strategy":"orb","symbol":"ACME","qty":"10","px":"100.25","liquidity":"taker","touch":"100.25"}
//! {"ev":"stage","strategy":"orb","symbol":"ACME","stage":"filled","qty":"10"}
//! {"ev":"day_end","marks":{}}
//! "#;
//! let report = truefill_gap::report_of_reader(ledger.as_bytes())?;
//! let lines: Vec<String> = report
//!     .causes()
//!     .iter()
//!     .map(|(cause, amount)| format!("{}: {amount}", cause.plain_name()))
//!     .collect();
//! assert_eq!(lines, ["waiting in our queue: 2", "spread: 0.5"]);
//! assert_eq!((report.gap().to_string(), report.residual().to_string()), ("2.5".into(), "0".into()));
//! # Ok::<(), truefill_gap::GapError>(())
//! ```

pub mod cause;
pub mod ledger;
pub mod report;
pub mod story;
pub mod trail;

mod attribution;
mod decimal;
mod error;

pub use attribution::{Attribution, report_of_reader};
pub use cause::{Cause, Causes};
pub use decimal::{Decimal, DecimalError, MAX_DIGITS, Rounding};
pub use error::{GapError, Problem};
pub use report::Report;
