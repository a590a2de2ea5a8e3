//! Programs, by [Standard Webhooks](https://www.standardwebhooks.com).

use super::guard::{Forbidden, Guard};
use super::outcome::{Heard, Outcome, why};
use super::{Parcel, SendError};
use crate::notify::policy::Verdict;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use sha2::Sha256;
use std::sync::Arc;
use std::time::Duration;

const PREFIX: &str = "whsec_";
/// Bytes of a secret that dayi makes.
const MADE: usize = 32;

/// Sends to addresses that people name.
pub(in crate::notify) struct Webhooks {
    http: reqwest::Client,
    guard: Guard,
}

impl Webhooks {
    pub(super) fn new(guard: Guard, timeout: Duration) -> Result<Self, SendError> {
        let http = reqwest::Client::builder()
            .dns_resolver(Arc::new(guard.clone()))
            .redirect(Policy::none())
            // A proxy would resolve the name itself.
            .no_proxy()
            .timeout(timeout)
            .user_agent(concat!("dayi/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, guard })
    }

    /// Whether an address may be named; whether it leads to where it may is seen when something is sent.
    pub(in crate::notify) fn check(&self, url: &str) -> Result<(), Forbidden> {
        self.guard.url(url).map(drop)
    }

    pub(super) async fn send(&self, url: &str, secrets: &[&str], parcel: &Parcel<'_>) -> Outcome {
        let url = match self.guard.url(url) {
            Ok(url) => url,
            Err(forbidden) => return Outcome::new(Verdict::Refused, None, &forbidden.to_string()),
        };
        let body = parcel.body.to_string();
        let timestamp = parcel.now_ms.div_euclid(1_000);
        let signatures: Vec<String> =
            secrets.iter().filter_map(|secret| sign(secret, parcel.id, timestamp, &body)).collect();
        let request = self
            .http
            .post(url)
            .header("webhook-id", parcel.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "))
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        match request.send().await {
            Ok(response) => {
                let heard = Heard::of(response, parcel.now_ms).await;
                Outcome::new(Verdict::of_status(heard.status, heard.retry_after), Some(heard.status), &heard.body)
            }
            Err(error) => {
                let forbidden = forbidden(&error).map(ToString::to_string);
                match forbidden {
                    Some(forbidden) => Outcome::new(Verdict::Refused, None, &forbidden),
                    None => Outcome::unreached(&why(error)),
                }
            }
        }
    }
}

/// Whether a request failed because its address may not be reached.
fn forbidden(error: &reqwest::Error) -> Option<&Forbidden> {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(forbidden) = error.downcast_ref() {
            return Some(forbidden);
        }
        source = error.source();
    }
    None
}

/// A new secret.
pub(in crate::notify) fn new_secret() -> String {
    let bytes: [u8; MADE] = rand::random();
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The key that a secret holds: 24 to 64 bytes.
pub(in crate::notify) fn key(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    (24..=64).contains(&key.len()).then_some(key)
}

fn sign(secret: &str, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key(secret)?).ok()?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_signs_as_the_specifications_example_does() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn a_secret_is_24_to_64_bytes() {
        assert_eq!(key(&new_secret()).unwrap().len(), MADE);
        assert_ne!(new_secret(), new_secret());
        let of = |bytes: usize| format!("{PREFIX}{}", STANDARD.encode(vec![7; bytes]));
        assert!(key(&of(24)).is_some() && key(&of(64)).is_some());
        for wrong in [&of(23), &of(65), "whsec_", "whsec_!", &of(32)[6..]] {
            assert_eq!(key(wrong), None, "{wrong}");
        }
    }
}
