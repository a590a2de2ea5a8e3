use serde::Serialize;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why something a client sent was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Bytes that are no MQTT packet, or one a client may not send.
    Garbage,
    /// A packet above the configured size.
    TooLarge,
    /// A second CONNECT, an unsupported property, or another breach of the protocol.
    Protocol,
    /// No CONNECT in time.
    ConnectTimeout,
    /// An MQTT version other than 3.1.1 and 5.
    Version,
    /// A client nobody knows.
    UnknownClient,
    /// A wrong user name or password.
    BadCredentials,
    /// More sessions than configured.
    TooManyConnections,
    /// A topic that is no topic.
    InvalidTopic,
    /// A topic outside the client's bindings.
    TopicNotAllowed,
    /// A last will to a topic outside the client's bindings.
    WillNotAllowed,
    /// A filter that is no filter.
    InvalidFilter,
    /// A filter outside the client's rights.
    FilterNotAllowed,
    /// More filters than configured.
    TooManyFilters,
    /// A sensor behind the client that no binding names.
    NoBinding,
    /// A payload that is not what its dialect writes.
    Unreadable,
    /// A payload that only means something after another that did not come.
    NoBirth,
    /// A payload without a current or a power.
    NoCurrent,
    /// A number that no current can be.
    OutOfRange,
    /// An instrument that is bound but not running.
    UnknownInstrument,
    /// No room to keep readings, such as on a full disk.
    NoRoom,
    /// A subscriber was too slow: messages were dropped.
    SlowSubscriber,
    /// A fault of ours ended the session.
    Internal,
}

impl Reason {
    /// The name used in the API and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Garbage => "garbage",
            Self::TooLarge => "too-large",
            Self::Protocol => "protocol",
            Self::ConnectTimeout => "connect-timeout",
            Self::Version => "version",
            Self::UnknownClient => "unknown-client",
            Self::BadCredentials => "bad-credentials",
            Self::TooManyConnections => "too-many-connections",
            Self::InvalidTopic => "invalid-topic",
            Self::TopicNotAllowed => "topic-not-allowed",
            Self::WillNotAllowed => "will-not-allowed",
            Self::InvalidFilter => "invalid-filter",
            Self::FilterNotAllowed => "filter-not-allowed",
            Self::TooManyFilters => "too-many-filters",
            Self::NoBinding => "no-binding",
            Self::Unreadable => "unreadable",
            Self::NoBirth => "no-birth",
            Self::NoCurrent => "no-current",
            Self::OutOfRange => "out-of-range",
            Self::UnknownInstrument => "unknown-instrument",
            Self::NoRoom => "no-room",
            Self::SlowSubscriber => "slow-subscriber",
            Self::Internal => "internal",
        }
    }
}

/// One thing that was refused.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refusal {
    /// UTC milliseconds.
    pub at_ms: i64,
    /// Why.
    pub reason: Reason,
    /// What exactly was wrong, for a person.
    pub detail: String,
    /// The topic or filter it was about.
    pub topic: Option<String>,
    /// The beginning of the payload.
    pub payload: Option<String>,
}

/// What was refused of one client.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ClientRefusals {
    /// How many, by reason.
    pub counts: BTreeMap<Reason, u64>,
    /// The newest, oldest first.
    pub last: VecDeque<Refusal>,
}

#[derive(Default)]
struct Kept {
    counts: BTreeMap<Reason, u64>,
    clients: HashMap<Arc<str>, ClientRefusals>,
}

/// Everything that was refused: counted, and the newest of each client kept. Cheap to clone, shared by its clones.
#[derive(Clone, Default)]
pub struct Refusals(Arc<Mutex<Kept>>);

impl Refusals {
    /// How many are kept of one client.
    pub const PER_CLIENT: usize = 100;
    /// Of how many clients; the one that was refused longest ago is forgotten first.
    pub const CLIENTS: usize = 500;
    const TEXT: usize = 120;

