//! The journal of truefill: everything that happened to the engine and everything it decided,
//! durable before anything leaves, hash-chained, readable.
//!
//! Start reading at [`Store`]: the shell fills a [`Batch`] and appends it with one durable
//! commit. [`open`] recovers a file after any crash; [`MemoryStore`] serves simulation.
//!
//! | module | idea |
//! |---|---|
//! | [`store`] | the contract, and what is stored |
//! | [`batch`] | what is committed together |
//! | [`chain`] | the hash chain |
//! | [`sqlite`] | the file |
//! | [`memory`] | the store of simulation and tests |
//! | [`faulty`] | a store that fails on demand |
//! | [`emergency`] | notes that can be made when the disk is full |
//! | [`lock`] | one engine per journal |
//! | [`text`], [`mod@cat`] | records as JSON |
//! | [`mod@export`] | orders, fills, positions, targets, drifts as tables |
//! | [`rerun`] | a session that is executed again meets its own journal |
//! | [`recovery`] | from a journal back to an engine |
//! | [`mod@verify`] | is the file what was written, do its events follow from its inputs |

pub mod batch;
pub mod cat;
pub mod chain;
pub mod content;
pub mod emergency;
pub mod error;
pub mod export;
pub mod faulty;
pub mod lock;
pub mod memory;
pub mod recovery;
pub mod rerun;
mod segments;
pub mod sqlite;
pub mod store;
pub mod text;
pub mod verify;

pub use batch::{Batch, BatchRecord};
pub use cat::{Filter, cat};
pub use chain::Chain;
pub use content::Content;
pub use emergency::EmergencyNotes;
pub use error::{ErrorKind, JournalError, Result};
pub use export::{Format, What, export};
pub use faulty::{Fault, FaultyStore};
pub use memory::MemoryStore;
pub use recovery::{Replayer, recover, snapshot_of};
pub use rerun::Rerun;
pub use sqlite::{Opened, Reader, SqliteStore, Survives, open, open_for, open_locked};
pub use store::{
    Digest, Direction, Journal, Records, Segment, SegmentStart, Snapshot, Store, Stored,
    StoredRecord,
};
pub use verify::{Redecide, Redecided, VerifyReport, redecide, verify};
