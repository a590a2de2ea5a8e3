use super::line::Lines;
use super::port::TagPort;
use super::refill::Refill;
use super::status::Status;
use super::stream::{Load, Source};
use super::unproven::Mark;
use crate::history::Readings;
use crate::journal::{Batch, Entry, Reader};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// Every reading, from the journal; what the journal had to drop, from the history.
pub(super) struct Measured {
    pub(super) reader: Reader,
    pub(super) readings: Readings,
    pub(super) tags: Arc<dyn TagPort>,
    pub(super) status: Arc<Status>,
    /// Where it stands.
    pub(super) at: Mark,
    /// Readings in a load, about.
    pub(super) most: usize,
    /// How long readings wait for others.
    pub(super) moment: Duration,
    /// What the journal has behind a hole.
    pub(super) waiting: Option<Batch>,
    /// What fills the hole.
    pub(super) refill: Option<Refill>,
}

impl Measured {
    /// Gathers what the journal has, up to a hole if there is one.
    async fn gather(&mut self) -> Option<Load> {
        let mut lines = Lines::default();
        let first = match self.waiting.take() {
            Some(behind_the_hole) => behind_the_hole,
            None => {
                let first = self.reader.next().await?;
                if first.missed > 0 {
                    return self.hole(first).await;
                }
                first
            }
        };
        if let Some(received_ms) = received_ms(&first) {
            self.status.takes(received_ms);
        }
        self.add(&mut lines, first);
        // Only for readings that have not come yet; after an outage enough are there.
        if lines.len() < self.most && self.reader.at() == self.reader.journal_end() {
            sleep(self.moment).await;
        }
        let end = self.reader.journal_end();
        while lines.len() < self.most {
            let Some(batch) = self.reader.next_before(end) else { break };
            if batch.missed > 0 {
                // Seen again after this load: the reader goes back to where it ends.
                self.reader.back_to(self.at.at.cast_unsigned());
                break;
            }
            self.add(&mut lines, batch);
        }
        let all = self.reader.journal_end() == self.at.at.cast_unsigned();
        Some(Load { lines, mark: self.at, all, refilled: 0 })
    }

    fn add(&mut self, lines: &mut Lines, batch: Batch) {
        if let Some(received_ms) = received_ms(&batch) {
            self.at.at_ms = self.at.at_ms.max(received_ms);
        }
        self.at.at = batch.end.cast_signed();
        for entry in batch.entries {
            let Entry::Readings { instrument, readings } = entry else { continue };
            let readings = readings.iter().map(|(_, reading)| (reading.ts_ms, reading.current_a));
            lines.push_readings(&instrument, &self.tags.tags(&instrument), readings);
        }
    }

    /// Begins to fill a hole that ends where `behind` begins.
    async fn hole(&mut self, behind: Batch) -> Option<Load> {
        let from_ms = self.at.at_ms;
        // What is behind it may hold nothing: then it ends now.
        let to_ms = received_ms(&behind).unwrap_or_else(|| self.status.now_ms()).max(from_ms);
        let bytes = behind.missed;
        metrics::counter!("dayi_influx_holes_total").increment(1);
        tracing::warn!(
            bytes,
            from_ms,
            to_ms,
            "the journal no longer has what InfluxDB has not got: it is read from the history"
        );
        self.status.takes(from_ms);
        self.waiting = Some(behind);
        self.refill = Some(Refill::new(self.readings.clone(), self.tags.instruments(), from_ms, to_ms));
        self.fill().await
    }

    /// The next part of what fills the hole; after the last, what is behind it. The stream stands before the hole until then.
    async fn fill(&mut self) -> Option<Load> {
        if let Some(refill) = &mut self.refill {
            let mut lines = Lines::default();
            while lines.len() < self.most {
                let Some((instrument, readings)) = refill.next().await else { break };
                lines.push_readings(&instrument, &self.tags.tags(&instrument), readings);
            }
            if lines.len() > 0 {
                let refilled = lines.len();
                return Some(Load { lines, mark: self.at, all: false, refilled });
            }
            tracing::info!("the hole is filled");
            self.refill = None;
        }
        None
    }
}

impl Source for Measured {
    async fn next(&mut self) -> Option<Load> {
        if let Some(load) = self.fill().await {
            return Some(load);
        }
        loop {
            if let Some(load) = self.gather().await {
                return Some(load);
            }
            // A batch without readings, which are the only ones to be sent.
            self.waiting.as_ref()?;
        }
    }

    fn back_to(&mut self, mark: Mark) {
        self.at = mark;
        self.reader.back_to(mark.at.cast_unsigned());
        (self.waiting, self.refill) = (None, None);
    }
}

/// When the first reading of a batch was received.
fn received_ms(batch: &Batch) -> Option<i64> {
    batch.entries.iter().find_map(|entry| match entry {
        Entry::Readings { readings, .. } => readings.first().map(|(_, reading)| reading.received_ms),
        Entry::LastWill { received_ms, .. } => Some(*received_ms),
    })
}
