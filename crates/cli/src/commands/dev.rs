//! `truefill dev-broker` and `truefill dev-engine`: a rehearsal in two processes, hidden from help.
//! The world holds the broker, its truth and the market, and survives; the engine holds its
//! journal, and is what tests kill. See `truefill_sim::apart`.

use crate::args::{DevBroker, DevEngine};
use crate::commands::print;
use crate::commands::rehearse::{BUILD, faults_text};
use crate::config;
use crate::doom::{Doom, Doomed, Point};
use crate::failure::{Done, Failure};
use crate::truthfile::TruthFile;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_journal::{open, recover};
use truefill_market::dirt::DirtReport;
use truefill_market::error::MarketError;
use truefill_market::source::{Depth, Grade, Quotes, Tick};
use truefill_sim::apart::{Line, Terms, serve, trade};
use truefill_sim::faults::Faults;
use truefill_sim::session::Plan;

/// Records between two snapshots: few, so that kills meet them.
const SNAPSHOT_EVERY: u64 = 200;

/// The world, until its day is over.
pub fn broker(args: &DevBroker) -> Done {
    end_with_parent();
    let setup = config::load(&args.config).map_err(Failure::input)?;
    let text = faults_text(&args.faults)?;
    let faults = match Faults::preset(&text) {
        Some(faults) => faults,
        None => Faults::from_json(&text).map_err(Failure::input)?,
    };
    let mut world = setup.world.clone();
    world.faults = faults;
    let mut plan = Plan::new(setup.config.clone(), world, args.seed);
    plan.decide_ns = setup.decide_ns;
    let market = setup.open_market().map_err(Failure::input)?;
    if market.grade() == Grade::Bars {
        return Err(Failure::about(args.config.display(), "dev-broker needs a market of quotes"));
    }
    let length_ns = args.seconds.map_or(i64::MAX, |n| i64::from(n) * SECOND_NS);
    let mut market = Beginning { market, length_ns, end: None };
    let strategies = setup.open_strategies().map_err(Failure::input)?;
    let truth = TruthFile::open(&args.truth);
    let mut truth = truth.map_err(|e| Failure::about(args.truth.display(), e))?;
    let listener = UnixListener::bind(&args.socket);
    let listener = listener.map_err(|e| Failure::about(args.socket.display(), e))?;
    print("waiting")?;
    let mut wait = || -> io::Result<Line> {
        let (stream, _) = listener.accept()?;
        let reader = Box::new(BufReader::new(stream.try_clone()?));
        Ok(Line { reader, writer: Box::new(BufWriter::new(stream)) })
    };
    let served = serve(&plan, &mut truth, &mut market, strategies, &mut wait);
    let served = served.map_err(Failure::input)?;
    print(&format!(
        "{{\"lives\":{},\"requests\":{},\"settled\":{}}}",
        served.lives, served.requests, served.settled
    ))
}

/// One life of the engine.
pub fn engine(args: &DevEngine) -> Done {
    let setup = config::load(&args.config).map_err(Failure::input)?;
    let doom = Doom::from_environment()?;
    // Durable as for money: the world outlives this process, and what left must be known.
    let mut store = Doomed::new(open(&args.journal).map_err(Failure::input)?.store, doom);
    let engine = recover(&store, setup.config.clone()).map_err(Failure::input)?;
    doom.at(Point::Recovered, 1);
    let about = |error| Failure::about(args.socket.display(), error);
    let stream = UnixStream::connect(&args.socket).map_err(about)?;
    let reader = Box::new(BufReader::new(stream.try_clone().map_err(about)?));
    let line = Line { reader, writer: Box::new(Watched { stream, doom, sent: 0 }) };
    let config = setup.config;
    let terms = Terms { config, build: BUILD.to_owned(), snapshot_every: SNAPSHOT_EVERY };
    trade(&terms, engine, &mut store, line).map_err(Failure::input)
}

/// The world of a test ends with the test: its standard input is then at its end.
fn end_with_parent() {
    std::thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(3);
    });
}

/// Counts requests as they leave, and dies after the one it was told to.
struct Watched {
    stream: UnixStream,
    doom: Doom,
    sent: u64,
}

impl Write for Watched {
    fn write(&mut self, frame: &[u8]) -> io::Result<usize> {
        self.stream.write(frame)
    }

    fn write_all(&mut self, frame: &[u8]) -> io::Result<()> {
        self.stream.write_all(frame)?;
        if frame.first() == Some(&b'W') {
            self.sent += 1;
            self.doom.at(Point::Sent, self.sent);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The beginning of a market.
struct Beginning {
    market: Box<dyn Quotes>,
    length_ns: i64,
    /// When it ends; known from the first tick on.
    end: Option<Nanos>,
}

impl Quotes for Beginning {
    fn next(&mut self) -> Result<Option<Tick>, MarketError> {
        let Some(tick) = self.market.next()? else { return Ok(None) };
        let length_ns = self.length_ns;
        let end = *self.end.get_or_insert_with(|| Nanos(tick.time().0.saturating_add(length_ns)));
        Ok((tick.time() <= end).then_some(tick))
    }

    fn depth(&self) -> Option<Depth<'_>> {
        self.market.depth()
    }

    fn grade(&self) -> Grade {
        self.market.grade()
    }

    fn dirt(&self) -> &DirtReport {
        self.market.dirt()
    }
}
