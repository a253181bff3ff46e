//! Real incidents as executable scenarios.
//!
//! A scripted venue is the truth. The shipped engine is driven against it in virtual time, with
//! the real journal in memory, and may be wrong about nothing.
//!
//! Start reading at [`scenario::read`], then [`run`].
//!
//! | module | idea |
//! |---|---|
//! | [`scenario`] | what a scenario says, read strictly |

pub mod scenario;
