use super::model::{Edit, Label, Span};
use crate::domain::InstrumentState;
use std::collections::BTreeMap;

/// The longest span of one edit: a year, in milliseconds.
const LONGEST_MS: i64 = 366 * 86_400_000;

/// What holds after all edits, oldest first. `edits` are in the order painted; those undone paint nothing. Takes
/// n log n steps for n edits.
#[must_use]
pub fn paint(edits: &[Edit]) -> Vec<Label> {
    // Spans by their beginning, each with its end and the edit that painted it.
    let mut painted: BTreeMap<i64, (i64, &Edit)> = BTreeMap::new();
    for edit in edits.iter().filter(|edit| edit.undone.is_none()) {
        let Span { start_ms, end_ms } = edit.span;
        if let Some((&begun_ms, &(ends_ms, below))) = painted.range(..start_ms).next_back()
            && ends_ms > start_ms
        {
            painted.insert(begun_ms, (start_ms, below));
            painted.insert(start_ms, (ends_ms, below));
        }
        if let Some((&begun_ms, &(ends_ms, below))) = painted.range(..end_ms).next_back()
            && ends_ms > end_ms
        {
            painted.insert(begun_ms, (end_ms, below));
            painted.insert(end_ms, (ends_ms, below));
        }
        let covered: Vec<i64> = painted.range(start_ms..end_ms).map(|(start_ms, _)| *start_ms).collect();
        for start_ms in covered {
            painted.remove(&start_ms);
        }
        if edit.state.is_some() {
            painted.insert(start_ms, (end_ms, edit));
        }
    }
    let label = |(start_ms, (end_ms, edit)): (i64, (i64, &Edit))| {
        let span = Span { start_ms, end_ms };
        edit.state.map(|state| Label { span, state, edit: edit.number, author: edit.author.clone(), at_ms: edit.at_ms })
    };
    painted.into_iter().filter_map(label).collect()
}

/// # Errors
/// What is wrong with an edit, for the person who made it.
pub(super) fn check(span: Span, state: Option<InstrumentState>, now_ms: i64) -> Result<(), String> {
    if span.start_ms >= span.end_ms {
        return Err(format!(
            "start ({}) must be before end ({}); both are UTC milliseconds",
            span.start_ms, span.end_ms
        ));
    }
    if span.start_ms < 0 || span.end_ms - span.start_ms > LONGEST_MS {
        return Err("one span is at most a year long, and after 1970".into());
    }
    if span.end_ms > now_ms {
        return Err("the span ends in the future: only what was measured can be labelled".into());
    }
    match state {
        None | Some(InstrumentState::Off | InstrumentState::Standby | InstrumentState::On) => Ok(()),
        Some(other) => Err(format!("a label is off, standby, on, or null to erase; not {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_000_000;

    fn edit(number: i64, (start_ms, end_ms): (i64, i64), state: Option<InstrumentState>) -> Edit {
        Edit { number, span: Span { start_ms, end_ms }, state, author: "a".into(), at_ms: number, undone: None }
    }

    fn spans(labels: &[Label]) -> Vec<(i64, i64, InstrumentState)> {
        labels.iter().map(|label| (label.span.start_ms, label.span.end_ms, label.state)).collect()
    }

    #[test]
    fn the_newest_stroke_wins_and_undo_brings_the_old_one_back() {
        use InstrumentState::{On, Standby};
        let mut edits = vec![edit(1, (0, 100), Some(On)), edit(2, (40, 60), Some(Standby))];
        assert_eq!(spans(&paint(&edits)), [(0, 40, On), (40, 60, Standby), (60, 100, On)]);
        edits.push(edit(3, (50, 80), None));
        assert_eq!(spans(&paint(&edits)), [(0, 40, On), (40, 50, Standby), (80, 100, On)]);
        edits[1].undone = Some(("b".into(), 9));
        assert_eq!(spans(&paint(&edits)), [(0, 50, On), (80, 100, On)]);
    }

    #[test]
    fn what_cannot_be_painted_is_said() {
        let span = |start_ms, end_ms| Span { start_ms, end_ms };
        assert!(check(span(0, 10), Some(InstrumentState::Off), NOW).is_ok());
        assert!(check(span(0, 10), None, NOW).is_ok());
        for (wrong, state) in [
            (span(10, 10), None),
            (span(i64::MIN, 5), None),
            (span(-5, 5), None),
            (span(0, NOW + 1), None),
            (span(0, 10), Some(InstrumentState::Offline)),
        ] {
            assert!(check(wrong, state, NOW).is_err(), "{wrong:?}");
        }
    }

    fn strokes() -> impl Strategy<Value = Vec<Edit>> {
        let state = prop_oneof![
            Just(None),
            Just(Some(InstrumentState::Off)),
            Just(Some(InstrumentState::Standby)),
            Just(Some(InstrumentState::On))
        ];
        let stroke = (0i64..60, 1i64..20, state, any::<bool>());
        prop::collection::vec(stroke, 0..30).prop_map(|strokes| {
            strokes
                .into_iter()
                .zip(1..)
                .map(|((start, length, state, undone), number)| Edit {
                    undone: undone.then(|| ("b".into(), 1)),
                    ..edit(number, (start, start + length), state)
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn at_every_time_the_newest_stroke_holds(edits in strokes()) {
            let labels = paint(&edits);
            for pair in labels.windows(2) {
                prop_assert!(pair[0].span.end_ms <= pair[1].span.start_ms, "no overlap");
            }
            for at in 0..80 {
                let covers = |span: Span| span.start_ms <= at && at < span.end_ms;
                let newest = edits.iter().rev().find(|edit| edit.undone.is_none() && covers(edit.span));
                let holds = labels.iter().find(|label| covers(label.span)).map(|label| label.state);
                prop_assert_eq!(holds, newest.and_then(|edit| edit.state));
            }
        }
    }
}
