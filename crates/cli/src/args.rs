//! The command line, as people see it.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use truefill_market::date::Date;

/// Takes a trading strategy from backtest to live and accounts for everything lost on the way.
#[derive(Debug, Parser)]
#[command(
    name = "truefill",
    version = env!("TRUEFILL_BUILD"),
    about,
    after_help = "Examples:\n  \
        truefill demo                                  the story in seconds, offline, on real data\n  \
        truefill rehearse my.toml --faults storm       your strategy against a hostile broker\n  \
        truefill gap --ledger mine.jsonl --html a.html where another engine's money went\n  \
        truefill journal verify truefill-out/demo-storm-1/journal.db\n\n\
        Exit status: 0 done and true; 1 the run found something wrong; 2 bad usage or input."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The story in seconds: real quotes, a strategy that looks fine, two brokers
    #[command(
        after_help = "Examples:\n  truefill demo\n  truefill demo --faults storm --seed 7\n  \
        truefill demo --json | python3 -m json.tool"
    )]
    Demo(Demo),
    /// Runs a strategy with fills at its own decision prices: the hypothesis
    #[command(after_help = "Examples:\n  truefill backtest examples/configs/demo.toml\n  \
        truefill backtest my.toml --json")]
    Backtest(Backtest),
    /// Runs a strategy through the real engine against a simulated, hostile broker
    #[command(after_help = "Examples:\n  truefill rehearse examples/configs/demo.toml\n  \
        truefill rehearse my.toml --seed 42 --faults storm --out runs/42\n  \
        truefill rehearse my.toml --faults faults.json --json\n  \
        truefill rehearse --resume runs/42             goes on after it was killed")]
    Rehearse(Box<Rehearse>),
    /// Says where the money went: from a journal or from a ledger of any engine
    #[command(after_help = "Examples:\n  truefill gap --ledger mine.jsonl\n  \
        truefill gap --ledger mine.jsonl --json\n  \
        truefill gap truefill-out/demo-calm-1/journal.db --html gap.html")]
    Gap(Gap),
    /// Looks into a journal
    #[command(subcommand)]
    Journal(Journal),
    /// Says what a file of market data is, what is in it and what is wrong with it
    #[command(after_help = "Examples:\n  truefill data bars.csv\n  \
        truefill data quotes.csv.gz capture.jsonl.xz --json\n  \
        truefill data bars.csv --session nse_cash --symbol INFY")]
    Data(Data),
    /// Says what trading costs: dated fee schedules, and the charges of an execution
    #[command(after_help = "Examples:\n  truefill fees\n  \
        truefill fees zerodha-equity-intraday --on 2026-03-30\n  \
        truefill fees zerodha-equity-intraday --side buy --qty 400 --price 1000\n  \
        truefill fees zerodha-equity-intraday --text > my-fees.txt\n  \
        truefill fees --file my-fees.txt")]
    Fees(Fees),
    /// Says when a market is open: dated session calendars
    #[command(after_help = "Examples:\n  truefill calendar\n  truefill calendar nse-cash\n  \
        truefill calendar us-equities --on 2026-11-27\n  \
        truefill calendar nse-cash --text > my-calendar.txt\n  \
        truefill calendar nse-cash --file my-calendar.txt --on 2026-11-08")]
    Calendar(Calendar),
    /// Plays real incidents against the engine: a scripted venue is the truth
    #[command(
        after_help = "Examples:\n  truefill incidents crates/incidents/corpus/incidents.jsonl\n  \
        truefill incidents mine.jsonl --mode crash\n  \
        truefill incidents mine.jsonl --id INC-001 --mode straight\n  \
        truefill incidents mine.jsonl --json\n\n\
        Exit status: 0 all passed; 1 a scenario failed, and its story is told; 2 the file is not \
        what it should be, with line, field and reason. The format: docs/incidents.md."
    )]
    Incidents(Incidents),
    /// Lives whole simulated trading days, each drawn from its seed, and checks every law
    #[command(after_help = "Examples:\n  truefill swarm --seeds 1..10000\n  \
        truefill swarm --seeds 1..1000000 --out swarm-out   goes on where it was stopped\n  \
        truefill swarm --seeds 42..42 --story               one day, step by step, in words\n  \
        truefill swarm --seeds 1..1000 --json")]
    Swarm(Swarm),
    /// Writes a configuration to start from, which runs at once
    #[command(after_help = "Examples:\n  truefill init crypto\n  \
        truefill init files --out my/strategy.toml\n  truefill init kite-intraday --force")]
    Init(Init),
    /// A broker to be tested against: a real broker's wire over a simulated exchange, hostile on demand
    #[command(after_help = "Examples:\n  truefill box kite\n  \
        truefill box kite --listen 127.0.0.1:8710 --control 127.0.0.1:8711 --faults storm\n  \
        truefill box kite --data quotes.csv --speed 20\n  \
        curl -s localhost:8711/fault -d '{\"fault\":\"lost_reply\",\"form\":\"504\"}'\n\n\
        Prints one line of JSON when it serves: rest, ticker, control, api_key, api_secret,\n\
        access_token. What it does to you is on standard error, the truth at control/truth.")]
    Box(BrokerBox),
    /// Trades: the engine between your targets and a real broker (or a box)
    #[cfg(unix)]
    #[command(after_help = "Examples:\n  truefill run my.toml\n  \
        truefill box kite > box.json &      then box = \"box.json\" in [live]\n\n\
        Stops on SIGTERM and leaves the account as on_stop says; a second one ends it at once.\n\
        mode = \"live\" needs confirm_account = \"<the account>\" in the file before any order leaves.\n\n\
        Exit status: 0 stopped as asked; 1 had to stop by itself; 2 bad configuration; 3 another \
        node trades this account.")]
    Run(Run),
    /// Logs in at the broker and stores the token of the day, for a node that runs or will run
    #[cfg(unix)]
    #[command(after_help = "Examples:\n  truefill login kite my.toml\n  \
        ssh -L 5100:127.0.0.1:5100 server truefill login kite my.toml\n\n\
        Needs api_key in [live], and the app's secret in TRUEFILL_KITE_SECRET or in secret_file.\n\
        The app's redirect URL must be http://127.0.0.1:5100/ for the browser to come back by itself.")]
    Login(Login),
    /// Checks everything that can be checked before going live, and says what to mend
    #[cfg(unix)]
    #[command(
        after_help = "Examples:\n  truefill doctor my.toml\n  truefill doctor my.toml --json\n\n\
        Sends nothing that changes an account. Exit status: 0 nothing to mend; 1 something is wrong."
    )]
    Doctor(Operate),
    /// Says whose the position is that was found in a symbol; the symbol trades again
    #[cfg(unix)]
    #[command(
        after_help = "Examples:\n  truefill adopt my.toml NSE:INFY 10 mine     10 of it are strategy mine's\n  \
        truefill adopt my.toml NSE:INFY 0           it stays nobody's; unknown orders never were"
    )]
    Adopt(Adopt),
    /// Books a split or a bonus: positions and prices go on in new units
    #[cfg(unix)]
    #[command(
        after_help = "Examples:\n  truefill split my.toml NSE:INFY 2:1     each share became two\n  \
        truefill split my.toml NSE:INFY 1:10    ten shares became one\n\n\
        What is no whole share in new units is paid out by the broker and booked at the last price."
    )]
    Split(Split),
    /// How a running node is: positions, orders, links, alerts
    #[cfg(unix)]
    #[command(
        after_help = "Examples:\n  truefill status my.toml\n  truefill status my.toml --json"
    )]
    Status(Operate),
    /// Sends nothing new; positions and working orders stay
    #[cfg(unix)]
    #[command(after_help = "Example:\n  truefill halt my.toml")]
    Halt(Operate),
    /// Trades again after a halt, a flatten or a freeze (not after a kill)
    #[cfg(unix)]
    #[command(
        after_help = "Examples:\n  truefill resume my.toml\n  truefill resume my.toml NSE:INFY     one frozen symbol"
    )]
    Resume(Resume),
    /// Cancels all of ours, proves by a read that nothing rests, and stays down; positions stay
    #[cfg(unix)]
    #[command(after_help = "Example:\n  truefill kill my.toml\n\n\
        Latched: it survives restarts, and only a new folder (dir in [live]) ends it.\n\
        Exit status: 0 nothing rests, proven; 1 not proven yet.")]
    Kill(Operate),
    /// Cancels, closes all positions of strategies, then halts
    #[cfg(unix)]
    #[command(after_help = "Example:\n  truefill flatten my.toml")]
    Flatten(Operate),
    /// For tests of kills: the simulated world of a rehearsal as a process of its own
    #[cfg(unix)]
    #[command(hide = true)]
    DevBroker(DevBroker),
    /// For tests of kills: the engine alone, with its journal, against `dev-broker`
    #[cfg(unix)]
    #[command(hide = true)]
    DevEngine(DevEngine),
}

