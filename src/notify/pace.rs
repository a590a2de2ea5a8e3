use std::collections::{HashMap, VecDeque};

const MINUTE_MS: i64 = 60_000;

/// How often each channel was used within the last minute.
#[derive(Default)]
pub(super) struct Pace(HashMap<String, VecDeque<i64>>);

impl Pace {
    /// Counts a message if there is room for it; otherwise says when there is, UTC milliseconds.
    pub(super) fn use_once(&mut self, channel: &str, per_minute: usize, now_ms: i64) -> Result<(), i64> {
        // Whoever has not been used for a minute is as good as new.
        self.0.retain(|_, used| used.back().is_some_and(|last| now_ms - last < MINUTE_MS));
        let used = self.0.entry(channel.to_owned()).or_default();
        while used.front().is_some_and(|first| now_ms - first >= MINUTE_MS) {
            used.pop_front();
        }
        match used.front() {
            Some(first) if used.len() >= per_minute => Err(first + MINUTE_MS),
            _ => {
                used.push_back(now_ms);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_used_so_often_within_any_minute() {
        let mut pace = Pace::default();
        for now_ms in [0, 10, 20] {
            assert_eq!(pace.use_once("a", 3, now_ms), Ok(()));
        }
        assert_eq!(pace.use_once("a", 3, 30), Err(MINUTE_MS));
        assert_eq!(pace.use_once("b", 3, 30), Ok(()));
        assert_eq!(pace.use_once("a", 3, MINUTE_MS), Ok(()));
        assert_eq!(pace.use_once("a", 3, MINUTE_MS), Err(MINUTE_MS + 10));
        assert_eq!(pace.use_once("c", 3, 10 * MINUTE_MS), Ok(()));
        assert_eq!(pace.0.len(), 1, "nothing is kept of channels at rest");
    }
}
