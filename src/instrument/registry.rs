use super::actor::{
    AskSensor, Deliver, FindLevels, InstrumentActor, Item, NameLevels, Recent, Serve, ServerWasDown, Shared,
    TakeSnapshot, Watch,
};
use super::classifier::InstrumentClassifier;
use super::levels::Levels;
use super::sensor::{Problem, SensorHealth};
use super::snapshot::Snapshot;
use super::status::Status;
use super::trained::Trained;
use crate::domain::{CurrentState, InstrumentId, InstrumentState, LevelName, Transition};
use crate::journal::Position;
use actix::prelude::*;
use dashmap::DashMap;
use dayi_models::SelfCalibrating;
use futures::future::join_all;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What an actor starts from.
pub struct Restored {
    /// The instrument.
    pub id: InstrumentId,
    /// The current on its plate, in ampere.
    pub rated_a: Option<f32>,
    /// The state it was in when it was last recorded.
    pub current: CurrentState,
    /// The place in the journal up to which that state accounts for its readings.
    pub decided_to: Position,
    /// What its actor knew in an earlier run.
    pub snapshot: Option<Vec<u8>>,
    /// What was learned of it in an earlier run.
    pub learned: Option<SelfCalibrating>,
    /// What a person calls its levels.
    pub names: Vec<LevelName>,
    /// The trained model that was promoted.
    pub trained: Option<Box<Trained>>,
}

/// A sensor whose values or times are not to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubtful {
    /// The instrument it is clamped on.
    pub instrument: InstrumentId,
    /// Since when it has said the same to the last digit, where that is too long; UTC milliseconds.
    pub frozen_since_ms: Option<i64>,
    /// Whether its clock is wrong.
    pub clock_wrong: bool,
}

struct Entry {
    address: Addr<InstrumentActor>,
    status: Arc<Status>,
}

/// Finds each instrument's actor. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    entries: Arc<DashMap<InstrumentId, Entry>>,
    arbiters: Arc<[ArbiterHandle]>,
    shared: Arc<Shared>,
}

impl Registry {
    /// An empty registry whose actors will live on `arbiters` (at least one).
    #[must_use]
    pub fn new(arbiters: Vec<ArbiterHandle>, shared: Arc<Shared>) -> Self {
        assert!(!arbiters.is_empty(), "actors need an arbiter to live on");
        Self { entries: Arc::default(), arbiters: arbiters.into(), shared }
    }

    /// Starts the actor of an instrument, always on the same arbiter. An instrument that already has one keeps it.
    pub fn start(&self, restored: Restored) {
        let Restored { id, rated_a, current, decided_to, snapshot, learned, names, trained } = restored;
        let dashmap::Entry::Vacant(vacant) = self.entries.entry(id.clone()) else { return };
        let status = Arc::new(Status::new(current.clone()));
        let (shared, owned) = (self.shared.clone(), status.clone());
        let arbiter = &self.arbiters[arbiter_of(&id, self.arbiters.len())];
        let address = InstrumentActor::start_in_arbiter(arbiter, move |_| {
            let classifier = InstrumentClassifier::new(rated_a, learned, names, trained);
            let mut actor = InstrumentActor::new(id, shared, owned, (current, decided_to), classifier);
            if let Some(snapshot) = snapshot.and_then(|packed| Snapshot::unpack(&packed)) {
                actor.go_back_to(Some(snapshot));
            }
            actor
        });
        vacant.insert(Entry { address, status });
    }

    /// Lets go of an instrument's actor; it ends when nobody talks to it any more.
    pub fn remove(&self, instrument: &InstrumentId) {
        self.entries.remove(instrument);
    }

    /// How many instruments have an actor.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no instrument has an actor.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many instruments are in each state, in the order of [`InstrumentState::ALL`].
    #[must_use]
    pub fn states(&self) -> [usize; InstrumentState::ALL.len()] {
        let mut counts = [0; InstrumentState::ALL.len()];
        for entry in self.entries.iter() {
            counts[usize::from(entry.status.state().state.code())] += 1;
        }
        counts
    }

    /// The instruments that have an actor.
    pub(crate) fn ids(&self) -> Vec<InstrumentId> {
        self.entries.iter().map(|entry| entry.key().clone()).collect()
    }

    /// Whether the instrument has an actor.
    #[must_use]
    pub fn knows(&self, instrument: &InstrumentId) -> bool {
        self.entries.contains_key(instrument)
    }

    /// Puts items into the actor's mailbox; the future ends when it has worked through them. `None` for an unknown
    /// instrument: it was removed since.
    pub(crate) fn hand_over(
        &self,
        instrument: &InstrumentId,
        items: Vec<Item>,
        restored: bool,
    ) -> Option<Request<InstrumentActor, Deliver>> {
        self.address(instrument).map(|address| address.send(Deliver { items, restored }))
    }

