//! Which column is which.
//!
//! Entry points: `Layout`, `understand`.

use crate::cells::{Cell, Problem, nano};
use crate::columns::spec::{Column, Field, Shape, StampSide};
use crate::error::{Ambiguity, ErrorKind, shown};
use crate::rounded::half_even;
use crate::stamp;
use crate::symbols::Symbols;

/// Most columns of a file.
pub(crate) const COLUMNS_MAX: usize = 4_096;

const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// Names of columns, reduced to letters and digits.
const NAMES: [(Field, &[&str]); 12] = [
    (Field::Clock, &["timeofday", "clock"]),
    (Field::Symbol, &["symbol", "ticker", "pair", "instrument", "code", "sym", "secid"]),
    (Field::Open, &["open", "o", "openprice", "1open"]),
    (Field::High, &["high", "h", "highprice", "2high"]),
    (Field::Low, &["low", "l", "lowprice", "3low"]),
    (Field::Close, &["close", "c", "last", "closeprice", "price", "4close"]),
    (Field::AdjClose, &["adjclose", "adjustedclose", "closeadj", "adjclosep"]),
    (Field::Volume, &["volume", "vol", "v", "tickvol", "5volume"]),
    (Field::Bid, &["bid", "bidprice", "bidpx", "b", "bestbid"]),
    (Field::BidSize, &["bidsize", "bidqty", "bidsz", "bidvolume", "bidamount"]),
    (Field::Ask, &["ask", "askprice", "askpx", "a", "ofr", "offer", "bestask"]),
    (Field::AskSize, &["asksize", "askqty", "asksz", "askvolume", "askamount", "ofrsiz"]),
];

/// Names of the time, the most telling first, and what they say about the stamp.
const TIMES: [(&str, Option<StampSide>, bool); 16] = [
    ("opentimeutc", Some(StampSide::Open), true),
    ("opentime", Some(StampSide::Open), false),
    ("closetimeutc", Some(StampSide::Close), true),
    ("closetime", Some(StampSide::Close), false),
    ("endtime", Some(StampSide::Close), false),
    ("timestamp", None, false),
    ("datetimeutc", None, true),
    ("datetime", None, false),
    ("utc", None, true),
    ("date", None, false),
    ("time", None, false),
    ("dt", None, false),
    ("ts", None, false),
    ("index", None, false),
    ("unnamed0", None, false),
    ("", None, false),
];

/// Where things stand in a row, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) separator: char,
    /// Cells of a row.
    pub(crate) width: usize,
    pub(crate) time: usize,
    pub(crate) clock: Option<usize>,
    pub(crate) symbol: Option<usize>,
    pub(crate) values: Values,
    /// What the name of the time says.
    pub(crate) side: Option<StampSide>,
    pub(crate) utc: bool,
    /// The first line is a header.
    pub(crate) header: bool,
}

/// What a row has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// Open, high, low, close; volume; adjusted close.
    Bar([usize; 4], Option<usize>, Option<usize>),
    /// A close of each of these symbols.
    Table(Vec<(usize, String)>),
    /// Bid, ask; their sizes.
    Quote([usize; 2], Option<[usize; 2]>),
}

/// Why a file's columns are not understood: a mistake, or something that must be said.
#[derive(Debug)]
pub(crate) enum Unclear {
    Problem(Problem),
    Missing(Ambiguity, String),
}

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Bars,
    Quotes,
}

/// Cells without the quotation marks around them.
pub(crate) fn cells(line: &str, separator: char) -> impl Iterator<Item = Cell<'_>> {
    let mut column = 1;
    line.split(separator).map(move |text| {
        let at = column;
        column += text.len() + separator.len_utf8();
        let text = text.trim_matches(' ');
        let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        Cell { name: "the cell", column: at, text: inner.unwrap_or(text) }
    })
}

