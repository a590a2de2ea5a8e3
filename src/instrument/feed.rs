//! From the journal to the actors.

use super::actor::Item;
use super::registry::Registry;
use crate::domain::InstrumentId;
use crate::journal::{Account, Batch, Entry, Position, Reader};
use futures::StreamExt;
use futures::future::{BoxFuture, join_all};
use futures::stream::FuturesOrdered;
use std::collections::HashMap;
use tokio::sync::watch;
use tokio::time::Instant;

/// Batches that actors may be working through at a time.
const UNDER_WAY: usize = 4;

/// Reads the journal and hands each instrument's entries to its actor, in order.
pub struct Feed {
    reader: Reader,
    account: Account,
    registry: Registry,
    worked_to: watch::Sender<Position>,
    restored_to: Position,
}

impl Feed {
    /// Reads on from where `reader` is. What stands before `restored_to` happened before the server started.
    #[must_use]
    pub fn new(reader: Reader, registry: Registry, restored_to: Position) -> Self {
        let worked_to = watch::Sender::new(reader.at());
        let account = reader.account();
        Self { reader, account, registry, worked_to, restored_to }
    }

    /// The actors' account with the journal.
    #[must_use]
    pub fn account(&self) -> Account {
        self.account.clone()
    }

    /// The place before which the actors have worked through everything.
    #[must_use]
    pub fn worked_to(&self) -> watch::Receiver<Position> {
        self.worked_to.subscribe()
    }

    /// Hands over what happened before the server started and returns when the actors have worked through it.
    pub async fn replay(&mut self) {
        let (began, from) = (Instant::now(), self.reader.at());
        let mut under_way = FuturesOrdered::new();
        while let Some(batch) = self.reader.next_before(self.restored_to) {
            under_way.push_back(self.hand_over(batch));
            if under_way.len() >= UNDER_WAY {
                self.note(under_way.next().await);
            }
        }
        while let Some(end) = under_way.next().await {
            self.note(Some(end));
        }
        let bytes = self.reader.at().saturating_sub(from);
        tracing::info!(bytes, ms = began.elapsed().as_millis(), "the actors have seen the end of the journal again");
    }

    /// Hands over what happens until the journal is closed.
    pub async fn run(mut self) {
        let mut under_way = FuturesOrdered::new();
        loop {
            tokio::select! {
                biased;
                Some(end) = under_way.next() => self.note(Some(end)),
                batch = self.reader.next(), if under_way.len() < UNDER_WAY => match batch {
                    Some(batch) => under_way.push_back(self.hand_over(batch)),
                    None => break,
                },
            }
        }
        while let Some(end) = under_way.next().await {
            self.note(Some(end));
        }
    }

    fn note(&self, end: Option<Position>) {
        if let Some(end) = end {
            self.account.done(end);
            self.worked_to.send_replace(end);
        }
    }

    /// Puts a batch into the actors' mailboxes; the future ends when they have worked through it.
    fn hand_over(&self, batch: Batch) -> BoxFuture<'static, Position> {
        let mut each: HashMap<InstrumentId, Vec<Item>> = HashMap::with_capacity(batch.entries.len());
        for entry in batch.entries {
            match entry {
                Entry::Readings { instrument, readings } => {
                    let readings = readings.into_iter().map(|(at, reading)| Item::Reading(at, reading));
                    each.entry(instrument).or_default().extend(readings);
                }
                Entry::LastWill { instrument, at, .. } => each.entry(instrument).or_default().push(Item::LastWill(at)),
            }
        }
        let restored = batch.end <= self.restored_to;
        let handed: Vec<_> =
            each.into_iter().filter_map(|(id, items)| self.registry.hand_over(&id, items, restored)).collect();
        Box::pin(async move {
            join_all(handed).await;
            batch.end
        })
    }
}
