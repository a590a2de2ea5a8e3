//! What outlives a connection: sessions whose client is away (MQTT 5, 4.1), and wills that wait.

use super::authorise::Authority;
use super::outbox::Pending;
use super::subscribe::Subscriptions;
use super::will::Will;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::Instant;

/// A session without its connection.
#[derive(Default)]
pub(super) struct Kept {
    /// Its number, which stays its own over all connections.
    pub(super) number: u64,
    pub(super) subscriptions: Option<Box<Subscriptions>>,
    /// What was sent and not acknowledged.
    pub(super) pending: Pending,
    /// QoS 2 publishes the client has not released.
    pub(super) unreleased: HashSet<u16>,
}

/// A will that waits (MQTT 5, 3.1.3.2.2), and what its client may do.
pub(super) struct Waiting {
    pub(super) will: Will,
    pub(super) authority: Authority,
}

/// What is to be done now.
pub(super) enum Due {
    /// This will is to be spoken.
    Will(Box<Waiting>),
    /// A session has ended; nothing is left to do.
    Expired,
}

/// The sessions of clients that are away.
pub(super) struct KeptSessions {
    most: usize,
    inner: Mutex<Inner>,
    earlier: Notify,
}

#[derive(Default)]
struct Inner {
    last: u64,
    clients: HashMap<Arc<str>, Away>,
    deadlines: BTreeMap<(Instant, u64), Arc<str>>,
}

struct Away {
    kept: Kept,
    ends: (Instant, u64),
    will: Option<((Instant, u64), Box<Waiting>)>,
}

impl KeptSessions {
    pub(super) fn new(most: usize) -> Self {
        Self { most, inner: Mutex::default(), earlier: Notify::new() }
    }

    /// Keeps a session until `ends`, and speaks its will then or before. When there is no room for it, the session that
    /// ends first ends now; its will comes back.
    pub(super) fn put(
        &self,
        client: &Arc<str>,
        kept: Kept,
        ends: Instant,
        will: Option<(Instant, Waiting)>,
    ) -> Option<Box<Waiting>> {
        let mut inner = self.lock();
        let mut evicted = None;
        if inner.clients.len() >= self.most
            && let Some(first) = inner.first_to_end()
        {
            metrics::counter!("dayi_mqtt_dropped_total", "why" => "sessions-full").increment(1);
            evicted = inner.remove(&first).and_then(|away| away.will).map(|(_, waiting)| waiting);
        }
        let ends = inner.deadline(ends, client);
        let will = will.map(|(at, waiting)| (inner.deadline(at.min(ends.0), client), Box::new(waiting)));
        inner.clients.insert(client.clone(), Away { kept, ends, will });
        metrics::gauge!("dayi_mqtt_sessions_kept").set(inner.clients.len() as f64);
        drop(inner);
        self.earlier.notify_one();
        evicted
    }

    /// Takes a client's session back, and its will if that still waits.
    pub(super) fn take(&self, client: &str) -> Option<(Kept, Option<Box<Waiting>>)> {
        let away = self.lock().remove(client)?;
        Some((away.kept, away.will.map(|(_, waiting)| waiting)))
    }

    /// The next thing that is due; may be abandoned.
    pub(super) async fn due(&self) -> Due {
        loop {
            let next = self.lock().deadlines.keys().next().copied();
            let earlier = self.earlier.notified();
            match next {
                Some((at, _)) if at <= Instant::now() => {
                    if let Some(due) = self.lock().due(Instant::now()) {
                        return due;
                    }
                }
                Some((at, _)) => tokio::select! {
                    () = tokio::time::sleep_until(at) => {}
                    () = earlier => {}
                },
                None => earlier.await,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn deadline(&mut self, at: Instant, client: &Arc<str>) -> (Instant, u64) {
        self.last += 1;
        self.deadlines.insert((at, self.last), client.clone());
        (at, self.last)
    }

    fn first_to_end(&self) -> Option<Arc<str>> {
        let ends = |(key, client): &(&(Instant, u64), &Arc<str>)| {
            self.clients.get(&**client).is_some_and(|away| away.ends == **key)
        };
        self.deadlines.iter().find(ends).map(|(_, client)| client.clone())
    }

    fn remove(&mut self, client: &str) -> Option<Away> {
        let away = self.clients.remove(client)?;
        self.deadlines.remove(&away.ends);
        if let Some((at, _)) = &away.will {
            self.deadlines.remove(at);
        }
        metrics::gauge!("dayi_mqtt_sessions_kept").set(self.clients.len() as f64);
        Some(away)
    }

    fn due(&mut self, now: Instant) -> Option<Due> {
        let (&key, client) = self.deadlines.first_key_value().filter(|((at, _), _)| *at <= now)?;
        let client = client.clone();
        let is_will = self.clients.get_mut(&client)?.will.take_if(|(at, _)| *at == key);
        if let Some((_, waiting)) = is_will {
            self.deadlines.remove(&key);
            return Some(Due::Will(waiting));
        }
        let will = self.remove(&client)?.will;
        Some(will.map_or(Due::Expired, |(_, waiting)| Due::Will(waiting)))
    }
}
