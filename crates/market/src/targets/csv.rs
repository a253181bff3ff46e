//! Rows of a target file in CSV.

use super::Row;
use crate::cells::{Cell, Problem};
use crate::error::{ErrorKind, shown};
use crate::nearest::nearest;

/// The columns, as messages list them.
const NAMES: [&str; 6] = ["time", "strategy", "symbol", "target", "price", "stop"];
/// The others may be left out.
const NEEDED: usize = 4;

/// Where each of [`NAMES`] stands in a row.
#[derive(Debug)]
pub(super) struct Columns {
    places: [Option<usize>; NAMES.len()],
    count: usize,
}

/// Understands the first line.
pub(super) fn columns(header: &str) -> Result<Columns, Problem> {
    let mut places = [None; NAMES.len()];
    let mut count = 0;
    let mut column = 1;
    let problem = |column, cause: String, action: String| Problem {
        kind: ErrorKind::Header,
        column,
        cause,
        action,
    };
    let form = format!("let the first line be {}", NAMES[..NEEDED + 1].join(","));
    for name in header.split(',') {
        let known = NAMES.iter().position(|known| *known == name);
        match known.and_then(|at| places.get_mut(at)) {
            Some(place @ None) => *place = Some(count),
            Some(Some(_)) => {
                return Err(problem(
                    column,
                    format!("the column {} is there twice", shown(name)),
                    form,
                ));
            }
            None => {
                let cause = format!("the first line names an unknown column {}", shown(name));
                let near = nearest(name, NAMES).map(|near| format!("did you mean `{near}`? "));
                return Err(problem(column, cause, near.unwrap_or_default() + &form));
            }
        }
        count += 1;
        column += name.len() + 1;
    }
    let absent = NAMES.iter().zip(&places).take(NEEDED).find(|(_, place)| place.is_none());
    if let Some((name, _)) = absent {
        return Err(problem(1, format!("the column `{name}` is missing"), form));
    }
    Ok(Columns { places, count })
}

impl Columns {
    /// The cells of a row.
    pub(super) fn row<'a>(&self, line: &'a str) -> Result<Row<'a>, Problem> {
        let mut cells = NAMES.map(|name| Cell { name, column: 1, text: "" });
        let mut found = 0;
        let mut column = 1;
        for text in line.split(',') {
            let meant = self.places.iter().position(|place| *place == Some(found));
            if let Some(cell) = meant.and_then(|at| cells.get_mut(at)) {
                (cell.column, cell.text) = (column, text);
            }
            found += 1;
            column += text.len() + 1;
        }
        if found != self.count {
            return Err(Problem {
                kind: ErrorKind::Cells,
                column: 1,
                cause: format!(
                    "the row has {found} cells instead of {}: {}",
                    self.count,
                    shown(line)
                ),
                action: "write one row in one line, with one cell for each column of the first \
                         line"
                    .to_owned(),
            });
        }
        let [time, strategy, symbol, target, price, stop] = cells;
        Ok(Row { time, strategy, symbol, target, price: Some(price), stop: Some(stop) })
    }
}
