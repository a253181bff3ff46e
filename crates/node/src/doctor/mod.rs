//! What can be checked before a node goes live, and what to mend.
//!
//! Entry points: [`examine`], [`instruments()`], [`Finding`].
//!
//! | module | idea |
//! |---|---|
//! | `machine` | confirmation, disk, alerts, another node |
//! | `hours` | today in the calendar |
//! | `listed` | what the broker lists, against what it listed before |
//! | `broker` | token, clock, rights, funds, what is there already |
//! | `first` | what the strategies want first |
//! | `limits` | limits of the file against those of the broker |
//! | `margin` | what the first basket needs, against the free funds |
//!
//! Invariant: everything is read; nothing is sent that changes an account.

mod broker;
mod first;
mod hours;
mod limits;
mod listed;
mod machine;
mod margin;

pub use listed::instruments;

use crate::run::Job;
use serde_json::{Value, json};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// As it should be.
    Fine,
    /// Good to know.
    Note,
    /// It will not work, or not as meant.
    Wrong,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad.
    pub grade: Grade,
    /// What was looked at.
    pub what: &'static str,
    /// What was found.
    pub text: String,
    /// What to do; empty for nothing.
    pub then: String,
}

impl Finding {
    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let grade = match self.grade {
            Grade::Fine => "fine",
            Grade::Note => "note",
            Grade::Wrong => "wrong",
        };
        json!({ "grade": grade, "what": self.what, "text": self.text, "then": self.then })
    }
}

/// Looks at everything that can be looked at, but for the list of instruments, without which there
/// is no job yet: see [`instruments()`].
pub async fn examine(job: &Job) -> Vec<Finding> {
    let Job { config, settings, .. } = job;
    let mut list = List(Vec::new());
    machine::look(&mut list, config, settings);
    machine::postbacks(&mut list, job);
    hours::look(&mut list, config, crate::clock::wall());
    limits::look(&mut list, config, settings.mode);
    let wishes = first::wished(&mut list, job);
    list.note(
        "address",
        "orders are only taken from the static address that is registered with \
        the broker; whether this machine has it is only known when the first order is sent",
        "look at the broker's developer page if the first order says so",
    );
    let (patient, session) = match broker::reach(config, settings) {
        Ok(found) => found,
        Err(barred) => {
            barred.tell(&mut list);
            return list.0;
        }
    };
    if patient.who(&mut list, &session).await {
        let funds = patient.funds(&mut list).await;
        let held = patient.account(&mut list).await;
        margin::look(&mut list, &patient, job, &wishes, funds, held).await;
    }
    list.0
}

struct List(Vec<Finding>);

impl List {
    fn push(&mut self, grade: Grade, what: &'static str, text: &str, then: &str) {
        let (text, then) = (text.to_owned(), then.to_owned());
        self.0.push(Finding { grade, what, text, then });
    }

    fn fine(&mut self, what: &'static str, text: &str) {
        self.push(Grade::Fine, what, text, "");
    }

    fn note(&mut self, what: &'static str, text: &str, then: &str) {
        self.push(Grade::Note, what, text, then);
    }

    fn wrong(&mut self, what: &'static str, text: &str, then: &str) {
        self.push(Grade::Wrong, what, text, then);
    }
}
