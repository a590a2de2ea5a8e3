//! What the calibrated classifier makes of signals whose truth is known.

use dayi_models::threshold::{LowRule, Origin};
use dayi_models::{
    Calibrator, Classifier, Level, Sample, SelfCalibrating, ThresholdClassifier, ThresholdModel, Verdict,
};

use crate::signal::Signal;

fn calibrate(samples: &[Sample]) -> Calibrator {
    let mut calibrator = Calibrator::new(None);
    for &s in samples {
        calibrator.observe(s);
    }
    calibrator
}

fn classify(model: ThresholdModel, samples: &[Sample]) -> Vec<Option<Verdict>> {
    let mut classifier = ThresholdClassifier::new(model);
    samples.iter().map(|&s| classifier.observe(s)).collect()
}

/// Calibrates on the first half; the share of right verdicts in the second, and how many changes there were
/// beyond the true ones.
fn halves(signal: &Signal) -> (f64, i64) {
    let half = signal.samples.len() / 2;
    let model = calibrate(&signal.samples[..half]).finish().unwrap();
    let verdicts = classify(model, &signal.samples[half..]);
    let said: Vec<_> = verdicts.iter().map(|v| v.map(|v| v.level)).collect();
    let right = said.iter().zip(&signal.levels[half..]).filter(|(said, level)| **said == Some(**level)).count();
    let changes = said.windows(2).filter(|pair| pair[0].is_some() && pair[0] != pair[1]).count();
    let true_changes = signal.levels[half..].windows(2).filter(|pair| pair[0] != pair[1]).count();
    (right as f64 / said.len() as f64, changes as i64 - true_changes as i64)
}

#[test]
fn three_levels_are_found_and_named() {
    let mut signal = Signal::every_s(2);
    signal.working_days(2, (0.0, 0.0), (0.8, 0.02), (3.0, 0.4));
    let (right, excess) = halves(&signal);
    assert!(right > 0.995, "{right}");
    assert_eq!(excess, 0);
}

#[test]
fn a_sensor_with_an_offset_still_knows_off() {
    let mut signal = Signal::every_s(5);
    signal.working_days(2, (0.03, 0.008), (0.9, 0.05), (4.0, 0.5));
    let (right, excess) = halves(&signal);
    assert!(right > 0.99, "{right}");
    assert_eq!(excess, 0);
}

#[test]
fn large_instruments_scale() {
    let mut signal = Signal::every_s(10);
    signal.working_days(2, (0.0, 0.0), (12.0, 0.5), (63.0, 5.0));
    let (right, excess) = halves(&signal);
    assert!(right > 0.99, "{right}");
    assert_eq!(excess, 0);
}

#[test]
fn a_compressors_rest_is_standby_though_it_draws_nothing() {
    let mut signal = Signal::every_s(5);
    for _ in 0..60 {
        let rest_s = signal.pick(1_800.0, 2_600.0);
        signal.hold(Level::Standby, 0.0, 0.0, rest_s).hold(Level::On, 2.0, 0.1, 1_200.0);
    }
    let (right, excess) = halves(&signal);
    assert!(right > 0.98, "{right}");
    assert_eq!(excess, 0);
}

#[test]
fn a_standby_below_one_sensor_step_is_told_from_off_by_its_activity() {
    let mut signal = Signal::every_s(2);
    for _ in 0..4 {
        signal.hold(Level::Off, 0.0, 0.0, 6.0 * 3_600.0);
        // One step of 8.7 mA in every other sample, then a run.
        for _ in 0..3_600 {
            signal.hold(Level::Standby, 0.0, 0.0, 2.0).hold(Level::Standby, 0.0087, 0.0, 2.0);
        }
        signal.hold(Level::On, 1.5, 0.1, 3_600.0);
    }
    let (right, excess) = halves(&signal);
    assert!(right > 0.97, "{right}");
    // From on straight to off, the activity before the run is remembered: a short standby comes in between.
    assert!(excess <= 2, "{excess}");
}

/// Off for six hours, a standby of one step in every other sample for four, a run of one; all of that above the
/// sensor's own zero (A), with its noise (A, largest).
fn faint_standby(zero_a: f32, noise_a: f32) -> Signal {
    let mut signal = Signal::every_s(2);
    for _ in 0..4 {
        signal.hold(Level::Off, zero_a, noise_a, 6.0 * 3_600.0);
        for _ in 0..3_600 {
            signal.hold(Level::Standby, zero_a, noise_a, 2.0).hold(Level::Standby, zero_a + 0.0087, noise_a, 2.0);
        }
        signal.hold(Level::On, zero_a + 1.5, 0.1, 3_600.0);
    }
    signal
}

#[test]
fn a_faint_standby_is_told_from_off_on_a_sensor_with_an_offset() {
    for zero_a in [0.01, 0.0123, 0.025, 0.04] {
        let (right, excess) = halves(&faint_standby(zero_a, 0.0));
        assert!(right > 0.97, "{zero_a}: {right}");
        assert!(excess <= 2, "{zero_a}: {excess}");
    }
}

