use super::model::{Bound, SensorBinding};
use crate::domain::InstrumentId;
use crate::platform::secret::{TokenHash, random_token, token_hash};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use subtle::ConstantTimeEq;

/// What clients show in CONNECT and what each may report for. Cheap to clone; looked up in memory, because after a
/// power cut ten thousand ask at once.
#[derive(Clone, Default)]
pub struct Credentials(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    clients: BTreeMap<String, Credential>,
    /// Whose client an instrument's sensor is.
    instruments: HashMap<InstrumentId, String>,
    /// Which instrument has a place.
    places: HashMap<Place, InstrumentId>,
    /// Whose a token is, by its hash.
    tokens: HashMap<TokenHash, String>,
}

struct Credential {
    token_sha256: TokenHash,
    bindings: BTreeMap<InstrumentId, SensorBinding>,
}

/// What no two instruments share: a client's value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    client_id: String,
    dialect: String,
    prefix: String,
    channel: String,
}

impl Place {
    pub(super) fn of(client_id: &str, binding: &SensorBinding) -> Self {
        let SensorBinding { dialect, prefix, channel, .. } = binding.clone();
        Self { client_id: client_id.into(), dialect, prefix, channel }
    }
}

/// A fresh token and what is kept of it.
pub struct NewToken {
    /// The token itself, shown once.
    pub token: String,
    /// Its SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

impl NewToken {
    /// 192 random bits as hexadecimal. So long a random token needs no slow hash: there is nothing to guess.
    #[must_use]
    pub fn generate() -> Self {
        let token = random_token("");
        let sha256 = hex::encode(token_hash(token.as_bytes()));
        Self { token, sha256 }
    }
}

impl Credentials {
    /// Whether there is such a client.
    #[must_use]
    pub fn knows(&self, client_id: &str) -> bool {
        self.read().clients.contains_key(client_id)
    }

    /// What the client may report for, if its token is right; `None` for an unknown client or a wrong token.
    #[must_use]
    pub fn check(&self, client_id: &str, token: &[u8]) -> Option<Vec<(InstrumentId, SensorBinding)>> {
        let given = token_hash(token);
        let known = self.read();
        let credential = known.clients.get(client_id)?;
        let right = bool::from(given.ct_eq(&credential.token_sha256));
        right.then(|| credential.bindings.iter().map(|(of, binding)| (of.clone(), binding.clone())).collect())
    }

    /// The client this token was given to, for devices that show nothing else.
    #[must_use]
    pub fn client_of(&self, token: &[u8]) -> Option<String> {
        self.read().tokens.get(&token_hash(token)).cloned()
    }

    /// Every client and for how many instruments it reports, ordered by client id.
    #[must_use]
    pub fn clients(&self) -> Vec<(String, usize)> {
        let count = |(id, credential): (&String, &Credential)| (id.clone(), credential.bindings.len());
        self.read().clients.iter().map(count).collect()
    }

    /// The instruments that a client reports for; `None` if there is no such client.
    #[must_use]
    pub fn bound_to(&self, client_id: &str) -> Option<Vec<InstrumentId>> {
        self.read().clients.get(client_id).map(|client| client.bindings.keys().cloned().collect())
    }

    /// The instrument's binding.
    #[must_use]
    pub fn bound(&self, instrument: &InstrumentId) -> Option<Bound> {
        self.read().bound(instrument)
    }

    /// Every binding, ordered by instrument.
    #[must_use]
    pub fn all_bound(&self) -> Vec<Bound> {
        let known = self.read();
        let mut all: Vec<_> = known.instruments.keys().filter_map(|instrument| known.bound(instrument)).collect();
        all.sort_by(|a, b| a.instrument.cmp(&b.instrument));
        all
    }

    /// The instrument that has this place.
    pub(super) fn holder(&self, place: &Place) -> Option<InstrumentId> {
        self.read().places.get(place).cloned()
    }

    /// Sets a client's token. A hash that is not 64 hexadecimal digits matches no token.
    pub(super) fn set_token(&self, client_id: &str, token_sha256: &str) {
        let mut hash = [0; 32];
        if hex::decode_to_slice(token_sha256, &mut hash).is_err() {
            tracing::warn!(
                client_id,
                "the stored token hash is damaged; the sensor cannot connect until it gets a new one"
            );
        }
        let mut known = self.write();
        let bindings = match known.clients.remove(client_id) {
            Some(old) => {
                known.tokens.remove(&old.token_sha256);
                old.bindings
            }
            None => BTreeMap::new(),
        };
        known.tokens.insert(hash, client_id.into());
        known.clients.insert(client_id.into(), Credential { token_sha256: hash, bindings });
    }

