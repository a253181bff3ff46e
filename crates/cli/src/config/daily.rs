//! `remind` of `[live]`: when people are told in the morning that nobody has logged in.
//!
//! Entry point: [`remind`].

use super::error::ConfigError;
use super::recorded;
use super::source::Field;

/// Before the open, with time to mend it; and just before the open.
const USUAL: [u32; 2] = [8 * 3600 + 1800, 9 * 3600 + 300];
const TIMES: &str = "times of day in India such as [\"08:30\", \"09:05\"], [] for none";
/// More would be noise.
const TIMES_MAX: usize = 24;

/// Seconds after midnight in India, each once, rising.
pub(super) fn remind(field: Option<&Field<'_>>) -> Result<Vec<u32>, ConfigError> {
    let Some(field) = field else { return Ok(USUAL.to_vec()) };
    let list = field.list(TIMES)?;
    if list.len() > TIMES_MAX {
        return Err(field.wrong(format!("at most {TIMES_MAX} times are told")).allowed(TIMES));
    }
    let mut times = Vec::new();
    for element in &list {
        let second = recorded::second(element.text(TIMES)?).filter(|second| *second < 86_400);
        let wrong = || element.wrong("this is not a time of day").allowed(TIMES);
        times.push(second.ok_or_else(wrong)?);
    }
    times.sort_unstable();
    times.dedup();
    Ok(times)
}
