//! A node from its start to its end.
//!
//! Entry points: [`run`], [`Job`].
//!
//! The order of the start: the account is locked, the journal is locked, opened and checked, the
//! engine is recovered, a segment is opened, and only then is anybody talked to.

use crate::built_in::{BuiltIn, Running};
use crate::child::Program;
use crate::clock::{Clock, wall};
use crate::desk::{Desk, Parts};
use crate::emergency;
use crate::error::NodeError;
use crate::feed::{Hold, TargetFile};
use crate::news;
use crate::notices::Notices;
use crate::outside::Outside;
use crate::paper::Paper;
use crate::renew::Renew;
use crate::scribe::Scribe;
use crate::settings::{Mode, Settings};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use truefill_core::config::Config;
use truefill_core::engine::Engine;
use truefill_core::ids::InstrumentId;
use truefill_core::time::MILLI_NS;
use truefill_journal::lock::Lock;
use truefill_journal::{
    EmergencyNotes, Journal as _, JournalError, SegmentStart, SqliteStore, Store, recover,
};
use truefill_sim::broker::world::World;
use truefill_venue::http::Secret;

/// Space that is reserved for the day on which the disk is full.
const EMERGENCY_BYTES: usize = 256 << 10;

/// What folders of starts on paper begin with.
const PAPER: &str = "paper-";

/// How long programs may take to end.
const FAREWELL: Duration = Duration::from_secs(4);

/// Everything a node needs.
#[derive(Clone, Debug)]
pub struct Job {
    /// For the engine.
    pub config: Config,
    /// For the shell around it.
    pub settings: Settings,
    /// The broker's numbers of the instruments, for the stream.
    pub tokens: BTreeMap<u32, InstrumentId>,
    /// Where targets come from.
    pub targets: Vec<TargetFile>,
    /// Baskets that are wanted from the start.
    pub holds: Vec<Hold>,
    /// The broker on paper.
    pub world: World,
    /// Strategies that are programs.
    pub programs: Vec<Program>,
    /// Strategies that are a part of this one.
    pub built_in: Vec<BuiltIn>,
    /// The app's secret, where postbacks are received.
    pub secret: Option<Secret>,
    /// How the rules of what is traded are looked at again, each morning.
    pub renew: Option<Renew>,
    /// Say nothing on standard error.
    pub quiet: bool,
}

/// How a node ended that had no reason to fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Somebody asked for it, and the account is as it should be.
    Stopped,
    /// The rules of what is traded have changed, as this says: it is to be started again, with a job
    /// that knows them. Working orders and positions are as they were.
    Renewed(String),
}

/// Runs a node until `stop` says so twice, or once and the account is as it should be; or until
/// [`Job::renew`] finds that its rules have changed.
///
/// # Errors
/// [`NodeError`]: it did not start, or had to stop by itself.
pub async fn run(job: Job, stop: mpsc::Receiver<()>) -> Result<Ended, NodeError> {
    let Job { config, settings, .. } = &job;
    confirmed(config, settings)?;
    let _account = lock_account(config, settings)?;
    let journal = new_journal(settings)?;
    let (mut store, engine) = open(&journal, config)?;
    let reserved = EmergencyNotes::prepare(&settings.dir.join("emergency.notes"), EMERGENCY_BYTES);
    let notices = Notices::open(&settings.dir, job.quiet);
    let clock = Clock::after(engine.state().now);
    tell_start(&notices, &clock, &reserved);
    let epoch = u64::try_from(clock.now().0 / MILLI_NS).unwrap_or(1);
    let epoch = epoch.max(store.last_epoch() + 1).max(engine.state().epoch + 1);
    // Rows of target files from before the first start are history; later ones may have come while
    // no node ran.
    let began = store.segments()?.first().map_or(clock.now(), |segment| segment.start.started);
    store.open_segment(&SegmentStart::new(clock.now(), epoch, &settings.build, config))?;
    let scribe = Scribe::start(store).map_err(|error| NodeError::Io {
        what: "the thread of the journal".to_owned(),
        why: error.to_string(),
        action: "nothing was started; look at the limits of this user",
    })?;
    let (inbox, arrivals) = mpsc::channel(news::WAITING_MAX);
    let outside = Outside { job: &job, inbox, notices: notices.clone(), clock };
    let mails = outside.mails();
    let (gateway, board) = outside.connect(&mails)?;
    outside.watch_targets(&engine, began)?;
    let mut programs = outside.start_programs(&mails);
    let paper = settings.mode == Mode::Paper;
    #[cfg(unix)]
    crate::operator::serve(&settings.dir, outside.inbox.clone(), Arc::clone(&gateway), paper)
        .map_err(|error| NodeError::io("the operator's socket in", &settings.dir, &error))?;
    let desk = Desk::new(Parts {
        settings: settings.clone(),
        engine,
        epoch,
        scribe,
        gateway: Arc::clone(&gateway),
        paper: paper.then(|| Paper::new(config, job.world.clone(), epoch)),
        board,
        mails,
        built_in: Running::new(&job.built_in),
        arrivals,
        notices,
        clock,
        stop,
    });
    #[cfg(unix)]
    crate::service::ready();
    let ended = desk.run().await;
    // Nobody hears them any more: they may put their things in order.
    let farewell = async { while programs.join_next().await.is_some() {} };
    drop(tokio::time::timeout(FAREWELL, farewell).await);
    match ended {
        Err(NodeError::Broken(law, _)) => {
            let words = emergency::cancel_all(&gateway, &journal, config, reserved.ok()).await;
            Err(NodeError::Broken(law, words))
        }
        Err(NodeError::Unwritten(error, _)) => {
            let words = emergency::cancel_all(&gateway, &journal, config, reserved.ok()).await;
            Err(NodeError::Unwritten(error, words))
        }
        ended => ended,
    }
}

