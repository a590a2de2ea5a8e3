//! Gathers readings from the journal until it is time to write them; meanwhile it answers what it has.

use super::chunk::Point;
use super::table::{ByChunk, Table, start_of};
use crate::domain::{InstrumentId, Reading};
use crate::journal::{Account, Batch, Entry, Position, Reader};
use crate::platform::catch_up::Asked;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How often the chunks are rewritten that got new readings.
const WRITE_EVERY: Duration = Duration::from_secs(60);
/// The instruments are written in so many parts, one after the other: a minute of 10,000 instruments at once would keep a core
/// busy for a second, and everybody else waiting.
const PARTS: usize = 12;
/// Readings gathered before they are written without waiting for that.
const MOST_GATHERED: usize = 2_000_000;
/// How long to wait before a refused write is tried again: first, and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// Asks for what is not in the file yet. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Unwritten(mpsc::Sender<Question>);

/// Whose, and whom to tell.
type Question = (InstrumentId, oneshot::Sender<ByChunk>);
/// The gatherer's end.
pub(super) type Questions = mpsc::Receiver<Question>;

impl Unwritten {
    /// Both ends.
    pub(super) fn new() -> (Self, Questions) {
        let (ask, asked) = mpsc::channel(64);
        (Self(ask), asked)
    }

    /// What was acknowledged of an instrument by now and is not in the file yet. To be asked before the file is read: what is
    /// written in between is in both.
    pub(super) async fn of(&self, instrument: &InstrumentId) -> ByChunk {
        let (reply, answer) = oneshot::channel();
        // A writer that has ended has written everything.
        if self.0.send((instrument.clone(), reply)).await.is_err() {
            return ByChunk::new();
        }
        answer.await.unwrap_or_default()
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
    Question(Question),
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

pub(super) struct Gatherer {
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
    pub(super) fn new(table: Table, reader: Reader) -> Self {
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

    pub(super) fn run(mut self, mut flushes: Asked, mut questions: Questions) {
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
                    Some(question) = questions.recv() => Woken::Question(question),
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
                // Who asked may have gone meanwhile.
                Woken::Asked(done) => {
                    self.read_on();
                    self.write_all();
                    let _ = done.send(());
                }
                Woken::Question((instrument, reply)) => {
                    self.read_on();
                    let _ = reply.send(self.unwritten(&instrument));
                }
                Woken::End => return self.write_all(),
            }
        }
    }

    pub(super) fn gather(&mut self, batch: Batch) {
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

    /// Gathers everything that is in the journal by now.
    pub(super) fn read_on(&mut self) {
        let end = self.reader.journal_end();
        while let Some(batch) = self.reader.next_before(end) {
            self.gather(batch);
        }
    }

    fn unwritten(&self, instrument: &InstrumentId) -> ByChunk {
        let gathered = self.parts[part_of(instrument)].gathered.iter();
        gathered
            .filter(|((_, whose), _)| whose == instrument)
            .map(|((start_ms, _), points)| (*start_ms, points.clone()))
            .collect()
    }

    fn write_all(&mut self) {
        for part in 0..PARTS {
            self.write(part);
        }
    }

    /// Writes what one part of the instruments gathered.
    pub(super) fn write(&mut self, part: usize) {
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
