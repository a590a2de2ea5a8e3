//! What the history has, as tables.

use super::model::{Kind, Selection};
use super::table::{Cells, Column, Table};
use super::worker::ExportError;
use crate::domain::{InstrumentId, Interval};
use crate::history::{Bin, Intervals, Point, Readings};
use std::sync::Arc;

const MINUTE_MS: i64 = 60_000;
/// Readings are read in spans of this length, so that a part is never much.
const SPAN_MS: i64 = 24 * 3_600_000;

/// Where exports come from. Cheap to clone.
#[derive(Clone)]
pub struct Source {
    /// What was measured.
    pub readings: Readings,
    /// What states there were.
    pub intervals: Intervals,
}

/// A piece of an export that is read in one go.
#[derive(Clone, Debug)]
pub(super) struct Part {
    instrument: InstrumentId,
    from_ms: i64,
    to_ms: i64,
}

/// The parts of an export: an instrument's readings by the day, its states in one.
pub(super) fn parts(selection: &Selection) -> impl ExactSizeIterator<Item = Part> {
    let Selection { kind, instruments, from_ms, to_ms, .. } = selection;
    let (from_ms, to_ms) = (*from_ms, *to_ms);
    let (begin, length) = match kind {
        Kind::Readings => (from_ms, SPAN_MS),
        // Whole minutes only: those that have begun before are not the span's.
        Kind::Minutes => {
            (from_ms.saturating_add(MINUTE_MS - 1).div_euclid(MINUTE_MS).saturating_mul(MINUTE_MS), SPAN_MS)
        }
        Kind::States => (from_ms, i64::MAX),
    };
    let spans = if begin < to_ms { (i128::from(to_ms) - i128::from(begin) - 1) / i128::from(length) + 1 } else { 0 };
    let spans = usize::try_from(spans).unwrap_or(usize::MAX);
    let instruments = instruments.clone();
    (0..instruments.len().saturating_mul(spans)).map(move |number| {
        let from_ms = begin.saturating_add(length.saturating_mul((number % spans) as i64));
        Part {
            instrument: instruments[number / spans].clone(),
            from_ms,
            to_ms: to_ms.min(from_ms.saturating_add(length)),
        }
    })
}

/// A table of this kind without rows.
pub(super) fn empty(kind: Kind) -> Table {
    let nobody: Arc<str> = "".into();
    match kind {
        Kind::Readings => of_readings(nobody, Vec::new()),
        Kind::Minutes => of_minutes(nobody, Vec::new()),
        Kind::States => of_states(nobody, Vec::new()),
    }
}

impl Source {
    /// Reads one part.
    pub(super) async fn read(&self, kind: Kind, part: Part) -> Result<Table, ExportError> {
        let Part { instrument, from_ms, to_ms } = part;
        let id: Arc<str> = instrument.as_str().into();
        Ok(match kind {
            Kind::Readings => of_readings(id, self.readings.points(instrument, from_ms, to_ms).await?),
            Kind::Minutes => {
                let minutes = (to_ms - from_ms + MINUTE_MS - 1) / MINUTE_MS;
                // As many bins as there are minutes: each is one.
                let (to_ms, minutes) = (from_ms + minutes * MINUTE_MS, u32::try_from(minutes).unwrap_or(u32::MAX));
                of_minutes(id, self.readings.chart(instrument, from_ms, to_ms, minutes).await?.bins)
            }
            Kind::States => {
                let mut intervals = Vec::new();
                let mut from_ms = from_ms;
                // An answer is a page; the next begins where its last interval ends.
                loop {
                    let page = self.intervals.of(&instrument, from_ms, to_ms).await?;
                    let next = page.last().and_then(|last| last.end_ms);
                    intervals.extend(page);
                    match next {
                        Some(next) if next > from_ms && next < to_ms => from_ms = next,
                        _ => break,
                    }
                }
                of_states(id, intervals)
            }
        })
    }
}

fn column(name: &'static str, cells: Cells) -> Column {
    Column { name, cells }
}

