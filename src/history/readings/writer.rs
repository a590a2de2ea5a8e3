use super::chunk::Point;
use super::query::ReadingsError;
use super::table::{Table, start_of};
use crate::domain::{InstrumentId, Reading};
use crate::journal::{Account, Batch, Entry, Position, Reader};
use crate::platform::catch_up::{Asked, CatchUp};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How often the chunks are rewritten that got new readings.
const WRITE_EVERY: Duration = Duration::from_secs(60);
/// The instruments are written in so many parts, one after the other: a minute of 10,000 instruments at once would keep a core
/// busy for a second, and everybody else waiting.
const PARTS: usize = 12;
/// Readings gathered before they are written without waiting for that.
const MOST_GATHERED: usize = 2_000_000;
/// How long to wait before a refused write is tried again: first, and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// The readings' file, open and not written yet.
pub struct Keeping {
    table: Table,
}

impl Keeping {
    /// Opens the readings' file in `folder`, or makes it.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(folder: &Path) -> Result<Self, ReadingsError> {
        Ok(Self { table: Table::open(folder)? })
    }

    /// The place in the journal before which it holds everything.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn position(&self) -> Result<Position, ReadingsError> {
        self.table.position()
    }

    /// Starts the thread that keeps what `reader` finds.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(self, reader: Reader) -> Result<Writer, ReadingsError> {
        let (flush, asked) = CatchUp::new();
        let gatherer = Gatherer::new(self.table, reader);
        let thread = thread::Builder::new()
            .name("dayi-readings".into())
            .spawn(move || gatherer.run(asked))
            .map_err(|error| ReadingsError::Thread(error.to_string()))?;
        Ok(Writer { thread, flush })
    }
}

/// Gathers readings from the journal and writes them, on a thread of its own, until the journal is closed.
///
/// A database that refuses is asked again until it takes them: meanwhile the journal grows, and at its bound the sensors'
/// publishes stay unacknowledged. Nothing is dropped.
pub struct Writer {
    thread: JoinHandle<()>,
    flush: CatchUp,
}

impl Writer {
    /// Asks this writer not to wait.
    #[must_use]
    pub fn flush(&self) -> CatchUp {
        self.flush.clone()
    }

    /// Waits until everything is written; to be called when the journal is closed.
    pub async fn finish(self) {
        let thread = self.thread;
        let ended = tokio::task::spawn_blocking(move || thread.join()).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::error!("the readings' thread did not end in order");
        }
    }
}

fn point(reading: &Reading) -> Point {
    #[expect(clippy::cast_possible_truncation, reason = "clamped before")]
    let delay_s =
        ((reading.received_ms - reading.ts_ms + 500).div_euclid(1_000)).clamp(i32::MIN.into(), i32::MAX.into()) as i32;
    Point { ts_ms: reading.ts_ms, current_a: reading.current_a, delay_s }
}

/// What woke the thread.
enum Woken {
    Readings(Batch),
    Asked(oneshot::Sender<()>),
    Time,
    End,
}

/// A part of the instruments, whose chunks are written together.
#[derive(Default)]
struct Part {
    gathered: HashMap<(i64, InstrumentId), Vec<Point>>,
    /// All that it gathered stands behind this place in the journal.
    since: Position,
}

struct Gatherer {
    table: Table,
    reader: Reader,
    account: Account,
    parts: [Part; PARTS],
    /// The part to be written next.
    next: usize,
    /// The place in the journal before which everything was gathered.
    gathered_to: Position,
    /// The place before which everything is written.
    written_to: Position,
    /// Readings gathered and not written.
    count: usize,
    kept: metrics::Counter,
}

impl Gatherer {
    fn new(table: Table, reader: Reader) -> Self {
        let account = reader.account();
        let kept = metrics::counter!("dayi_readings_kept_total");
        let at = reader.at();
        Self {
            table,
            reader,
            account,
            parts: Default::default(),
            next: 0,
            gathered_to: at,
            written_to: at,
            count: 0,
            kept,
        }
    }

