//! The journal on its own thread: one batch at a time, durable before it is answered.
//!
//! Entry points: [`Scribe::start`], [`Scribe::commit`].
//!
//! What arrives while a batch is being written waits in the queues and becomes the next batch, so
//! the slower the disk is, the more is committed at once.
//!
//! Invariant: after a commit that failed nothing is taken any more.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use truefill_journal::{Batch, JournalError, Snapshot, SqliteStore, Store};

/// Orders that wait for the thread: a batch and a snapshot at most.
const WAITING_MAX: usize = 4;

/// A batch that is durable, given back empty for the next one.
#[derive(Debug)]
pub struct Written {
    /// The batch, to be filled again.
    pub batch: Batch,
    /// How long the commit took.
    pub took: Duration,
}

enum Order {
    Commit(Batch, oneshot::Sender<Result<Written, JournalError>>),
    Snapshot(Snapshot),
}

/// The way to the thread.
pub struct Scribe {
    orders: Option<SyncSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Scribe {
    /// Starts the thread on a store whose segment is open.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub fn start(store: SqliteStore) -> std::io::Result<Self> {
        let (orders, taken) = sync_channel::<Order>(WAITING_MAX);
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || {
            let mut store = store;
            while let Ok(order) = taken.recv() {
                match order {
                    Order::Commit(batch, done) => {
                        let answer = write(&mut store, batch);
                        let failed = answer.is_err();
                        // Nobody waits any more: it is durable all the same.
                        let _ = done.send(answer);
                        if failed {
                            return;
                        }
                    }
                    // Recovery takes longer without it, and loses nothing.
                    Order::Snapshot(snapshot) => drop(store.put_snapshot(&snapshot)),
                }
            }
        })?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Makes a batch durable.
    ///
    /// # Errors
    /// Why it is not; then nothing that follows from it may leave.
    pub async fn commit(&self, batch: Batch) -> Result<Written, JournalError> {
        let (done, answer) = oneshot::channel();
        self.order(Order::Commit(batch, done))?;
        answer.await.unwrap_or(Err(JournalError::Poisoned))
    }

    /// Stores a snapshot when there is time for it.
    pub fn snapshot(&self, snapshot: Snapshot) {
        drop(self.order(Order::Snapshot(snapshot)));
    }

    fn order(&self, order: Order) -> Result<(), JournalError> {
        let orders = self.orders.as_ref().ok_or(JournalError::Poisoned)?;
        orders.send(order).map_err(|_| JournalError::Poisoned)
    }

    /// Ends the thread and with it the hold on the file.
    pub fn close(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.close();
    }
}

fn write(store: &mut SqliteStore, mut batch: Batch) -> Result<Written, JournalError> {
    let began = Instant::now();
    store.append(&batch)?;
    batch.clear();
    Ok(Written { batch, took: began.elapsed() })
}
