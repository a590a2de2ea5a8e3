//! An engine on a bench: what it is told, what it would have kept, and what happened.

use super::engine::{Engine, World};
use super::lifecycle::SAME_MS;
use super::model::{Sign, Watch};
use super::store::Settings;
use crate::domain::{
    Alert, AlertEvent, AlertKind, AlertStep, Cause, InstrumentId, InstrumentState, OpeningHours, Openings, Place,
    Places, Severity, Transition, UnitPath,
};
use crate::history::Change;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub(super) const MIN: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MIN;
pub(super) const DAY: i64 = 24 * HOUR;
/// Monday 2026-11-30, 08:30 in China: work begins.
pub(super) const START: i64 = 1_795_968_000_000 + 8 * HOUR + 30 * MIN;
pub(super) const GRACE: i64 = 10 * MIN;

/// Every instrument stands in one laboratory and has the usual hours.
struct Everywhere;

impl Places for Everywhere {
    fn place(&self, _: &InstrumentId) -> Option<Place> {
        Some(Place { unit: UnitPath::root().child("zj").child("lab"), class: "".into() })
    }

    fn instruments(&self) -> Vec<InstrumentId> {
        Vec::new()
    }

    fn unit(&self, _: &str) -> Option<UnitPath> {
        None
    }
}

impl Openings for Everywhere {
    fn opening(&self, _: &InstrumentId) -> Arc<OpeningHours> {
        Arc::default()
    }
}

fn world(settings: &Arc<Settings>) -> World {
    World {
        places: Arc::new(Everywhere),
        openings: Arc::new(Everywhere),
        settings: settings.clone(),
        zone_ms: 8 * HOUR,
        grace_ends_ms: START + GRACE,
    }
}

/// An engine, what it would have kept, and the log.
pub(super) struct Bench {
    pub(super) settings: Arc<Settings>,
    pub(super) engine: Engine,
    pub(super) now_ms: i64,
    pub(super) changes: Vec<Change>,
    pub(super) states: HashMap<InstrumentId, InstrumentState>,
    pub(super) signs: Vec<Sign>,
    pub(super) cursor: i64,
    pub(super) watches: BTreeMap<InstrumentId, Watch>,
    /// What happened and was not looked at yet.
    pub(super) log: Vec<AlertEvent>,
    pub(super) alerts: BTreeMap<Arc<str>, Alert>,
}

impl Bench {
    pub(super) fn new() -> Self {
        let settings = Arc::<Settings>::default();
        let engine = Engine::new(world(&settings), 0, Vec::new(), Vec::new());
        Self {
            settings,
            engine,
            now_ms: START,
            changes: Vec::new(),
            states: HashMap::new(),
            signs: Vec::new(),
            cursor: 0,
            watches: BTreeMap::new(),
            log: Vec::new(),
            alerts: BTreeMap::new(),
        }
    }

    /// The instrument went into this state so long before now; it is decided now, or was decided when it did.
    pub(super) fn change(&mut self, instrument: &str, to: InstrumentState, ago_ms: i64, late: bool) {
        let instrument: InstrumentId = instrument.parse().unwrap();
        let from = self.states.insert(instrument.clone(), to).unwrap_or(InstrumentState::Unknown);
        let at_ms = self.now_ms - ago_ms;
        let transition = Transition {
            instrument,
            seq: 1,
            from,
            to,
            at_ms,
            decided_ms: if late { at_ms } else { self.now_ms },
            confidence: 1.0,
            cause: Cause::Model,
            model: "m".into(),
            position: 0,
        };
        self.changes.push(Change { number: self.changes.len() as i64 + 1, transition });
    }

    pub(super) fn sign(&mut self, instrument: &str, kind: AlertKind, there: bool) {
        let instrument: InstrumentId = instrument.parse().unwrap();
        self.signs.retain(|sign| sign.instrument != instrument || sign.kind != kind);
        if there {
            self.signs.push(Sign { instrument, kind, since_ms: Some(self.now_ms) });
        }
    }

    /// What the task does when it is woken.
    pub(super) fn follow(&mut self) {
        let after = usize::try_from(self.engine.cursor()).unwrap();
        self.engine.take(&self.changes[after..], self.now_ms);
        self.engine.hear(&self.signs, self.now_ms);
        self.engine.touch_due(self.now_ms);
        while self.engine.settle(self.now_ms, 1) {}
        self.keep();
    }

    pub(super) fn keep(&mut self) {
        let pending = self.engine.take_pending();
        self.cursor = pending.cursor;
        self.watches.extend(pending.watches);
        for (at_ms, (step, alert)) in pending.steps {
            self.alerts.insert(alert.id.clone(), alert.clone());
            self.log.push(AlertEvent { number: self.log.len() as i64 + 1, step, at_ms, alert });
        }
    }

    /// Time goes on, from one deadline to the next.
    pub(super) fn pass(&mut self, ms: i64) {
        self.follow();
        let end_ms = self.now_ms + ms;
        while let Some(due_ms) = self.engine.next_due_ms().filter(|due_ms| *due_ms <= end_ms) {
            assert!(due_ms > self.now_ms, "a deadline lies before now");
            self.now_ms = due_ms;
            self.follow();
        }
        self.now_ms = end_ms;
        self.follow();
    }

    /// The same after `ms` in which nobody was there; what was not kept is forgotten.
    pub(super) fn restart_after(&mut self, ms: i64) {
        self.now_ms += ms;
        let mut alerts = self.alerts.clone();
        alerts.retain(|_, alert| alert.cleared_ms.is_none_or(|at_ms| self.now_ms - at_ms <= SAME_MS));
        let watches = self.watches.iter().map(|(id, watch)| (id.clone(), *watch)).collect();
        self.engine = Engine::new(world(&self.settings), self.cursor, watches, alerts.into_values().collect());
    }

    /// What happened since, in short.
    pub(super) fn told(&mut self) -> Vec<(AlertStep, AlertKind, Severity)> {
        self.log.drain(..).map(|event| (event.step, event.alert.kind, event.alert.severity)).collect()
    }
}