    fn run(mut self, mut flushes: Asked) {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime,
            Err(error) => return tracing::error!(%error, "readings are not kept: no timer for their thread"),
        };
        let mut write_at = Instant::now() + WRITE_EVERY / PARTS as u32;
        loop {
            let left = write_at.saturating_duration_since(Instant::now());
            let woken = runtime.block_on(async {
                tokio::select! {
                    biased;
                    Some(done) = flushes.recv() => Woken::Asked(done),
                    () = tokio::time::sleep(left) => Woken::Time,
                    batch = self.reader.next() => batch.map_or(Woken::End, Woken::Readings),
                }
            });
            match woken {
                Woken::Readings(batch) => {
                    self.gather(batch);
                    if self.count >= MOST_GATHERED {
                        self.write_all();
                    }
                }
                Woken::Time => {
                    self.write(self.next);
                    self.next = (self.next + 1) % PARTS;
                    write_at = Instant::now() + WRITE_EVERY / PARTS as u32;
                }
                Woken::Asked(done) => {
                    let end = self.reader.journal_end();
                    while let Some(batch) = self.reader.next_before(end) {
                        self.gather(batch);
                    }
                    self.write_all();
                    // Who asked may have gone meanwhile.
                    let _ = done.send(());
                }
                Woken::End => return self.write_all(),
            }
        }
    }

    fn gather(&mut self, batch: Batch) {
        for entry in batch.entries {
            let Entry::Readings { instrument, readings } = entry else { continue };
            self.count += readings.len();
            let part = &mut self.parts[part_of(&instrument)];
            if part.gathered.is_empty() {
                part.since = self.gathered_to;
            }
            for (_, reading) in readings {
                let place = (start_of(reading.ts_ms), instrument.clone());
                part.gathered.entry(place).or_default().push(point(&reading));
            }
        }
        self.gathered_to = batch.end;
        self.account.done(batch.end);
    }

    fn write_all(&mut self) {
        for part in 0..PARTS {
            self.write(part);
        }
    }

    /// Writes what one part of the instruments gathered.
    fn write(&mut self, part: usize) {
        let gathered = std::mem::take(&mut self.parts[part].gathered);
        let waiting = self.parts.iter().filter(|part| !part.gathered.is_empty()).map(|part| part.since).min();
        let written_to = waiting.unwrap_or(self.gathered_to);
        if gathered.is_empty() && written_to == self.written_to {
            return;
        }
        let mut wait = RETRY.0;
        while let Err(error) = self.table.add(&gathered, written_to) {
            metrics::counter!("dayi_readings_write_failures_total").increment(1);
            tracing::error!(%error, chunks = gathered.len(), "readings could not be written; they are tried again");
            #[expect(clippy::disallowed_methods, reason = "this thread is blocked by the database anyway")]
            thread::sleep(wait);
            wait = (wait * 2).min(RETRY.1);
        }
        self.written_to = written_to;
        self.account.release(written_to);
        let count: usize = gathered.values().map(Vec::len).sum();
        self.count -= count;
        self.kept.increment(count as u64);
    }
}

/// Always the same part for an instrument.
fn part_of(instrument: &InstrumentId) -> usize {
    let mut hasher = DefaultHasher::new();
    instrument.hash(&mut hasher);
    #[expect(clippy::cast_possible_truncation, reason = "any bits of the hash do")]
    let hash = hasher.finish() as usize;
    hash % PARTS
}

#[cfg(test)]
mod tests {
    use super::super::Readings;
    use super::*;
    use crate::journal::{Hold, Journal};
    use crate::platform::config::JournalConfig;

    const NOW: i64 = 1_700_000_000_000;

    fn reading(ts_ms: i64, current_a: f64) -> Reading {
        Reading::new(current_a, Some(ts_ms), NOW).unwrap()
    }

    fn config() -> JournalConfig {
        JournalConfig { min_free_mb: 0, ..JournalConfig::default() }
    }

    fn start(folder: &Path) -> (Journal, Writer) {
        let keeping = Keeping::open(folder).unwrap();
        let from = keeping.position().unwrap();
        let journal = Journal::open(folder, config(), from).unwrap();
        let writer = keeping.start(journal.reader("history", Hold::Required, from)).unwrap();
        (journal, writer)
    }

    async fn write(folder: &Path, measured: &[(InstrumentId, Vec<Reading>)]) {
        let (journal, writer) = start(folder);
        for (instrument, readings) in measured {
            journal.appender().readings(instrument, readings).await.unwrap();
        }
        journal.close().await;
        writer.finish().await;
    }

