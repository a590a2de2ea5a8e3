//! What is done to readings that lie: days become minutes, and what is old enough goes.

use super::minutes::DAY_MS;
use super::query::ReadingsError;
use super::table::{Table, day_of};
use crate::domain::Clock;
use crate::platform::config::HistoryConfig;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often it is looked whether there is something to do.
const EVERY: Duration = Duration::from_secs(600);
/// After a day has ended, so long is waited for readings that are a little late.
const LATE_MS: i64 = 3_600_000;
/// Instruments whose day is put together in one go, and chunks that are deleted in one go.
const AT_ONCE: usize = 250;
/// After each go it rests so many times as long as that took: nobody waits for it, and sensors must not wait because of it.
const REST: u32 = 3;

/// Keeps the readings' file in order, beside its writer.
pub struct Upkeep {
    folder: Arc<Path>,
    rules: HistoryConfig,
    clock: Arc<dyn Clock>,
}

/// What one go did.
#[derive(Debug, Default, PartialEq, Eq)]
struct Done {
    days: usize,
    chunks: usize,
    minutes: usize,
}

impl Upkeep {
    /// Of the file in `folder`.
    #[must_use]
    pub fn new(folder: &Path, rules: HistoryConfig, clock: Arc<dyn Clock>) -> Self {
        Self { folder: folder.into(), rules, clock }
    }

    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let this = Arc::new(self);
        loop {
            let pause = match this.clone().go().await {
                Ok((done, took)) if done != Done::default() => took * REST,
                Ok(_) => EVERY,
                Err(error) => {
                    metrics::counter!("dayi_history_upkeep_failures_total").increment(1);
                    tracing::error!(%error, "old readings could not be looked through; it is tried again");
                    EVERY
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn go(self: Arc<Self>) -> Result<(Done, Duration), ReadingsError> {
        let one = tokio::task::spawn_blocking(move || {
            let started = Instant::now();
            self.one_go().map(|done| (done, started.elapsed()))
        });
        let (done, took) = one.await.map_err(|error| ReadingsError::Thread(error.to_string()))??;
        metrics::counter!("dayi_history_days_condensed_total").increment(done.days as u64);
        metrics::counter!("dayi_history_chunks_expired_total").increment(done.chunks as u64);
        metrics::counter!("dayi_history_minutes_expired_total").increment(done.minutes as u64);
        Ok((done, took))
    }

    /// Does everything that is to be done, without resting. Returns how many days of an instrument were put together.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn work_off(&self) -> Result<usize, ReadingsError> {
        let mut days = 0;
        loop {
            let done = self.one_go()?;
            if done == Done::default() {
                return Ok(days);
            }
            days += done.days;
        }
    }

    /// A little of everything that is to be done.
    fn one_go(&self) -> Result<Done, ReadingsError> {
        let now_ms = self.clock.now_ms();
        let mut table = Table::open(&self.folder)?;
        let due = table.due(day_of(now_ms - LATE_MS), AT_ONCE)?;
        table.put_together(&due)?;
        let mut done = Done { days: due.len(), ..Done::default() };
        let oldest = |days: u32| day_of(now_ms) - i64::from(days) * DAY_MS;
        if self.rules.raw_days > 0 {
            done.chunks = table.forget_readings(oldest(self.rules.raw_days), AT_ONCE)?;
        }
        if self.rules.minute_days > 0 {
            done.minutes = table.forget_minutes(oldest(self.rules.minute_days), AT_ONCE)?;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::key;
    use super::super::{Bin, Keeping, Readings};
    use super::*;
    use crate::domain::{InstrumentId, ManualClock, Reading};
    use crate::journal::{Hold, Journal};
    use crate::platform::config::JournalConfig;

    /// A midnight.
    const DAY: i64 = 1_700_006_400_000;
    const HOUR: i64 = 3_600_000;

    struct Kept {
        folder: tempfile::TempDir,
        id: InstrumentId,
    }

    impl Kept {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap(), id: "a".parse().unwrap() }
        }

        /// Keeps a reading a minute for `minutes` from `from_ms` on.
        async fn measure(&self, from_ms: i64, minutes: i64, current_a: f64) {
            let keeping = Keeping::open(self.folder.path()).unwrap();
            let from = keeping.position().unwrap();
            let config = JournalConfig { min_free_mb: 0, ..JournalConfig::default() };
            let journal = Journal::open(self.folder.path(), config, from).unwrap();
            let writer = keeping.start(journal.reader("history", Hold::Required, from)).unwrap();
            let at = |minute: i64| (current_a + minute as f64 / 100.0, from_ms + minute * 60_000);
            let readings: Vec<Reading> =
                (0..minutes).map(at).map(|(current, ts_ms)| Reading::new(current, None, ts_ms).unwrap()).collect();
            journal.appender().readings(&self.id, &readings).await.unwrap();
            journal.close().await;
            writer.finish().await;
        }

        /// Everything that is to be done at a time.
        fn upkeep(&self, now_ms: i64, raw_days: u32, minute_days: u32) -> Done {
            let rules = HistoryConfig { raw_days, minute_days, ..HistoryConfig::default() };
            let upkeep = Upkeep::new(self.folder.path(), rules, Arc::new(ManualClock::at(now_ms)));
            let mut all = Done::default();
            loop {
                let Done { days, chunks, minutes } = upkeep.one_go().unwrap();
                if days + chunks + minutes == 0 {
                    return all;
                }
                all = Done { days: all.days + days, chunks: all.chunks + chunks, minutes: all.minutes + minutes };
            }
        }

        async fn bins(&self, from_ms: i64, to_ms: i64, most: u32) -> (bool, Vec<Bin>) {
            let chart = Readings::new(self.folder.path()).chart(self.id.clone(), from_ms, to_ms, most).await.unwrap();
            (chart.from_minutes, chart.bins)
        }

        async fn count(&self, from_ms: i64, to_ms: i64) -> usize {
            Readings::new(self.folder.path()).points(self.id.clone(), from_ms, to_ms).await.unwrap().len()
        }
    }

    #[tokio::test]
    async fn a_day_that_has_ended_is_charted_from_its_minutes_as_from_its_readings() {
        let kept = Kept::new();
        kept.measure(DAY + HOUR, 120, 1.0).await;
        kept.measure(DAY + 24 * HOUR, 60, 3.0).await;
        let charted = kept.bins(DAY, DAY + 48 * HOUR, 100).await;
        assert!(!charted.0 && charted.1.len() > 5, "{charted:?}");
        assert_eq!(kept.upkeep(DAY + 24 * HOUR, 0, 0).days, 0, "some may be late");
        assert_eq!(kept.upkeep(DAY + 25 * HOUR, 0, 0), Done { days: 1, ..Done::default() });
        assert_eq!(kept.bins(DAY, DAY + 48 * HOUR, 100).await, (true, charted.1));
        // Bins shorter than a minute are of readings while these are there.
        assert!(!kept.bins(DAY, DAY + 2 * HOUR, 2_000).await.0);
    }

    #[tokio::test]
    async fn a_late_reading_makes_the_minutes_anew() {
        let kept = Kept::new();
        kept.measure(DAY, 60, 1.0).await;
        assert_eq!(kept.upkeep(DAY + 25 * HOUR, 0, 0).days, 1);
        kept.measure(DAY + HOUR, 1, 9.0).await;
        let now = kept.bins(DAY, DAY + 24 * HOUR, 24).await;
        assert!(!now.0, "until then the readings are charted");
        assert_eq!(kept.upkeep(DAY + 25 * HOUR, 0, 0).days, 1);
        let after = kept.bins(DAY, DAY + 24 * HOUR, 24).await;
        assert_eq!((after.0, &after.1), (true, &now.1));
        assert_eq!(after.1.last().unwrap().highest_a, 9.0);
    }

    #[tokio::test]
    async fn readings_go_before_minutes_and_nothing_goes_too_early() {
        let kept = Kept::new();
        for day in 0..4 {
            kept.measure(DAY + day * DAY_MS, 60, 1.0 + day as f64).await;
        }
        let now = DAY + 4 * DAY_MS + HOUR;
        assert_eq!(kept.upkeep(now, 0, 0), Done { days: 4, chunks: 0, minutes: 0 }, "0 keeps for ever");
        let all = kept.bins(DAY, now, 100).await;
        assert_eq!(kept.upkeep(now, 2, 3), Done { days: 0, chunks: 12, minutes: 1 });
        assert_eq!(kept.count(DAY, DAY + 2 * DAY_MS).await, 0);
        assert_eq!(kept.count(DAY + 2 * DAY_MS, now).await, 120);
        let left = kept.bins(DAY, now, 100).await.1;
        let expected: Vec<Bin> = all.1.into_iter().filter(|bin| bin.ts_ms >= DAY + DAY_MS).collect();
        assert_eq!(left, expected);
        // A short span of a day whose readings have gone: its minutes.
        let (from_minutes, bins) = kept.bins(DAY + DAY_MS, DAY + DAY_MS + HOUR, 2_000).await;
        assert_eq!((from_minutes, bins.len()), (true, 60));
    }

    #[tokio::test]
    async fn what_comes_after_its_day_has_gone_joins_the_minutes() {
        let kept = Kept::new();
        kept.measure(DAY, 60, 1.0).await;
        let now = DAY + 10 * DAY_MS;
        kept.upkeep(now, 2, 0);
        kept.measure(DAY + 2 * HOUR, 30, 5.0).await;
        assert_eq!(kept.upkeep(now, 2, 0), Done { days: 1, ..Done::default() });
        assert_eq!(kept.count(DAY, DAY + DAY_MS).await, 0);
        let bins = kept.bins(DAY, DAY + DAY_MS, 24).await.1;
        assert_eq!(bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), [60, 30]);
    }

    #[tokio::test]
    async fn a_file_of_the_version_before_gets_its_minutes() {
        let kept = Kept::new();
        kept.measure(DAY, 60, 1.0).await;
        let table = Table::open(kept.folder.path()).unwrap();
        let older = "DROP TABLE minute_day; DROP TABLE minute_due; DROP TABLE raw_kept; PRAGMA user_version = 1";
        table.connection.execute_batch(older).unwrap();
        drop(table);
        assert_eq!(kept.upkeep(DAY + 25 * HOUR, 0, 0).days, 1);
        let table = Table::open(kept.folder.path()).unwrap();
        let days: i64 = table.connection.query_row("SELECT key FROM minute_day", [], |row| row.get(0)).unwrap();
        assert_eq!(days, key(DAY, 1));
    }
}
