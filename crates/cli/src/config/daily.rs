//! `remind` and `postback` of `[live]`: when people are told in the morning that nobody has logged in,
//! and where the broker's posts about orders arrive.
//!
//! Entry points: [`remind`], [`postback`].

use std::net::SocketAddr;

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

const ADDRESS: &str = "an address and a port of this machine, such as \"127.0.0.1:8721\"";

/// Where postbacks are taken.
pub(super) fn postback(field: Option<&Field<'_>>) -> Result<Option<SocketAddr>, ConfigError> {
    let Some(field) = field else { return Ok(None) };
    let address = field.text(ADDRESS)?.parse::<SocketAddr>().ok();
    let address = address.filter(|address| address.port() != 0);
    let cause = "this is no address to listen at";
    address.map(Some).ok_or_else(|| field.wrong(cause).allowed(ADDRESS))
}
