use super::book::{Book, Entry, News};
use super::frame::{Delta, Format};
use super::model::Fleet;
use super::policy::View;
use super::seen::seen;
use super::snapshot::Snapshot;
use crate::bus::NeverDrop;
use axum::extract::ws::Message;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Changes within this time share a frame …
const JOIN: Duration = Duration::from_millis(20);
/// … and for each listener past 200 a little longer, up to this: a frame costs each of them the same, however full it is.
const JOIN_MOST: Duration = Duration::from_millis(100);
/// The most changes in one frame.
const MOST_CHANGES: usize = 1_000;
/// What is kept for those who come back or are slow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Changes that are remembered: a minute at 1,000 a second, some 15 MB.
    pub(super) changes: usize,
    /// Frames that may wait for a session before it gets the latest states instead.
    pub(super) frames: usize,
}

const ROOM: Room = Room { changes: 65_536, frames: 64 };
/// How long a snapshot serves all who ask for the same; what changed since then they are told after it.
const SNAPSHOT_KEPT: Duration = Duration::from_secs(1);

/// A frame that all who see the same forward, with the offset a client has after it.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) offset: u64,
    pub(super) frame: Message,
}

/// What came after an offset.
pub(super) enum Since {
    /// That is not remembered.
    Forgotten,
    /// These changes, up to this offset; and if that is all, what comes next.
    Changes { entries: Vec<Arc<Entry>>, offset: u64, next: Option<broadcast::Receiver<Shared>> },
}

/// How much of what is missed is handed out at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missed {
    /// Up to so many changes.
    Changes(usize),
    /// The changes of up to so many instruments.
    Instruments(usize),
}

enum Ask {
    Snapshot(Arc<View>, Format, oneshot::Sender<Snapshot>),
    Since(Arc<View>, Format, u64, Missed, oneshot::Sender<Since>),
}

/// How sessions reach the hub. Cheap to clone.
#[derive(Clone)]
pub struct HubHandle {
    asks: mpsc::Sender<Ask>,
    flushed: Arc<AtomicU64>,
    pub(super) fleet: Arc<dyn Fleet>,
    pub(super) run: Arc<str>,
    pub(super) stop: CancellationToken,
}

impl HubHandle {
    /// What the view shows now. `None` when the hub has stopped.
    pub(super) async fn snapshot(&self, view: &Arc<View>, format: Format) -> Option<Snapshot> {
        let (answer, snapshot) = oneshot::channel();
        self.asks.send(Ask::Snapshot(view.clone(), format, answer)).await.ok()?;
        snapshot.await.ok()
    }

    /// What came after `held`. `None` when the hub has stopped.
    pub(super) async fn since(&self, view: &Arc<View>, format: Format, held: u64, most: Missed) -> Option<Since> {
        let (answer, since) = oneshot::channel();
        self.asks.send(Ask::Since(view.clone(), format, held, most, answer)).await.ok()?;
        since.await.ok()
    }

    /// Every change up to here is in the sessions' queues.
    pub(super) fn flushed(&self) -> u64 {
        self.flushed.load(Ordering::Acquire)
    }
}

/// Those who see the same in the same form.
type Key = (String, Format);

struct Group {
    view: Arc<View>,
    /// The offset of the last frame; nothing that the view shows came since.
    sent: u64,
    frames: broadcast::Sender<Shared>,
}

/// Numbers every change and hands it to those who see it.
pub struct Hub {
    fleet: Arc<dyn Fleet>,
    run: Arc<str>,
    room: Room,
    book: Book,
    pending: Vec<News>,
    groups: HashMap<Key, Group>,
    snapshots: HashMap<Key, (Instant, Snapshot)>,
    flushed: Arc<AtomicU64>,
    asked: mpsc::Receiver<Ask>,
}

impl Hub {
    /// A hub over `fleet`. Subscribe to the bus before, so that nothing falls between.
    #[must_use]
    pub fn new(fleet: Arc<dyn Fleet>, stop: CancellationToken) -> (Self, HubHandle) {
        Self::with_room(fleet, stop, ROOM)
    }