    /// Lets clients report for instruments, each in place of the one that did.
    pub(super) fn bind(&self, bound: impl IntoIterator<Item = Bound>) {
        let bound: Vec<_> = bound.into_iter().collect();
        let mut known = self.write();
        // All of them first: they may change places among themselves.
        for one in &bound {
            known.unbind(&one.instrument);
        }
        for Bound { instrument, client_id, binding } in bound {
            known.places.insert(Place::of(&client_id, &binding), instrument.clone());
            known.instruments.insert(instrument.clone(), client_id.clone());
            if let Some(credential) = known.clients.get_mut(&client_id) {
                credential.bindings.insert(instrument, binding);
            }
        }
    }

    /// Nobody reports for the instrument any more.
    pub(super) fn unbind(&self, instrument: &InstrumentId) {
        self.write().unbind(instrument);
    }

    /// Forgets a client, with its bindings.
    pub(super) fn remove(&self, client_id: &str) {
        let mut known = self.write();
        let Some(credential) = known.clients.remove(client_id) else { return };
        known.tokens.remove(&credential.token_sha256);
        for (instrument, binding) in &credential.bindings {
            known.instruments.remove(instrument);
            known.places.remove(&Place::of(client_id, binding));
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn bound(&self, instrument: &InstrumentId) -> Option<Bound> {
        let client_id = self.instruments.get(instrument)?;
        let binding = self.clients.get(client_id)?.bindings.get(instrument)?.clone();
        Some(Bound { instrument: instrument.clone(), client_id: client_id.clone(), binding })
    }

    fn unbind(&mut self, instrument: &InstrumentId) {
        let Some(client_id) = self.instruments.remove(instrument) else { return };
        if let Some(binding) = self.clients.get_mut(&client_id).and_then(|client| client.bindings.remove(instrument)) {
            self.places.remove(&Place::of(&client_id, &binding));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(instrument: &str, client_id: &str, prefix: &str) -> Bound {
        let instrument: InstrumentId = instrument.parse().unwrap();
        let binding = SensorBinding { prefix: prefix.into(), ..SensorBinding::own(&instrument) };
        Bound { instrument, client_id: client_id.into(), binding }
    }

    #[test]
    fn only_the_right_token_of_a_known_client_opens() {
        let credentials = Credentials::default();
        let new = NewToken::generate();
        credentials.set_token("c1", &new.sha256);
        credentials.bind([bound("i1", "c1", "i1")]);
        assert_eq!(credentials.check("c1", new.token.as_bytes()).unwrap().len(), 1);
        assert!(credentials.check("c1", b"wrong").is_none());
        assert!(credentials.check("c2", new.token.as_bytes()).is_none());
        let next = NewToken::generate();
        assert_ne!(next.token, new.token);
        credentials.set_token("c1", &next.sha256);
        assert!(credentials.check("c1", new.token.as_bytes()).is_none());
        assert_eq!(credentials.check("c1", next.token.as_bytes()).unwrap().len(), 1);
        assert_eq!(credentials.client_of(next.token.as_bytes()).as_deref(), Some("c1"));
        assert_eq!(credentials.client_of(new.token.as_bytes()), None);
    }

    #[test]
    fn bindings_change_places_and_clients_are_forgotten() {
        let credentials = Credentials::default();
        for client in ["c1", "c2"] {
            credentials.set_token(client, &NewToken::generate().sha256);
        }
        credentials.bind([bound("i1", "c1", "a"), bound("i2", "c1", "b")]);
        credentials.bind([bound("i1", "c1", "b"), bound("i2", "c2", "a")]);
        assert_eq!(credentials.all_bound(), [bound("i1", "c1", "b"), bound("i2", "c2", "a")]);
        assert_eq!(credentials.clients(), [("c1".to_owned(), 1), ("c2".to_owned(), 1)]);
        let place = |of: &Bound| credentials.holder(&Place::of(&of.client_id, &of.binding));
        assert_eq!(place(&bound("i2", "c1", "b")), Some("i1".parse().unwrap()));
        assert_eq!(place(&bound("i2", "c1", "a")), None);
        credentials.remove("c2");
        assert_eq!(credentials.bound(&"i2".parse().unwrap()), None);
        credentials.unbind(&"i1".parse().unwrap());
        assert!(credentials.all_bound().is_empty() && credentials.knows("c1") && !credentials.knows("c2"));
    }

    #[test]
    fn a_damaged_hash_opens_to_nobody() {
        let credentials = Credentials::default();
        credentials.set_token("c1", "not hexadecimal");
        assert!(credentials.check("c1", b"").is_none());
    }
}
