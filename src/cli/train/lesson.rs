use super::material::Material;
use dayi_models::evaluation::{GAP_MS, Tally, score_levels};
use dayi_models::gate::{self, GateVerdict};
use dayi_models::trained::{Prepared, TrainedClassifier, TrainedModel, prepare};
use dayi_models::{Classifier, Level, Sample};

/// The share of the labelled time that is trained on; the rest, the newest, judges the candidate.
const LEARNED_SHARE: f64 = 0.8;
/// The longest stretch that judges, in milliseconds: the newest week.
const LONGEST_JUDGED_MS: i64 = 7 * 86_400_000;
/// How much before it is shown to the models, so that they do not start blind, in milliseconds.
const LEAD_MS: i64 = 2 * 3_600_000;

/// What a candidate learns from, and what it is judged by.
pub(super) struct Lesson {
    pub(super) prepared: Prepared,
    /// The first and the last time that is trained on, UTC milliseconds.
    pub(super) span_ms: (i64, i64),
    /// Labelled seconds that are trained on.
    pub(super) labelled_s: f64,
    /// The promotion that the judgement is against.
    pub(super) incumbent_number: i64,
    /// When its labels were read, UTC milliseconds.
    pub(super) planned_ms: i64,
    judged: Judged,
    incumbent: (String, Tally),
    known: Vec<Level>,
}

/// The model that serves now.
pub(super) struct Incumbent {
    /// The number of its promotion; 0 before the first.
    pub(super) number: i64,
    /// The last time that it was trained on, UTC milliseconds: it is judged by what came after.
    pub(super) trained_to_ms: i64,
    pub(super) classifier: Box<dyn Classifier + Send>,
}

/// The newest stretch, with its lead.
struct Judged {
    samples: Vec<Sample>,
    labels: Vec<Option<Level>>,
    /// The first sample that counts.
    from: usize,
}

impl Lesson {
    /// Splits the material in time and judges the incumbent.
    ///
    /// # Errors
    /// Why nothing can be learned from the material, in words.
    pub(super) fn plan(
        material: Material,
        rated_a: Option<f32>,
        seed: u64,
        mut incumbent: Incumbent,
        planned_ms: i64,
    ) -> Result<Self, String> {
        let Material { samples, labels } = material;
        let split = split(&samples, &labels);
        let prepared =
            prepare(&samples[..split], &labels[..split], rated_a, seed).map_err(|error| error.to_string())?;
        let span_ms = (samples[0].ts_ms, samples[split - 1].ts_ms);
        let labelled_s = labelled_s(&samples[..split], &labels[..split]);
        let known = Level::ALL.into_iter().filter(|level| labels.contains(&Some(*level))).collect();
        let unseen = samples.partition_point(|sample| sample.ts_ms <= incumbent.trained_to_ms);
        let judged = Judged::cut(&samples, &labels, split.max(unseen));
        let tally = judged.judge(&mut *incumbent.classifier);
        let name = incumbent.classifier.name().to_owned();
        Ok(Self {
            prepared,
            span_ms,
            labelled_s,
            incumbent_number: incumbent.number,
            planned_ms,
            judged,
            incumbent: (name, tally),
            known,
        })
    }

    /// How the candidate stands to the incumbent.
    pub(super) fn judge(&self, candidate: &TrainedModel) -> GateVerdict {
        let tally = self.judged.judge(&mut TrainedClassifier::new(candidate.clone()));
        gate::compare(&tally, &self.incumbent.0, &self.incumbent.1, &self.known)
    }
}

impl Judged {
    fn cut(samples: &[Sample], labels: &[Option<Level>], split: usize) -> Self {
        let last_ms = samples.last().map_or(0, |sample| sample.ts_ms);
        let from = samples.partition_point(|sample| sample.ts_ms < last_ms - LONGEST_JUDGED_MS).max(split);
        let from_ms = samples.get(from).map_or(last_ms, |sample| sample.ts_ms);
        let lead = samples.partition_point(|sample| sample.ts_ms < from_ms - LEAD_MS);
        Self { samples: samples[lead..].to_vec(), labels: labels[lead..].to_vec(), from: from - lead }
    }

    fn judge(&self, classifier: &mut dyn Classifier) -> Tally {
        let mut last = None;
        let said: Vec<Option<Level>> = self
            .samples
            .iter()
            .map(|sample| {
                last = classifier.observe(*sample).map(|verdict| verdict.level).or(last);
                last
            })
            .collect();
        score_levels(&self.samples[self.from..], &self.labels[self.from..], &said[self.from..])
    }
}

/// The index of the first sample after [`LEARNED_SHARE`] of the labelled time.
fn split(samples: &[Sample], labels: &[Option<Level>]) -> usize {
    let mut left_s = LEARNED_SHARE * labelled_s(samples, labels);
    for (index, (pair, label)) in samples.windows(2).zip(labels).enumerate() {
        left_s -= if label.is_some() { step_s(pair) } else { 0.0 };
        if left_s < 0.0 {
            return index + 1;
        }
    }
    samples.len()
}

fn labelled_s(samples: &[Sample], labels: &[Option<Level>]) -> f64 {
    samples.windows(2).zip(labels).filter(|(_, label)| label.is_some()).map(|(pair, _)| step_s(pair)).sum()
}

/// The time (s) that the first of two samples stands for; a gap counts a minute.
fn step_s(pair: &[Sample]) -> f64 {
    pair[1].ts_ms.saturating_sub(pair[0].ts_ms).clamp(0, GAP_MS) as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_fifth_of_the_labelled_time_judges() {
        let sample = |second: i64| Sample { ts_ms: second * 1_000, current_a: 0.0 };
        let samples: Vec<Sample> = (0..201).map(sample).collect();
        let mut labels = vec![Some(Level::On); 201];
        assert_eq!(split(&samples, &labels), 161);
        labels[..100].fill(None);
        assert_eq!(split(&samples, &labels), 181);
        assert_eq!(split(&[], &[]), 0);
    }

    #[test]
    fn a_week_judges_at_most_and_two_hours_lead() {
        let samples: Vec<Sample> =
            (0..60 * 24).map(|hour| Sample { ts_ms: hour * 3_600_000, current_a: 0.0 }).collect();
        let labels = vec![Some(Level::On); samples.len()];
        let judged = Judged::cut(&samples, &labels, 100);
        assert_eq!((judged.samples.len(), judged.from), (7 * 24 + 1 + 2, 2));
        let judged = Judged::cut(&samples, &labels, samples.len());
        assert!(judged.samples.len() <= 3 && judged.from == judged.samples.len(), "nothing is left to judge by");
    }
}
