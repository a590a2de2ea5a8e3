use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Passwords that are hashed at a time: each takes 19 MiB and a core for some ten milliseconds (Argon2id with OWASP's
/// parameters, the crate's defaults), and sign-ins must not take the machine from the sensors.
const AT_A_TIME: usize = 2;

/// The hash of no password: who signs in with an unknown login waits as long as with a known one.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now("no password at all"));

/// Hashes and verifies passwords, a few at a time. Cheap to clone.
#[derive(Clone)]
pub(super) struct Hasher(Arc<Semaphore>);

impl Hasher {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_A_TIME)))
    }

    /// The password's hash in PHC form; `None` when the system gives no random salt.
    pub(super) async fn hash(&self, password: String) -> Option<String> {
        self.work(move || hash_now(&password)).await.flatten()
    }

    /// Whether it is the password of this hash. Takes as long without a hash.
    pub(super) async fn verify(&self, password: String, hash: Option<String>) -> bool {
        let verify = move || {
            let known = hash.is_some();
            let hash = hash.or_else(|| NOBODY.clone()).unwrap_or_default();
            let right = PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
            right && known
        };
        self.work(verify).await.unwrap_or(false)
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let _turn = self.0.acquire().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }
}

fn hash_now(password: &str) -> Option<String> {
    Argon2::default().hash_password(password.as_bytes()).ok().map(|hash| hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_of_the_hash_is_right() {
        let hasher = Hasher::new();
        let hash = hasher.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify("correct horse".into(), Some(hash.clone())).await);
        assert!(!hasher.verify("correct  horse".into(), Some(hash)).await);
        assert!(!hasher.verify("no password at all".into(), None).await);
        assert!(!hasher.verify("x".into(), Some("damaged".into())).await);
    }
}
