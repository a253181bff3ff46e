//! Real incidents as executable scenarios.
//!
//! A scripted venue is the truth. The shipped engine is driven against it in virtual time, with
//! the real journal in memory, and may be wrong about nothing.
//!
//! Start reading at [`scenario::read`], then [`play()`].
//!
//! | module | idea |
//! |---|---|
//! | [`scenario`] | what a scenario says, read strictly |
//! | `venue` | the truth |
//! | `play` | virtual time, the engine, and what must hold |

mod names;
mod play;
pub mod scenario;
mod venue;

pub use play::{Mode, Played, play};