/// Arguments of `dev-broker`.
#[cfg(unix)]
#[derive(Debug, Args)]
pub struct DevBroker {
    /// Configuration (TOML) with a market of quotes
    pub config: PathBuf,
    /// Socket on which engines are waited for
    #[arg(long, value_name = "FILE")]
    pub socket: PathBuf,
    /// The truth log
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
    /// Seed of everything random in the simulated world
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The simulated world's faults: a preset, or a fault file (JSON)
    #[arg(long, value_name = "calm|rough|storm|FILE", default_value = "calm")]
    pub faults: String,
    /// Only so many seconds of the market
    #[arg(long, value_name = "N")]
    pub seconds: Option<u32>,
}

/// Arguments of `dev-engine`.
#[cfg(unix)]
#[derive(Debug, Args)]
pub struct DevEngine {
    /// Configuration (TOML), the one of the world
    pub config: PathBuf,
    /// Socket of the world
    #[arg(long, value_name = "FILE")]
    pub socket: PathBuf,
    /// The journal
    #[arg(long, value_name = "FILE")]
    pub journal: PathBuf,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Seed of everything random in the simulated world
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Only this world instead of calm and storm: calm, rough, storm, or a fault file (JSON)
    #[arg(long, value_name = "calm|rough|storm|beyond|FILE")]
    pub faults: Option<String>,
    /// One JSON document on standard output and nothing else
    #[arg(long)]
    pub json: bool,
    /// Folder for the run directories
    #[arg(long, value_name = "DIR", default_value = "truefill-out")]
    pub out: PathBuf,
}

