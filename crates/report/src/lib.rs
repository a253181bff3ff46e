//! The gap report of a run as one HTML file that opens offline, as JSON and as CSV.
//!
//! Entry points: [`html`], [`json`] and [`csv`]; [`RunPage`] is what the page is made from.
//!
//! Invariants:
//! - A page asks for nothing: no script, no font, no picture, no address. Its own policy
//!   forbids the browser both scripts and requests.
//! - Text that comes from outside (names, symbols, broker messages) reaches a page only
//!   through the escaping writer in `markup`.
//! - No floating point: geometry is in integer hundredths of a pixel, taken from exact
//!   decimals, and every amount is decimal text. Lines shown add up to the totals shown.
//! - The same run gives the same bytes: no clock, no randomness, no locale.
//!
//! | module | idea |
//! |---|---|
//! | [`run`] | what a page is made from |
//! | [`trading`] | what gates and rules did, and the costliest targets, as rows |
//! | `markup`, `show`, `words` | escaping; amounts, shares and instants as text; causes in words |
//! | `scale`, `when`, `thin` | amounts and instants to pixels; many points to few |
//! | `page` | the document, one file a section |
//! | `export` | JSON and CSV |
//!
//! ```
//! let ledger = r#"{"ev":"ledger","version":1}
//! {"ev":"day","day":"2026-01-05"}
//! {"ev":"fee","strategy":"<b>orb</b>","book":"live","amount":"12.50"}
//! {"ev":"day_end","marks":{}}
//! "#;
//! let gap = truefill_gap::report_of_reader(ledger.as_bytes())?;
//! let page = truefill_report::RunPage { title: "A day".into(), ..gap.into() };
//! let html = truefill_report::html(&page);
//! assert!(html.contains("&lt;b&gt;orb&lt;/b&gt;") && !html.contains("<b>orb"));
//! # Ok::<(), truefill_gap::GapError>(())
//! ```

pub mod run;
pub mod trading;

mod export;
mod markup;
mod page;
mod scale;
mod show;
mod thin;
mod when;
mod words;

pub use export::{csv, json};
pub use page::html;
pub use run::{Fact, Incident, Naive, Point, PositionRow, QueuePoint, RunPage, Side};
pub use trading::Trading;
