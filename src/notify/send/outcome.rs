use crate::notify::policy::Verdict;
use reqwest::Response;
use reqwest::header::RETRY_AFTER;
use std::time::Duration;

/// Bytes of an answer that are read.
const READ: usize = 4_096;
/// Bytes of it that are kept.
const KEPT: usize = 500;

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::notify) struct Outcome {
    pub(in crate::notify) verdict: Verdict,
    /// The status of HTTP or SMTP, if there was an answer.
    pub(in crate::notify) status: Option<u16>,
    /// What was said, or why nothing was.
    pub(in crate::notify) answer: String,
}

impl Outcome {
    pub(in crate::notify) fn new(verdict: Verdict, status: Option<u16>, answer: &str) -> Self {
        Self { verdict, status, answer: shortened(answer) }
    }

    /// Nothing was reached, which may be otherwise another time.
    pub(super) fn unreached(why: &str) -> Self {
        Self::new(Verdict::Later(None), None, why)
    }
}

/// The beginning of a text, on one line.
fn shortened(text: &str) -> String {
    let mut short = String::new();
    for c in text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if short.len() + c.len_utf8() > KEPT {
            break;
        }
        short.push(c);
    }
    short
}

/// An HTTP answer, as much of it as is read.
pub(super) struct Heard {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: String,
}

impl Heard {
    pub(super) async fn of(mut response: Response, now_ms: i64) -> Self {
        let wish = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = wish.and_then(|value| crate::platform::retry_after::retry_after(value, now_ms));
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while body.len() < READ {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk[..chunk.len().min(READ)]),
                // The status says enough.
                Ok(None) | Err(_) => break,
            }
        }
        body.truncate(READ);
        Self { status, retry_after, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

/// An error with what made it, without the address: that may hold a secret.
pub(super) fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return "no answer in time".into();
    }
    let mut words = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        words = format!("{words}: {error}");
        source = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_kept_short_and_whole_characters() {
        let kept = Outcome::unreached(&format!("a\n{}", "大".repeat(400))).answer;
        assert!(kept.len() <= KEPT && kept.starts_with("a 大"), "{kept}");
    }
}
