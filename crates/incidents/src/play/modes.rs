//! The ways to play a scenario: as it is written, with every message twice, with the process dying
//! after every step.

use super::Law;
use super::player::{Player, Way};
use crate::scenario::Scenario;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a scenario is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As it is written.
    Straight,
    /// Every pushed message is delivered twice in a row.
    Duplicate,
    /// Once per step: the process dies right after it and comes back with its journal.
    Crash,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Straight, Self::Duplicate, Self::Crash];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Straight => "straight",
            Self::Duplicate => "duplicate",
            Self::Crash => "crash",
        }
    }
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// Why the scenario failed; empty when it passed.
    pub why: String,
    /// What happened until then, for people; empty when it passed.
    pub story: Vec<String>,
    /// Runs that it took.
    pub runs: u32,
    /// One value over the journals of all runs: equal runs give equal values.
    pub journals: u128,
}

impl Played {
    /// Every run kept every law.
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.why.is_empty()
    }
}

/// One run.
struct Run {
    broken: Option<Law>,
    story: Vec<String>,
    journal: u128,
    /// The process was not alive where it was to die.
    moot: bool,
}

/// Plays a scenario in a mode.
///
/// ```
/// use truefill_incidents::{Mode, play, scenario};
/// let line = r#"{"id":"VOC-99","class":"vocabulary","title":"Nothing to do","source":["us"],
///   "severity":1,"given":{"targets":{"X":"1"},"positions":{"X":"1"}},
///   "script":[{"op":"quiet","req":"submit","for_ms":60000}],
///   "expect":{"positions":{"X":"1"},"open_orders":[],"max_submits":0,"alerts_include":[],
///   "final_state":"running"}}"#.replace('\n', "");
/// let scenarios = scenario::read(&line)?;
/// for mode in Mode::ALL {
///     assert_eq!(play(&scenarios[0], mode).why, "");
/// }
/// # Ok::<(), scenario::ReadError>(())
/// ```
#[must_use]
pub fn play(scenario: &Scenario, mode: Mode) -> Played {
    let ways: Vec<Way> = match mode {
        Mode::Straight => vec![Way::default()],
        Mode::Duplicate => vec![Way { twice: true, ..Way::default() }],
        Mode::Crash => (0..scenario.script.len())
            .map(|step| Way { dies_after: Some(step), ..Way::default() })
            .collect(),
    };
    let mut played = Played { why: String::new(), story: Vec::new(), runs: 0, journals: 0 };
    for way in ways {
        let run = once(scenario, way);
        played.runs += u32::from(!run.moot);
        played.journals = played.journals.rotate_left(1) ^ run.journal;
        let Some(law) = run.broken else { continue };
        // Runs are deterministic: told once more, it is the same story.
        let told = once(scenario, Way { told: true, ..way });
        let place =
            way.dies_after.map_or(String::new(), |step| format!("crash after step {}: ", step + 1));
        played.why = format!("{place}{law}");
        played.story = told.story;
        break;
    }
    played
}

fn once(scenario: &Scenario, way: Way) -> Run {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut player = match Player::new(scenario, way) {
            Ok(player) => player,
            Err(law) => return (Some(law), Vec::new(), 0, false),
        };
        let broken = player.play().err();
        let moot = way.dies_after.is_some() && !player.died;
        let story = player.story.lines(broken.as_ref());
        (broken, story, player.journal_value(), moot)
    }));
    match outcome {
        Ok((broken, story, journal, moot)) => Run { broken, story, journal, moot },
        Err(cause) => {
            let text = cause.downcast_ref::<String>().cloned();
            let text = text.or_else(|| cause.downcast_ref::<&str>().map(|t| (*t).to_owned()));
            let how = text.unwrap_or_else(|| "the process died".to_owned());
            let law = Law::new("no panic", how);
            Run { broken: Some(law), story: Vec::new(), journal: 0, moot: false }
        }
    }
}
