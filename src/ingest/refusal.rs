//! What was refused, of whom and why: counted, and the newest kept for the operator to see.

use serde::Serialize;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
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
    /// A TLS handshake that failed.
    Handshake,
    /// More connections from one address, or more failed logins, than configured.
    TooFast,
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
            Self::Handshake => "handshake",
            Self::TooFast => "too-fast",
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
#[derive(Clone, Debug, PartialEq)]
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
    pub payload: Option<Excerpt>,
    /// Where it came from, of those that were not let in.
    pub peer: Option<IpAddr>,
}

/// The beginning of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// At most [`Refusals::PAYLOAD`] bytes.
    pub bytes: Box<[u8]>,
    /// How long the payload is.
    pub of: usize,
}

/// What was refused of one client.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientRefusals {
    /// How many, by reason.
    pub counts: BTreeMap<Reason, u64>,
    /// The newest, oldest first.
    pub last: VecDeque<Refusal>,
    /// Its place in the order of the last refusals.
    turn: u64,
}

/// Clients by name, and the order in which they were last refused.
#[derive(Default)]
struct Book {
    clients: HashMap<Arc<str>, ClientRefusals>,
    by_turn: BTreeMap<u64, Arc<str>>,
    turn: u64,
}

#[derive(Default)]
struct Kept {
    counts: BTreeMap<Reason, u64>,
    clients: Book,
    strangers: Book,
}

/// Everything that was refused: counted, and the newest of each client kept. Cheap to clone, shared by its clones.
///
/// Strangers, who were never let in, have a book of their own: however many of them try, no client's refusals are
/// forgotten for them.
#[derive(Clone, Default)]
pub struct Refusals(Arc<Mutex<Kept>>);

impl Refusals {
    /// How many are kept of one client; fewer of each while more than [`Self::KEPT`] would be kept of all.
    pub const PER_CLIENT: usize = 100;
    /// About how many are kept of all clients.
    pub const KEPT: usize = 50_000;
    /// Of how many clients; the one that was refused longest ago is forgotten first.
    pub const CLIENTS: usize = 20_000;
    /// Of how many strangers.
    pub const STRANGERS: usize = 1_000;
    /// How many are kept of one stranger.
    pub const PER_STRANGER: usize = 5;
    /// Bytes of a payload that are kept.
    pub const PAYLOAD: usize = 256;
    const TEXT: usize = 120;

