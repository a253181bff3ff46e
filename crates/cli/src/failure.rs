//! How a command ends badly: cause, consequence and next action on standard error, and an exit
//! status that scripts can rely on.

use std::fmt::Display;

/// A command that did not end well.
#[derive(Debug)]
pub enum Failure {
    /// Bad usage, configuration or input: nothing was done. Exit status 2.
    Input(String),
    /// The run found something wrong: a law, a residual, a damaged journal. Exit status 1.
    Wrong(String),
    /// Another node has the account: this one did not start. Exit status 3.
    Taken(String),
}

impl Failure {
    /// Bad input, in the words of the error that found it.
    pub fn input(error: impl Display) -> Self {
        Self::Input(error.to_string())
    }

    /// Bad input with the thing it is about.
    pub fn about(what: impl Display, error: impl Display) -> Self {
        Self::Input(format!("{what}: {error}"))
    }

    /// Its exit status.
    pub const fn status(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Wrong(_) => 1,
            Self::Taken(_) => 3,
        }
    }

    /// Its words.
    pub fn words(&self) -> &str {
        match self {
            Self::Input(words) | Self::Wrong(words) | Self::Taken(words) => words,
        }
    }
}

/// What a command returns.
pub type Done = Result<(), Failure>;
