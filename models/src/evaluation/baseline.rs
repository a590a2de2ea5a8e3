//! The baselines every model is held against.

use super::method::{Method, calibrate, follow};
use crate::sample::{Classifier, Level, Sample, Verdict};
use crate::threshold::{Holds, ThresholdClassifier};
use crate::trace::Trace;

/// Off below 5 % and on from 20 % of the highest current seen while calibrating; no debounce.
pub(super) struct MaxThreshold;

impl Method for MaxThreshold {
    fn name(&self) -> &str {
        "threshold"
    }

    fn levels(&self, trace: &Trace, split: usize) -> Vec<Option<Level>> {
        let max_a = plausible(&trace.samples[..split]).fold(0.0, f32::max);
        follow(&mut Cuts { off_cut_a: 0.05 * max_a, on_cut_a: 0.2 * max_a }, trace, split)
    }
}

/// The levels and names a calibration finds by k-means, but a fixed debounce of 10 s instead of learned
/// holds.
pub(super) struct KMeans;

impl Method for KMeans {
    fn name(&self) -> &str {
        "kmeans"
    }

    fn levels(&self, trace: &Trace, split: usize) -> Vec<Option<Level>> {
        let fixed = Holds { enter_on_ms: 10_000, leave_on_ms: 10_000, low_ms: 10_000 };
        let model = calibrate(trace, split).with_holds(fixed);
        follow(&mut ThresholdClassifier::new(model), trace, split)
    }
}

fn plausible(samples: &[Sample]) -> impl Iterator<Item = f32> {
    samples.iter().filter_map(Sample::plausible_current)
}

/// Two fixed cuts, sample by sample.
struct Cuts {
    off_cut_a: f32,
    on_cut_a: f32,
}

impl Classifier for Cuts {
    fn observe(&mut self, s: Sample) -> Option<Verdict> {
        let current_a = s.plausible_current()?;
        let level = if current_a < self.off_cut_a {
            Level::Off
        } else if current_a < self.on_cut_a {
            Level::Standby
        } else {
            Level::On
        };
        Some(Verdict { level, confidence: 0.5, since_ms: s.ts_ms })
    }

    fn name(&self) -> &str {
        "threshold"
    }
}
