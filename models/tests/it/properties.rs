//! Whatever comes in, the models stay sane.

use dayi_models::{Calibrator, Classifier, ThresholdClassifier, ThresholdModel};
use proptest::prelude::*;

use crate::signal::samples;

proptest! {
    #[test]
    fn any_samples_give_sane_models_and_verdicts(samples in samples(500_000_000), rated_a in proptest::option::of(any::<f32>())) {
        let mut calibrator = Calibrator::new(rated_a);
        for &s in &samples {
            calibrator.observe(s);
            prop_assert!(calibrator.covered_ms() >= 0);
            let _ = calibrator.due_model();
        }
        let _ = calibrator.is_ready();
        for model in [calibrator.model_so_far(), ThresholdModel::from_rated(rated_a.unwrap_or(f32::NAN))] {
            prop_assert!(model.off_cut_a().is_finite() && model.on_cut_a().is_finite());
            prop_assert!(0.0 <= model.off_cut_a() && model.off_cut_a() <= model.on_cut_a());
            let mut classifier = ThresholdClassifier::new(model);
            let mut last_since_ms = i64::MIN;
            for &s in &samples {
                let Some(verdict) = classifier.observe(s) else { continue };
                prop_assert!(s.plausible_current().is_some());
                prop_assert!((0.0..=1.0).contains(&verdict.confidence), "{verdict:?}");
                prop_assert!(verdict.since_ms <= s.ts_ms && verdict.since_ms >= last_since_ms);
                last_since_ms = verdict.since_ms;
            }
            let frozen = serde_json::to_string(&classifier).unwrap();
            prop_assert_eq!(serde_json::from_str::<ThresholdClassifier>(&frozen).unwrap(), classifier);
        }
        let frozen = serde_json::to_string(&calibrator).unwrap();
        prop_assert_eq!(serde_json::from_str::<Calibrator>(&frozen).unwrap(), calibrator);
    }

    #[test]
    fn verdicts_are_causal(samples in samples(500_000_000), cut in 0_usize..200) {
        let mut whole = ThresholdClassifier::new(ThresholdModel::from_rated(10.0));
        let all: Vec<_> = samples.iter().map(|&s| whole.observe(s)).collect();
        let cut = cut.min(samples.len());
        let mut part = ThresholdClassifier::new(ThresholdModel::from_rated(10.0));
        let first: Vec<_> = samples[..cut].iter().map(|&s| part.observe(s)).collect();
        prop_assert_eq!(&all[..cut], &first[..]);
    }
}
