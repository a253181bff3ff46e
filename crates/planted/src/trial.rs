//! A way to live through a seed.
//!
//! Entry points: [`Trial`], [`lived`].

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Lives through whole seeds with every checker on.
pub trait Trial: Sync {
    /// What it is, in a word.
    fn name(&self) -> &'static str;

    /// What a seed is like, in words.
    fn tell(&self, seed: u64) -> String;

    /// Lives through a seed. Returns the laws that were broken; equal seeds give equal answers.
    fn live(&self, seed: u64) -> Vec<String>;
}

/// What a seed showed: the first broken law. A panic is one too.
#[must_use]
pub fn lived(trial: &dyn Trial, seed: u64) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(|| trial.live(seed))) {
        Ok(broken) => broken.into_iter().next(),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
            Some(format!("a panic: {text}"))
        }
    }
}