/// How `incidents` plays a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Way {
    /// As it is written
    Straight,
    /// The process dies after every step and comes back with its journal
    Crash,
    /// Every pushed message comes twice
    Duplicate,
    /// All three
    All,
}

/// Arguments of `incidents`.
#[derive(Debug, Args)]
pub struct Incidents {
    /// Scenarios: one JSON object per line
    pub file: PathBuf,
    /// How they are played
    #[arg(long, value_enum, default_value_t = Way::All)]
    pub mode: Way,
    /// Only this scenario
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// One line of JSON for each scenario and mode, then a summary line, and nothing else
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `backtest`.
#[derive(Debug, Args)]
pub struct Backtest {
    /// Configuration (TOML)
    pub config: PathBuf,
    /// One JSON document on standard output and nothing else
    #[arg(long)]
    pub json: bool,
    /// Run directory; without it nothing is written
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Arguments of `rehearse`.
#[derive(Debug, Args)]
pub struct Rehearse {
    /// Configuration (TOML)
    #[arg(required_unless_present_any = ["resume", "targets", "bars", "quotes"])]
    pub config: Option<PathBuf>,
    /// Without a configuration: a backtest's own output
    #[command(flatten)]
    pub quick: Quick,
    /// Seed of everything random in the simulated world [default: 1]
    #[arg(long)]
    pub seed: Option<u64>,
    /// The simulated world's faults: a preset, or a fault file (JSON) [default: calm]
    #[arg(long, value_name = "calm|rough|storm|beyond|FILE")]
    pub faults: Option<String>,
    /// The engine's process dies and comes back every so many turns
    #[arg(long, value_name = "TURNS")]
    pub crash_every: Option<u64>,
    /// Runs the bot that most people write first through the same world as well
    #[arg(long, value_name = "naive", value_parser = ["naive"])]
    pub compare: Option<String>,
    /// One JSON document on standard output and nothing else
    #[arg(long)]
    pub json: bool,
    /// Run directory [default: truefill-out/NAME-FAULTS-SEED]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Goes on with the run in this directory, which was killed
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    pub resume: Option<PathBuf>,
}

/// A backtest's output instead of a configuration.
#[derive(Debug, Args)]
#[command(next_help_heading = "Without a configuration")]
pub struct Quick {
    /// What to hold: time and a column per symbol, or time,symbol,target[,strategy,price]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "resume"])]
    pub targets: Option<PathBuf>,
    /// The market as bars (CSV, plain or packed)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "resume", "quotes"])]
    pub bars: Option<PathBuf>,
    /// The market as quotes (CSV, plain or packed)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "resume"])]
    pub quotes: Option<PathBuf>,
    /// Which end of a bar its time stamp means
    #[arg(long, value_name = "open|close", requires = "bars")]
    pub stamp: Option<End>,
    /// At which end of a day a decision was known, where targets have dates only
    #[arg(long, value_name = "open|close", requires = "targets")]
    pub decided: Option<End>,
    /// Prices and volumes of the bars are adjusted by the file's own factors (yes), or raw (no)
    #[arg(long, value_name = "yes|no", requires = "bars", action = clap::ArgAction::Set,
          value_parser = yes_or_no)]
    pub adjusted: Option<bool>,
    /// What the numbers of the targets are
    #[arg(long, value_name = "shares|weight|notional", requires = "targets")]
    pub size_by: Option<SizeWord>,
    /// What weights are shares of, and the bound of all targets together
    #[arg(long, value_name = "AMOUNT", requires = "targets")]
    pub capital: Option<String>,
    /// How many times the capital all targets together may be worth [default: 1]
    #[arg(long, value_name = "TIMES", requires = "capital")]
    pub leverage: Option<String>,
    /// Zone of times without an offset, such as Asia/Kolkata or +05:30
    #[arg(long, requires = "targets")]
    pub zone: Option<String>,
    /// Hours of a day: us_equities, nse_cash, utc_day, or "09:30-16:00 America/New_York"
    #[arg(long, requires = "targets")]
    pub session: Option<String>,
    /// The symbol of a file that does not name one
    #[arg(long, requires = "targets")]
    pub symbol: Option<String>,
    /// Length of a bar, such as 1m
    #[arg(long, requires = "bars")]
    pub period: Option<String>,
    /// Price step [default: read off the prices]
    #[arg(long, requires = "targets")]
    pub tick: Option<String>,
    /// Quantity step [default: 1]
    #[arg(long, requires = "targets")]
    pub lot: Option<String>,
    /// Ask less bid inside a bar, in basis points [default: two ticks]
    #[arg(long, requires = "bars")]
    pub spread_bps: Option<u32>,
    /// Share of a bar's volume that can be traded [default: 0.1]
    #[arg(long, value_name = "SHARE", requires = "bars")]
    pub volume_cap: Option<String>,
    /// Volume of bars that have none
    #[arg(long, value_name = "QTY", requires = "bars")]
    pub assume_volume: Option<String>,
    /// Size of quotes that have none
    #[arg(long, value_name = "QTY", requires = "quotes")]
    pub assume_size: Option<String>,
    /// What the simulated broker charges, in basis points of the notional [default: 0]
    #[arg(long, value_name = "BPS", requires = "targets")]
    pub fee_bps: Option<String>,
    /// The broker's limit [default: 3]
    #[arg(long, value_name = "N", requires = "targets")]
    pub orders_per_second: Option<u32>,
    /// Currency of all amounts, for people
    #[arg(long, requires = "targets")]
    pub currency: Option<String>,
}

