use crate::domain::{Event, InstrumentId};
use std::collections::{HashMap, VecDeque};
use std::mem::Discriminant;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Whose event, and of which kind: one kind never takes another's place.
type Key = (InstrumentId, Discriminant<Event>);

#[derive(Default)]
struct Waiting {
    order: VecDeque<Key>,
    newest: HashMap<Key, Event>,
}

#[derive(Default)]
pub(super) struct Slot {
    waiting: Mutex<Waiting>,
    ready: Notify,
}

impl Slot {
    pub(super) fn put(&self, event: Event) {
        let key = (event.instrument().clone(), std::mem::discriminant(&event));
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.newest.insert(key.clone(), event).is_none() {
                waiting.order.push_back(key);
            }
        }
        self.ready.notify_one();
    }

    fn take(&self) -> Option<Event> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let key = waiting.order.pop_front()?;
        waiting.newest.remove(&key)
    }
}

/// The receiving end of a subscription that keeps only the newest event of each kind an instrument.
pub struct LatestWins(pub(super) Arc<Slot>);

impl LatestWins {
    /// The next event; waits for one.
    pub async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.0.take() {
                return event;
            }
            self.0.ready.notified().await;
        }
    }
}
