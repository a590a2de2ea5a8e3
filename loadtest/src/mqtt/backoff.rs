//! How long to wait before the next attempt to connect.

use crate::seed::Chance;
use std::time::Duration;

/// Waiting times that double from attempt to attempt, each shortened by up to a half by chance, so that 10,000
/// clients that were dropped together do not come back together.
#[derive(Clone, Debug)]
pub struct Backoff {
    chance: Chance,
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// From `first` up to `longest`. The same seed gives the same waiting times.
    #[must_use]
    pub fn new(seed: u64, first: Duration, longest: Duration) -> Self {
        Self { chance: Chance::new(seed, 0xBACF, 0), first, longest, next: first }
    }

    /// How long to wait after one more failure.
    pub fn after_failure(&mut self) -> Duration {
        let wait = self.next.mul_f32(self.chance.between(0.5, 1.0));
        self.next = (self.next * 2).min(self.longest);
        wait
    }

    /// Begins anew after a success.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_not_all_the_same() {
        let first = Duration::from_secs(1);
        let longest = Duration::from_secs(8);
        let waits = |seed| {
            let mut backoff = Backoff::new(seed, first, longest);
            std::array::from_fn::<Duration, 6, _>(|_| backoff.after_failure())
        };
        for (wait, full) in waits(1).into_iter().zip([1, 2, 4, 8, 8, 8]) {
            let full = Duration::from_secs(full);
            assert!(wait >= full / 2 && wait <= full, "{wait:?} of {full:?}");
        }
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }

    #[test]
    fn a_success_begins_anew() {
        let mut backoff = Backoff::new(1, Duration::from_secs(1), Duration::from_secs(60));
        for _ in 0..5 {
            backoff.after_failure();
        }
        backoff.reset();
        assert!(backoff.after_failure() <= Duration::from_secs(1));
    }
}