/// An end of a bar or of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum End {
    /// Its beginning.
    Open,
    /// Its end.
    Close,
}

/// What targets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SizeWord {
    /// Quantities.
    Shares,
    /// Shares of the capital.
    Weight,
    /// Money.
    Notional,
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("write yes or no".to_owned()),
    }
}

/// Arguments of `gap`.
#[derive(Debug, Args)]
pub struct Gap {
    /// A journal (journal.db of a run); or use --ledger
    #[arg(conflicts_with = "ledger")]
    pub journal: Option<PathBuf>,
    /// A gap ledger (JSON Lines), or - for standard input
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// One JSON document on standard output and nothing else
    #[arg(long)]
    pub json: bool,
    /// Writes the report as one page that opens offline
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// The commands of `journal`.
#[derive(Debug, Subcommand)]
pub enum Journal {
    /// Checks the hash chain and every record, and decides everything again
    #[command(
        after_help = "Example:\n  truefill journal verify truefill-out/demo-calm-1/journal.db"
    )]
    Verify {
        /// The journal
        journal: PathBuf,
        /// One JSON document on standard output and nothing else
        #[arg(long)]
        json: bool,
    },
    /// Prints records, one JSON object a line
    #[command(after_help = "Examples:\n  truefill journal cat journal.db | head\n  \
        truefill journal cat journal.db --kind Released --kind Learned")]
    Cat {
        /// The journal
        journal: PathBuf,
        /// First record
        #[arg(long)]
        from: Option<u64>,
        /// Last record
        #[arg(long)]
        to: Option<u64>,
        /// Only these kinds
        #[arg(long)]
        kind: Vec<String>,
    },
    /// Writes a table that pandas and spreadsheets read
    #[command(
        after_help = "Examples:\n  truefill journal export journal.db --what fills > fills.csv\n  \
        truefill journal export journal.db --what orders --format jsonl"
    )]
    Export {
        /// The journal
        journal: PathBuf,
        /// orders, fills, positions, targets, drifts or records
        #[arg(long, default_value = "orders")]
        what: String,
        /// csv or jsonl
        #[arg(long, default_value = "csv")]
        format: String,
        /// File to write; standard output without it
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Arguments of `data`.
#[derive(Debug, Args)]
pub struct Data {
    /// Files of market data, plain or packed
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// One JSON document, a list with an object for each file, and nothing else
    #[arg(long)]
    pub json: bool,
    /// The symbol of a file that does not name one
    #[arg(long)]
    pub symbol: Option<String>,
    /// Zone of times without an offset, such as Asia/Kolkata or +05:30
    #[arg(long)]
    pub zone: Option<String>,
    /// Which end of a bar its time stamp means
    #[arg(long, value_name = "open|close")]
    pub stamp: Option<End>,
    /// Hours of a day: us_equities, nse_cash, utc_day, or "09:30-16:00 America/New_York"
    #[arg(long)]
    pub session: Option<String>,
    /// Length of a bar, such as 1m
    #[arg(long)]
    pub period: Option<String>,
}

/// Arguments of `fees`.
#[derive(Debug, Args)]
pub struct Fees {
    /// The schedule; without it, all are listed
    pub name: Option<String>,
    /// The day whose rates are shown and charged [default: the newest rates]
    #[arg(long, value_name = "DATE", requires = "name")]
    pub on: Option<Date>,
    /// Charges an execution that buys or sells
    #[arg(long, value_name = "buy|sell", requires_all = ["name", "qty", "price"])]
    pub side: Option<TradeSide>,
    /// Quantity of the execution, in units
    #[arg(long, requires = "side")]
    pub qty: Option<String>,
    /// Price of the execution
    #[arg(long, value_name = "PRICE", requires = "side")]
    pub price: Option<String>,
    /// It gave liquidity [default: it took it]
    #[arg(long, requires = "side")]
    pub maker: bool,
    /// Your own text instead of those of the program
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Prints the text that the schedule comes from, to copy and edit
    #[arg(long, requires = "name", conflicts_with_all = ["json", "on", "side", "file"])]
    pub text: bool,
    /// One JSON document on standard output and nothing else
    #[arg(long)]
    pub json: bool,
}

/// The side of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TradeSide {
    /// It bought.
    Buy,
    /// It sold.
    Sell,
}