    #[tokio::test]
    async fn what_was_measured_is_read_back_late_and_double_readings_too() {
        let folder = tempfile::tempdir().unwrap();
        let readings = Readings::new(folder.path());
        let [a, b]: [InstrumentId; 2] = ["a", "b"].map(|id| id.parse().unwrap());
        assert_eq!(readings.range(a.clone(), 0, NOW).await.unwrap(), [], "before there is a file");
        let all: Vec<Reading> = (0..3_600).map(|s| reading(NOW - 3_600_000 + s * 1_000, s as f64 / 1_000.0)).collect();
        let (even, odd): (Vec<_>, Vec<_>) = all.iter().partition(|reading| reading.ts_ms / 1_000 % 2 == 0);
        write(folder.path(), &[(a.clone(), odd.clone()), (b.clone(), vec![reading(NOW, 5.0)])]).await;
        write(folder.path(), &[(a.clone(), even), (a.clone(), odd)]).await;

        let expected: Vec<(i64, f32)> = all.iter().map(|reading| (reading.ts_ms, reading.current_a)).collect();
        assert_eq!(readings.range(a.clone(), 0, i64::MAX).await.unwrap(), expected);
        let part = readings.range(a.clone(), NOW - 1_000_000, NOW - 990_000).await.unwrap();
        assert_eq!(part, expected[2_600..2_610]);
        assert_eq!(readings.range(b, NOW, NOW + 1).await.unwrap(), [(NOW, 5.0)]);
        assert_eq!(readings.range("c".parse().unwrap(), 0, i64::MAX).await.unwrap(), []);
        assert_eq!(readings.range(a, NOW, 0).await.unwrap(), [], "a span that is none");
    }

    #[tokio::test]
    async fn who_asks_need_not_wait_for_the_minute() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, writer) = start(folder.path());
        let id: InstrumentId = "a".parse().unwrap();
        for second in 0..5 {
            journal.appender().readings(&id, &[reading(NOW + second, 1.5)]).await.unwrap();
        }
        let flush = writer.flush();
        flush.now().await;
        let kept = Readings::new(folder.path()).range(id, 0, i64::MAX).await.unwrap();
        assert_eq!(kept.len(), 5);
        journal.close().await;
        writer.finish().await;
        flush.now().await;
    }

    #[tokio::test]
    async fn a_thread_that_died_is_made_up_for_from_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let id: InstrumentId = "a".parse().unwrap();
        let keeping = Keeping::open(folder.path()).unwrap();
        let journal = Journal::open(folder.path(), config(), 0).unwrap();
        journal.appender().readings(&id, &[reading(NOW, 1.5)]).await.unwrap();
        drop(keeping);
        journal.close().await;
        write(folder.path(), &[(id.clone(), vec![reading(NOW + 1, 2.5)])]).await;
        write(folder.path(), &[]).await;
        let kept = Readings::new(folder.path()).range(id, 0, i64::MAX).await.unwrap();
        assert_eq!(kept, [(NOW, 1.5), (NOW + 1, 2.5)]);
    }

    #[tokio::test]
    async fn what_one_part_has_written_lets_no_other_part_be_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let ids: Vec<InstrumentId> = (0..40).map(|n| format!("i{n}").parse().unwrap()).collect();
        let journal = Journal::open(folder.path(), config(), 0).unwrap();
        let reader = journal.reader("history", Hold::Required, 0);
        let mut gatherer = Gatherer::new(Keeping::open(folder.path()).unwrap().table, reader);
        for round in 0..3 {
            for id in &ids {
                journal.appender().readings(id, &[reading(NOW + round, 1.5)]).await.unwrap();
            }
            while let Some(batch) = gatherer.reader.next_before(Position::MAX) {
                gatherer.gather(batch);
            }
            gatherer.write(usize::try_from(round).unwrap());
        }
        // The thread dies here.
        drop(gatherer);
        journal.close().await;
        write(folder.path(), &[]).await;
        for id in ids {
            let kept = Readings::new(folder.path()).range(id, 0, i64::MAX).await.unwrap();
            assert_eq!(kept.len(), 3);
        }
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_said() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("readings.db"), "this is no database, but it is long enough to be one")
            .unwrap();
        let error = Keeping::open(folder.path()).map(drop).unwrap_err().to_string();
        assert!(error.contains("readings.db"), "{error}");
    }
}
