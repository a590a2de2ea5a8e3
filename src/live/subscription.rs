use super::book::Entry;
use super::frame::{Delta, Format, Resume};
use super::hub::{HubHandle, Missed, Shared, Since};
use super::policy::View;
use super::seen::{latest, seen};
use super::snapshot::epoch;
use axum::extract::ws::Message;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// What is missed is told in frames of so many changes to who comes back …
const MISSED_CHANGES: usize = 1_000;
/// … and in frames of so many instruments, each with its latest state, to who is too slow: about 400 KB of JSON.
const MISSED_INSTRUMENTS: usize = 2_000;

/// How far a client has come, and where what comes next is taken from.
pub(super) struct Subscription {
    view: Arc<View>,
    format: Format,
    epoch: String,
    /// The client has, or has under way, everything up to here.
    held: u64,
    /// The same, as the last frame said.
    told: u64,
    source: Source,
}

enum Source {
    /// A snapshot has to come first.
    Start,
    /// Changes it has missed; the latest of each instrument is enough for who is too slow.
    Missed { slow: bool },
    /// The frames that all who see the same get.
    Shared(broadcast::Receiver<Shared>),
}

impl Subscription {
    pub(super) fn new(view: View, format: Format, resume: Option<Resume>, hub: &HubHandle) -> Self {
        let epoch = epoch(&hub.run, &view);
        let mut subscription = Self { view: Arc::new(view), format, epoch, held: 0, told: 0, source: Source::Start };
        if let Some(resume) = resume.filter(|resume| resume.epoch == subscription.epoch) {
            (subscription.held, subscription.told) = (resume.offset, resume.offset);
            subscription.source = Source::Missed { slow: false };
        }
        subscription
    }

    pub(super) fn epoch(&self) -> &str {
        &self.epoch
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Whether the client can go on from where it was; else a snapshot follows. `None` when the hub has stopped.
    pub(super) async fn recovers(&mut self, hub: &HubHandle) -> Option<bool> {
        if let Source::Missed { .. } = self.source {
            let since = hub.since(&self.view, self.format, self.held, Missed::Changes(0)).await?;
            if let Since::Forgotten = since {
                self.source = Source::Start;
            }
        }
        Some(!matches!(self.source, Source::Start))
    }

    /// The frames that come next; waits for them, and may be asked again when the wait was broken off. `None` when the hub has
    /// stopped.
    pub(super) async fn next(&mut self, hub: &HubHandle) -> Option<Vec<Message>> {
        loop {
            match &mut self.source {
                Source::Start => {
                    let snapshot = hub.snapshot(&self.view, self.format).await?;
                    let pages = snapshot.pages(&*hub.fleet).await.to_vec();
                    (self.held, self.told) = (snapshot.offset, snapshot.offset);
                    self.source = Source::Missed { slow: false };
                    return Some(pages);
                }
                Source::Missed { slow } => {
                    let slow = *slow;
                    let most =
                        if slow { Missed::Instruments(MISSED_INSTRUMENTS) } else { Missed::Changes(MISSED_CHANGES) };
                    match hub.since(&self.view, self.format, self.held, most).await? {
                        Since::Forgotten => {
                            metrics::counter!("dayi_live_behind_total", "how" => "snapshot").increment(1);
                            self.source = Source::Start;
                        }
                        Since::Changes { entries, offset, next } => {
                            self.held = offset;
                            let frame = self.missed(&entries, slow, next.is_some());
                            self.source = next.map_or(Source::Missed { slow }, Source::Shared);
                            if let Some(frame) = frame {
                                return Some(vec![frame]);
                            }
                        }
                    }
                }
                Source::Shared(frames) => match frames.recv().await {
                    Ok(Shared { offset, frame }) => {
                        (self.held, self.told) = (offset, offset);
                        return Some(vec![frame]);
                    }
                    Err(RecvError::Lagged(_)) => {
                        metrics::counter!("dayi_live_behind_total", "how" => "coalesced").increment(1);
                        self.source = Source::Missed { slow: true };
                    }
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    /// One frame of what was missed. The last one tells how far the client is even if it shows nothing: the shared frames
    /// that follow go on from there.
    fn missed(&mut self, entries: &[Arc<Entry>], slow: bool, last: bool) -> Option<Message> {
        let (changes, coalesced) = if slow {
            latest(&self.view, entries)
        } else {
            (entries.iter().filter_map(|entry| seen(&self.view, entry)).collect(), 0)
        };
        let (after, offset) = (self.told, self.held);
        if changes.is_empty() && coalesced == 0 && !(last && offset > after) {
            return None;
        }
        self.told = offset;
        Some(self.format.delta(&Delta { after, offset, coalesced, changes: &changes }))
    }

    /// What the last frame said, and what a heartbeat may say: everything up to there is with the client, or was not for it.
    /// `None` while frames are under way.
    pub(super) fn heartbeat(&mut self, hub: &HubHandle) -> Option<(u64, u64)> {
        // Asked for before the queue: what is flushed after that may not be in it yet.
        let flushed = hub.flushed();
        let Source::Shared(frames) = &self.source else { return None };
        if !frames.is_empty() {
            return None;
        }
        let after = self.told;
        self.held = self.held.max(flushed);
        self.told = self.held;
        Some((after, self.held))
    }
}