    /// Counts and keeps one.
    pub(crate) fn record(&self, client: &str, refusal: Refusal) {
        metrics::counter!("dayi_mqtt_refused_total", "reason" => refusal.reason.name()).increment(1);
        tracing::debug!(client, reason = refusal.reason.name(), detail = refusal.detail, "refused");
        let mut kept = self.lock();
        *kept.counts.entry(refusal.reason).or_default() += 1;
        // What has no name is no client either: `@` and an address.
        if refusal.reason == Reason::UnknownClient || client.starts_with('@') {
            kept.strangers.record(client, refusal, Self::STRANGERS, Self::PER_STRANGER);
        } else {
            let each = (Self::KEPT / kept.clients.clients.len().max(1)).clamp(2, Self::PER_CLIENT);
            kept.clients.record(client, refusal, Self::CLIENTS, each);
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

    /// What was refused of one client, or of a stranger of this name.
    #[must_use]
    pub fn of(&self, client: &str) -> Option<ClientRefusals> {
        let kept = self.lock();
        kept.clients.clients.get(client).or_else(|| kept.strangers.clients.get(client)).cloned()
    }

    /// The clients something was refused of, the newest first: `take` of those that `wants` wants, after leaving out
    /// `skip`, each with what `show` shows of it; and how many there are.
    pub(crate) fn clients<T>(
        &self,
        wants: impl Fn(&str, &ClientRefusals) -> bool,
        (skip, take): (usize, usize),
        show: impl Fn(&str, &ClientRefusals) -> T,
    ) -> (usize, Vec<T>) {
        self.lock().clients.page(wants, (skip, take), show)
    }

    /// The same of strangers.
    pub(crate) fn strangers<T>(
        &self,
        (skip, take): (usize, usize),
        show: impl Fn(&str, &ClientRefusals) -> T,
    ) -> (usize, Vec<T>) {
        self.lock().strangers.page(|_, _| true, (skip, take), show)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn record(&mut self, client: &str, refusal: Refusal, most: usize, each: usize) {
        self.turn += 1;
        let turn = self.turn;
        let name = match self.clients.get(client) {
            Some(known) => self.by_turn.remove(&known.turn),
            None => {
                if self.clients.len() >= most
                    && let Some((_, oldest)) = self.by_turn.pop_first()
                {
                    self.clients.remove(&oldest);
                }
                None
            }
        };
        let name = name.unwrap_or_else(|| client.into());
        self.by_turn.insert(turn, name.clone());
        let of_client = self.clients.entry(name).or_default();
        of_client.turn = turn;
        *of_client.counts.entry(refusal.reason).or_default() += 1;
        while of_client.last.len() >= each {
            of_client.last.pop_front();
        }
        of_client.last.push_back(refusal);
    }

    fn page<T>(
        &self,
        wants: impl Fn(&str, &ClientRefusals) -> bool,
        (skip, take): (usize, usize),
        show: impl Fn(&str, &ClientRefusals) -> T,
    ) -> (usize, Vec<T>) {
        let newest = self.by_turn.values().rev().filter_map(|name| self.clients.get_key_value(name));
        let (mut total, mut items) = (0, Vec::new());
        for (name, refused) in newest.filter(|(name, refused)| wants(name, refused)) {
            if total >= skip && items.len() < take {
                items.push(show(name, refused));
            }
            total += 1;
        }
        (total, items)
    }
}

impl Refusal {
    pub(crate) fn new(at_ms: i64, reason: Reason, detail: impl Into<String>) -> Self {
        Self { at_ms, reason, detail: shorten(&detail.into()), topic: None, payload: None, peer: None }
    }

    pub(crate) fn about(mut self, topic: &[u8]) -> Self {
        let beginning = &topic[..topic.len().min(4 * Refusals::TEXT)];
        self.topic = Some(shorten(&String::from_utf8_lossy(beginning)));
        self
    }

    pub(crate) fn with_payload(mut self, payload: &[u8]) -> Self {
        self.payload = Some(Excerpt {
            // Own bytes: the payload is a view of what was read from the socket, which need not be kept.
            bytes: payload[..payload.len().min(Refusals::PAYLOAD)].into(),
            of: payload.len(),
        });
        self
    }

    pub(crate) fn from(mut self, peer: IpAddr) -> Self {
        self.peer = Some(peer);
        self
    }
}

impl Excerpt {
    /// The excerpt as text, if it is one that a person can read. A character that the end cuts is left out.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let text = match str::from_utf8(&self.bytes) {
            Ok(text) => text,
            Err(cut) if cut.error_len().is_none() && self.bytes.len() < self.of => {
                str::from_utf8(&self.bytes[..cut.valid_up_to()]).ok()?
            }
            Err(_) => return None,
        };
        let readable = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
        text.chars().all(readable).then_some(text)
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(Refusals::TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(at_ms: i64) -> Refusal {
        Refusal::new(at_ms, Reason::Unreadable, "no JSON").about(b"t").with_payload(&[0xff; 1000])
    }

    fn names(refusals: &Refusals, page: (usize, usize)) -> (usize, Vec<String>) {
        refusals.clients(|_, _| true, page, |name, _| name.to_owned())
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
        let kept = of_a.last[0].payload.as_ref().unwrap();
        assert_eq!((kept.bytes.len(), kept.of, kept.text()), (Refusals::PAYLOAD, 1000, None));
    }

    #[test]
    fn the_client_refused_longest_ago_is_forgotten_first() {
        let refusals = Refusals::default();
        for client in 0..Refusals::CLIENTS {
            refusals.record(&client.to_string(), refusal(0));
        }
        refusals.record("0", refusal(1));
        refusals.record("new", refusal(2));
        assert!(refusals.of("1").is_none() && refusals.of("0").is_some());
        assert_eq!(names(&refusals, (0, 2)), (Refusals::CLIENTS, vec!["new".to_owned(), "0".to_owned()]));
        assert_eq!(names(&refusals, (1, 1)).1, ["0"]);
        let kept = refusals.clients(|_, _| true, (0, usize::MAX), |_, refused| refused.last.len()).1;
        assert!(kept.iter().sum::<usize>() <= Refusals::KEPT + 2 * Refusals::CLIENTS);
    }

    #[test]
    fn strangers_push_no_client_out() {
        let refusals = Refusals::default();
        refusals.record("a", refusal(0));
        for stranger in 0..3 * Refusals::STRANGERS {
            let unknown = Refusal::new(1, Reason::UnknownClient, "").from([10, 0, 0, 1].into());
            refusals.record(&format!("s{stranger}"), unknown);
            refusals.record("@10.0.0.1", Refusal::new(1, Reason::Garbage, ""));
        }
        assert_eq!(names(&refusals, (0, 10)), (1, vec!["a".to_owned()]));
        let (total, newest) = refusals.strangers((0, 1), |name, refused| (name.to_owned(), refused.last.len()));
        assert_eq!((total, newest), (Refusals::STRANGERS, vec![("@10.0.0.1".to_owned(), Refusals::PER_STRANGER)]));
    }

    #[test]
    fn a_payload_is_shown_as_text_where_it_is_one() {
        let text = |payload: &[u8]| refusal(0).with_payload(payload).payload.unwrap().text().map(str::to_owned);
        assert_eq!(text("{\"电\":1}\n".as_bytes()).as_deref(), Some("{\"电\":1}\n"));
        assert_eq!(text(b"\x18\x00"), None);
        assert_eq!(text(b"abc\xe7\x94"), None, "it is not cut, it is wrong");
        assert_eq!(text("电".repeat(100).as_bytes()).unwrap().chars().count(), 85);
    }

    #[test]
    fn names_are_the_serialised_ones() {
        for reason in
            [Reason::Garbage, Reason::TooManyConnections, Reason::NoCurrent, Reason::NoBirth, Reason::NoBinding]
        {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }
}
