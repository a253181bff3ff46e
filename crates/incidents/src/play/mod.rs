//! Playing a scenario: virtual time, who answers a request, the engine's turns, the checks.
//!
//! Entry points: [`run`], [`Mode`].
//!
//! | module | idea |
//! |---|---|
//! | [`modes`] | the modes, and what is said of a scenario in each |
//! | [`profile`] | the configuration the engine is given |
//! | [`seed`] | the journal it begins with |
//! | [`desk`] | engine, journal and the shell's duties |
//! | [`player`] | time, and the steps of a script |
//! | [`requests`] | who answers a request |
//! | [`serving`] | answers that the script overrides |
//! | [`answers`] | from what is said to what the engine hears |
//! | [`told`] | what is pushed to the engine |
//! | [`checks`] | what must hold at every step |
//! | [`ending`] | what must hold at the end |
//! | [`story`] | what happened, for people |

mod answers;
mod checks;
mod desk;
mod ending;
mod modes;
mod player;
mod profile;
mod requests;
mod seed;
mod serving;
mod steps;
mod story;
mod told;

pub use modes::{Mode, Played, play};

/// A law that does not hold, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Law {
    /// Its name.
    pub law: &'static str,
    /// How it was broken.
    pub how: String,
}

impl Law {
    /// A broken law.
    pub fn new(law: &'static str, how: impl Into<String>) -> Self {
        Self { law, how: how.into() }
    }

    /// The script went another way than the engine.
    pub fn script(how: impl Into<String>) -> Self {
        Self::new("script", how)
    }
}

impl std::fmt::Display for Law {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.law, self.how)
    }
}