    /// Counts and keeps one.
    pub(crate) fn record(&self, client: &str, refusal: Refusal) {
        metrics::counter!("dayi_mqtt_refused_total", "reason" => refusal.reason.name()).increment(1);
        tracing::debug!(client, reason = refusal.reason.name(), detail = refusal.detail, "refused");
        let mut kept = self.lock();
        *kept.counts.entry(refusal.reason).or_default() += 1;
        if !kept.clients.contains_key(client) {
            if kept.clients.len() >= Self::CLIENTS {
                kept.forget_oldest();
            }
            kept.clients.insert(client.into(), ClientRefusals::default());
        }
        if let Some(of_client) = kept.clients.get_mut(client) {
            *of_client.counts.entry(refusal.reason).or_default() += 1;
            if of_client.last.len() >= Self::PER_CLIENT {
                of_client.last.pop_front();
            }
            of_client.last.push_back(refusal);
        }
    }

    /// How many were refused since the start, by reason.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Reason, u64> {
        self.lock().counts.clone()
    }

    /// How many were refused for `reason` since the start.
    #[must_use]
    pub fn count(&self, reason: Reason) -> u64 {
        self.lock().counts.get(&reason).copied().unwrap_or(0)
    }

    /// What was refused of one client.
    #[must_use]
    pub fn of(&self, client: &str) -> Option<ClientRefusals> {
        self.lock().clients.get(client).cloned()
    }

    /// The names of the clients something was refused of, sorted.
    #[must_use]
    pub fn clients(&self) -> Vec<Arc<str>> {
        let mut clients: Vec<_> = self.lock().clients.keys().cloned().collect();
        clients.sort();
        clients
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn forget_oldest(&mut self) {
        let newest = |of_client: &ClientRefusals| of_client.last.back().map_or(i64::MIN, |refusal| refusal.at_ms);
        let oldest = self.clients.iter().min_by_key(|(_, of_client)| newest(of_client)).map(|(client, _)| client);
        if let Some(client) = oldest.cloned() {
            self.clients.remove(&client);
        }
    }
}

impl Refusal {
    pub(crate) fn new(at_ms: i64, reason: Reason, detail: impl Into<String>) -> Self {
        Self { at_ms, reason, detail: shorten(&detail.into()), topic: None, payload: None }
    }

    pub(crate) fn about(mut self, topic: &[u8]) -> Self {
        self.topic = Some(shown(topic));
        self
    }

    pub(crate) fn with_payload(mut self, payload: &[u8]) -> Self {
        self.payload = Some(shown(payload));
        self
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(Refusals::TEXT).collect()
}

fn shown(bytes: &[u8]) -> String {
    shorten(&String::from_utf8_lossy(&bytes[..bytes.len().min(4 * Refusals::TEXT)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(at_ms: i64) -> Refusal {
        Refusal::new(at_ms, Reason::Unreadable, "no JSON").about(b"t").with_payload(&[0xff; 1000])
    }

    #[test]
    fn counts_go_on_while_the_kept_ones_are_bounded() {
        let refusals = Refusals::default();
        for at in 0..150 {
            refusals.record("a", refusal(at));
        }
        let of_a = refusals.of("a").unwrap();
        assert_eq!((of_a.last.len(), of_a.last[0].at_ms), (Refusals::PER_CLIENT, 50));
        assert_eq!(of_a.counts[&Reason::Unreadable], 150);
        assert_eq!(refusals.count(Reason::Unreadable), 150);
        assert!(of_a.last[0].payload.as_ref().unwrap().chars().count() <= Refusals::TEXT);
    }

    #[test]
    fn the_client_refused_longest_ago_is_forgotten_first() {
        let refusals = Refusals::default();
        for client in 0..=Refusals::CLIENTS {
            refusals.record(&client.to_string(), refusal(i64::try_from(client).unwrap()));
        }
        assert_eq!(refusals.clients().len(), Refusals::CLIENTS);
        assert!(refusals.of("0").is_none());
        assert!(refusals.of("1").is_some());
    }

    #[test]
    fn names_are_the_serialised_ones() {
        for reason in [Reason::Garbage, Reason::TooManyConnections, Reason::NoCurrent] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }
}
