//! What is left behind when the node is asked to stop.
//!
//! Entry points: [`Desk::asked_to_stop`], [`Desk::has_left`].
//!
//! Invariants:
//! 1. However it stops, answers to what is under way are waited for, so that the next start begins
//!    with as little unknown as possible.
//! 2. It ends in time, whatever the broker does; what is unfinished then is said.
//! 3. A second request ends it at once.

use super::Desk;
use crate::settings::OnStop;
use truefill_core::event::Mode;
use truefill_core::ids::VenueText;
use truefill_core::input::{Command, Input, Operator};
use truefill_core::time::Nanos;

/// The way out.
pub(super) struct Leaving {
    /// What is left behind.
    on_stop: OnStop,
    /// The end of it in any case.
    until: Nanos,
    /// The mode to go back to, where it may.
    was: Mode,
    /// Something was frozen, which a resume would thaw.
    frozen: bool,
    /// The account is as it should be; only answers are waited for.
    done: bool,
    /// A second request.
    at_once: bool,
}

impl Desk {
    /// Somebody asks to stop. `again` is false when nobody can ask any more.
    pub(super) fn asked_to_stop(&mut self, asked: bool) {
        if self.renewed.take().is_some() {
            // It was on its way to start again; now it stops as it should.
            (self.leaving, self.silent) = (None, false);
        }
        if let Some(leaving) = &mut self.leaving {
            leaving.at_once = asked;
            return;
        }
        self.leave(self.settings.on_stop);
    }

    fn leave(&mut self, on_stop: OnStop) {
        let now = self.clock.now();
        let within = i64::try_from(self.settings.stop_within.as_nanos()).unwrap_or(i64::MAX);
        let state = self.engine.state();
        self.leaving = Some(Leaving {
            on_stop,
            until: now.plus(within),
            was: state.mode,
            frozen: state.holdings.iter().any(|h| h.frozen.is_some()),
            done: false,
            at_once: false,
        });
        let command = match on_stop {
            OnStop::Leave => return,
            OnStop::Cancel => Command::HaltCancel,
            OnStop::Flatten => Command::Flatten,
        };
        if state.mode != Mode::Killed {
            self.command(command);
        }
    }

    /// The rules have changed: the node ends, with everything as it is, to be started again.
    pub(super) fn renew(&mut self, what: String) {
        if self.leaving.is_some() {
            return;
        }
        let then = "the node starts again with the new rules; orders and positions stay";
        self.notices.say(self.clock.now(), "RENEWED", &*what, then);
        self.renewed = Some(what);
        self.leave(OnStop::Leave);
    }

    /// The account is as it should be, or time is over.
    pub(super) fn has_left(&mut self) -> bool {
        let Some(leaving) = &self.leaving else { return false };
        let now = self.clock.now();
        let state = self.engine.state();
        let late = now >= leaving.until || leaving.at_once;
        if leaving.done {
            return late || (state.wire.is_empty() && self.inbox.is_empty());
        }
        let quiet = self.inbox.is_empty();
        let empty = quiet && state.orders.open.is_empty();
        let finished = match leaving.on_stop {
            OnStop::Leave => quiet,
            OnStop::Cancel => empty,
            OnStop::Flatten => empty && matches!(state.mode, Mode::Halted | Mode::Killed),
        };
        if !finished && !late {
            return false;
        }
        let (was, frozen, on_stop) = (leaving.was, leaving.frozen, leaving.on_stop);
        self.silent = true;
        if finished && was == Mode::Running && !frozen && on_stop != OnStop::Leave {
            // The next start trades: the halt was of this stop only.
            self.command(Command::Resume);
        }
        if !finished {
            let open = self.engine.state().orders.open.len();
            let text = format!("the time for stopping is over with {open} orders of ours open");
            let then = "they stay as they are at the broker; the next start takes them up again";
            self.notices.say(now, "STOP_UNFINISHED", text, then);
        }
        if let Some(leaving) = &mut self.leaving {
            leaving.done = true;
        }
        self.deadline = now;
        false
    }

    fn command(&mut self, command: Command) {
        let by = VenueText::new("the stop of the node");
        self.inbox.push(Input::Operator(Operator { command, by }));
    }
}