    /// The same with more or less room.
    pub(super) fn with_room(fleet: Arc<dyn Fleet>, stop: CancellationToken, room: Room) -> (Self, HubHandle) {
        let (asks, asked) = mpsc::channel(64);
        let run: Arc<str> = ulid::Ulid::new().to_string().into();
        let flushed = Arc::new(AtomicU64::new(0));
        let handle = HubHandle { asks, flushed: flushed.clone(), fleet: fleet.clone(), run: run.clone(), stop };
        let book = Book::new(fleet.rows(), room.changes);
        let (pending, groups, snapshots) = (Vec::new(), HashMap::new(), HashMap::new());
        (Self { fleet, run, room, book, pending, groups, snapshots, flushed, asked }, handle)
    }

    /// Works until the bus or every handle is gone.
    pub async fn run(mut self, mut events: NeverDrop) {
        let mut flush_at = None;
        loop {
            tokio::select! {
                event = events.recv() => {
                    let Some(event) = event else { break };
                    self.pending.push(News::now(event, &*self.fleet));
                    if self.pending.len() >= MOST_CHANGES {
                        self.flush();
                    }
                }
                asked = self.asked.recv() => {
                    let Some(ask) = asked else { break };
                    self.answer(ask);
                }
                () = sleep_until(flush_at) => self.flush(),
            }
            flush_at = match (self.pending.is_empty(), flush_at) {
                (true, _) => None,
                (false, None) => Some(Instant::now() + self.join()),
                (false, set) => set,
            };
        }
    }

    fn join(&self) -> Duration {
        let listeners: usize = self.groups.values().map(|group| group.frames.receiver_count()).sum();
        (JOIN * listeners.min(10_000) as u32 / 200).clamp(JOIN, JOIN_MOST)
    }

    /// Numbers what happened and tells it: what is numbered is always told, too.
    fn flush(&mut self) {
        let entries: Vec<_> = self.pending.drain(..).filter_map(|news| self.book.apply(news)).collect();
        self.groups.retain(|_, group| group.frames.receiver_count() > 0);
        self.forget_snapshots();
        let offset = self.book.offset();
        for ((_, format), group) in &mut self.groups {
            let changes: Vec<_> = entries.iter().filter_map(|entry| seen(&group.view, entry)).collect();
            if changes.is_empty() {
                continue;
            }
            let delta = Delta { after: group.sent, offset, coalesced: 0, changes: &changes };
            // Its last listener may have gone just now.
            let _ = group.frames.send(Shared { offset, frame: format.delta(&delta) });
            group.sent = offset;
        }
        self.flushed.store(offset, Ordering::Release);
    }

    /// Who has gone away meanwhile needs no answer.
    fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Snapshot(view, format, answer) => {
                let _ = answer.send(self.snapshot(view, format));
            }
            Ask::Since(view, format, held, most, answer) => {
                let _ = answer.send(self.since(view, format, held, most));
            }
        }
    }

    fn snapshot(&mut self, view: Arc<View>, format: Format) -> Snapshot {
        self.forget_snapshots();
        let key = (view.key().to_owned(), format);
        let (run, book) = (&self.run, &self.book);
        let make = || (Instant::now(), Snapshot::new(run, view, format, book));
        self.snapshots.entry(key).or_insert_with(make).1.clone()
    }

    /// Those that are too old, or after which not all changes are remembered.
    fn forget_snapshots(&mut self) {
        let (now, book) = (Instant::now(), &self.book);
        let fresh = |(made, snapshot): &(Instant, Snapshot)| {
            now < *made + SNAPSHOT_KEPT && book.since(snapshot.offset).is_some()
        };
        self.snapshots.retain(|_, kept| fresh(kept));
    }

    fn since(&mut self, view: Arc<View>, format: Format, held: u64, most: Missed) -> Since {
        let Some(missed) = self.book.since(held) else { return Since::Forgotten };
        let entries: Vec<_> = match most {
            Missed::Changes(most) => missed.take(most).cloned().collect(),
            Missed::Instruments(most) => {
                let mut numbers = HashSet::new();
                missed
                    .take_while(|entry| {
                        numbers.insert(entry.number);
                        numbers.len() <= most
                    })
                    .cloned()
                    .collect()
            }
        };
        let offset = entries.last().map_or(held, |entry| entry.offset);
        let room = self.room.frames;
        let next = (offset == self.book.offset()).then(|| {
            let group = self.groups.entry((view.key().to_owned(), format)).or_insert_with(|| Group {
                view,
                sent: offset,
                frames: broadcast::Sender::new(room),
            });
            group.frames.subscribe()
        });
        Since::Changes { entries, offset, next }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
