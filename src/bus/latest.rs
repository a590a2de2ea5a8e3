use crate::domain::{Event, InstrumentId};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

#[derive(Default)]
struct Waiting {
    order: VecDeque<InstrumentId>,
    newest: HashMap<InstrumentId, Event>,
}

#[derive(Default)]
pub(super) struct Slot {
    waiting: Mutex<Waiting>,
    ready: Notify,
}

impl Slot {
    pub(super) fn put(&self, event: Event) {
        let instrument = match &event {
            Event::StateChanged(transition) => transition.instrument.clone(),
            Event::InstrumentAdded(instrument) => instrument.clone(),
        };
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.newest.insert(instrument.clone(), event).is_none() {
                waiting.order.push_back(instrument);
            }
        }
        self.ready.notify_one();
    }

    fn take(&self) -> Option<Event> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let instrument = waiting.order.pop_front()?;
        waiting.newest.remove(&instrument)
    }
}

/// The receiving end of a subscription that keeps only the newest event an instrument.
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