/// Understands a file by its first line.
pub(crate) fn understand(first: &str, shape: &Shape, want: Want) -> Result<Layout, Unclear> {
    let separator = shape.separator.unwrap_or_else(|| most_common(first));
    let names: Vec<&str> = cells(first, separator).map(|cell| cell.text).collect();
    if names.len() > COLUMNS_MAX {
        return Err(Unclear::Problem(header_problem(
            format!("the first line has {} cells", names.len()),
            format!("at most {COLUMNS_MAX} columns are read; check the separator"),
        )));
    }
    let header = shape.header.unwrap_or_else(|| is_header(&names));
    let found = Found { shape, header, names: &names };
    let (time, side, utc) = found.time()?;
    let clock = match found.declared(Field::Clock)? {
        Some(clock) => Some(clock),
        None => found.known(Field::Clock).or_else(|| found.time_beside_date(time)),
    };
    let symbol = match (&shape.symbol, found.declared(Field::Symbol)?) {
        (_, Some(declared)) => Some(declared),
        (Some(_), None) => None,
        (None, None) => found.known(Field::Symbol),
    };
    let taken = [Some(time), clock, symbol];
    let values = match want {
        Want::Bars => found.bar(&taken)?,
        Want::Quotes => found.quote()?,
    };
    if symbol.is_none() && shape.symbol.is_none() && !matches!(values, Values::Table(_)) {
        let what = format!("the columns are {}", shown(first));
        return Err(Unclear::Missing(Ambiguity::Symbol, what));
    }
    Ok(Layout { separator, width: names.len(), time, clock, symbol, values, side, utc, header })
}

/// True if a first line is of bars, whatever else must be declared.
pub(crate) fn understands_bars(first: &str) -> bool {
    let shape = Shape { symbol: Some("X".to_owned()), ..Shape::default() };
    understand(first, &shape, Want::Bars).is_ok_and(|layout| match &layout.values {
        // A table of names is believed only below the name of a date.
        Values::Table(_) => layout.header && first.to_lowercase().contains("date"),
        _ => layout.header || starts_with_time(first, layout.separator),
    })
}

/// True if a first line names a bid and an ask.
pub(crate) fn understands_quotes(first: &str) -> bool {
    let shape = Shape { symbol: Some("X".to_owned()), ..Shape::default() };
    understand(first, &shape, Want::Quotes).is_ok_and(|layout| layout.header)
}

fn starts_with_time(first: &str, separator: char) -> bool {
    cells(first, separator).next().is_some_and(|cell| stamp::parse(cell.text).is_ok())
}

struct Found<'a> {
    shape: &'a Shape,
    header: bool,
    names: &'a [&'a str],
}

