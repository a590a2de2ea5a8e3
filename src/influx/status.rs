//! How each stream is, for metrics, health and the API.

use super::policy::{Obstacle, Verdict};
use crate::domain::Clock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Behind by more than this, or without an answer for longer, is told as a problem.
const BEARABLE_MS: i64 = 60_000;

/// What is known of a stream at a moment. Times are UTC milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// Everything up to here was acknowledged: a change's number or a place in the journal.
    pub(super) sent_to: i64,
    /// The time of the oldest that waits; `None` while nothing does.
    pub(super) oldest_ms: Option<i64>,
    /// When nothing waited, last; or when the server started.
    pub(super) caught_up_ms: i64,
    /// The last answer, and when it came.
    pub(super) last_answer: Option<(i64, String)>,
    /// When lines were taken, last.
    pub(super) last_success_ms: Option<i64>,
    /// What is in the way.
    pub(super) trouble: Option<Trouble>,
    /// Lines that were taken.
    pub(super) points: u64,
    /// Requests whose lines were taken.
    pub(super) batches: u64,
    /// Attempts after a failure.
    pub(super) retries: u64,
    /// Lines set aside.
    pub(super) set_aside: u64,
    /// Readings that were read from the history, because the journal did not have them any more.
    pub(super) refilled: u64,
}

/// What is in a stream's way.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    /// What.
    pub(super) obstacle: Obstacle,
    /// In the server's or the system's words.
    pub(super) words: String,
    /// Since when.
    pub(super) since_ms: i64,
    /// Attempts that failed in a row.
    pub(super) failures: u32,
    /// When the next is made.
    pub(super) next_try_ms: i64,
}

/// A stream's state, written by the stream alone.
pub(super) struct Status {
    /// The stream's name.
    pub(super) name: &'static str,
    clock: Arc<dyn Clock>,
    standing: Mutex<Standing>,
}

