//! Everything of a node that talks to others: the broker, target files, programs.
//!
//! Entry point: [`Outside`].

use crate::bars::{Bars, History};
use crate::board::Board;
use crate::child::{Child, Mail, Program};
use crate::clock::Clock;
use crate::error::NodeError;
use crate::feed::{Watched, holdings_of};
use crate::freezes::Freezes;
use crate::gateway::Gateway;
use crate::http::Pool;
use crate::news::Inbox;
use crate::notices::Notices;
use crate::postback;
use crate::reminder::Reminder;
use crate::renew::{self, Renewing};
use crate::run::Job;
use crate::session::{self, Door};
use crate::ticker::Ticker;
use crate::wire::Connector;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use truefill_core::config::{Config, Holding};
use truefill_core::engine::Engine;
use truefill_core::ids::{HoldingId, SleeveId};
use truefill_core::time::Nanos;
use truefill_market::symbols::Symbols;
use truefill_venue::KiteCodec;
use truefill_venue::kite::Notes;

/// What waits for each program, with its sleeve.
pub(crate) type Mails = Vec<(SleeveId, Arc<Mail>)>;

/// See the module.
pub(crate) struct Outside<'a> {
    pub job: &'a Job,
    pub inbox: Inbox,
    pub notices: Notices,
    pub clock: Clock,
}

impl Outside<'_> {
    pub fn connect(&self, mails: &Mails) -> Result<(Arc<Gateway>, Arc<Board>), NodeError> {
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
        let bars = self.make_bars(mails, &pool, &door);
        self.listen(stream, door.clone(), (&codec, &board, bars));
        self.remind(door.clone());
        let patience = u64::try_from(config.descriptor.reply_timeout_ns).unwrap_or(0);
        let learned = Arc::new(Notify::new());
        self.look_each_morning(&learned);
        let symbols = config.instruments.iter().map(|known| known.symbol.clone()).collect();
        let gateway = Gateway {
            freezes: Freezes::new(&settings.dir, symbols),
            learned,
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

    /// Bars for the programs that want some.
    fn make_bars(&self, mails: &Mails, pool: &Arc<Pool>, door: &Door) -> Option<Arc<Bars>> {
        let wanting = self.job.programs.iter().zip(mails);
        let wanting =
            wanting.filter_map(|(program, (_, mail))| Some((program.bars?, mail.clone())));
        let instruments = &self.job.config.instruments;
        let bars = Arc::new(Bars::new(wanting.collect(), instruments, self.clock)?);
        let symbols = instruments.iter().map(|known| known.symbol.clone()).collect();
        let way = (Arc::clone(pool), door.clone());
        let notices = self.notices.clone();
        let history = History::new(way, &self.job.tokens, symbols, notices, self.clock);
        tokio::spawn(Arc::clone(&bars).close());
        tokio::spawn(Arc::clone(&bars).mend(history));
        Some(bars)
    }

    fn listen(
        &self,
        connector: Connector,
        door: Door,
        (codec, board, bars): (&Arc<KiteCodec>, &Arc<Board>, Option<Arc<Bars>>),
    ) {
        let silence_ns = self.job.config.descriptor.stream_silence_ns;
        let ticker = Ticker {
            connector,
            door,
            tokens: self.job.tokens.clone(),
            codec: Arc::clone(codec),
            board: Arc::clone(board),
            bars,
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

    /// Rules that may change are looked at again.
    fn look_each_morning(&self, learned: &Arc<Notify>) {
        if let Some(renew) = self.job.renew.clone() {
            let (inbox, notices, bell) =
                (self.inbox.clone(), self.notices.clone(), Arc::clone(learned));
            let clock = self.clock;
            tokio::spawn(renew::run(Renewing { renew, bell, inbox, notices, clock }));
        }
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

    /// What the strategy of a program trades.
    fn own(&self, program: &Program) -> Vec<(HoldingId, &Holding)> {
        let keys = (0u32..).zip(&self.job.config.holdings);
        let own = keys.filter(|(_, key)| key.has(program.sleeve));
        own.map(|(id, key)| (HoldingId(id), key)).collect()
    }

    fn symbol(&self, key: &Holding) -> String {
        self.job.config.instruments[key.instrument.ix()].symbol.clone()
    }

    /// Something to put news into, for each program in its order.
    pub fn mails(&self) -> Mails {
        let mail = |program: &Program| {
            let own = self.own(program).into_iter();
            let own = own.map(|(id, key)| (id, key.instrument, self.symbol(key)));
            let depth = program.bars.map_or(0, |of| of.history as usize);
            (program.sleeve, Arc::new(Mail::new(own, depth)))
        };
        self.job.programs.iter().map(mail).collect()
    }

    pub fn start_programs(&self, mails: &Mails) -> JoinSet<()> {
        let config = &self.job.config;
        let mut running = JoinSet::new();
        for (program, (_, mail)) in self.job.programs.iter().zip(mails) {
            let own = self.own(program);
            let child = Child {
                hello: hello(config, program, &own),
                holdings: own.iter().map(|(id, key)| (self.symbol(key), *id)).collect(),
                program: program.clone(),
                mail: Arc::clone(mail),
                inbox: self.inbox.clone(),
                notices: self.notices.clone(),
                clock: self.clock,
            };
            running.spawn(child.run());
        }
        running
    }

    pub fn watch_targets(&self, engine: &Engine, began: Nanos) -> Result<(), NodeError> {
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
        "bars": program.bars.map(|of| of.word()), "history": program.bars.map(|of| of.history),
    })
    .to_string()
}
