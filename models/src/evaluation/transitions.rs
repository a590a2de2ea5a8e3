//! Which transitions a method made that the labels do not explain.

use crate::sample::Level;

/// Counts false transitions.
///
/// A labelled interval (the label L without a break) explains one transition of the method to L
/// while it lasts: the first. It may also come up to [`EARLY_MS`] before the interval begins. Every
/// other transition is false, so a flap there and back inside one labelled interval counts two, and
/// a visit to a third level on the way counts one. Coming from silence is no transition; transitions
/// where there is no label are not judged.
#[derive(Debug, Default)]
pub(super) struct TransitionMeter {
    label: Option<Level>,
    said: Option<Level>,
    explained: bool,
    /// The last false transition: its time and level, for a label that follows shortly.
    last_false: Option<(i64, Level)>,
    made: u64,
    wrong: u64,
}

/// How long (ms) a transition may come before its label.
pub(super) const EARLY_MS: i64 = 60_000;

impl TransitionMeter {
    pub(super) fn add(&mut self, ts_ms: i64, label: Option<Level>, said: Option<Level>) {
        if label != self.label {
            // Where the method is at the new level already, the interval has nothing left to explain.
            self.explained = label.is_some() && self.said.or(said) == label;
            if let (Some((at_ms, level)), Some(now)) = (self.last_false, label)
                && level == now
                && said == Some(level)
                && ts_ms.saturating_sub(at_ms) <= EARLY_MS
            {
                self.explained = true;
                self.wrong -= 1;
            }
            self.last_false = None;
            self.label = label;
        }
        if let (Some(before), Some(after), Some(label)) = (self.said, said, label)
            && before != after
        {
            self.made += 1;
            if after == label && !self.explained {
                self.explained = true;
            } else {
                self.wrong += 1;
                self.last_false = Some((ts_ms, after));
            }
        }
        self.said = said.or(self.said);
    }

    /// Transitions made where there is a label, and how many of them are false.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.made, self.wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Level::{Off, On, Standby};

    fn count(steps: &[(Level, Level)], step_ms: i64) -> (u64, u64) {
        let mut meter = TransitionMeter::default();
        for (i, &(label, said)) in steps.iter().enumerate() {
            meter.add(i as i64 * step_ms, Some(label), Some(said));
        }
        meter.counts()
    }

    #[test]
    fn late_is_true_and_a_flap_is_two_false() {
        assert_eq!(count(&[(Off, Off), (On, Off), (On, On)], 1_000), (1, 0));
        assert_eq!(count(&[(On, On), (On, Off), (On, On)], 1_000), (2, 2));
    }

    #[test]
    fn a_second_return_in_one_interval_is_false() {
        assert_eq!(count(&[(Off, Off), (On, On), (On, Off), (On, On)], 1_000), (3, 2));
        assert_eq!(count(&[(On, On), (Off, Standby), (Off, Off)], 1_000), (2, 1));
    }

    #[test]
    fn early_by_a_minute_is_true_by_more_is_false() {
        assert_eq!(count(&[(Off, Off), (Off, On), (On, On)], 60_000), (1, 0));
        assert_eq!(count(&[(Off, Off), (Off, On), (On, On)], 61_000), (1, 1));
    }
}
