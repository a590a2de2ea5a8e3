//! A trace at the width of a page: what was labelled and what was said, column by column.

use crate::sample::{Level, Sample};

/// Columns of a strip.
pub(super) const COLUMNS: usize = 400;

/// One column: a stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Column {
    /// The label of most of its time; `None` without labels or in a gap.
    pub(super) label: Option<Level>,
    /// What was said for most of its time.
    pub(super) said: Option<Level>,
    /// Share of its labelled time at which the method was wrong, 0 to 1.
    pub(super) wrong: f32,
}

/// The judged part of a trace in [`COLUMNS`] of equal time. Kept for the page, not in the report's JSON.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Strip {
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
    pub(super) columns: Vec<Column>,
}

/// Seconds by level in one column.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    label: [f32; 3],
    said: [f32; 3],
    wrong: f32,
}

/// Fills a strip sample by sample.
pub(super) struct StripMeter {
    from_ms: i64,
    to_ms: i64,
    columns_a_ms: f64,
    sums: Vec<Sums>,
}

impl StripMeter {
    pub(super) fn new(samples: &[Sample]) -> Self {
        let times = samples.iter().map(|s| s.ts_ms);
        let (from_ms, to_ms) = (times.clone().min().unwrap_or(0), times.max().unwrap_or(0));
        let span_ms = to_ms.saturating_sub(from_ms).max(1);
        let columns_a_ms = COLUMNS as f64 / span_ms as f64;
        Self { from_ms, to_ms, columns_a_ms, sums: vec![Sums::default(); COLUMNS] }
    }

    /// Takes the state at one sample and the time in milliseconds that it stands for.
    pub(super) fn add(&mut self, ts_ms: i64, weight_ms: i64, label: Option<Level>, said: Option<Level>) {
        if weight_ms == 0 {
            return;
        }
        let column = |ms: i64| (ms.saturating_sub(self.from_ms) as f64 * self.columns_a_ms) as usize;
        let first = column(ts_ms).min(COLUMNS - 1);
        let last = column(ts_ms.saturating_add(weight_ms - 1)).clamp(first, COLUMNS - 1);
        let share_s = weight_ms as f32 / 1e3 / (last - first + 1) as f32;
        for sums in &mut self.sums[first..=last] {
            if let Some(label) = label {
                sums.label[label.index()] += share_s;
                if said != Some(label) {
                    sums.wrong += share_s;
                }
            }
            if let Some(said) = said {
                sums.said[said.index()] += share_s;
            }
        }
    }

    pub(super) fn finish(self) -> Strip {
        let columns = self.sums.iter().map(|sums| {
            let labelled: f32 = sums.label.iter().sum();
            let wrong = if labelled > 0.0 { sums.wrong / labelled } else { 0.0 };
            Column { label: most(&sums.label), said: most(&sums.said), wrong }
        });
        Strip { from_ms: self.from_ms, to_ms: self.to_ms, columns: columns.collect() }
    }
}

fn most(seconds: &[f32; 3]) -> Option<Level> {
    let best = Level::ALL.into_iter().max_by(|a, b| seconds[a.index()].total_cmp(&seconds[b.index()]))?;
    (seconds[best.index()] > 0.0).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Level::{Off, On};

    #[test]
    fn columns_hold_what_prevails() {
        let samples: Vec<_> = (0..=800).map(|s| Sample { ts_ms: s * 1_000, current_a: 0.0 }).collect();
        let mut meter = StripMeter::new(&samples);
        for (i, s) in samples.iter().enumerate().take(800) {
            let said = if i == 3 { Off } else { On };
            meter.add(s.ts_ms, 1_000, (i < 400).then_some(On), Some(said));
        }
        let strip = meter.finish();
        assert_eq!(strip.columns[0], Column { label: Some(On), said: Some(On), wrong: 0.0 });
        assert_eq!(strip.columns[1].wrong, 0.5);
        assert_eq!(strip.columns[300], Column { label: None, said: Some(On), wrong: 0.0 });
        assert_eq!(strip.columns.len(), COLUMNS);
    }

    #[test]
    fn sparse_samples_leave_no_holes_and_nothing_overflows() {
        let samples = [0, 60_000, 120_000].map(|ts_ms| Sample { ts_ms, current_a: 0.0 });
        let mut meter = StripMeter::new(&samples);
        samples[..2].iter().for_each(|s| meter.add(s.ts_ms, 60_000, Some(On), Some(Off)));
        assert!(meter.finish().columns.iter().all(|c| c.label == Some(On) && c.wrong == 1.0));
        let wild = [i64::MIN, i64::MAX, 0].map(|ts_ms| Sample { ts_ms, current_a: 0.0 });
        let mut meter = StripMeter::new(&wild);
        wild.iter().for_each(|s| meter.add(s.ts_ms, 60_000, None, Some(Off)));
        assert_eq!(meter.finish().columns.len(), COLUMNS);
        assert_eq!(StripMeter::new(&[]).finish().columns.len(), COLUMNS);
    }
}
