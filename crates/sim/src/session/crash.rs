//! The engine's process dies and comes back: memory is lost, the journal is what is left.

use super::{Session, SessionError};
use truefill_core::time::{MILLI_NS, Nanos};

/// Where in a turn the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashPoint {
    /// Before the batch is durable: it never happened.
    BeforeCommit,
    /// After the commit, before anything is sent: what was released is unknown.
    BeforeSend,
    /// After sending: replies under way are lost.
    AfterSend,
}

/// When the engine's process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Never.
    Never,
    /// Once, in this turn.
    At {
        /// Number of the turn, from 1.
        step: u64,
        /// Where in it.
        point: CrashPoint,
    },
    /// Every so many turns, at changing points.
    Every(u64),
}

impl Session<'_> {
    fn dies(&mut self, here: CrashPoint) -> bool {
        if self.doomed == Some(here) {
            self.doomed = None;
            return !self.settling;
        }
        match self.plan.crash {
            Crash::Never => false,
            Crash::At { step, point } => step == self.steps && point == here,
            Crash::Every(turns) => {
                let points =
                    [CrashPoint::BeforeCommit, CrashPoint::BeforeSend, CrashPoint::AfterSend];
                let turn = self.steps.is_multiple_of(turns.max(1));
                let which = usize::try_from(self.steps / turns.max(1) % 3).unwrap_or(0);
                turn && points[which] == here && !self.settling
            }
        }
    }

    pub(super) fn dies_before_commit(&mut self) -> bool {
        self.dies(CrashPoint::BeforeCommit)
    }

    pub(super) fn dies_before_sending(&mut self) -> bool {
        self.dies(CrashPoint::BeforeSend)
    }

    pub(super) fn dies_after_sending(&mut self) -> bool {
        self.dies(CrashPoint::AfterSend)
    }

    /// The process is gone. `committed` tells whether the last batch was durable: then memory
    /// and journal must agree.
    pub(super) fn go_down(&mut self, committed: bool) -> Result<(), SessionError> {
        let memory = self.engine.state().clone();
        self.batch.clear();
        self.checker.died();
        self.inbox.clear();
        self.sent.clear();
        self.timeouts.clear();
        self.broker.connection_lost(self.now);
        self.engine = truefill_journal::recover(self.store, self.plan.config.clone())?;
        if committed && *self.engine.state() != memory {
            self.checker.broken("law 4: the journal gives another state than memory had".into());
        }
        self.measure.crashed();
        self.watch.crashed(self.now, committed);
        let down_ns = 50 * MILLI_NS + i64::try_from(self.steps % 7).unwrap_or(0) * 300 * MILLI_NS;
        self.down_until = Some(self.now.plus(down_ns));
        Ok(())
    }

    /// The process is back.
    pub(super) fn come_back(&mut self) -> Result<(), SessionError> {
        self.down_until = None;
        self.rest_until = Nanos(i64::MIN);
        self.start()?;
        // A login that died with the process is said again.
        self.logging_in = false;
        if self.engine.state().limiter.probe.is_some() {
            self.call_for_login();
        }
        // Strategies live in processes of their own: they say again what they want, and what
        // the journal knows already changes nothing.
        for latest in self.latest.values() {
            self.declared += 1;
            self.targets
                .insert((self.now.plus(self.plan.decide_ns), self.declared), latest.clone());
        }
        self.due = self.next_due();
        Ok(())
    }
}
