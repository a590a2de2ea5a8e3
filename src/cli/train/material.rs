use crate::domain::InstrumentId;
use crate::history::Readings;
use crate::instrument::level_of;
use crate::labels::Label;
use dayi_models::{Level, Sample};

/// How much before the first label is shown to the models, so that they do not start blind: two hours, in milliseconds.
const LEAD_MS: i64 = 2 * 3_600_000;
/// The longest labelled stretch that is trained on, in milliseconds: the newest two weeks.
const LONGEST_MS: i64 = 14 * 86_400_000;

/// An instrument's readings, and the label at each where there is one.
#[derive(Debug, Default)]
pub(super) struct Material {
    pub(super) samples: Vec<Sample>,
    pub(super) labels: Vec<Option<Level>>,
}

impl Material {
    /// Reads what the labels lie over.
    ///
    /// # Errors
    /// Why there is nothing to learn from, in words that say what to do.
    pub(super) fn read(instrument: &InstrumentId, painted: &[Label], readings: &Readings) -> Result<Self, String> {
        let (Some(first), Some(last)) = (painted.first(), painted.last()) else {
            return Err(format!(
                "nobody has labelled it: POST /api/v1/instruments/{instrument}/labels says what it did when"
            ));
        };
        let to_ms = last.span.end_ms;
        let from_ms = first.span.start_ms.max(to_ms - LONGEST_MS) - LEAD_MS;
        let points = readings.range_blocking(instrument, from_ms, to_ms).map_err(|error| error.to_string())?;
        let samples: Vec<Sample> = points.into_iter().map(|(ts_ms, current_a)| Sample { ts_ms, current_a }).collect();
        let material = Self { labels: label_each(&samples, painted), samples };
        if material.labels.iter().all(Option::is_none) {
            return Err(
                "there are no readings under its labels: they were not kept, or the labels lie elsewhere".into()
            );
        }
        Ok(material)
    }
}

/// The label at each sample; both are in the order of time.
fn label_each(samples: &[Sample], painted: &[Label]) -> Vec<Option<Level>> {
    let mut left = painted.iter().peekable();
    samples
        .iter()
        .map(|sample| {
            while left.next_if(|label| label.span.end_ms <= sample.ts_ms).is_some() {}
            let label = left.peek().filter(|label| label.span.start_ms <= sample.ts_ms)?;
            level_of(label.state)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::InstrumentState;
    use crate::labels::Span;

    #[test]
    fn each_reading_has_the_label_that_lies_over_it() {
        let label = |start_ms, end_ms, state| Label {
            span: Span { start_ms, end_ms },
            state,
            edit: 1,
            author: "a".into(),
            at_ms: 0,
        };
        let painted = [label(10, 20, InstrumentState::On), label(20, 21, InstrumentState::Off)];
        let samples = [5, 10, 19, 20, 21, 30].map(|ts_ms| Sample { ts_ms, current_a: 0.0 });
        let on = Some(Level::On);
        assert_eq!(label_each(&samples, &painted), [None, on, on, Some(Level::Off), None, None]);
        assert_eq!(label_each(&samples, &[]), [None; 6]);
    }
}
