//! Where a method was wrong, and for how long.

use serde::{Deserialize, Serialize};

use crate::sample::Level;

/// How many stretches are kept for each trace and method: the longest.
pub const WRONG_KEPT: usize = 20;

/// A stretch without a gap at which a method said one thing and the label another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WrongSpan {
    /// Its first sample, UTC milliseconds.
    pub from_ms: i64,
    /// Until when it lasted, UTC milliseconds.
    pub to_ms: i64,
    /// The reference label.
    pub label: Level,
    /// What the method said; `None` if nothing.
    pub said: Option<Level>,
    /// Mean current over it, A; of plausible readings only.
    pub current_a: f32,
}

impl WrongSpan {
    /// How long it lasted, seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.to_ms.saturating_sub(self.from_ms) as f64 / 1e3
    }
}

/// Gathers the stretches at which a method is wrong.
#[derive(Debug, Default)]
pub(super) struct WrongMeter {
    open: Option<Open>,
    kept: Vec<WrongSpan>,
    count: u64,
}

#[derive(Debug)]
struct Open {
    span: WrongSpan,
    ampere_s: f64,
    seconds: f64,
}

impl WrongMeter {
    /// Takes the state at one sample and the time in milliseconds that it stands for.
    pub(super) fn add(
        &mut self,
        ts_ms: i64,
        weight_ms: i64,
        label: Option<Level>,
        said: Option<Level>,
        current_a: Option<f32>,
    ) {
        let goes_on = |o: &Open| Some(o.span.label) == label && o.span.said == said && o.span.to_ms >= ts_ms;
        if !self.open.as_ref().is_some_and(goes_on) {
            self.close();
            self.open = label.filter(|_| label != said).map(|label| Open {
                span: WrongSpan { from_ms: ts_ms, to_ms: ts_ms, label, said, current_a: 0.0 },
                ampere_s: 0.0,
                seconds: 0.0,
            });
        }
        if let Some(open) = &mut self.open {
            open.span.to_ms = open.span.to_ms.max(ts_ms.saturating_add(weight_ms));
            if let Some(current_a) = current_a {
                let seconds = weight_ms as f64 / 1e3;
                open.ampere_s += seconds * f64::from(current_a);
                open.seconds += seconds;
            }
        }
    }

    fn close(&mut self) {
        let Some(Open { mut span, ampere_s, seconds }) = self.open.take() else { return };
        if span.to_ms == span.from_ms {
            return;
        }
        self.count += 1;
        span.current_a = if seconds > 0.0 { (ampere_s / seconds) as f32 } else { 0.0 };
        let longer = self.kept.partition_point(|k| k.seconds() >= span.seconds());
        if longer < WRONG_KEPT {
            self.kept.truncate(WRONG_KEPT - 1);
            self.kept.insert(longer, span);
        }
    }

    /// The longest stretches, longest first, and how many there were in all.
    pub(super) fn finish(mut self) -> (Vec<WrongSpan>, u64) {
        self.close();
        (self.kept, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Level::{Off, On, Standby};

    #[test]
    fn a_stretch_ends_with_the_pair_and_at_a_gap() {
        let mut meter = WrongMeter::default();
        let steps = [(0, Off, Off), (10, Off, On), (20, Off, On), (30, Off, Standby), (40, Off, Off), (50, Off, On)];
        for (s, label, said) in steps {
            meter.add(s * 1_000, 10_000, Some(label), Some(said), Some(s as f32));
        }
        meter.add(1_000_000, 10_000, Some(Off), Some(On), Some(1.0));
        meter.add(1_010_000, 10_000, None, Some(On), Some(1.0));
        meter.add(1_020_000, 10_000, Some(On), None, None);
        let (kept, count) = meter.finish();
        let told: Vec<_> =
            kept.iter().map(|w| (w.from_ms / 1_000, w.seconds(), w.label, w.said, w.current_a)).collect();
        assert_eq!(
            told,
            [
                (10, 20.0, Off, Some(On), 15.0),
                (30, 10.0, Off, Some(Standby), 30.0),
                (50, 10.0, Off, Some(On), 50.0),
                (1_000, 10.0, Off, Some(On), 1.0),
                (1_020, 10.0, On, None, 0.0)
            ]
        );
        assert_eq!(count, 5);
    }

    #[test]
    fn only_the_longest_are_kept() {
        let mut meter = WrongMeter::default();
        let mut ts_ms = 0;
        for length in 1..=50 {
            meter.add(ts_ms, length * 1_000, Some(On), Some(Off), None);
            meter.add(ts_ms + length * 1_000, 1_000, Some(On), Some(On), None);
            ts_ms += 100_000;
        }
        let (kept, count) = meter.finish();
        assert_eq!((kept.len(), count), (WRONG_KEPT, 50));
        assert_eq!((kept[0].seconds(), kept[19].seconds()), (50.0, 31.0));
    }
}