    /// What the actor knows, as bytes; `None` when nothing is new and not `all` is wanted, or the actor has ended.
    pub(crate) async fn snapshot(&self, instrument: &InstrumentId, all: bool) -> Option<Vec<u8>> {
        self.address(instrument)?.send(TakeSnapshot { all }).await.ok().flatten()
    }

    /// The server was down from `from_ms` (UTC milliseconds) on, for longer than a state may be carried over.
    pub async fn server_was_down(&self, from_ms: i64) {
        for id in self.ids() {
            if let Some(address) = self.address(&id) {
                // An actor that has ended belongs to a server that stops.
                let _ = address.send(ServerWasDown(from_ms)).await;
            }
        }
    }

    /// What everybody may read of an instrument.
    #[must_use]
    pub fn status(&self, instrument: &InstrumentId) -> Option<Arc<Status>> {
        self.entries.get(instrument).map(|entry| entry.status.clone())
    }

    /// Sets the announced state of the transition's instrument; to be called once the transition is on the disk.
    pub fn announce(&self, transition: &Transition) {
        if let Some(status) = self.status(&transition.instrument) {
            status.announce(CurrentState::from(transition));
        }
    }

    /// Sends every fresh reading of the instrument (UTC milliseconds, ampere) to `watcher` until that channel is closed. Returns whether the
    /// instrument exists.
    pub async fn watch(&self, instrument: &InstrumentId, watcher: mpsc::Sender<(i64, f32)>) -> bool {
        match self.address(instrument) {
            Some(address) => address.send(Watch(watcher)).await.is_ok(),
            None => false,
        }
    }

    /// The readings held in memory: UTC milliseconds and ampere, oldest first. `None` for an unknown instrument.
    pub async fn recent(&self, instrument: &InstrumentId) -> Option<Vec<(i64, f32)>> {
        self.address(instrument)?.send(Recent).await.ok()
    }

    /// How the instrument's sensor does. `None` for an unknown instrument.
    pub(crate) async fn sensor(&self, instrument: &InstrumentId) -> Option<SensorHealth> {
        self.address(instrument)?.send(AskSensor).await.ok()
    }

    /// The sensors whose values or times are not to be believed.
    pub async fn doubtful_sensors(&self) -> Vec<Doubtful> {
        let ids = self.ids();
        let all = join_all(ids.iter().map(|id| self.sensor(id))).await;
        let doubtful = ids.into_iter().zip(all).filter_map(|(instrument, health)| {
            let health = health?;
            let has = |problem| health.problems.contains(&problem);
            let frozen_since_ms = health.same_since_ms.filter(|_| has(Problem::Frozen));
            let clock_wrong = has(Problem::ClockSkew);
            (clock_wrong || frozen_since_ms.is_some()).then_some(Doubtful { instrument, frozen_since_ms, clock_wrong })
        });
        doubtful.collect()
    }

    /// What the instrument's calibration found. `None` for an unknown instrument.
    pub(crate) async fn levels(&self, instrument: &InstrumentId) -> Option<Levels> {
        self.address(instrument)?.send(FindLevels).await.ok()
    }

    /// Those that know their levels for good, none of which a person named.
    pub async fn unnamed(&self) -> HashSet<InstrumentId> {
        let ids = self.ids();
        let all = join_all(ids.iter().map(|id| self.levels(id))).await;
        let wait = ids.into_iter().zip(all).filter(|(_, levels)| levels.as_ref().is_some_and(Levels::wait_for_names));
        wait.map(|(id, _)| id).collect()
    }

    /// The instrument's levels are called so from now on.
    pub async fn name_levels(&self, instrument: &InstrumentId, names: Vec<LevelName>) {
        if let Some(address) = self.address(instrument) {
            // An actor that has ended belongs to a server that stops: the names are in the database.
            let _ = address.send(NameLevels(names)).await;
        }
    }

    /// This model serves the instrument from its next reading on; `None` is its own calibration. No reading is lost:
    /// the actor changes the model between two of them. Returns whether the instrument exists.
    pub async fn serve(&self, instrument: &InstrumentId, model: Option<Box<Trained>>) -> bool {
        match self.address(instrument) {
            Some(address) => address.send(Serve(model)).await.is_ok(),
            None => false,
        }
    }

    fn address(&self, instrument: &InstrumentId) -> Option<Addr<InstrumentActor>> {
        self.entries.get(instrument).map(|entry| entry.address.clone())
    }
}

fn arbiter_of(id: &InstrumentId, arbiters: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    #[expect(clippy::cast_possible_truncation, reason = "any bits of the hash do")]
    let hash = hasher.finish() as usize;
    hash % arbiters
}
