//! The figures of one method on one trace, and over many.

use serde::{Deserialize, Serialize};

use super::confusion::Confusion;
use super::delay::{DelayMeter, Delays};
use super::strip::{Strip, StripMeter};
use super::transitions::TransitionMeter;
use super::wrong::{WrongMeter, WrongSpan};
use crate::sample::{Level, Sample};

/// The longest time (ms) one sample stands for: beyond it there is a gap, which does not count.
pub const GAP_MS: i64 = 60_000;

/// The figures methods are compared by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Share of the labelled time at the right level, 0 to 1; silence is wrong.
    pub accuracy: f64,
    /// Mean F1 over the levels in the labels, time-weighted, 0 to 1.
    pub macro_f1: f64,
    /// Transitions that no label explains, per labelled day covered. A labelled interval explains the first
    /// transition to its level made within it, or up to a minute before it; a flap there and back counts two.
    pub false_transitions_per_day: f64,
    /// Median delay after a labelled transition, seconds; `None` without transitions. The covered time from
    /// the transition until the method first says the new level: 0 if it does already, the whole labelled
    /// interval if it never does within it.
    pub delay_p50_s: Option<f64>,
    /// 95th percentile of that delay, seconds.
    pub delay_p95_s: Option<f64>,
    /// 95th percentile, seconds, of the delays of those transitions alone that were followed within
    /// [`PROMPT_S`](super::PROMPT_S); never more than that, so it says nothing without [`Self::late_share`].
    #[serde(default)]
    pub prompt_p95_s: Option<f64>,
    /// Share of the labelled transitions that were not followed within that time, 0 to 1; 0 without transitions.
    #[serde(default)]
    pub late_share: f64,
    /// Share of the labelled transitions that were never followed within their interval, 0 to 1.
    #[serde(default)]
    pub missed_share: f64,
}

impl Score {
    /// Over traces: the plain mean of accuracy, macro-F1 and false transitions, each trace counting the same; the
    /// quantiles of the delay and the shares of late and missed ones over the transitions of all traces together, because a mean of quantiles is no quantile
    /// (of a trace with a dozen transitions the 95th percentile is its slowest).
    #[must_use]
    pub fn over<'a>(tallies: impl IntoIterator<Item = &'a Tally>) -> Score {
        let tallies: Vec<&Tally> = tallies.into_iter().collect();
        let mean = |figure: fn(&Score) -> f64| {
            let sum: f64 = tallies.iter().map(|tally| figure(&tally.score)).sum();
            if tallies.is_empty() { 0.0 } else { sum / tallies.len() as f64 }
        };
        let delays = Delays::together(tallies.iter().map(|tally| &tally.delays));
        Score {
            accuracy: mean(|s| s.accuracy),
            macro_f1: mean(|s| s.macro_f1),
            false_transitions_per_day: mean(|s| s.false_transitions_per_day),
            ..Score::of(&delays)
        }
    }

    /// The figures of the delay; the others 0.
    fn of(delays: &Delays) -> Score {
        Score {
            delay_p50_s: delays.quantile_s(0.5),
            delay_p95_s: delays.quantile_s(0.95),
            prompt_p95_s: delays.prompt_quantile_s(0.95),
            late_share: delays.late_share(),
            missed_share: delays.missed_share(),
            ..Score::default()
        }
    }
}

/// A [`Score`] with what it was counted from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// The figures.
    #[serde(flatten)]
    pub score: Score,
    /// Readings judged.
    pub readings: u64,
    /// Labelled days covered by them.
    pub days: f64,
    /// Which level was taken for which.
    pub confusion: Confusion,
    /// The longest stretches at which it was wrong, longest first, at most [`WRONG_KEPT`](super::WRONG_KEPT);
    /// the time of all of them by pair stands in the confusion.
    #[serde(default)]
    pub wrong: Vec<WrongSpan>,
    /// How many such stretches there were.
    #[serde(default)]
    pub wrong_spans: u64,
    /// The delays after the labelled transitions.
    #[serde(skip)]
    pub delays: Delays,
    /// The trace at the width of a page, for [`Report::to_html`](super::Report::to_html).
    #[serde(skip)]
    pub strip: Strip,
}

/// Judges the level a method said at each sample. The three slices go together by index; what is
/// beyond the shortest is not judged. A sample stands for the time until the next, at most
/// [`GAP_MS`]; the last one, and one that is not older than its successor, stands for none.
#[must_use]
pub fn score_levels(samples: &[Sample], labels: &[Option<Level>], said: &[Option<Level>]) -> Tally {
    let mut confusion = Confusion::default();
    let mut delay = DelayMeter::default();
    let mut transitions = TransitionMeter::default();
    let mut wrong_meter = WrongMeter::default();
    let n = samples.len().min(labels.len()).min(said.len());
    let mut strip = StripMeter::new(&samples[..n]);
    for i in 0..n {
        let ts_ms = samples[i].ts_ms;
        let next_ms = samples[..n].get(i + 1).map_or(ts_ms, |s| s.ts_ms);
        let weight_ms = next_ms.saturating_sub(ts_ms).clamp(0, GAP_MS);
        let weight_s = weight_ms as f64 / 1e3;
        if let Some(label) = labels[i] {
            confusion.add(label, said[i], weight_s);
        }
        delay.add(labels[i], said[i], weight_s);
        transitions.add(ts_ms, labels[i], said[i]);
        wrong_meter.add(ts_ms, weight_ms, labels[i], said[i], samples[i].plausible_current());
        strip.add(ts_ms, weight_ms, labels[i], said[i]);
    }
    let days = confusion.total_s() / 86_400.0;
    let delays = delay.finish();
    let (_, wrong) = transitions.counts();
    let (wrong_longest, wrong_spans) = wrong_meter.finish();
    let score = Score {
        accuracy: confusion.accuracy(),
        macro_f1: confusion.macro_f1(),
        false_transitions_per_day: if days > 0.0 { wrong as f64 / days } else { 0.0 },
        ..Score::of(&delays)
    };
    let strip = strip.finish();
    Tally { score, readings: n as u64, days, confusion, wrong: wrong_longest, wrong_spans, delays, strip }
}

