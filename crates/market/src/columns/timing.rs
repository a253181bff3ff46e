//! When a row was known: from its stamp, the zone, the session.
//!
//! Entry point: `Timing`.

use truefill_core::time::{Nanos, SECOND_NS};

use crate::cells::{Cell, Problem};
use crate::columns::spec::Session;
use crate::error::{Ambiguity, ErrorKind};
use crate::stamp::{DAY_NS, Stamp};
use crate::zone::{Utc, Zone};

/// What turns stamps into instants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) zone: Option<Zone>,
    pub(crate) session: Option<Session>,
}

/// A stamp in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// An instant; which end of a bar it is, the caller knows.
    At(Nanos),
    /// The session of a day.
    Session(Nanos, Nanos),
}

/// Why a stamp has no instant.
#[derive(Debug)]
pub(crate) enum Unplaced {
    Problem(Problem),
    Missing(Ambiguity),
}

impl Timing {
    /// The instant of a stamp; `last` is the latest of the same instrument.
    pub(crate) fn place(
        &self,
        stamp: Stamp,
        last: Option<Nanos>,
        cell: &Cell,
    ) -> Result<Placed, Unplaced> {
        match stamp {
            Stamp::Instant(time) => Ok(Placed::At(time)),
            Stamp::Wall(wall) => {
                let zone = self.zone.ok_or(Unplaced::Missing(Ambiguity::Zone))?;
                utc(zone, wall, last, cell).map(Placed::At).map_err(Unplaced::Problem)
            }
            Stamp::Day(day) => {
                let session = self.session.ok_or(Unplaced::Missing(Ambiguity::Session))?;
                let wall = |second: u32| {
                    day.checked_mul(DAY_NS)
                        .and_then(|start| start.checked_add(i64::from(second) * SECOND_NS))
                        .ok_or_else(|| no_such(cell, "outside the range of nanoseconds in 64 bits"))
                };
                let open = wall(session.open_second)
                    .and_then(|wall| utc(session.zone, wall, None, cell))
                    .map_err(Unplaced::Problem)?;
                let close = wall(session.close_second)
                    .and_then(|wall| utc(session.zone, wall, None, cell))
                    .map_err(Unplaced::Problem)?;
                Ok(Placed::Session(open, close))
            }
        }
    }
}

fn utc(zone: Zone, wall: i64, last: Option<Nanos>, cell: &Cell) -> Result<Nanos, Problem> {
    match zone.to_utc(wall) {
        Utc::One(time) => Ok(time),
        Utc::Twice(early, late) if last.is_some_and(|last| last >= early) => Ok(late),
        Utc::Twice(early, _) => Ok(early),
        Utc::Never => Err(no_such(cell, "clocks were put forward over it")),
    }
}

fn no_such(cell: &Cell, why: &str) -> Problem {
    cell.problem(ErrorKind::Time, why, "check the declared time zone, or mend the time")
}
