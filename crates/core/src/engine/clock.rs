//! The broker's clock beside ours.

use super::deciding::Deciding;
use crate::alert::AlertCode;
use crate::event::{ClockSeen, Event};
use crate::time::{Nanos, SECOND_NS};

impl Deciding<'_> {
    /// The broker's clock was read: it was at `time` somewhere between asking and now. Further
    /// apart than a second is told once, until it is right again.
    pub fn clock(&mut self, time: Nanos, asked: Nanos) {
        let ahead_ns =
            if time > self.now() { time.since(self.now()) } else { time.since(asked).min(0) };
        let before = self.state.recon.ahead_ns;
        if ahead_ns == before {
            return;
        }
        self.emit(Event::ClockSeen(ClockSeen { ahead_ns }));
        let off = |ns: i64| ns.saturating_abs() > SECOND_NS;
        if off(ahead_ns) && !off(before) {
            let text = format!("the broker's clock is {} ms ahead of ours", ahead_ns / 1_000_000);
            self.alert(AlertCode::ClockSkew, None, None, text);
        }
    }
}