/// Arguments of `calendar`.
#[derive(Debug, Args)]
pub struct Calendar {
    /// The calendar; without it, all are listed
    pub name: Option<String>,
    /// The local day whose phases are shown [default: today]
    #[arg(long, value_name = "DATE", requires = "name")]
    pub on: Option<Date>,
    /// Your own text instead of those of the program
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Prints the text that the calendar comes from, to copy and edit
    #[arg(long, requires = "name", conflicts_with_all = ["json", "on", "file"])]
    pub text: bool,
    /// One JSON document on standard output and nothing else
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `swarm`.
#[derive(Debug, Args)]
pub struct Swarm {
    /// Seeds from A to B, both included; N..N is one day
    #[arg(long, value_name = "A..B", default_value = "1..1000")]
    pub seeds: SeedRange,
    /// The steps of one day in words; of a day that breaks a law, the smallest that breaks it
    #[arg(long, conflicts_with_all = ["json", "out"])]
    pub story: bool,
    /// Threads [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Keeps progress in this directory; the same command goes on with it
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// One JSON document on standard output and nothing else
    #[arg(long)]
    pub json: bool,
}

/// Seeds from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedRange {
    /// The first.
    pub first: u64,
    /// The last; not below the first, and below the largest number there is.
    pub last: u64,
}

impl std::str::FromStr for SeedRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once("..");
        let number = |part: &str| part.replace('_', "").parse::<u64>().ok();
        let range = parts.and_then(|(from, until)| Some((number(from)?, number(until)?)));
        match range {
            Some((first, last)) if first <= last && last < u64::MAX => Ok(Self { first, last }),
            _ => Err("say the first and the last seed: 1..1000, or 42..42 for one".to_owned()),
        }
    }
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// What to start from: intraday on NSE through Kite, a crypto account, or a backtest's files
    pub template: Template,
    /// The configuration to write; sample files go beside it
    #[arg(long, value_name = "FILE", default_value = "truefill.toml")]
    pub out: PathBuf,
    /// Writes over files that are there
    #[arg(long)]
    pub force: bool,
}

