use super::outbox::Counts;
use std::sync::{Arc, Mutex, PoisonError};

/// A notice that is so late is said in health.
const LATE_MS: i64 = 15 * 60_000;

/// How deliveries are. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Status(Arc<Mutex<Told>>);

#[derive(Clone, Copy, Default)]
struct Told {
    counts: Counts,
    at_ms: i64,
}

impl Status {
    pub(super) fn tell(&self, counts: Counts, at_ms: i64) {
        metrics::gauge!("dayi_notify_waiting").set(counts.waiting as f64);
        metrics::gauge!("dayi_notify_dead").set(counts.dead as f64);
        let late_ms = counts.overdue_ms.map_or(0, |overdue_ms| (at_ms - overdue_ms).max(0));
        metrics::gauge!("dayi_notify_oldest_seconds").set(late_ms as f64 / 1_000.0);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Told { counts, at_ms };
    }

    /// What is wrong, in words for a person.
    pub(super) fn problem(&self) -> Option<String> {
        let Told { counts, at_ms } = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let late_ms = at_ms - counts.overdue_ms?;
        (late_ms >= LATE_MS).then(|| {
            format!(
                "a notification is {} minutes late; {} wait (GET /api/v1/deliveries?state=waiting)",
                late_ms / 60_000,
                counts.waiting
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_late_is_a_problem() {
        let status = Status::default();
        assert_eq!(status.problem(), None);
        status.tell(Counts { waiting: 3, dead: 9, overdue_ms: Some(1_000) }, 1_000 + LATE_MS - 1);
        assert_eq!(status.problem(), None);
        status.tell(Counts { waiting: 3, dead: 9, overdue_ms: Some(1_000) }, 1_000 + LATE_MS);
        assert!(status.problem().unwrap().contains("15 minutes late; 3 wait"));
    }
}
