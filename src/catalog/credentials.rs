use super::model::SensorBinding;
use crate::domain::InstrumentId;
use dashmap::DashMap;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// What sensors show in CONNECT and what each may report for. Cheap to clone; looked up in memory, because after a
/// power cut ten thousand ask at once.
#[derive(Clone, Default)]
pub struct Credentials(Arc<DashMap<String, Credential>>);

struct Credential {
    token_sha256: [u8; 32],
    bindings: Vec<(InstrumentId, SensorBinding)>,
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
        let token = hex::encode(rand::random::<[u8; 24]>());
        let sha256 = hex::encode(Sha256::digest(token.as_bytes()));
        Self { token, sha256 }
    }
}

impl Credentials {
    /// Whether there is such a client.
    #[must_use]
    pub fn knows(&self, client_id: &str) -> bool {
        self.0.contains_key(client_id)
    }

    /// What the client may report for, if its token is right; `None` for an unknown client or a wrong token.
    #[must_use]
    pub fn check(&self, client_id: &str, token: &[u8]) -> Option<Vec<(InstrumentId, SensorBinding)>> {
        let credential = self.0.get(client_id)?;
        let given: [u8; 32] = Sha256::digest(token).into();
        bool::from(given.ct_eq(&credential.token_sha256)).then(|| credential.bindings.clone())
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
        let mut entry = self
            .0
            .entry(client_id.to_owned())
            .or_insert_with(|| Credential { token_sha256: hash, bindings: Vec::new() });
        entry.token_sha256 = hash;
    }

    /// Lets a client report for an instrument; replaces the binding of the same prefix.
    pub(super) fn bind(&self, client_id: &str, instrument: InstrumentId, binding: SensorBinding) {
        if let Some(mut credential) = self.0.get_mut(client_id) {
            credential.bindings.retain(|(_, old)| old.prefix != binding.prefix);
            credential.bindings.push((instrument, binding));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(prefix: &str) -> SensorBinding {
        SensorBinding { dialect: "dayi".into(), prefix: prefix.into(), channel: 0, volts: 230.0, power_factor: 1.0 }
    }

    #[test]
    fn only_the_right_token_of_a_known_client_opens() {
        let credentials = Credentials::default();
        let new = NewToken::generate();
        credentials.set_token("c1", &new.sha256);
        credentials.bind("c1", "i1".parse().unwrap(), binding("i1"));
        assert_eq!(credentials.check("c1", new.token.as_bytes()).unwrap().len(), 1);
        assert!(credentials.check("c1", b"wrong").is_none());
        assert!(credentials.check("c2", new.token.as_bytes()).is_none());
        let next = NewToken::generate();
        assert_ne!(next.token, new.token);
        credentials.set_token("c1", &next.sha256);
        assert!(credentials.check("c1", new.token.as_bytes()).is_none());
        assert_eq!(credentials.check("c1", next.token.as_bytes()).unwrap().len(), 1);
    }

    #[test]
    fn a_damaged_hash_opens_to_nobody() {
        let credentials = Credentials::default();
        credentials.set_token("c1", "not hexadecimal");
        assert!(credentials.check("c1", b"").is_none());
    }
}