impl Found<'_> {
    fn declared(&self, field: Field) -> Result<Option<usize>, Unclear> {
        let (place, what) = match self.shape.columns.get(&field) {
            None => return Ok(None),
            Some(Column::At(place)) => {
                (place.checked_sub(1).filter(|at| *at < self.names.len()), format!("{place}"))
            }
            Some(Column::Named(name)) => {
                let meant = plain(name);
                let at = self.names.iter().position(|name| plain(name) == meant);
                (at.filter(|_| self.header), shown(name))
            }
        };
        match place {
            Some(at) => Ok(Some(at)),
            None => Err(Unclear::Problem(header_problem(
                format!("the declared column {what} for {field:?} is not there"),
                format!("the first line is {}", shown(&self.names.join(","))),
            ))),
        }
    }

    /// The column with a known name.
    fn known(&self, field: Field) -> Option<usize> {
        let (_, names) = NAMES.iter().find(|(known, _)| *known == field)?;
        if !self.header {
            return None;
        }
        names.iter().find_map(|known| self.names.iter().position(|name| plain(name) == **known))
    }

    fn either(&self, field: Field) -> Result<Option<usize>, Unclear> {
        Ok(self.declared(field)?.or_else(|| self.known(field)))
    }

    fn time(&self) -> Result<(usize, Option<StampSide>, bool), Unclear> {
        let declared = self.declared(Field::Time)?;
        if !self.header {
            return Ok((declared.unwrap_or(0), None, false));
        }
        let said = |at: usize| {
            let name = self.names.get(at).map(|name| plain(name)).unwrap_or_default();
            let known = TIMES.iter().find(|(known, ..)| *known == name);
            known.map_or((None, false), |(_, side, utc)| (*side, *utc))
        };
        let found = declared.or_else(|| {
            let place = |known: &str| self.names.iter().position(|name| plain(name) == known);
            TIMES
                .iter()
                .find_map(|(known, ..)| place(known).filter(|at| !known.is_empty() || *at == 0))
        });
        let Some(at) = found else {
            let what = format!("the first line is {}", shown(&self.names.join(",")));
            return Err(Unclear::Missing(
                Ambiguity::Columns,
                format!("{what}, no column is a time"),
            ));
        };
        let (side, utc) = said(at);
        Ok((at, side, utc))
    }

    /// `date,time,...`: the time of day has a column of its own.
    fn time_beside_date(&self, time: usize) -> Option<usize> {
        let is =
            |at: usize, known: &str| self.names.get(at).is_some_and(|name| plain(name) == known);
        let place = self.names.iter().position(|name| plain(name) == "time")?;
        (self.header && is(time, "date") && place != time).then_some(place)
    }

    fn bar(&self, taken: &[Option<usize>]) -> Result<Values, Unclear> {
        let volume = self.either(Field::Volume)?;
        let adjusted = self.either(Field::AdjClose)?;
        let four = [Field::Open, Field::High, Field::Low, Field::Close];
        let mut places = [None; 4];
        for (place, field) in places.iter_mut().zip(four) {
            *place = self.either(field)?;
        }
        match places {
            [Some(o), Some(h), Some(l), Some(c)] => Ok(Values::Bar([o, h, l, c], volume, adjusted)),
            [None, None, None, Some(close)] => Ok(Values::Bar([close; 4], volume, adjusted)),
            [None, None, None, None] => match (self.header, adjusted) {
                (true, Some(close)) => Ok(Values::Bar([close; 4], volume, None)),
                (true, None) => self.table(taken),
                (false, _) => self.positions(),
            },
            _ => Err(self.missing("open, high, low and close are not all there")),
        }
    }

    /// A row like `time,open,high,low,close[,volume]`.
    fn positions(&self) -> Result<Values, Unclear> {
        let numbers = self.names.get(1..).unwrap_or_default();
        if !(4..=5).contains(&numbers.len()) || numbers.iter().any(|text| half_even(text).is_err())
        {
            return Err(self.missing("without a header a row is time,open,high,low,close[,volume]"));
        }
        Ok(Values::Bar([1, 2, 3, 4], (numbers.len() == 5).then_some(5), None))
    }

    fn table(&self, taken: &[Option<usize>]) -> Result<Values, Unclear> {
        let free = self.names.iter().enumerate().filter(|(at, _)| !taken.contains(&Some(*at)));
        let closes: Vec<(usize, String)> =
            free.map(|(at, name)| (at, (*name).to_owned())).collect();
        let names = closes.iter().map(|(_, name)| name.as_str());
        if closes.is_empty() || taken.get(2).is_some_and(Option::is_some) {
            return Err(self.missing("no column is a price"));
        }
        if let Err(error) = Symbols::from_names(names) {
            return Err(self.missing(&format!("no column is a price, and {error}")));
        }
        Ok(Values::Table(closes))
    }

    fn quote(&self) -> Result<Values, Unclear> {
        let (Some(bid), Some(ask)) = (self.either(Field::Bid)?, self.either(Field::Ask)?) else {
            return Err(self.missing("bid and ask are not both there"));
        };
        let sizes = (self.either(Field::BidSize)?, self.either(Field::AskSize)?);
        match sizes {
            (Some(bid_size), Some(ask_size)) => {
                Ok(Values::Quote([bid, ask], Some([bid_size, ask_size])))
            }
            (None, None) => Ok(Values::Quote([bid, ask], None)),
            _ => Err(self.missing("the sizes of bid and ask are not both there")),
        }
    }

    fn missing(&self, why: &str) -> Unclear {
        let what = format!("the first line is {}, {why}", shown(&self.names.join(",")));
        Unclear::Missing(Ambiguity::Columns, what)
    }
}

fn header_problem(cause: String, action: String) -> Problem {
    Problem { kind: ErrorKind::Header, column: 1, cause, action }
}

/// Letters and digits of a name, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn most_common(line: &str) -> char {
    let count = |separator: char| line.matches(separator).count();
    let most = SEPARATORS.iter().rev().max_by_key(|separator| count(**separator));
    most.copied().unwrap_or(',')
}

/// A header names no number and no time.
fn is_header(names: &[&str]) -> bool {
    let datum = |text: &&&str| nano(text).is_ok() || stamp::parse(text).is_ok();
    let known =
        |name: &&str| TIMES.iter().any(|(known, ..)| !known.is_empty() && plain(name) == *known);
    names.iter().any(known) || names.iter().filter(datum).count() == 0
}
