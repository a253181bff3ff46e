//! A node from its start to its end.
//!
//! Entry points: [`run`], [`Job`].
//!
//! The order of the start: the account is locked, the journal is locked, opened and checked, the
//! engine is recovered, a segment is opened, and only then is anybody talked to.

use crate::board::Board;
use crate::child::{Child, Mail, Program};
use crate::clock::{Clock, wall};
use crate::desk::{Desk, Parts};
use crate::emergency;
use crate::error::NodeError;
use crate::feed::{Hold, TargetFile, Watched, holdings_of};
use crate::gateway::Gateway;
use crate::http::Pool;
use crate::news::{self, Inbox};
use crate::notices::Notices;
use crate::paper::Paper;
use crate::postback;
use crate::reminder::Reminder;
use crate::scribe::Scribe;
use crate::session::{self, Door};
use crate::settings::{Mode, Settings};
use crate::ticker::Ticker;
use crate::wire::Connector;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use truefill_core::config::{Config, Holding};
use truefill_core::engine::Engine;
use truefill_core::ids::{HoldingId, InstrumentId, SleeveId};
use truefill_core::time::{MILLI_NS, Nanos};
use truefill_journal::lock::Lock;
use truefill_journal::{
    EmergencyNotes, Journal as _, JournalError, SegmentStart, SqliteStore, Store, recover,
};
use truefill_market::symbols::Symbols;
use truefill_sim::broker::world::World;
use truefill_venue::KiteCodec;
use truefill_venue::http::Secret;
use truefill_venue::kite::Notes;

/// Space that is reserved for the day on which the disk is full.
const EMERGENCY_BYTES: usize = 256 << 10;

/// How long programs may take to end.
const FAREWELL: Duration = Duration::from_secs(4);

/// What waits for each program, with its sleeve.
type Mails = Vec<(SleeveId, Arc<Mail>)>;

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
    /// The app's secret, where postbacks are received.
    pub secret: Option<Secret>,
    /// Say nothing on standard error.
    pub quiet: bool,
}

