use super::latest::{LatestWins, Slot};
use crate::domain::Event;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::mpsc;

/// The receiving end of a subscription that gets every event.
pub type NeverDrop = mpsc::Receiver<Event>;

/// Hands each event to every subscriber. Cheap to clone.
#[derive(Clone, Default)]
pub struct Bus(Arc<Mutex<Subscribers>>);

#[derive(Clone, Default)]
struct Subscribers {
    never_drop: Vec<(mpsc::Sender<Event>, metrics::Gauge)>,
    latest_wins: Vec<Weak<Slot>>,
}

impl Bus {
    /// Every event, in order. The publisher waits while `capacity` events are waiting; how many are stands in the metrics
    /// under the subscriber's name.
    #[must_use]
    pub fn never_drop(&self, subscriber: &'static str, capacity: usize) -> NeverDrop {
        let (sender, receiver) = mpsc::channel(capacity);
        let waiting = metrics::gauge!("dayi_queue_waiting", "queue" => subscriber);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).never_drop.push((sender, waiting));
        receiver
    }

    /// The newest event an instrument.
    #[must_use]
    pub fn latest_wins(&self) -> LatestWins {
        let slot = Arc::new(Slot::default());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).latest_wins.push(Arc::downgrade(&slot));
        LatestWins(slot)
    }

    /// Hands the event to every subscriber; returns when each has it or has it waiting.
    pub async fn publish(&self, event: Event) {
        let subscribers = {
            let mut subscribers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            subscribers.never_drop.retain(|(sender, _)| !sender.is_closed());
            subscribers.latest_wins.retain(|slot| slot.strong_count() > 0);
            subscribers.clone()
        };
        for slot in subscribers.latest_wins.iter().filter_map(Weak::upgrade) {
            slot.put(event.clone());
        }
        for (sender, waiting) in subscribers.never_drop {
            waiting.set((sender.max_capacity() - sender.capacity()) as f64);
            // A subscriber that ended meanwhile is forgotten with the next event.
            let _ = sender.send(event.clone()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cause, InstrumentState, Transition};

    fn changed(instrument: &str, seq: u64) -> Event {
        Event::StateChanged(Arc::new(Transition {
            instrument: instrument.parse().unwrap(),
            seq,
            from: InstrumentState::Off,
            to: InstrumentState::On,
            at_ms: 0,
            decided_ms: 0,
            confidence: 1.0,
            cause: Cause::Model,
            model: "m".into(),
            position: 0,
        }))
    }

    fn name(event: &Event) -> (String, u64) {
        let seq = if let Event::StateChanged(transition) = event { transition.seq } else { 0 };
        (event.instrument().to_string(), seq)
    }

    #[tokio::test]
    async fn a_never_drop_subscriber_gets_all_and_holds_the_publisher_back() {
        let bus = Bus::default();
        let mut every = bus.never_drop("live", 2);
        bus.publish(changed("a", 1)).await;
        bus.publish(changed("a", 2)).await;
        let third = bus.publish(changed("a", 3));
        tokio::pin!(third);
        assert!(futures::poll!(&mut third).is_pending());
        assert_eq!(name(&every.recv().await.unwrap()), ("a".into(), 1));
        third.await;
        assert_eq!(name(&every.recv().await.unwrap()), ("a".into(), 2));
        assert_eq!(name(&every.recv().await.unwrap()), ("a".into(), 3));
    }

    #[tokio::test]
    async fn a_latest_wins_subscriber_gets_the_newest_of_each_instrument() {
        let bus = Bus::default();
        let mut latest = bus.latest_wins();
        for seq in 1..=3 {
            bus.publish(changed("a", seq)).await;
        }
        bus.publish(changed("b", 1)).await;
        assert_eq!(name(&latest.next().await), ("a".into(), 3));
        assert_eq!(name(&latest.next().await), ("b".into(), 1));
    }

    #[tokio::test]
    async fn a_subscriber_that_went_away_holds_nobody_back() {
        let bus = Bus::default();
        drop(bus.never_drop("live", 1));
        drop(bus.latest_wins());
        bus.publish(changed("a", 1)).await;
        bus.publish(changed("a", 2)).await;
    }
}