/// What a new configuration starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Template {
    /// NSE shares, product MIS, on made-up quotes.
    KiteIntraday,
    /// Three pairs, on the quotes inside the program.
    Crypto,
    /// A target file and a file of bars.
    Files,
}

/// Arguments of `box`.
#[derive(Debug, Args)]
pub struct BrokerBox {
    /// Whose wire: kite is Zerodha's Kite Connect 3
    #[arg(value_parser = ["kite"])]
    pub broker: String,
    /// Where clients connect; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: std::net::SocketAddr,
    /// Where the control API is; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub control: std::net::SocketAddr,
    /// What it does to you: a preset, or a file with orders for POST /fault (JSON)
    #[arg(long, value_name = "calm|rough|storm|beyond|FILE", default_value = "calm")]
    pub faults: String,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Recorded quotes instead of made-up ones (CSV, plain or packed)
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Time passes so many times as fast
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub speed: u32,
    /// When it is at first, in India, as "2026-11-25 09:15:00" [default: now]
    #[arg(long, value_name = "TIME")]
    pub time: Option<String>,
    /// When there is a market
    #[arg(long, value_name = "always|nse", default_value = "always",
        value_parser = ["always", "nse"])]
    pub hours: String,
    /// Rate windows: any stretch of time, or those of the clock
    #[arg(long, value_name = "sliding|fixed", default_value = "sliding",
        value_parser = ["sliding", "fixed"])]
    pub windows: String,
    /// Money at the beginning, in rupees
    #[arg(long, value_name = "RUPEES", default_value_t = 1_000_000)]
    pub cash: u32,
    /// Shares held at the beginning, for instance NSE:SBIN=100
    #[arg(long, value_name = "SYMBOL=QTY")]
    pub holding: Vec<String>,
    /// Where the log-in page leads, with the request token
    #[arg(long, value_name = "URL")]
    pub redirect: Option<String>,
    /// Where postbacks go: an address that starts with http://
    #[arg(long, value_name = "URL")]
    pub postback: Option<String>,
    /// Keeps the log of truth as JSON Lines
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Allows addresses that other machines reach
    #[arg(long)]
    pub expose: bool,
    /// Does not say on standard error what it does to you
    #[arg(long)]
    pub quiet: bool,
}

/// Arguments of `run`.
#[cfg(unix)]
#[derive(Debug, Args)]
pub struct Run {
    /// Configuration (TOML)
    pub config: PathBuf,
    /// Says nothing on standard error but why it ends
    #[arg(long)]
    pub quiet: bool,
}

/// Arguments of what talks to a running node.
#[cfg(unix)]
#[derive(Debug, Args)]
pub struct Operate {
    /// Configuration (TOML) that the node was started with
    pub config: PathBuf,
    /// Prints one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `login`.
#[cfg(unix)]
#[derive(Debug, Args)]
pub struct Login {
    /// Whose page: kite is Zerodha's Kite Connect 3
    #[arg(value_parser = ["kite"])]
    pub broker: String,
    /// Configuration (TOML)
    pub config: PathBuf,
    /// Port on this machine to which the browser is sent back
    #[arg(long, value_name = "PORT", default_value_t = 5100)]
    pub port: u16,
    /// Only prints the address of the page
    #[arg(long)]
    pub no_browser: bool,
}

/// Arguments of `resume`.
#[cfg(unix)]
#[derive(Debug, Args)]
pub struct Resume {
    /// Configuration and form of the answer
    #[command(flatten)]
    pub node: Operate,
    /// Only this symbol
    pub symbol: Option<String>,
}

/// Arguments of `split`.
#[cfg(unix)]
#[derive(Debug, Args)]
pub struct Split {
    /// Configuration (TOML) that the node was started with
    pub config: PathBuf,
    /// Which symbol
    pub symbol: String,
    /// New units for old ones, such as 2:1 (each unit became two)
    pub ratio: String,
    /// Prints one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `adopt`.
#[cfg(unix)]
#[derive(Debug, Args)]
pub struct Adopt {
    /// Configuration (TOML) that the node was started with
    pub config: PathBuf,
    /// Which symbol
    pub symbol: String,
    /// How much of what was found, with its sign; 0 leaves it nobody's
    #[arg(allow_negative_numbers = true)]
    pub quantity: String,
    /// Whose it becomes; the first strategy that trades it, if nothing is said
    pub strategy: Option<String>,
    /// Prints one JSON document
    #[arg(long)]
    pub json: bool,
}