impl Status {
    pub(super) fn new(name: &'static str, clock: Arc<dyn Clock>) -> Self {
        let standing = Standing { caught_up_ms: clock.now_ms(), ..Standing::default() };
        Self { name, clock, standing: Mutex::new(standing) }
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// How it is.
    pub(super) fn standing(&self) -> Standing {
        self.lock().clone()
    }

    /// Seconds by which the stream is behind.
    pub(super) fn lag_s(&self) -> u64 {
        let oldest_ms = self.lock().oldest_ms;
        oldest_ms.map_or(0, |oldest_ms| u64::try_from((self.clock.now_ms() - oldest_ms) / 1_000).unwrap_or(0))
    }

    /// Something is to be sent; the oldest of it is of this time.
    pub(super) fn takes(&self, oldest_ms: i64) {
        self.lock().oldest_ms = Some(oldest_ms);
    }

    /// Everything up to `to` was acknowledged; `all`: nothing more waits at present.
    pub(super) fn sent_to(&self, to: i64, all: bool) {
        let now_ms = self.clock.now_ms();
        let mut standing = self.lock();
        standing.sent_to = to;
        if all {
            (standing.oldest_ms, standing.caught_up_ms) = (None, now_ms);
        }
    }

    /// The server answered.
    pub(super) fn answered(&self, verdict: Verdict, words: String) {
        metrics::counter!("dayi_influx_answers_total", "stream" => self.name, "class" => verdict.name()).increment(1);
        let now_ms = self.clock.now_ms();
        let mut standing = self.lock();
        standing.last_answer = Some((now_ms, words));
        if !matches!(verdict, Verdict::NotNow(_)) {
            standing.last_success_ms = Some(now_ms);
            drop(standing);
            self.there();
        }
    }

    /// The server is there.
    pub(super) fn there(&self) {
        if let Some(trouble) = self.lock().trouble.take() {
            let s = (self.clock.now_ms() - trouble.since_ms) / 1_000;
            tracing::info!(stream = self.name, s, "InfluxDB answers again");
        }
    }

    /// It took lines.
    pub(super) fn sent(&self, lines: usize) {
        metrics::counter!("dayi_influx_points_total", "stream" => self.name).increment(lines as u64);
        metrics::counter!("dayi_influx_batches_total", "stream" => self.name).increment(1);
        let mut standing = self.lock();
        standing.points += lines as u64;
        standing.batches += 1;
    }

    /// Lines were set aside.
    pub(super) fn set_aside(&self, lines: usize) {
        metrics::counter!("dayi_influx_set_aside_total", "stream" => self.name).increment(lines as u64);
        self.lock().set_aside += lines as u64;
    }

    /// Readings of the history were taken.
    pub(super) fn refilled(&self, readings: usize) {
        metrics::counter!("dayi_influx_refilled_total").increment(readings as u64);
        self.lock().refilled += readings as u64;
    }

    /// Attempts that failed in a row, with the one that failed now.
    pub(super) fn failures(&self) -> u32 {
        self.lock().trouble.as_ref().map_or(1, |trouble| trouble.failures.saturating_add(1))
    }

    /// Something is in the way; the next attempt is made after `wait`.
    pub(super) fn waits(&self, obstacle: Obstacle, words: String, wait: Duration) {
        metrics::counter!("dayi_influx_retries_total", "stream" => self.name).increment(1);
        let now_ms = self.clock.now_ms();
        let next_try_ms = now_ms.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        let failures = self.failures();
        let mut standing = self.lock();
        standing.retries += 1;
        let told = standing.trouble.as_ref().is_some_and(|trouble| trouble.obstacle == obstacle);
        let since_ms = standing.trouble.as_ref().map_or(now_ms, |trouble| trouble.since_ms);
        if !told {
            match obstacle {
                Obstacle::Misconfigured => {
                    tracing::error!(stream = self.name, %words, "InfluxDB refuses us: look at [influx]; the data is kept");
                }
                _ => tracing::warn!(stream = self.name, %words, "InfluxDB takes nothing at present; the data is kept"),
            }
        }
        standing.trouble = Some(Trouble { obstacle, words, since_ms, failures, next_try_ms });
    }

    /// What is wrong, for a person.
    pub(super) fn problem(&self) -> Option<String> {
        let (standing, now_ms) = (self.standing(), self.clock.now_ms());
        let behind = match standing.oldest_ms {
            Some(_) => format!("{} s behind", self.lag_s()),
            None => "nothing waits".into(),
        };
        let (name, words) = (self.name, standing.trouble.as_ref().map(|trouble| trouble.words.as_str()));
        match (&standing.trouble, words) {
            (Some(Trouble { obstacle: Obstacle::Misconfigured, .. }), Some(words)) => Some(format!(
                "InfluxDB refuses {name} ({words}): look at [influx] url, org, bucket and token; nothing is lost, {behind}"
            )),
            (Some(Trouble { since_ms, .. }), Some(words)) if now_ms - since_ms > BEARABLE_MS => Some(format!(
                "InfluxDB has taken no {name} for {} s ({words}); nothing is lost, {behind}",
                (now_ms - since_ms) / 1_000
            )),
            _ if standing.oldest_ms.is_some() && now_ms - standing.caught_up_ms > BEARABLE_MS => {
                Some(format!("InfluxDB gets {name} late: {behind}, and catches up"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now_ms(&self) -> i64 {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn a_problem_is_told_when_a_person_has_to_act_at_once_and_else_after_a_minute() {
        let hand = Arc::new(Hand(AtomicI64::new(1_000_000)));
        let status = Status::new("states", hand.clone());
        let pass = |seconds: i64| hand.0.fetch_add(seconds * 1_000, Ordering::Relaxed);
        status.takes(990_000);
        assert_eq!((status.problem(), status.lag_s()), (None, 10));
        status.waits(Obstacle::Away, "refused".into(), Duration::from_secs(5));
        assert_eq!(status.problem(), None);
        pass(61);
        let problem = status.problem().unwrap();
        assert!(problem.contains("no states for 61 s (refused)") && problem.contains("71 s behind"), "{problem}");
        status.waits(Obstacle::Misconfigured, "401: who?".into(), Duration::from_secs(60));
        let problem = status.problem().unwrap();
        assert!(problem.contains("401: who?") && problem.contains("token"), "{problem}");
        assert_eq!(status.standing().trouble.unwrap().failures, 2);
        status.answered(Verdict::Done, "204".into());
        assert!(status.problem().unwrap().contains("catches up"));
        status.sent_to(5, true);
        assert_eq!((status.problem(), status.lag_s()), (None, 0));
        pass(1_000);
        assert_eq!(status.problem(), None);
    }
}