fn of_readings(id: Arc<str>, points: Vec<Point>) -> Table {
    Table(vec![
        column("instrument", Cells::Text(vec![id; points.len()])),
        column("ts", Cells::Time(points.iter().map(|point| Some(point.ts_ms)).collect())),
        column("current_a", Cells::Number(points.iter().map(|point| point.current_a).collect())),
        column("delay_s", Cells::Whole(points.iter().map(|point| point.delay_s.into()).collect())),
    ])
}

fn of_minutes(id: Arc<str>, bins: Vec<Bin>) -> Table {
    let minute = |bin: &Bin| Some(bin.ts_ms.div_euclid(MINUTE_MS) * MINUTE_MS);
    Table(vec![
        column("instrument", Cells::Text(vec![id; bins.len()])),
        column("ts", Cells::Time(bins.iter().map(minute).collect())),
        column("lowest_a", Cells::Number(bins.iter().map(|bin| bin.lowest_a).collect())),
        column("mean_a", Cells::Number(bins.iter().map(|bin| bin.mean_a).collect())),
        column("highest_a", Cells::Number(bins.iter().map(|bin| bin.highest_a).collect())),
        column("readings", Cells::Whole(bins.iter().map(|bin| bin.count.cast_signed()).collect())),
    ])
}

fn of_states(id: Arc<str>, intervals: Vec<Interval>) -> Table {
    let cause = |interval: &Interval| interval.cause.name().into();
    Table(vec![
        column("instrument", Cells::Text(vec![id; intervals.len()])),
        column("seq", Cells::Whole(intervals.iter().map(|interval| interval.seq.cast_signed()).collect())),
        column("state", Cells::Text(intervals.iter().map(|interval| interval.state.name().into()).collect())),
        column("start", Cells::Time(intervals.iter().map(|interval| Some(interval.start_ms)).collect())),
        column("end", Cells::Time(intervals.iter().map(|interval| interval.end_ms).collect())),
        column("decided", Cells::Time(intervals.iter().map(|interval| Some(interval.decided_ms)).collect())),
        column("confidence", Cells::Number(intervals.iter().map(|interval| interval.confidence).collect())),
        column("cause", Cells::Text(intervals.iter().map(cause).collect())),
        column("model", Cells::Text(intervals.into_iter().map(|interval| interval.model).collect())),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::model::Format;
    use super::*;
    use proptest::prelude::*;

    fn selection(kind: Kind, instruments: usize, from_ms: i64, to_ms: i64) -> Selection {
        let instruments = (0..instruments).map(|number| format!("i{number}").parse().unwrap()).collect();
        Selection { kind, format: Format::Csv, instruments, from_ms, to_ms }
    }

    #[test]
    fn the_part_of_minutes_that_have_begun_before_is_left_out() {
        let parts: Vec<Part> = parts(&selection(Kind::Minutes, 1, 61_000, 240_000)).collect();
        assert_eq!(parts.iter().map(|part| (part.from_ms, part.to_ms)).collect::<Vec<_>>(), [(120_000, 240_000)]);
        assert_eq!(super::parts(&selection(Kind::Minutes, 1, 61_000, 62_000)).len(), 0);
    }

    proptest! {
        #[test]
        fn parts_tile_the_span_of_every_instrument(
            from_ms in -1_000_000_000_i64..1_000_000_000, span in 1_i64..1_000_000_000, instruments in 0_usize..4,
            states in any::<bool>(),
        ) {
            let kind = if states { Kind::States } else { Kind::Readings };
            let to_ms = from_ms + span;
            let parts: Vec<Part> = parts(&selection(kind, instruments, from_ms, to_ms)).collect();
            let mut expected = from_ms;
            let mut whole = 0;
            for part in parts {
                prop_assert_eq!(part.instrument.as_str(), format!("i{whole}"));
                prop_assert!(part.from_ms == expected && part.from_ms < part.to_ms);
                expected = part.to_ms;
                if part.to_ms == to_ms {
                    (expected, whole) = (from_ms, whole + 1);
                }
            }
            prop_assert_eq!((expected, whole), (from_ms, instruments));
        }
    }
}