#[test]
fn a_faint_standby_is_told_from_off_on_a_noisy_sensor() {
    for (zero_a, noise_a) in [(0.006, 0.004), (0.02, 0.004)] {
        let (right, excess) = halves(&faint_standby(zero_a, noise_a));
        assert!(right > 0.96, "{zero_a} {noise_a}: {right}");
        assert!(excess <= 4, "{zero_a} {noise_a}: {excess}");
    }
}

#[test]
fn a_constant_standby_alone_is_not_taken_for_an_offset() {
    let mut signal = Signal::every_s(5);
    for _ in 0..12 {
        signal.hold(Level::Standby, 0.04, 0.0, 5_400.0).hold(Level::On, 1.2, 0.1, 9_000.0);
    }
    let (right, excess) = halves(&signal);
    assert!(right > 0.98, "{right}");
    assert_eq!(excess, 0);
}

#[test]
fn spikes_change_nothing() {
    let mut signal = Signal::every_s(2);
    signal.working_days(2, (0.0, 0.0), (0.8, 0.02), (3.0, 0.4));
    for i in (0..signal.samples.len()).step_by(97) {
        signal.samples[i].current_a = 40.0;
    }
    let (right, excess) = halves(&signal);
    assert!(right > 0.99, "{right}");
    assert_eq!(excess, 0);
}

#[test]
fn levels_may_drift_by_a_fifth() {
    let mut signal = Signal::every_s(5);
    signal.working_days(4, (0.0, 0.0), (0.8, 0.02), (3.0, 0.3));
    let n = signal.samples.len();
    for (i, s) in signal.samples.iter_mut().enumerate() {
        s.current_a *= 0.9 + 0.2 * i as f32 / n as f32;
    }
    let (right, _) = halves(&signal);
    assert!(right > 0.99, "{right}");
}

#[test]
fn gaps_and_garbage_are_not_evidence() {
    let mut signal = Signal::every_s(2);
    signal.hold(Level::Off, 0.0, 0.0, 3_600.0).gap(40 * 86_400).hold(Level::On, 5.0, 0.1, 1_800.0);
    let mut calibrator = calibrate(&signal.samples);
    let covered_ms = calibrator.covered_ms();
    assert!((5_390_000..5_410_000).contains(&covered_ms), "{covered_ms}");
    assert!(calibrator.finish().is_err() && !calibrator.is_ready());
    let last_ms = signal.samples.last().unwrap().ts_ms;
    for (i, current_a) in [f32::NAN, f32::INFINITY, -3.0, 1e9].into_iter().enumerate() {
        calibrator.observe(Sample { ts_ms: last_ms + 1_000 + i as i64, current_a });
    }
    calibrator.observe(Sample { ts_ms: last_ms - 500, current_a: 1.0 });
    assert_eq!(calibrator.covered_ms(), covered_ms);
}

#[test]
fn a_hold_does_not_run_through_a_gap() {
    let mut classifier = ThresholdClassifier::new(ThresholdModel::from_rated(10.0));
    let mut signal = Signal::every_s(1);
    signal.hold(Level::Off, 0.0, 0.0, 60.0).hold(Level::On, 8.0, 0.0, 3.0).gap(3_600).hold(Level::On, 8.0, 0.0, 60.0);
    let resumed_ms = signal.samples[63].ts_ms;
    let mut first_on = None;
    for &s in &signal.samples {
        let verdict = classifier.observe(s);
        first_on = first_on.or(verdict.filter(|v| v.level == Level::On).map(|v| (s.ts_ms, v.since_ms)));
    }
    let (told_ms, since_ms) = first_on.unwrap();
    assert_eq!(since_ms, resumed_ms);
    assert!(told_ms >= resumed_ms + 6_000);
}

#[test]
fn implausible_and_late_samples_get_no_verdict() {
    let mut classifier = ThresholdClassifier::new(ThresholdModel::from_rated(10.0));
    let at = |ts_ms, current_a| Sample { ts_ms, current_a };
    assert_eq!(classifier.observe(at(0, 8.0)), None);
    assert_eq!(classifier.observe(at(1_000, 8.0)), None);
    assert!(classifier.observe(at(2_000, 8.0)).is_some());
    for current_a in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, 1e9] {
        assert_eq!(classifier.observe(at(3_000, current_a)), None);
    }
    assert_eq!(classifier.observe(at(2_000, 8.0)), None);
    assert_eq!(classifier.observe(at(1_500, 8.0)), None);
    assert_eq!(classifier.observe(at(3_000, 8.0)).map(|v| v.level), Some(Level::On));
}

#[test]
fn a_verdict_tells_when_the_level_began() {
    let mut signal = Signal::every_s(1);
    signal.hold(Level::Off, 0.0, 0.0, 100.0).hold(Level::On, 8.0, 0.0, 100.0);
    let verdicts = classify(ThresholdModel::from_rated(10.0), &signal.samples);
    let since_ms = verdicts.last().unwrap().unwrap().since_ms;
    // The median lets a step through one sample late.
    assert_eq!(since_ms, signal.samples[101].ts_ms);
}

