//! After a panic: back to the last snapshot, and through the journal again.

use super::{InstrumentActor, Item};
use crate::domain::InstrumentId;
use crate::instrument::snapshot::Snapshot;
use crate::instrument::snapshots::Snapshots;
use crate::instrument::window::Window;
use crate::journal::{Entry, Position, Reader};
use actix::prelude::*;
use std::sync::Arc;

/// A reading over which an actor has panicked this often is set aside.
const STRIKES: u8 = 2;
/// After this many readings set aside since the last snapshot the fault is not in the readings: reading the journal again
/// for each would only keep the others waiting.
const HOPELESS: usize = 5;

/// Where an actor finds what it knew and what happened since.
pub struct Recollection {
    /// The snapshots.
    pub snapshots: Snapshots,
    /// Reads the journal again from a place on.
    pub journal: Box<dyn Fn(Position) -> Reader + Send + Sync>,
}

impl Recollection {
    /// The last snapshot of an instrument, and what the journal holds of it from there up to `end`.
    fn recall(&self, instrument: &InstrumentId, end: Position) -> (Option<Snapshot>, Vec<Item>) {
        let packed = self.snapshots.of(instrument).unwrap_or_else(|error| {
            tracing::error!(%instrument, %error, "an actor starts afresh: its snapshot cannot be read");
            None
        });
        let snapshot = packed.and_then(|packed| Snapshot::unpack(&packed));
        let from = snapshot.as_ref().map_or(0, |snapshot| snapshot.position);
        let mut reader = (self.journal)(self.snapshots.position().unwrap_or(0).min(end));
        let mut items = Vec::new();
        while let Some(batch) = reader.next_before(end) {
            for entry in batch.entries {
                match entry {
                    Entry::Readings { instrument: of, readings } if of == *instrument => {
                        items.extend(readings.into_iter().map(|(at, reading)| Item::Reading(at, reading)));
                    }
                    Entry::LastWill { instrument: of, at, .. } if of == *instrument => items.push(Item::LastWill(at)),
                    _ => {}
                }
            }
        }
        items.retain(|item| (from + 1..=end).contains(&item.position()));
        (snapshot, items)
    }
}

/// What an actor remembers of its panics.
#[derive(Default)]
pub(super) struct Failures {
    /// Where the last one was, and how often.
    last: Option<(Position, u8)>,
    /// Readings that are not worked through any more.
    set_aside: Vec<Position>,
}

impl Failures {
    pub(super) fn is_set_aside(&self, at: Position) -> bool {
        self.set_aside.contains(&at)
    }

    /// Notes a panic over the item at `at`; whether the reading is set aside from now on.
    fn note(&mut self, at: Position) -> bool {
        let strikes = match self.last {
            _ if self.are_hopeless() => STRIKES,
            Some((before, strikes)) if before == at => strikes + 1,
            _ => 1,
        };
        self.last = Some((at, strikes));
        let set_aside = strikes >= STRIKES;
        if set_aside {
            self.set_aside.push(at);
        }
        set_aside
    }

    fn are_hopeless(&self) -> bool {
        self.set_aside.len() >= HOPELESS
    }

    /// A snapshot stands behind all of them.
    pub(super) fn forget(&mut self) {
        self.set_aside.clear();
    }
}

impl InstrumentActor {
    /// The actor has panicked over item number `failed`. Everything it knew is suspect: it goes back to its last snapshot and
    /// works through the journal again. Meanwhile its messages wait.
    pub(super) fn recover(&mut self, mut items: Vec<Item>, failed: usize, restored: bool, ctx: &mut Context<Self>) {
        let (Some(at), Some(end)) = (items.get(failed).map(Item::position), items.last().map(Item::position)) else {
            return;
        };
        metrics::counter!("dayi_actor_restarts_total").increment(1);
        if self.failures.note(at) {
            metrics::counter!("dayi_readings_set_aside_total", "why" => "poison").increment(1);
            tracing::error!(instrument = %self.id, at, "an actor panicked twice over the same reading: it is set aside");
        } else {
            tracing::error!(instrument = %self.id, at, "an actor panicked and starts again from its snapshot");
        }
        let recollection = self.shared.recollection.clone().filter(|_| !self.failures.are_hopeless());
        let Some(recollection) = recollection else {
            self.go_back_to(None);
            items.drain(..failed);
            return self.work(items, restored, ctx);
        };
        let id = self.id.clone();
        let recalled = tokio::task::spawn_blocking(move || recollection.recall(&id, end));
        let resume = recalled.into_actor(self).map(|recalled, actor, ctx| {
            // The blocking call has no way to fail but to panic itself; then there is nothing to go back to.
            let (snapshot, items) = recalled.unwrap_or_default();
            actor.go_back_to(snapshot);
            actor.work(items, true, ctx);
        });
        ctx.wait(resume);
    }

    /// Knows what the snapshot knows, and nothing else.
    pub(crate) fn go_back_to(&mut self, snapshot: Option<Snapshot>) {
        match snapshot {
            Some(Snapshot { position, newest_ms, usual_interval_ms, sensor, window, classifier }) => {
                self.position = position;
                self.snapshot_at = position;
                self.machine.seen_to(newest_ms);
                self.usual_interval.recall(usual_interval_ms);
                self.sensor = sensor;
                if let Some((ts_ms, current_a)) = window.newest() {
                    self.status.note_reading(ts_ms, current_a);
                }
                self.window = window;
                self.classifier.recall(classifier);
            }
            None => {
                self.position = 0;
                self.machine.seen_to(i64::MIN);
                self.window = Window::default();
                self.classifier.forget();
            }
        }
    }
}

/// Shared by all actors.
pub(super) type SharedRecollection = Option<Arc<Recollection>>;