/// On paper each start has a journal of its own, as it has an account of its own.
fn new_journal(settings: &Settings) -> Result<PathBuf, NodeError> {
    let dir = match settings.mode {
        Mode::Live => settings.dir.clone(),
        Mode::Paper => settings.dir.join(format!("{PAPER}{}", wall().0 / MILLI_NS)),
    };
    std::fs::create_dir_all(&dir).map_err(|error| NodeError::io("the folder", &dir, &error))?;
    Ok(dir.join("journal.db"))
}

/// The journal of a node with these settings; on paper that of the last start.
#[must_use]
pub fn journal_of(settings: &Settings) -> PathBuf {
    let number = |path: &Path| path.file_name()?.to_str()?.strip_prefix(PAPER)?.parse::<u64>().ok();
    let last = || {
        let entries = std::fs::read_dir(&settings.dir).ok()?;
        let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
        folders.filter_map(|path| Some((number(&path)?, path))).max().map(|(_, path)| path)
    };
    let dir = match settings.mode {
        Mode::Live => None,
        Mode::Paper => last(),
    };
    dir.unwrap_or_else(|| settings.dir.clone()).join("journal.db")
}

/// In live, the account must have been typed a second time.
fn confirmed(config: &Config, settings: &Settings) -> Result<(), NodeError> {
    if settings.mode == Mode::Paper {
        return Ok(());
    }
    if settings.confirmed.as_deref() == Some(config.account.as_str()) {
        return Ok(());
    }
    Err(NodeError::Config(format!(
        "mode = \"live\" sends real orders for account {}, and the configuration does not confirm \
         it; nothing was started; add confirm_account = \"{}\" at the top of the file if that is \
         what you want",
        config.account, config.account
    )))
}

fn lock_account(config: &Config, settings: &Settings) -> Result<Lock, NodeError> {
    for dir in [&settings.locks, &settings.dir] {
        std::fs::create_dir_all(dir).map_err(|error| NodeError::io("the folder", dir, &error))?;
    }
    private(&settings.dir).map_err(|error| NodeError::io("the folder", &settings.dir, &error))?;
    let name = format!("{}.account", settings.account_key(&config.account));
    Lock::acquire(&settings.locks.join(name)).map_err(|error| match error {
        JournalError::Locked { holder, .. } => {
            NodeError::Taken { account: config.account.clone(), holder }
        }
        other => other.into(),
    })
}

fn open(journal: &Path, config: &Config) -> Result<(SqliteStore, Engine), NodeError> {
    let opened = truefill_journal::open(journal).map_err(|error| match error {
        JournalError::Locked { holder, .. } => {
            NodeError::Taken { account: config.account.clone(), holder }
        }
        other => other.into(),
    })?;
    let engine = recover(&opened.store, config.clone())?;
    Ok((opened.store, engine))
}

fn tell_start(notices: &Notices, clock: &Clock, reserved: &Result<EmergencyNotes, JournalError>) {
    if clock.ahead_ns() > 1_000 * MILLI_NS {
        let text = format!(
            "the journal ends {} ms after what the clock of this machine shows",
            clock.ahead_ns() / MILLI_NS
        );
        let then = "times go on from the journal; check the clock and the time zone";
        notices.say(clock.now(), "CLOCK_BEHIND", text, then);
    }
    if let Err(error) = reserved {
        let then = "should the disk fill up, cancels will leave without a note";
        notices.say(clock.now(), "NO_RESERVE", error.to_string(), then);
    }
}

/// Journal, alerts and socket are nobody else's business.
#[cfg(unix)]
fn private(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn private(_: &Path) -> std::io::Result<()> {
    Ok(())
}
