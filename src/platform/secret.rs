//! A secret from the configuration, kept as its hash.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

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
