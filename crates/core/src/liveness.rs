//! Silence of a live connection. A link that looks up and says nothing is down: the shell keeps a
//! [`Liveness`] per process, tells it of everything it hears, and gives the engine the link
//! changes that follow. It is no state of the engine: what follows from it is an input.
//!
//! ```
//! use truefill_core::{input::Channel, liveness::Liveness, time::{Nanos, SECOND_NS}};
//! let mut links = Liveness::new(30 * SECOND_NS);
//! links.watch(Channel::Stream, Nanos(0));
//! assert!(links.silent(Nanos(29 * SECOND_NS)).is_empty());
//! assert!(!links.silent(Nanos(30 * SECOND_NS))[0].up);
//! assert!(links.hear(Channel::Stream, Nanos(31 * SECOND_NS)).is_some_and(|link| link.up));
//! ```

use crate::input::{Channel, LinkChange};
use crate::state::apply::channel_slot;
use crate::time::Nanos;

/// What is known of one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Heard {
    /// When something was heard last; absent while the connection is not watched.
    at: Option<Nanos>,
    silent: bool,
}

/// Watches connections for silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liveness {
    limit_ns: i64,
    heard: [Heard; 3],
}

const CHANNELS: [Channel; 3] = [Channel::Stream, Channel::Rest, Channel::Market];

impl Liveness {
    /// Watches nothing yet; silence of so long counts as down.
    #[must_use]
    pub fn new(limit_ns: i64) -> Self {
        Self { limit_ns, heard: [Heard::default(); 3] }
    }

    /// A connection came up: it is watched from now on.
    pub fn watch(&mut self, channel: Channel, now: Nanos) {
        self.heard[channel_slot(channel)] = Heard { at: Some(now), silent: false };
    }

    /// A connection went down, and said so: there is nothing to watch.
    pub fn forget(&mut self, channel: Channel) {
        self.heard[channel_slot(channel)] = Heard::default();
    }

    /// Something was heard. The change to tell the engine, if it was silent.
    pub fn hear(&mut self, channel: Channel, now: Nanos) -> Option<LinkChange> {
        let heard = &mut self.heard[channel_slot(channel)];
        heard.at?;
        let back = heard.silent;
        *heard = Heard { at: Some(now), silent: false };
        back.then_some(LinkChange { channel, up: true })
    }

    /// The connections that have become silent by now, each told once.
    pub fn silent(&mut self, now: Nanos) -> Vec<LinkChange> {
        let limit_ns = self.limit_ns;
        let mut found = Vec::new();
        for channel in CHANNELS {
            let heard = &mut self.heard[channel_slot(channel)];
            let late = heard.at.is_some_and(|at| at.plus(limit_ns) <= now);
            if late && !heard.silent {
                heard.silent = true;
                found.push(LinkChange { channel, up: false });
            }
        }
        found
    }

    /// When the next connection becomes silent, if nothing is heard until then.
    #[must_use]
    pub fn next(&self) -> Nanos {
        let waiting = self.heard.iter().filter(|heard| !heard.silent);
        let at = waiting.filter_map(|heard| Some(heard.at?.plus(self.limit_ns)));
        at.min().unwrap_or(Nanos::MAX)
    }
}