/// Judges transitions that came out elsewhere (a server fed with the trace): at each sample holds the
/// last of `transitions` (time in ms, the new level; `None` for unknown or offline) not later than the
/// sample. `transitions` need not be sorted. Same figures as [`score_levels`].
#[must_use]
pub fn score_transitions(samples: &[Sample], labels: &[Option<Level>], transitions: &[(i64, Option<Level>)]) -> Tally {
    let mut sorted = transitions.to_vec();
    sorted.sort_by_key(|&(ts_ms, _)| ts_ms);
    let said: Vec<_> = samples
        .iter()
        .map(|s| {
            let after = sorted.partition_point(|&(ts_ms, _)| ts_ms <= s.ts_ms);
            after.checked_sub(1).and_then(|i| sorted[i].1)
        })
        .collect();
    score_levels(samples, labels, &said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Level::{Off, On, Standby};

    fn at(times_s: &[i64]) -> Vec<Sample> {
        times_s.iter().map(|t| Sample { ts_ms: t * 1_000, current_a: 0.0 }).collect()
    }

    #[test]
    fn figures_by_hand() {
        let samples = at(&[0, 10, 20, 30, 40, 50]);
        let labels = [Off, Off, On, On, On, Off].map(Some);
        let said = [Off, Off, Off, On, Standby, Off].map(Some);
        let tally = score_levels(&samples, &labels, &said);
        // 50 s: off right 20, on taken for off 10, on right 10, on taken for standby 10; the last sample weighs 0.
        assert_eq!(tally.confusion.seconds, [[20.0, 0.0, 0.0], [0.0; 3], [10.0, 10.0, 10.0]]);
        assert_eq!(tally.score.accuracy, 0.6);
        let f1 = (40.0 / 50.0 + 20.0 / 40.0) / 2.0;
        assert!((tally.score.macro_f1 - f1).abs() < 1e-12);
        // on (true, late), standby (false), off (true).
        assert!((tally.score.false_transitions_per_day - 86_400.0 / 50.0).abs() < 1e-9);
        assert_eq!((tally.score.delay_p50_s, tally.score.delay_p95_s), (Some(0.0), Some(10.0)));
        assert_eq!(tally.readings, 6);
    }

    #[test]
    fn a_gap_counts_a_minute_and_going_back_counts_nothing() {
        let samples = at(&[0, 3_600, 3_500, 3_510]);
        let tally = score_levels(&samples, &[Some(On); 4], &[Some(On); 4]);
        assert_eq!(tally.confusion.total_s(), 60.0 + 0.0 + 10.0);
        assert_eq!(tally.score.delay_p50_s, None);
    }

    #[test]
    fn transitions_give_the_same_figures_as_levels() {
        let samples = at(&[0, 10, 20, 30, 40, 50]);
        let labels = [Off, Off, On, On, On, Off].map(Some);
        let said = [None, Some(Off), Some(Off), Some(On), None, Some(Off)];
        let transitions = [(45_001, Some(Off)), (10_000, Some(Off)), (25_000, Some(On)), (40_000, None)];
        assert_eq!(score_transitions(&samples, &labels, &transitions), score_levels(&samples, &labels, &said));
    }

    #[test]
    fn each_trace_counts_once_and_each_transition_for_the_delay() {
        let tally = |accuracy, macro_f1, false_transitions_per_day, delays_s: &[f64]| Tally {
            score: Score { accuracy, macro_f1, false_transitions_per_day, ..Score::default() },
            delays: Delays::followed(delays_s.to_vec()),
            ..Tally::default()
        };
        let traces = [tally(1.0, 0.5, 4.0, &[300.0]), tally(0.5, 1.0, 0.0, &[2.0; 39]), tally(0.75, 0.75, 2.0, &[])];
        let over = Score::over(&traces);
        assert_eq!((over.accuracy, over.macro_f1, over.false_transitions_per_day), (0.75, 0.75, 2.0));
        assert_eq!((over.delay_p50_s, over.delay_p95_s), (Some(2.0), Some(2.0)));
        assert_eq!((over.prompt_p95_s, over.late_share, over.missed_share), (Some(2.0), 0.025, 0.0));
        assert_eq!(Score::over(&[]), Score::default());
    }
}
