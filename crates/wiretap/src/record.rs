//! The exchanges of one lab, and who listens to them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use crate::Exchange;

/// How many exchanges are kept; the oldest fall out.
const KEPT: usize = 1_000;
/// How far a listener may fall behind before it is told to catch up.
const BACKLOG: usize = 256;

/// What a listener hears.
#[derive(Clone, Debug)]
pub enum Event {
    /// An exchange ended.
    Exchange(Arc<Exchange>),
    /// The lab itself changed: its clock, its settings, its stores.
    Changed(&'static str),
}

/// The exchanges of one lab, newest last, bounded.
#[derive(Debug)]
pub struct Record {
    kept: Mutex<Kept>,
    listeners: broadcast::Sender<Event>,
}

#[derive(Debug, Default)]
struct Kept {
    last_id: u64,
    exchanges: VecDeque<Arc<Exchange>>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            listeners: broadcast::Sender::new(BACKLOG),
        }
    }
}

impl Record {
    /// Files a finished exchange under the next id and tells every listener. One that another process has recorded may be filed too.
    pub fn file(&self, mut exchange: Exchange) {
        let mut kept = self.kept();
        kept.last_id += 1;
        exchange.id = kept.last_id;
        let exchange = Arc::new(exchange);
        if kept.exchanges.len() == KEPT {
            kept.exchanges.pop_front();
        }
        kept.exchanges.push_back(Arc::clone(&exchange));
        // Told under the lock, so that listeners hear ids in order. An error only says that nobody listens.
        let _ = self.listeners.send(Event::Exchange(exchange));
    }

    /// Tells every listener that the lab itself changed, and why.
    pub fn changed(&self, reason: &'static str) {
        let _ = self.listeners.send(Event::Changed(reason));
    }

    /// Forgets every exchange; ids go on from where they were, so that a page's `after` stays meaningful.
    pub fn clear(&self) {
        self.kept().exchanges.clear();
    }

    /// The exchanges with a greater id than `after`, oldest first.
    #[must_use]
    pub fn after(&self, after: u64) -> Vec<Arc<Exchange>> {
        self.kept()
            .exchanges
            .iter()
            .filter(|exchange| exchange.id > after)
            .cloned()
            .collect()
    }

    /// The greatest id given so far, 0 when there is none.
    #[must_use]
    pub fn last_id(&self) -> u64 {
        self.kept().last_id
    }

    /// The exchanges after `after`, and everything that comes, without a gap or a repetition between the two.
    #[must_use]
    pub fn follow(&self, after: u64) -> (Vec<Arc<Exchange>>, broadcast::Receiver<Event>) {
        let kept = self.kept();
        let receiver = self.listeners.subscribe();
        let past = kept
            .exchanges
            .iter()
            .filter(|exchange| exchange.id > after)
            .cloned()
            .collect();
        (past, receiver)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
