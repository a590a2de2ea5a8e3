use super::chunk::Point;
use super::query::ReadingsError;
use super::table::{Table, start_of};
use crate::domain::{InstrumentId, Measured};
use std::collections::HashMap;
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// How often the chunks are rewritten that got new readings.
const WRITE_EVERY: Duration = Duration::from_secs(60);
/// Readings gathered before they are written without waiting for that.
const MOST_GATHERED: usize = 2_000_000;
/// How long to wait before a refused write is tried again: first, and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// Hand-overs taken at a time.
const BATCH: usize = 4_096;

/// Gathers readings and writes them, on a thread of its own.
///
/// A database that refuses is asked again until it takes them: meanwhile the queue fills, the actors wait, and the
/// sensors' publishes stay unacknowledged. Nothing is dropped.
pub struct Writer {
    thread: JoinHandle<()>,
    flushes: mpsc::Sender<oneshot::Sender<()>>,
}

/// Asks the writer not to wait. Cheap to clone.
#[derive(Clone)]
pub struct Flush(mpsc::Sender<oneshot::Sender<()>>);

impl Flush {
    /// Returns when everything is written that the actors handed over by now.
    pub async fn now(&self) {
        let (done, written) = oneshot::channel();
        // A writer that has ended has written everything.
        if self.0.send(done).await.is_ok() {
            let _ = written.await;
        }
    }
}

impl Writer {
    /// Opens the readings' file in `folder` and starts the thread; it takes readings until `stop` or until all senders are
    /// gone.
    ///
    /// # Errors
    /// When the file cannot be opened or the thread cannot be started.
    pub fn start(
        folder: &Path,
        measured: mpsc::Receiver<Measured>,
        stop: CancellationToken,
    ) -> Result<Self, ReadingsError> {
        let table = Table::open(folder)?;
        let (flushes, asked) = mpsc::channel(8);
        let thread = thread::Builder::new()
            .name("dayi-readings".into())
            .spawn(move || gather(table, measured, asked, &stop))
            .map_err(|error| ReadingsError::Thread(error.to_string()))?;
        Ok(Self { thread, flushes })
    }

    /// Asks this writer not to wait.
    #[must_use]
    pub fn flush(&self) -> Flush {
        Flush(self.flushes.clone())
    }

    /// Waits until everything is written that was taken.
    pub async fn finish(self) {
        let thread = self.thread;
        let ended = tokio::task::spawn_blocking(move || thread.join()).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::error!("the readings' thread did not end in order");
        }
    }
}

/// What woke the thread.
enum Woken {
    Readings,
    Asked(oneshot::Sender<()>),
    Time,
    End,
}

fn gather(
    mut table: Table,
    mut measured: mpsc::Receiver<Measured>,
    mut flushes: mpsc::Receiver<oneshot::Sender<()>>,
    stop: &CancellationToken,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!(%error, "readings are not kept: no timer for their thread"),
    };
    let kept = metrics::counter!("dayi_readings_kept_total");
    let mut batch = Vec::with_capacity(BATCH);
    let mut gathered: HashMap<(i64, InstrumentId), Vec<Point>> = HashMap::new();
    let mut count = 0;
    let mut write_at = Instant::now() + WRITE_EVERY;
    loop {
        let left = write_at.saturating_duration_since(Instant::now());
        let woken = runtime.block_on(async {
            tokio::select! {
                biased;
                () = stop.cancelled(), if !measured.is_closed() => Woken::Time,
                Some(done) = flushes.recv() => Woken::Asked(done),
                taken = measured.recv_many(&mut batch, BATCH) => if taken == 0 { Woken::End } else { Woken::Readings },
                () = tokio::time::sleep(left) => Woken::Time,
            }
        });
        if stop.is_cancelled() {
            // What still waits comes out; then nothing more.
            measured.close();
        }
        if let Woken::Asked(_) = woken {
            // What was handed over before the question.
            for _ in 0..measured.len() {
                batch.extend(measured.try_recv().ok());
            }
        }
        for (instrument, readings) in batch.drain(..) {
            count += readings.len();
            for reading in readings {
                let place = (start_of(reading.ts_ms), instrument.clone());
                gathered.entry(place).or_default().push((reading.ts_ms, reading.current_a));
            }
        }
        let asked = matches!(woken, Woken::Asked(_) | Woken::End);
        if asked || count >= MOST_GATHERED || Instant::now() >= write_at {
            write(&mut table, &gathered, &runtime);
            kept.increment(count as u64);
            gathered.clear();
            count = 0;
            write_at = Instant::now() + WRITE_EVERY;
        }
        match woken {
            Woken::End => return,
            // Who asked may have gone meanwhile.
            Woken::Asked(done) => drop(done.send(())),
            Woken::Readings | Woken::Time => {}
        }
    }
}

fn write(table: &mut Table, gathered: &HashMap<(i64, InstrumentId), Vec<Point>>, runtime: &tokio::runtime::Runtime) {
    let mut wait = RETRY.0;
    while let Err(error) = table.add(gathered) {
        metrics::counter!("dayi_readings_write_failures_total").increment(1);
        tracing::error!(%error, chunks = gathered.len(), "readings could not be written; they are tried again");
        runtime.block_on(tokio::time::sleep(wait));
        wait = (wait * 2).min(RETRY.1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Readings;
    use super::*;
    use crate::domain::Reading;

    const NOW: i64 = 1_700_000_000_000;

    fn reading(ts_ms: i64, current_a: f64) -> Reading {
        Reading::new(current_a, Some(ts_ms), NOW).unwrap()
    }

    async fn write(folder: &Path, readings: Vec<Measured>) {
        let (sender, receiver) = mpsc::channel(1);
        let writer = Writer::start(folder, receiver, CancellationToken::new()).unwrap();
        for measured in readings {
            sender.send(measured).await.unwrap();
        }
        drop(sender);
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
        write(folder.path(), vec![(a.clone(), odd.clone()), (b.clone(), vec![reading(NOW, 5.0)])]).await;
        write(folder.path(), vec![(a.clone(), even), (a.clone(), odd)]).await;

        let expected: Vec<Point> = all.iter().map(|reading| (reading.ts_ms, reading.current_a)).collect();
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
        let (sender, receiver) = mpsc::channel(8);
        let writer = Writer::start(folder.path(), receiver, CancellationToken::new()).unwrap();
        let id: InstrumentId = "a".parse().unwrap();
        for second in 0..5 {
            sender.send((id.clone(), vec![reading(NOW + second, 1.5)])).await.unwrap();
        }
        writer.flush().now().await;
        let kept = Readings::new(folder.path()).range(id, 0, i64::MAX).await.unwrap();
        assert_eq!(kept.len(), 5);
        drop(sender);
        writer.flush().now().await;
        writer.finish().await;
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_said() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("readings.db"), "this is no database, but it is long enough to be one")
            .unwrap();
        let (_sender, receiver) = mpsc::channel(1);
        let error = Writer::start(folder.path(), receiver, CancellationToken::new()).map(drop).unwrap_err().to_string();
        assert!(error.contains("readings.db"), "{error}");
    }
}
