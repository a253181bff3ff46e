//! What a stored record says: bytes back to an input or an event.
//!
//! Entry point: [`Content`]. The direction tells which of the two a record is; the kind beside
//! it is a name for people and is never used to read the bytes, so names may change.

use truefill_core::event::Event;
use truefill_core::input::Envelope;
use truefill_core::record::{Field, Record, bytes};

use crate::error::{JournalError, Result};
use crate::store::{Direction, Stored};
use crate::text::Json;

/// A decoded record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// What happened to the engine.
    Input(Envelope),
    /// What it decided.
    Event(Event),
}

impl Content {
    /// Decodes a record.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when this build cannot read it; the message says whether a
    /// newer one is needed.
    pub fn of(record: &Stored<'_>) -> Result<Self> {
        match record.direction {
            Direction::Input => bytes::decode(record.body).map(Self::Input),
            Direction::Event => bytes::decode(record.body).map(Self::Event),
        }
        .map_err(|error| JournalError::undecodable(record.seq, record.kind, &error))
    }

    /// Writes the fields into a JSON object that has begun. Those of the variant stand beside
    /// the object's own.
    pub(crate) fn fields(&self, json: &mut Json<'_>) {
        match self {
            Self::Input(envelope) => {
                // `now` is the time of the record.
                json.merge_next();
                envelope.input.write(json);
                envelope.marks.put(2, "marks", json);
            }
            Self::Event(event) => {
                json.merge_next();
                event.write(json);
            }
        }
    }
}