/// Runs a node until `stop` says so twice, or once and the account is as it should be.
///
/// # Errors
/// [`NodeError`]: it did not start, or had to stop by itself.
pub async fn run(job: Job, stop: mpsc::Receiver<()>) -> Result<(), NodeError> {
    let Job { config, settings, .. } = &job;
    confirmed(config, settings)?;
    let _account = lock_account(config, settings)?;
    let journal = journal_of(settings)?;
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
    let (gateway, board) = outside.connect()?;
    outside.watch_targets(&engine, began)?;
    let (mails, mut programs) = outside.start_programs();
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
fn journal_of(settings: &Settings) -> Result<PathBuf, NodeError> {
    let dir = match settings.mode {
        Mode::Live => settings.dir.clone(),
        Mode::Paper => settings.dir.join(format!("paper-{}", wall().0 / MILLI_NS)),
    };
    std::fs::create_dir_all(&dir).map_err(|error| NodeError::io("the folder", &dir, &error))?;
    Ok(dir.join("journal.db"))
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

/// Everything that talks to others.
struct Outside<'a> {
    job: &'a Job,
    inbox: Inbox,
    notices: Notices,
    clock: Clock,
}

impl Outside<'_> {
    fn connect(&self) -> Result<(Arc<Gateway>, Arc<Board>), NodeError> {
        let Job { config, settings, .. } = self.job;
        let connector = |endpoint| Connector::new(endpoint).map_err(NodeError::Config);
        let pool = Arc::new(Pool::new(connector(settings.rest.clone())?));
        let codec = Arc::new(KiteCodec::of(config));
        self.receive(&codec)?;
        let door = session::watch(session::Watch {
            account: config.account.clone(),
            file: settings.token_file.clone(),
            pool: Arc::clone(&pool),
            inbox: self.inbox.clone(),
            notices: self.notices.clone(),
            clock: self.clock,
        });
        let board = Arc::new(Board::new(config.instruments.len()));
        let stream = connector(settings.ticker.clone())?;
        self.listen(stream, door.clone(), &codec, &board);
        self.remind(door.clone());
        let patience = u64::try_from(config.descriptor.reply_timeout_ns).unwrap_or(0);
        let gateway = Gateway {
            codec,
            notes: Mutex::new(Notes::default()),
            pool,
            door,
            inbox: self.inbox.clone(),
            notices: self.notices.clone(),
            clock: self.clock,
            patience: Duration::from_nanos(patience),
            closed: AtomicBool::new(false),
            lost: Arc::new(AtomicBool::new(false)),
        };
        Ok((Arc::new(gateway), board))
    }

    fn listen(&self, connector: Connector, door: Door, codec: &Arc<KiteCodec>, board: &Arc<Board>) {
        let silence_ns = self.job.config.descriptor.stream_silence_ns;
        let ticker = Ticker {
            connector,
            door,
            tokens: self.job.tokens.clone(),
            codec: Arc::clone(codec),
            board: Arc::clone(board),
            inbox: self.inbox.clone(),
            notices: self.notices.clone(),
            clock: self.clock,
            silence: Duration::from_nanos(u64::try_from(silence_ns).unwrap_or(0)),
        };
        tokio::spawn(ticker.run());
    }

    /// Postbacks are taken where the configuration says so.
    fn receive(&self, codec: &Arc<KiteCodec>) -> Result<(), NodeError> {
        let Job { config, settings, secret, .. } = self.job;
        let Some(address) = settings.postback else { return Ok(()) };
        let Some(secret) = secret.clone() else {
            return Err(NodeError::Config(format!(
                "postbacks at {address} cannot be told from forged ones without the app's secret; \
                 nothing was started; name its file as secret_file in [live], or take postback out"
            )));
        };
        let socket = postback::bind(address).map_err(|error| NodeError::Io {
            what: format!("the address of postbacks, {address}"),
            why: error.to_string(),
            action: "nothing was started; write another address as postback in [live]",
        })?;
        let listener = postback::Listener {
            codec: Arc::clone(codec),
            account: config.account.clone(),
            secret,
            inbox: self.inbox.clone(),
            notices: self.notices.clone(),
            clock: self.clock,
            refused: AtomicU64::new(0),
        };
        tokio::spawn(listener.run(socket));
        Ok(())
    }

    /// Nobody is reminded where no times are.
    fn remind(&self, door: Door) {
        let Job { config, settings, .. } = self.job;
        if settings.remind.is_empty() {
            return;
        }
        let reminder = Reminder {
            times: settings.remind.clone(),
            calendar: config.calendars.first().cloned(),
            door,
            inbox: self.inbox.clone(),
            notices: self.notices.clone(),
            clock: self.clock,
        };
        tokio::spawn(reminder.run());
    }

    fn start_programs(&self) -> (Mails, JoinSet<()>) {
        let config = &self.job.config;
        let (mut mails, mut running) = (Vec::new(), JoinSet::new());
        for program in &self.job.programs {
            let own = (0u32..).zip(&config.holdings).filter(|(_, key)| key.has(program.sleeve));
            let own: Vec<(HoldingId, &Holding)> =
                own.map(|(id, key)| (HoldingId(id), key)).collect();
            let named = |key: &Holding| config.instruments[key.instrument.ix()].symbol.clone();
            let mail = own.iter().map(|(id, key)| (*id, key.instrument, named(key)));
            let mail = Arc::new(Mail::new(mail));
            let child = Child {
                hello: hello(config, program, &own),
                holdings: own.iter().map(|(id, key)| (named(key), *id)).collect(),
                program: program.clone(),
                mail: Arc::clone(&mail),
                inbox: self.inbox.clone(),
                notices: self.notices.clone(),
                clock: self.clock,
            };
            mails.push((program.sleeve, mail));
            running.spawn(child.run());
        }
        (mails, running)
    }

    fn watch_targets(&self, engine: &Engine, began: Nanos) -> Result<(), NodeError> {
        let config = &self.job.config;
        let symbols = Symbols::new(&config.instruments);
        let symbols = symbols.map_err(|error| NodeError::Config(error.to_string()))?;
        for file in &self.job.targets {
            let watched = Watched {
                symbols: symbols.clone(),
                holdings: holdings_of(engine, file.sleeve, began),
                file: file.clone(),
                began,
                inbox: self.inbox.clone(),
                notices: self.notices.clone(),
                clock: self.clock,
            };
            tokio::spawn(watched.run());
        }
        for hold in &self.job.holds {
            tokio::spawn(hold.clone().run(self.inbox.clone()));
        }
        Ok(())
    }
}

/// The first line that a program reads.
fn hello(config: &Config, program: &Program, own: &[(HoldingId, &Holding)]) -> String {
    let symbols = own.iter().map(|(_, key)| {
        let rules = &config.instruments[key.instrument.ix()];
        serde_json::json!({
            "symbol": rules.symbol, "product": key.product.to_string(),
            "tick": rules.tick.to_string(), "lot": rules.lot.to_string(),
        })
    });
    let size_by = config.strategy(program.sleeve).map(|s| s.size_by.to_string());
    serde_json::json!({
        "type": "hello", "version": 1, "strategy": program.strategy, "account": config.account,
        "size_by": size_by, "symbols": symbols.collect::<Vec<_>>(),
    })
    .to_string()
}
