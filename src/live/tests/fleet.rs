use super::super::model::{Card, Fleet, Row};
use super::super::sample::row;
use crate::domain::{
    Alert, AlertEvent, AlertKind, AlertStep, Cause, CurrentState, Event, InstrumentId, InstrumentState, Severity,
    Transition, UnitPath,
};
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// A fleet that a test changes, with the events that tell of it.
#[derive(Default)]
pub(crate) struct TestFleet {
    rows: Mutex<BTreeMap<InstrumentId, Row>>,
}

pub(crate) const UNITS: [&str; 3] = ["zj/hz", "zj/hz/zju", "zj/nb"];

pub(crate) fn id(number: usize) -> InstrumentId {
    format!("i{number}").parse().unwrap()
}

impl TestFleet {
    pub(crate) fn of(count: usize) -> Arc<Self> {
        let fleet = Self::default();
        (0..count).for_each(|number| drop(fleet.add(number, number % UNITS.len())));
        Arc::new(fleet)
    }

    /// The instrument comes, comes again, or stands somewhere else now.
    pub(crate) fn add(&self, number: usize, unit: usize) -> Event {
        let id = id(number);
        let mut rows = self.rows.lock().unwrap();
        let new = row(id.as_str(), UNITS[unit], InstrumentState::Off);
        match rows.get_mut(&id) {
            Some(row) => {
                row.card = new.card;
                Event::InstrumentChanged(id)
            }
            None => {
                let state = CurrentState::unknown();
                rows.insert(id.clone(), Row { state, ..new });
                Event::InstrumentAdded(id)
            }
        }
    }

    pub(crate) fn rename(&self, number: usize, name: &str) -> Event {
        let id = id(number);
        if let Some(row) = self.rows.lock().unwrap().get_mut(&id) {
            row.card = Arc::new(Card { name: name.into(), ..Card::clone(&row.card) });
        }
        Event::InstrumentChanged(id)
    }

    pub(crate) fn retire(&self, number: usize) -> Event {
        self.rows.lock().unwrap().remove(&id(number));
        Event::InstrumentChanged(id(number))
    }

    /// Nothing where the instrument is not there, or is so already.
    pub(crate) fn change(&self, number: usize, to: InstrumentState) -> Option<Event> {
        let id = id(number);
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(&id).filter(|row| row.state.state != to)?;
        let since_ms = row.state.since_ms.max(1_700_000_000_000);
        let transition = Transition {
            instrument: id,
            seq: row.state.seq + 1,
            from: row.state.state,
            to,
            at_ms: since_ms + 1_000,
            decided_ms: since_ms + 2_000,
            confidence: 0.75,
            cause: Cause::Model,
            model: if number.is_multiple_of(2) { "threshold-v1" } else { "trained-v2" }.into(),
            position: 0,
        };
        row.state = CurrentState::from(&transition);
        Some(Event::StateChanged(Arc::new(transition)))
    }

    pub(crate) fn all(&self) -> Vec<Row> {
        self.rows.lock().unwrap().values().cloned().collect()
    }
}

/// Something about an alert, for the instrument of this number.
pub(crate) fn alert(number: usize, step: AlertStep) -> Event {
    let alert = Alert {
        id: "01JALERT".into(),
        instrument: id(number),
        kind: AlertKind::StandbyIdle,
        severity: Severity::Warning,
        since_ms: 1_700_000_000_000,
        raised_ms: 1_700_001_800_000,
        updated_ms: 1_700_001_800_000,
        cleared_ms: None,
        reopened: 0,
        state: InstrumentState::Standby,
        acknowledged: None,
        silenced: None,
    };
    let event = Arc::new(AlertEvent { number: 1, step, at_ms: 1_700_001_800_000, alert });
    match step {
        AlertStep::Raised => Event::AlertRaised(event),
        AlertStep::Cleared => Event::AlertCleared(event),
        _ => Event::AlertUpdated(event),
    }
}

impl Fleet for TestFleet {
    fn rows(&self) -> Vec<Row> {
        self.all()
    }

    fn row(&self, instrument: &InstrumentId) -> Option<Row> {
        self.rows.lock().unwrap().get(instrument).cloned()
    }

    fn unit(&self, id: &str) -> Option<UnitPath> {
        let units =
            UNITS.iter().flat_map(|ids| ids.split('/').fold(UnitPath::root(), |path, id| path.child(id)).upwards());
        units.into_iter().find(|unit| unit.id() == id)
    }

    fn last_current(&self, _: &InstrumentId) -> Option<f32> {
        None
    }

    fn watch<'a>(&'a self, _: &'a InstrumentId, _: mpsc::Sender<(i64, f32)>) -> BoxFuture<'a, bool> {
        Box::pin(std::future::ready(false))
    }
}
