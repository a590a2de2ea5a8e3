//! Secrets, kept as their hashes.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The SHA-256 of a token: what is kept of it.
pub type TokenHash = [u8; 32];

/// What is kept of a token.
#[must_use]
pub fn token_hash(token: &[u8]) -> TokenHash {
    Sha256::digest(token).into()
}

/// A fresh token: 192 random bits as hexadecimal behind a prefix that says what it opens. So long a random token needs no
/// slow hash: there is nothing to guess.
#[must_use]
pub fn random_token(prefix: &str) -> String {
    format!("{prefix}{}", hex::encode(rand::random::<[u8; 24]>()))
}

/// A token that somebody has to show; unset, nobody can.
#[derive(Clone)]
pub struct SharedSecret(Option<[u8; 32]>);

impl SharedSecret {
    /// Matches `token`; an empty one is as good as none.
    #[must_use]
    pub fn new(token: Option<&str>) -> Self {
        Self(token.filter(|token| !token.is_empty()).map(|token| Sha256::digest(token.as_bytes()).into()))
    }

    /// Whether there is anything to show.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Whether `given` is the token. Takes the same time whatever is given.
    #[must_use]
    pub fn matches(&self, given: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        self.0.is_some_and(|expected| bool::from(expected.ct_eq(&given)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_matches() {
        assert!(SharedSecret::new(Some("secret")).matches(b"secret"));
        assert!(!SharedSecret::new(Some("secret")).matches(b"Secret"));
        assert!(!SharedSecret::new(None).matches(b""));
        assert!(!SharedSecret::new(Some("")).matches(b""));
    }
}
