use std::collections::HashMap;
use std::hash::Hash;

/// Failures that cost nothing.
const FREE: u32 = 5;
/// The longest wait, in milliseconds.
const LONGEST_MS: i64 = 15 * 60_000;
/// After so long without a failure they are forgotten, in milliseconds.
const FORGOTTEN_MS: i64 = 60 * 60_000;
/// How many are remembered: past it the oldest are forgotten.
const REMEMBERED: usize = 10_000;

/// Makes whoever fails again and again wait: after five failures a second, then twice as long each time, up to a quarter
/// of an hour.
pub(super) struct Throttle<K> {
    failures: HashMap<K, (u32, i64)>,
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    pub(super) fn new() -> Self {
        Self { failures: HashMap::new() }
    }

    /// How long it still has to wait, in milliseconds.
    pub(super) fn wait_ms(&self, key: &K, now_ms: i64) -> i64 {
        self.failures.get(key).map_or(0, |(count, last_ms)| (last_ms + penalty_ms(*count) - now_ms).max(0))
    }

    /// It failed.
    pub(super) fn failed(&mut self, key: K, now_ms: i64) {
        let (count, last_ms) = self.failures.get(&key).copied().unwrap_or((0, now_ms));
        let count = if now_ms - last_ms > FORGOTTEN_MS { 0 } else { count };
        self.failures.insert(key, (count.saturating_add(1), now_ms));
        if self.failures.len() > REMEMBERED {
            self.failures.retain(|_, (_, last_ms)| now_ms - *last_ms <= FORGOTTEN_MS);
            if self.failures.len() > REMEMBERED {
                let mut times: Vec<i64> = self.failures.values().map(|(_, last_ms)| *last_ms).collect();
                let (_, middle, _) = times.select_nth_unstable(REMEMBERED / 2);
                let middle = *middle;
                self.failures.retain(|_, (_, last_ms)| *last_ms > middle);
            }
        }
    }

    /// What was counted as a failure was none.
    pub(super) fn taken_back(&mut self, key: &K) {
        if let Some((count, _)) = self.failures.get_mut(key) {
            *count = count.saturating_sub(1);
        }
    }

    /// It succeeded.
    pub(super) fn succeeded(&mut self, key: &K) {
        self.failures.remove(key);
    }
}

fn penalty_ms(failures: u32) -> i64 {
    match failures.checked_sub(FREE) {
        None | Some(0) => 0,
        Some(more) => 1_000_i64.checked_shl(more - 1).filter(|ms| (1..LONGEST_MS).contains(ms)).unwrap_or(LONGEST_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_and_ends() {
        let mut throttle = Throttle::new();
        for _ in 0..FREE {
            throttle.failed("a", 0);
        }
        assert_eq!(throttle.wait_ms(&"a", 0), 0);
        let waits: Vec<i64> = (0..14)
            .map(|_| {
                throttle.failed("a", 0);
                throttle.wait_ms(&"a", 0) / 1_000
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
        assert_eq!(throttle.wait_ms(&"a", 899_000), 1_000);
        assert_eq!(throttle.wait_ms(&"b", 0), 0);
        throttle.taken_back(&"a");
        assert_eq!(throttle.wait_ms(&"a", 0), 900_000);
        throttle.succeeded(&"a");
        assert_eq!(throttle.wait_ms(&"a", 0), 0);
    }

    #[test]
    fn failures_are_forgotten_and_memory_is_bounded() {
        let mut throttle = Throttle::new();
        for _ in 0..40 {
            throttle.failed(0, 0);
        }
        throttle.failed(0, FORGOTTEN_MS + 1);
        assert_eq!(throttle.wait_ms(&0, FORGOTTEN_MS + 1), 0);
        for key in 0..50_000 {
            throttle.failed(key, i64::from(key));
        }
        assert!(throttle.failures.len() <= REMEMBERED + 1);
        assert!(throttle.failures.contains_key(&49_999));
    }
}
