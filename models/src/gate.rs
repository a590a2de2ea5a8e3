//! Whether a trained model may take the place of the one that serves.
//!
//! Both are judged on the newest labelled stretch, which the candidate was not trained on. The gate names what speaks
//! against the candidate; an empty list lets it pass. A person may overrule any of it, and has to say why.

use serde::{Deserialize, Serialize};

use crate::evaluation::{Confusion, Score, Tally};
use crate::sample::Level;

/// Labelled time (days) below which the judgement says little: an hour.
const LEAST_DAYS: f64 = 1.0 / 24.0;

/// What speaks against a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objection {
    /// Less than an hour of labels was left to judge it by.
    TooLittleJudged,
    /// A level that the labels know does not come up in what was judged.
    LevelNotJudged,
    /// Its macro-F1 is below the incumbent's.
    LowerMacroF1,
    /// It makes more false transitions a day than the incumbent.
    MoreFalseTransitions,
    /// It is as good as the incumbent and no better.
    NoBetter,
}

/// An objection and its figures, in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// Which.
    pub kind: Objection,
    /// For a person.
    pub detail: String,
}

/// How a candidate stands to the incumbent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateVerdict {
    /// The candidate's figures.
    pub candidate: Score,
    /// The name of the model that served.
    pub incumbent_model: String,
    /// Its figures.
    pub incumbent: Score,
    /// Which level the candidate took for which.
    #[serde(default)]
    pub candidate_confusion: Confusion,
    /// The same of the model that served.
    #[serde(default)]
    pub incumbent_confusion: Confusion,
    /// Labelled days both were judged on.
    pub judged_days: f64,
    /// What speaks against the candidate; empty lets it pass.
    pub problems: Vec<Problem>,
}

impl GateVerdict {
    /// Whether nothing speaks against the candidate.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.problems.is_empty()
    }

    /// The comparison in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let Self { candidate, incumbent, incumbent_model, problems, .. } = self;
        let figures = format!(
            "macro-F1 {:.3} against {:.3} of {incumbent_model}, false transitions a day {:.1} against {:.1}",
            candidate.macro_f1,
            incumbent.macro_f1,
            candidate.false_transitions_per_day,
            incumbent.false_transitions_per_day
        );
        let details: Vec<&str> = problems.iter().map(|problem| problem.detail.as_str()).collect();
        if details.is_empty() { figures } else { format!("{figures}; {}", details.join("; ")) }
    }
}

/// Compares two models on the same stretch. `known` are the levels that the instrument's labels know.
#[must_use]
pub fn compare(candidate: &Tally, incumbent_model: &str, incumbent: &Tally, known: &[Level]) -> GateVerdict {
    let mut problems = Vec::new();
    let mut object = |kind, detail: String| problems.push(Problem { kind, detail });
    let judged_days = candidate.days;
    if judged_days < LEAST_DAYS {
        object(
            Objection::TooLittleJudged,
            format!("only {:.0} min of labels were left to judge it by", judged_days * 1_440.0),
        );
    }
    let missing: Vec<&str> = known
        .iter()
        .filter(|level| candidate.confusion.labelled_s(**level) <= 0.0)
        .map(|level| level.as_str())
        .collect();
    if !missing.is_empty() {
        object(Objection::LevelNotJudged, format!("the newest labels do not show {}", missing.join(" and ")));
    }
    let (new, old) = (candidate.score, incumbent.score);
    let (lower_f1, more_false) =
        (new.macro_f1 < old.macro_f1, new.false_transitions_per_day > old.false_transitions_per_day);
    if lower_f1 {
        object(Objection::LowerMacroF1, format!("macro-F1 {:.4} is below {:.4}", new.macro_f1, old.macro_f1));
    }
    if more_false {
        object(
            Objection::MoreFalseTransitions,
            format!(
                "{:.2} false transitions a day are more than {:.2}",
                new.false_transitions_per_day, old.false_transitions_per_day
            ),
        );
    }
    #[expect(clippy::float_cmp, reason = "the same judgement gives the same figures to the last bit")]
    let same = new.macro_f1 == old.macro_f1 && new.false_transitions_per_day == old.false_transitions_per_day;
    if same {
        object(Objection::NoBetter, "it is as good as the model that serves, and no better".into());
    }
    GateVerdict {
        candidate: new,
        incumbent_model: incumbent_model.to_owned(),
        incumbent: old,
        candidate_confusion: candidate.confusion,
        incumbent_confusion: incumbent.confusion,
        judged_days,
        problems,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(macro_f1: f64, false_transitions_per_day: f64, days: f64) -> Tally {
        let mut confusion = Confusion::default();
        for level in Level::ALL {
            confusion.add(level, Some(level), 1_000.0);
        }
        let score = Score { macro_f1, false_transitions_per_day, ..Score::default() };
        Tally { score, days, confusion, ..Tally::default() }
    }

    fn objections(candidate: &Tally, incumbent: &Tally) -> Vec<Objection> {
        compare(candidate, "threshold-v1", incumbent, &Level::ALL).problems.iter().map(|problem| problem.kind).collect()
    }

    #[test]
    fn only_a_better_model_passes() {
        use Objection::{LowerMacroF1, MoreFalseTransitions, NoBetter, TooLittleJudged};
        let old = tally(0.95, 3.0, 2.0);
        assert_eq!(objections(&tally(0.98, 1.0, 2.0), &old), []);
        assert_eq!(objections(&tally(0.95, 1.0, 2.0), &old), []);
        assert_eq!(objections(&tally(0.95, 3.0, 2.0), &old), [NoBetter]);
        assert_eq!(objections(&tally(0.94, 1.0, 2.0), &old), [LowerMacroF1]);
        assert_eq!(objections(&tally(0.99, 4.0, 2.0), &old), [MoreFalseTransitions]);
        assert_eq!(objections(&tally(0.99, 0.0, 0.01), &old), [TooLittleJudged]);
    }

    #[test]
    fn a_level_that_was_not_judged_is_named() {
        let mut candidate = tally(0.99, 0.0, 1.0);
        candidate.confusion = Confusion::default();
        candidate.confusion.add(Level::Off, Some(Level::Off), 86_400.0);
        let verdict = compare(&candidate, "mlp-v1@2", &tally(0.9, 1.0, 1.0), &[Level::Off, Level::On]);
        assert_eq!(verdict.problems.len(), 1);
        assert!(verdict.summary().ends_with("the newest labels do not show on"), "{}", verdict.summary());
        assert!(!verdict.passes());
    }
}