#[test]
fn one_level_alone_is_named_with_little_confidence() {
    let mut signal = Signal::every_s(5);
    signal.hold(Level::On, 2.0, 0.3, 86_400.0);
    let calibrator = calibrate(&signal.samples);
    assert!(!calibrator.is_ready());
    let model = calibrator.finish().unwrap();
    assert_eq!(model.origin(), Origin::SingleLevel);
    let verdicts = classify(model, &signal.samples);
    assert!(verdicts.iter().flatten().all(|v| v.level == Level::On && v.confidence <= 0.4));
}

#[test]
fn one_level_alone_is_named_by_the_rated_current() {
    let mut signal = Signal::every_s(5);
    signal.hold(Level::Standby, 0.8, 0.05, 86_400.0);
    let mut calibrator = Calibrator::new(Some(10.0));
    for &s in &signal.samples {
        calibrator.observe(s);
    }
    let verdicts = classify(calibrator.finish().unwrap(), &signal.samples);
    assert!(verdicts.iter().flatten().all(|v| v.level == Level::Standby && v.confidence <= 0.5));
}

#[test]
fn an_instrument_never_seen_off_is_called_off_at_zero_without_confidence() {
    let mut signal = Signal::every_s(5);
    for _ in 0..8 {
        signal.hold(Level::Standby, 0.8, 0.02, 5_400.0).hold(Level::On, 2.6, 0.2, 7_200.0);
    }
    let model = calibrate(&signal.samples).finish().unwrap();
    assert_eq!(model.low_rule(), LowRule::Cut);
    signal.hold(Level::Off, 0.0, 0.0, 3_600.0);
    let last = classify(model, &signal.samples).last().copied().flatten().unwrap();
    assert_eq!(last.level, Level::Off);
    assert!(last.confidence <= 0.5, "{}", last.confidence);
}

#[test]
fn confidence_is_high_on_a_level_and_lower_at_a_cut() {
    let mut signal = Signal::every_s(5);
    signal.working_days(2, (0.0, 0.0), (0.8, 0.02), (3.0, 0.4));
    let model = calibrate(&signal.samples).finish().unwrap();
    let on = model.confidence(Level::On, 3.0);
    let doubtful = model.confidence(Level::On, model.on_cut_a());
    assert!(on > 0.85 && doubtful < 0.55, "{on} {doubtful}");
    assert!(model.confidence(Level::Standby, 0.8) > 0.85);
    assert!(model.confidence(Level::Off, 0.0) > 0.85);
}

#[test]
fn a_snapshot_goes_on_where_it_was() {
    let mut signal = Signal::every_s(5);
    signal.working_days(2, (0.0, 0.0), (0.8, 0.02), (3.0, 0.4));
    let (first, second) = signal.samples.split_at(20_000);
    let mut calibrator = calibrate(first);
    let mut classifier = ThresholdClassifier::new(calibrator.finish().unwrap());
    for &s in first {
        classifier.observe(s);
    }
    let mut thawed: ThresholdClassifier = serde_json::from_str(&serde_json::to_string(&classifier).unwrap()).unwrap();
    let mut thawed_calibrator: Calibrator = serde_json::from_str(&serde_json::to_string(&calibrator).unwrap()).unwrap();
    for &s in second {
        assert_eq!(thawed.observe(s), classifier.observe(s));
        calibrator.observe(s);
        thawed_calibrator.observe(s);
    }
    assert_eq!(thawed_calibrator, calibrator);
}

#[test]
fn a_snapshot_of_a_calibrator_that_knew_no_ground_is_read() {
    let calibrator = calibrate(&faint_standby(0.0, 0.0).samples);
    let mut frozen = serde_json::to_value(&calibrator).unwrap();
    let fields = frozen.as_object_mut().unwrap();
    assert!(fields.remove("ground").is_some() && fields.remove("noise").is_some());
    let thawed: Calibrator = serde_json::from_value(frozen).unwrap();
    assert_eq!(thawed.finish().unwrap(), calibrator.finish().unwrap());
}

#[test]
fn it_learns_while_it_serves() {
    let mut signal = Signal::every_s(5);
    signal.working_days(3, (0.0, 0.0), (0.8, 0.02), (3.0, 0.4));
    // The plate says far too much: by it, 3 A of 32 would be standby and 0.8 A off.
    let mut classifier = SelfCalibrating::new(Some(32.0));
    let said: Vec<_> = signal.samples.iter().map(|&s| classifier.observe(s).map(|v| v.level)).collect();
    assert_eq!(classifier.model().origin(), Origin::Calibrated);
    let two_thirds = said.len() * 2 / 3;
    let wrong = said[two_thirds..].iter().zip(&signal.levels[two_thirds..]).filter(|(s, l)| **s != Some(**l)).count();
    assert!(wrong * 100 < said.len() - two_thirds, "{wrong}");
}
