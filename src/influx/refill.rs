use crate::domain::{InstrumentId, Reading};
use crate::history::Readings;
use std::time::Duration;
use std::vec::IntoIter;
use tokio::time::sleep;

/// Milliseconds of one instrument that are read at a time.
const STEP_MS: i64 = 6 * 3_600_000;
/// Readings that were held up on their way for longer than this are not looked for.
const HELD_UP_MS: i64 = 24 * 3_600_000;
/// The history knows the time of receipt to the second.
const ROUNDING_MS: i64 = 1_000;
/// How long to wait for a history that cannot be read.
const REST: Duration = Duration::from_secs(1);

/// What was received over a span of time, from the history, an instrument after the other.
pub(super) struct Refill {
    readings: Readings,
    instruments: IntoIter<InstrumentId>,
    /// The span, by the time of receipt: UTC milliseconds, both ends included.
    received: (i64, i64),
    /// The instrument that is read, and from when on.
    reading: Option<(InstrumentId, i64)>,
}

impl Refill {
    pub(super) fn new(readings: Readings, instruments: Vec<InstrumentId>, from_ms: i64, to_ms: i64) -> Self {
        let received = (from_ms - ROUNDING_MS, to_ms + ROUNDING_MS);
        Self { readings, instruments: instruments.into_iter(), received, reading: None }
    }

    /// The next readings of an instrument, there may be none; `None` when all were given.
    pub(super) async fn next(&mut self) -> Option<(InstrumentId, Vec<(i64, f32)>)> {
        let (from_ms, to_ms) = self.received;
        let (instrument, begin_ms) = match self.reading.take() {
            Some(reading) => reading,
            None => (self.instruments.next()?, from_ms - HELD_UP_MS),
        };
        let last_ms = to_ms + Reading::MAX_AHEAD_MS + 1;
        let end_ms = (begin_ms + STEP_MS).min(last_ms);
        let points = loop {
            match self.readings.points(instrument.clone(), begin_ms, end_ms).await {
                Ok(points) => break points,
                Err(error) => {
                    tracing::warn!(%instrument, %error, "the history could not be read for InfluxDB; it is read again");
                    sleep(REST).await;
                }
            }
        };
        let received = |point: &crate::history::Point| point.ts_ms + i64::from(point.delay_s) * 1_000;
        let wanted = points.iter().filter(|point| (from_ms..=to_ms).contains(&received(point)));
        let wanted = wanted.map(|point| (point.ts_ms, point.current_a)).collect();
        if end_ms < last_ms {
            self.reading = Some((instrument.clone(), end_ms));
        }
        Some((instrument, wanted))
    }
}
