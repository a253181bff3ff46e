//! What the broker lists: ticks, lots and its numbers of the instruments that are traded.
//!
//! Entry point: [`load`].
//!
//! The list is read at each start and kept beside the journal, so that a node starts also while the
//! broker cannot be reached. Tokens, ticks and lots change: a node is started again each day.
//!
//! Invariant: an instrument that is not in the list is an error, never a guess.

use crate::backoff::Pace;
use crate::error::NodeError;
use crate::http::{Deadlines, Pool};
use crate::settings::Settings;
use crate::wire::Connector;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;
use truefill_venue::kite::{BadLine, Calls, InstrumentReader, InstrumentRow, instruments_call};

/// Longest time for one list.
const PATIENCE: Duration = Duration::from_secs(60);
/// Tries to read a list without which there is no start.
const TRIES: u32 = 4;
/// A list that was read so recently is not read again.
const YOUNG: Duration = Duration::from_secs(600);
/// Name of what is kept.
const KEPT: &str = "instruments.csv";

/// The rows of these symbols, in their order.
///
/// # Errors
/// When the list can neither be read from the broker nor from before, or lacks one of them.
pub async fn load(
    settings: &Settings,
    symbols: &BTreeSet<String>,
) -> Result<Vec<InstrumentRow>, NodeError> {
    let kept = settings.dir.join(KEPT);
    let young = std::fs::metadata(&kept).and_then(|meta| meta.modified()).ok();
    let young = young.and_then(|at| at.elapsed().ok()).is_some_and(|age| age < YOUNG);
    let again = if young { of_file(&kept, symbols).ok() } else { None };
    let again = again.filter(|rows| symbols.iter().all(|s| rows.iter().any(|r| r.symbol == *s)));
    let fetched = match again {
        // A start soon after another one: it may be one of many, and each would read it all.
        Some(rows) => Ok(rows),
        None => patiently(settings, symbols, kept.exists()).await.and_then(|rows| {
            keep(&kept, &rows).map_err(|error| error.to_string())?;
            Ok(rows)
        }),
    };
    let rows = match fetched {
        Ok(rows) => rows,
        Err(why) => of_file(&kept, symbols).map_err(|_| {
            NodeError::Config(format!(
                "the broker's list of instruments cannot be read ({why}), and there is none \
                     from before; nothing was started; check the network and the address"
            ))
        })?,
    };
    let listed = |symbol: &String| rows.iter().any(|row| row.symbol == *symbol);
    if let Some(missing) = symbols.iter().find(|symbol| !listed(symbol)) {
        return Err(NodeError::Config(format!(
            "{missing} is not in the broker's list of instruments; nothing was started; write it \
             as the broker does, for instance NSE:INFY"
        )));
    }
    let found = symbols.iter().filter_map(|s| rows.iter().find(|row| row.symbol == *s));
    Ok(found.cloned().collect())
}

/// What the broker lists, and what it listed at the last start.
pub(crate) struct Looked {
    /// Rows of the last start; none for a first one.
    pub before: Vec<InstrumentRow>,
    /// Rows of now, or why there are none.
    pub now: Result<Vec<InstrumentRow>, String>,
}

/// Looks at the list without keeping it.
pub(crate) async fn look(settings: &Settings, symbols: &BTreeSet<String>) -> Looked {
    let before = of_file(&settings.dir.join(KEPT), symbols).unwrap_or_default();
    Looked { now: patiently(settings, symbols, !before.is_empty()).await, before }
}

/// What was kept.
fn of_file(kept: &Path, symbols: &BTreeSet<String>) -> Result<Vec<InstrumentRow>, String> {
    let text = std::fs::read(kept).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    read(InstrumentReader::default(), &text, symbols, &mut rows)?;
    Ok(rows)
}

/// Reads the lists, more than once where there is nothing else to start with.
async fn patiently(
    settings: &Settings,
    symbols: &BTreeSet<String>,
    has_other: bool,
) -> Result<Vec<InstrumentRow>, String> {
    let mut pace = Pace::new();
    for _ in 1..if has_other { 1 } else { TRIES } {
        if let Ok(rows) = fetch(settings, symbols).await {
            return Ok(rows);
        }
        tokio::time::sleep(pace.wait()).await;
    }
    fetch(settings, symbols).await
}

/// Reads the lists of the exchanges that are traded on.
async fn fetch(
    settings: &Settings,
    symbols: &BTreeSet<String>,
) -> Result<Vec<InstrumentRow>, String> {
    let pool = Pool::new(Connector::new(settings.rest.clone())?);
    let exchanges: BTreeSet<&str> =
        symbols.iter().filter_map(|symbol| Some(symbol.split_once(':')?.0)).collect();
    let mut rows = Vec::new();
    for exchange in exchanges {
        let call = instruments_call(&Calls::default(), Some(exchange));
        let mut reader = InstrumentReader::default();
        let mut trouble = None;
        let mut each = keeper(symbols, &mut rows);
        let mut take = |piece: &[u8]| match reader.push(piece, &mut each) {
            Ok(()) => true,
            Err(why) => {
                trouble = Some(format!("{why:?}"));
                false
            }
        };
        let by = Deadlines::within(PATIENCE);
        let answer = pool.stream(&call, &[], by, &mut take).await;
        let answer = answer.map_err(|lost| format!("no answer: {lost:?}"))?;
        if let Some(trouble) = trouble {
            return Err(trouble);
        }
        if answer.status != 200 {
            return Err(format!("status {}", answer.status));
        }
        reader.finish(&mut each).map_err(|why| format!("{why:?}"))?;
    }
    Ok(rows)
}

fn read(
    mut reader: InstrumentReader,
    text: &[u8],
    symbols: &BTreeSet<String>,
    rows: &mut Vec<InstrumentRow>,
) -> Result<(), String> {
    let mut each = keeper(symbols, rows);
    reader.push(text, &mut each).map_err(|why| format!("{why:?}"))?;
    reader.finish(&mut each).map(drop).map_err(|why| format!("{why:?}"))
}

/// Keeps the rows that are asked for. A line that cannot be read is missed when it is needed.
fn keeper<'a>(
    symbols: &'a BTreeSet<String>,
    rows: &'a mut Vec<InstrumentRow>,
) -> impl FnMut(Result<InstrumentRow, BadLine>) + 'a {
    move |row| {
        if let Ok(row) = row
            && symbols.contains(&row.symbol)
            && rows.iter().all(|known| known.symbol != row.symbol)
        {
            rows.push(row);
        }
    }
}

/// Writes the rows as the broker does.
fn keep(path: &Path, rows: &[InstrumentRow]) -> Result<(), NodeError> {
    let mut text = String::from(
        "instrument_token,tradingsymbol,expiry,tick_size,lot_size,instrument_type,segment,exchange\n",
    );
    for row in rows {
        let (exchange, name) = row.symbol.split_once(':').unwrap_or(("", &row.symbol));
        let expiry = row.expiry_day.map_or(String::new(), |day| {
            let at = truefill_core::time::Nanos(day * 86_400 * 1_000_000_000);
            at.to_string().chars().take(10).collect()
        });
        let _ = writeln!(
            text,
            "{},{name},{expiry},{},{},{},{},{exchange}",
            row.token, row.tick, row.lot, row.kind, row.segment
        );
    }
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|error| NodeError::io("the folder", dir, &error))?;
    }
    let new = path.with_extension("new");
    let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, path));
    written.map_err(|error| NodeError::io("the list of instruments", path, &error))
}
