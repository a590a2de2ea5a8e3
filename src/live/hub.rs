use super::frame::{Change, InstitutionView, InstrumentRow, ServerFrame, SnapshotPage, text};
use crate::bus::NeverDrop;
use crate::domain::{CurrentState, Event, InstrumentId, Transition};
use axum::extract::ws::Utf8Bytes;
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Changes within this time share a frame.
const COALESCE: Duration = Duration::from_millis(20);
/// The most changes in one frame.
const MOST_CHANGES: usize = 1_000;
/// Frames that may wait for a slow session before it gets a new snapshot instead.
const FRAMES_WAITING: usize = 256;
/// Instruments on one page of a snapshot: about 200 KB of JSON.
const PAGE: usize = 2_000;

/// An instrument on the wall.
#[derive(Clone, Debug)]
pub struct Row {
    /// Names it everywhere.
    pub id: InstrumentId,
    /// Its Chinese name.
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// Who owns it.
    pub institution: InstitutionView,
    /// Its announced state.
    pub state: CurrentState,
}

/// What the live push needs of the running fleet.
pub trait Fleet: Send + Sync + 'static {
    /// Every instrument.
    fn rows(&self) -> Vec<Row>;
    /// One instrument.
    fn row(&self, instrument: &InstrumentId) -> Option<Row>;
    /// Its newest current in ampere.
    fn last_current(&self, instrument: &InstrumentId) -> Option<f32>;
    /// Sends the instrument's readings (UTC milliseconds, ampere) to `watcher` until that is closed; whether there is
    /// such an instrument.
    fn watch<'a>(&'a self, instrument: &'a InstrumentId, watcher: mpsc::Sender<(i64, f32)>) -> BoxFuture<'a, bool>;
}

/// A frame that every session forwards, with the offset a client has after it.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) offset: u64,
    pub(super) text: Utf8Bytes,
}

/// The fleet at one offset, and everything that comes after.
pub(super) struct Snapshot {
    pub(super) offset: u64,
    pub(super) pages: Vec<Utf8Bytes>,
    pub(super) after: broadcast::Receiver<Shared>,
}

/// How sessions reach the hub. Cheap to clone.
#[derive(Clone)]
pub struct HubHandle {
    snapshots: mpsc::Sender<oneshot::Sender<Snapshot>>,
    pub(super) fleet: Arc<dyn Fleet>,
    pub(super) epoch: Arc<str>,
    pub(super) stop: CancellationToken,
}

impl HubHandle {
    /// The fleet as it is now. `None` when the hub has stopped.
    pub(super) async fn snapshot(&self) -> Option<Snapshot> {
        let (answer, snapshot) = oneshot::channel();
        self.snapshots.send(answer).await.ok()?;
        snapshot.await.ok()
    }
}

/// Keeps the fleet's announced states and numbers every change.
pub struct Hub {
    fleet: Arc<dyn Fleet>,
    epoch: Arc<str>,
    institutions: Vec<InstitutionView>,
    rows: Vec<(Row, usize)>,
    place: HashMap<InstrumentId, usize>,
    offset: u64,
    pending: Vec<Change>,
    frames: broadcast::Sender<Shared>,
    asked: mpsc::Receiver<oneshot::Sender<Snapshot>>,
}

impl Hub {
    /// A hub over `fleet`. Subscribe to the bus before, so that nothing falls between.
    #[must_use]
    pub fn new(fleet: Arc<dyn Fleet>, stop: CancellationToken) -> (Self, HubHandle) {
        let (snapshots, asked) = mpsc::channel(64);
        let epoch: Arc<str> = ulid::Ulid::new().to_string().into();
        let handle = HubHandle { snapshots, fleet: fleet.clone(), epoch: epoch.clone(), stop };
        let mut hub = Self {
            epoch,
            institutions: Vec::new(),
            rows: Vec::new(),
            place: HashMap::new(),
            offset: 0,
            pending: Vec::new(),
            frames: broadcast::Sender::new(FRAMES_WAITING),
            asked,
            fleet,
        };
        for row in hub.fleet.rows() {
            hub.insert(row);
        }
        (hub, handle)
    }

    /// Works until the bus or every handle is gone.
    pub async fn run(mut self, mut events: NeverDrop) {
        let mut flush_at = None;
        loop {
            tokio::select! {
                event = events.recv() => {
                    let Some(event) = event else { break };
                    self.apply(&event);
                    if self.pending.len() >= MOST_CHANGES {
                        self.flush();
                    }
                }
                asked = self.asked.recv() => {
                    let Some(answer) = asked else { break };
                    self.flush();
                    // A session that went away while it asked needs no answer.
                    let _ = answer.send(self.snapshot());
                }
                () = sleep_until(flush_at) => self.flush(),
            }
            flush_at = match (self.pending.is_empty(), flush_at) {
                (true, _) => None,
                (false, None) => Some(Instant::now() + COALESCE),
                (false, set) => set,
            };
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::StateChanged(transition) => self.change(transition),
            Event::InstrumentAdded(instrument) => self.add(instrument),
            // A page asks for these where it shows them.
            Event::InstrumentChanged(_)
            | Event::AlertRaised(_)
            | Event::AlertUpdated(_)
            | Event::AlertCleared(_)
            | Event::ModelDrifted { .. } => {}
        }
    }

    fn change(&mut self, transition: &Transition) {
        let Some(&place) = self.place.get(&transition.instrument) else { return };
        let state = &mut self.rows[place].0.state;
        // The bus may tell again what the rows already held when the hub began.
        if transition.seq <= state.seq {
            return;
        }
        *state = CurrentState::from(transition);
        self.pending.push(Change::from(transition));
        self.offset += 1;
    }

    fn add(&mut self, instrument: &InstrumentId) {
        if self.place.contains_key(instrument) {
            return;
        }
        let Some(row) = self.fleet.row(instrument) else { return };
        let institution = row.institution.clone();
        let place = self.insert(row);
        let (row, index) = &self.rows[place];
        let array = InstrumentRow { row, institution: *index, current_a: None };
        let Ok(instrument) = serde_json::to_value(&array) else { return };
        self.pending.push(Change::Added { institution, instrument });
        self.offset += 1;
    }

    fn insert(&mut self, row: Row) -> usize {
        let known = self.institutions.iter().rposition(|institution| institution.id == row.institution.id);
        let index = known.unwrap_or_else(|| {
            self.institutions.push(row.institution.clone());
            self.institutions.len() - 1
        });
        self.place.insert(row.id.clone(), self.rows.len());
        self.rows.push((row, index));
        self.rows.len() - 1
    }

    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let frame = text(&ServerFrame::Delta { offset: self.offset, changes: &self.pending });
        self.pending.clear();
        // Nobody may be looking.
        let _ = self.frames.send(Shared { offset: self.offset, text: frame });
    }

    fn snapshot(&self) -> Snapshot {
        let pages = self.rows.len().div_ceil(PAGE).max(1);
        let page = |page: usize| {
            let rows = self.rows.iter().skip(page * PAGE).take(PAGE);
            text(&ServerFrame::Snapshot(SnapshotPage {
                epoch: &self.epoch,
                offset: self.offset,
                page,
                pages,
                institutions: if page == 0 { &self.institutions } else { &[] },
                instruments: rows
                    .map(|(row, institution)| InstrumentRow {
                        row,
                        institution: *institution,
                        current_a: self.fleet.last_current(&row.id),
                    })
                    .collect(),
            }))
        };
        Snapshot { offset: self.offset, pages: (0..pages).map(page).collect(), after: self.frames.subscribe() }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
