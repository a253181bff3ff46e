//! A limit on connections: who was silent the longest makes room.
//!
//! Entry point: [`Guard`].
//!
//! Invariant: never more places than the limit. A client that asks keeps its place against any
//! number of connections that do not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The places.
#[derive(Debug)]
pub struct Guard {
    most: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    /// Counts what happens; greater is later.
    ticks: u64,
    places: BTreeMap<u64, (u64, Arc<Notify>)>,
}

/// A place, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    guard: Arc<Guard>,
    number: u64,
    leave: Arc<Notify>,
}

impl Place {
    /// Its number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Is notified when the place is needed by another.
    #[must_use]
    pub fn leave(&self) -> Arc<Notify> {
        Arc::clone(&self.leave)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.guard.inner().places.remove(&self.number);
    }
}

impl Guard {
    /// So many places.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), inner: Mutex::new(Inner::default()) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place; if all are taken, the one that was silent the longest is freed.
    #[must_use]
    pub fn enter(self: &Arc<Self>) -> Place {
        let mut inner = self.inner();
        while inner.places.len() >= self.most {
            inner.evict();
        }
        inner.next += 1;
        inner.ticks += 1;
        let (number, ticks, leave) = (inner.next, inner.ticks, Arc::new(Notify::new()));
        inner.places.insert(number, (ticks, Arc::clone(&leave)));
        drop(inner);
        Place { guard: Arc::clone(self), number, leave }
    }

    /// The holder of this place did something.
    pub fn touch(&self, number: u64) {
        let mut inner = self.inner();
        inner.ticks += 1;
        let ticks = inner.ticks;
        if let Some((last, _)) = inner.places.get_mut(&number) {
            // Whoever ever asked comes after everybody who never did.
            *last = ticks.saturating_add(1 << 62);
        }
    }

    /// Frees the place that was silent the longest.
    pub fn evict_one(&self) {
        self.inner().evict();
    }

    /// Places that are taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.inner().places.len()
    }
}

impl Inner {
    fn evict(&mut self) {
        let silent = self.places.iter().min_by_key(|(_, (last, _))| *last);
        if let Some(number) = silent.map(|(number, _)| *number)
            && let Some((_, leave)) = self.places.remove(&number)
        {
            leave.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_stays() {
        let guard = Arc::new(Guard::new(3));
        let asking = guard.enter();
        guard.touch(asking.number());
        let silent: Vec<Place> = (0..50).map(|_| guard.enter()).collect();
        assert_eq!(guard.taken(), 3);
        assert!(guard.inner().places.contains_key(&asking.number()));
        drop((asking, silent));
        assert_eq!(guard.taken(), 0);
    }
}
