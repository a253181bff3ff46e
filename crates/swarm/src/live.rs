//! A day is lived: market, engine and broker in one virtual time, watched, and judged.
//!
//! Entry points: [`Day::run`], [`Day::tell`], [`Ended`], [`Checks`].
//!
//! Invariant: nothing here can fail. A session that cannot run and a panic are broken laws like
//! any other: a drawn day is valid, and no input may stop the engine.

use crate::cover::{Coverage, Group};
use crate::day::Day;
use crate::eyes::Eyes;
use crate::market::Made;
use crate::story::Story;
use std::panic::{AssertUnwindSafe, catch_unwind};
use truefill_journal::{Journal, MemoryStore};
use truefill_sim::faults::FaultKind;
use truefill_sim::session::{Outcome, SessionError, run_watched, was_told};

/// What a day came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Laws that did not hold, as sentences.
    pub violations: Vec<String>,
    /// Laws that a broker beyond its descriptor broke, and of which people were told.
    pub excused: u64,
    /// Numbers.
    pub numbers: Numbers,
    /// What was reached.
    pub coverage: Coverage,
    /// Digest of the journal and of the state at the end.
    pub digest: u128,
    /// The broker went beyond its descriptor, and people were told that it and we differ.
    beyond_told: bool,
}

/// Numbers of one day, or the sums of many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Days.
    pub days: u64,
    /// Virtual time from the first quote to the end of the second phase, in milliseconds.
    pub virtual_ms: u64,
    /// New orders released.
    pub orders: u64,
    /// Executions booked.
    pub fills: u64,
    /// Requests sent, reads included.
    pub requests: u64,
    /// Events decided.
    pub events: u64,
    /// Turns of the shell: the laws are checked after each.
    pub turns: u64,
    /// Crashes of the engine's process.
    pub crashes: u64,
    /// Faults that struck.
    pub faults: u64,
    /// Bytes of journals.
    pub journal_bytes: u64,
}

impl Numbers {
    /// Adds those of other days.
    pub fn absorb(&mut self, other: &Self) {
        self.days += other.days;
        self.virtual_ms += other.virtual_ms;
        self.orders += other.orders;
        self.fills += other.fills;
        self.requests += other.requests;
        self.events += other.events;
        self.turns += other.turns;
        self.crashes += other.crashes;
        self.faults += other.faults;
        self.journal_bytes += other.journal_bytes;
    }
}

/// A checker more: sees the outcome of a day and says what is wrong with it. For tests of the
/// swarm itself, and for laws of one's own.
pub type Checks<'a> = &'a (dyn Fn(&Day, &Outcome) -> Option<String> + Sync);

/// No checker more.
pub fn no_checks(_: &Day, _: &Outcome) -> Option<String> {
    None
}

impl Day {
    /// Lives the day.
    #[must_use]
    pub fn run(&self, checks: Checks<'_>) -> Ended {
        self.live(checks, None).0
    }

    /// Lives the day and tells its steps in words.
    #[must_use]
    pub fn tell(&self, checks: Checks<'_>) -> (Ended, Vec<String>) {
        let (ended, story) = self.live(checks, Some(Story::of(self)));
        (ended, story.map(Story::into_lines).unwrap_or_default())
    }

    fn live(&self, checks: Checks<'_>, story: Option<Story>) -> (Ended, Option<Story>) {
        let mut eyes = Eyes::default();
        eyes.story = story;
        let mut store = MemoryStore::with_capacity(1 << 18);
        // A panic leaves store and eyes as they are; they are only read afterwards.
        let lived = catch_unwind(AssertUnwindSafe(|| self.session(&mut store, &mut eyes)));
        let mut ended = Ended::default();
        ended.numbers.days = 1;
        eyes.policies(&self.plan.config);
        for feature in self.features.iter() {
            eyes.coverage.reach(Group::Feature, feature as usize);
        }
        match lived {
            Ok(Ok(outcome)) => {
                let own = checks(self, &outcome);
                ended.take(self, outcome, &mut eyes, &store);
                ended.violations.extend(own);
            }
            Ok(Err(error)) => ended.violations.push(format!("session: {error}")),
            Err(panic) => ended.violations.push(format!("panic: {}", words_of(&*panic))),
        }
        for broken in eyes.violations.drain(..) {
            if ended.beyond_told && is_of_the_broker(&broken) {
                ended.excused += 1;
            } else {
                ended.violations.push(broken);
            }
        }
        ended.coverage = eyes.coverage;
        (ended, eyes.story)
    }

    fn session(&self, store: &mut MemoryStore, eyes: &mut Eyes) -> Result<Outcome, SessionError> {
        let mut quotes = Made::new(&self.lines, self.hours.begin, self.hours.end);
        run_watched(&self.plan, store, eyes, &mut quotes, Vec::new())
    }
}

/// The words of a panic.
fn words_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let owned = || panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(owned).unwrap_or("without words")
}

impl Ended {
    fn take(&mut self, day: &Day, outcome: Outcome, eyes: &mut Eyes, store: &MemoryStore) {
        let facts = &outcome.facts;
        self.excused = outcome.excused.len() as u64;
        let end = outcome.end;
        let lived_ns = end.since(day.hours.begin).max(0);
        self.numbers = Numbers {
            days: 1,
            virtual_ms: u64::try_from(lived_ns / 1_000_000).unwrap_or(0),
            orders: facts.orders,
            fills: facts.fills,
            requests: facts.requests,
            events: facts.events,
            turns: facts.turns,
            crashes: facts.crashes,
            faults: outcome.broker.faults_struck().map(|(_, times)| times).sum(),
            journal_bytes: store.bytes(),
        };
        for (at, (_, times)) in outcome.broker.faults_struck().enumerate() {
            debug_assert!(at < FaultKind::ALL.len());
            eyes.coverage.add(Group::Fault, at, times);
        }
        // What the engine counts although it is gone from every list is counted on the safe side,
        // and nobody can tell it from what a list forgot. A twin that rests, in no list that was
        // read, tells nobody of itself; an order that was shown as finished is not looked for.
        let vanished = [
            FaultKind::VanishedOrder,
            FaultKind::MissingOrder,
            FaultKind::EmptyOrders,
            FaultKind::DoubledOrder,
            FaultKind::FalseProof,
        ];
        let gone =
            outcome.broker.faults_struck().any(|(kind, n)| vanished.contains(&kind) && n > 0);
        let beyond = outcome.broker.faults_struck().any(|(kind, n)| kind.is_beyond() && n > 0);
        self.beyond_told = beyond && (gone || facts.mode != "running" || was_told(facts));
        self.digest = mixed(&store.last_chain().0, outcome.digest);
        self.violations = outcome.violations;
    }
}

/// A law that no engine can keep at a broker that breaks its own word. What is the engine's own
/// affair is never excused.
fn is_of_the_broker(violation: &str) -> bool {
    ["law 6", "convergence"].contains(&crate::shrink::law_of(violation))
}

/// One number of a chain and a digest.
fn mixed(chain: &[u8; 32], digest: u128) -> u128 {
    let half = |at: usize| {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&chain[at..at + 16]);
        u128::from_le_bytes(bytes)
    };
    half(0) ^ half(16).rotate_left(64) ^ digest
}
