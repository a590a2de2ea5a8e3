//! The thread that appends: what has gathered goes into one write, and everybody in it is answered at once.

use super::appender::Command;
use super::error::JournalError;
use super::frame::Position;
use super::ledger::Ledger;
use super::segment;
use crate::platform::config::{JournalConfig, Sync};
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Appends in one group at most.
const GROUP: usize = 4_096;
/// Small groups follow each other no faster than this: 10,000 sensors that publish one by one are written a few at a time, and
/// nobody feels half a millisecond.
const PACE: Duration = Duration::from_micros(500);
/// A group of this many bytes does not wait: a client that sends many readings at once is not held up.
const WORTH_A_WRITE: usize = 1_024;
/// How long to wait for a reader before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How often free space is looked at: between two looks less than the reserve is written.
const LOOK_FOR_ROOM_EVERY: Duration = Duration::from_millis(200);
/// How often old segments are looked after.
const TIDY_EVERY: Duration = Duration::from_secs(1);

type Waiting = oneshot::Sender<Result<(), JournalError>>;

pub(super) struct Writer {
    folder: Arc<Path>,
    config: JournalConfig,
    ledger: Arc<Ledger>,
    base: Position,
    file: File,
    /// Bytes of the file that are kept; what lies behind them after a failed write counts for nothing.
    length: u64,
    opened: Instant,
    /// Whether the file may hold bytes behind `length`.
    torn: bool,
    tidied: Option<Instant>,
    /// When free space was looked at and there was enough.
    roomy: Option<Instant>,
    appended: metrics::Counter,
    waiting: metrics::Gauge,
}

impl Writer {
    pub(super) fn new(
        folder: Arc<Path>,
        config: JournalConfig,
        ledger: Arc<Ledger>,
        (base, file, length): (Position, File, u64),
    ) -> Self {
        Self {
            folder,
            config,
            ledger,
            base,
            file,
            length,
            opened: Instant::now(),
            torn: false,
            tidied: None,
            roomy: None,
            appended: metrics::counter!("dayi_journal_appended_bytes_total"),
            waiting: metrics::gauge!("dayi_queue_waiting", "queue" => "journal"),
        }
    }

    /// Appends until it is told to close or nobody is left who could append.
    pub(super) fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut group = Vec::with_capacity(GROUP);
        let mut bytes = Vec::new();
        let mut last = Instant::now();
        while commands.blocking_recv_many(&mut group, GROUP) > 0 {
            let mut waiting: Vec<Option<Waiting>> = Vec::with_capacity(group.len());
            let mut closing = false;
            let mut sort = |group: &mut Vec<Command>, bytes: &mut Vec<u8>| {
                for command in group.drain(..) {
                    match command {
                        Command::Append(frames, done) => {
                            bytes.extend_from_slice(&frames);
                            waiting.push(done);
                        }
                        Command::Close => closing = true,
                    }
                }
            };
            sort(&mut group, &mut bytes);
            let early = PACE.saturating_sub(last.elapsed());
            if !early.is_zero() && bytes.len() < WORTH_A_WRITE {
                #[expect(clippy::disallowed_methods, reason = "a thread that does nothing else")]
                thread::sleep(early);
                group.extend(std::iter::from_fn(|| commands.try_recv().ok()).take(GROUP));
                sort(&mut group, &mut bytes);
            }
            if closing {
                commands.close();
            }
            self.waiting.set(waiting.len() as f64);
            self.tidy();
            self.wait_for_readers(bytes.len() as u64);
            let kept = self.append(&bytes);
            bytes.clear();
            self.note(&kept);
            for done in waiting.into_iter().flatten() {
                let answer = kept.as_ref().map(|_| ()).map_err(|error| JournalError::Refused(error.to_string()));
                // Who waited may have gone meanwhile.
                let _ = done.send(answer);
            }
            last = Instant::now();
        }
        if let Err(error) = self.file.sync_all() {
            tracing::error!(%error, "the journal's end may not be on the disk");
        }
        self.ledger.close();
    }

    /// Holds everybody up while a required reader is too far behind.
    fn wait_for_readers(&self, more: u64) {
        let mut told = false;
        while let Some(reader) = self.ledger.in_the_way(more, self.config.lag_bytes(), self.config.most_bytes()) {
            if !told {
                told = true;
                metrics::counter!("dayi_journal_waits_total", "reader" => reader).increment(1);
                tracing::debug!(reader, "the journal waits for a reader");
            }
            self.ledger.wait(LOOK_AGAIN);
        }
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.torn {
            self.cut()?;
        }
        if self.length >= self.config.segment_bytes() || self.opened.elapsed() >= self.config.segment_age() {
            self.next_segment()?;
        }
        self.enough_space(bytes.len() as u64)?;
        self.torn = true;
        let written = self.file.write_all(bytes).and_then(|()| match self.config.sync {
            Sync::Os => Ok(()),
            Sync::Disk => self.file.sync_data(),
        });
        if let Err(error) = written {
            // Not left for later: a crash now would find whole frames there that were refused.
            let _ = self.cut();
            return Err(error);
        }
        self.torn = false;
        self.length += bytes.len() as u64;
        self.ledger.grown_to(self.base + self.length);
        self.appended.increment(bytes.len() as u64);
        Ok(())
    }

    /// Cuts off what a failed write left.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        self.torn = false;
        Ok(())
    }

    fn next_segment(&mut self) -> io::Result<()> {
        if self.length <= segment::HEAD {
            self.opened = Instant::now();
            return Ok(());
        }
        let durable = self.config.sync == Sync::Disk;
        let base = self.base + self.length;
        let file = segment::create(&self.folder, base, durable)?;
        self.ledger.add_segment(base);
        self.ledger.grown_to(base + segment::HEAD);
        (self.base, self.file, self.length, self.opened) = (base, file, segment::HEAD, Instant::now());
        Ok(())
    }

    /// Leaves the rest of the disk to the databases: with it they can take what was acknowledged before.
    fn enough_space(&mut self, more: u64) -> io::Result<()> {
        if self.roomy.is_some_and(|at| at.elapsed() < LOOK_FOR_ROOM_EVERY) {
            return Ok(());
        }
        self.roomy = None;
        let space = rustix::fs::statvfs(&*self.folder)?;
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        if free < self.config.min_free_bytes() + more {
            let free = free >> 20;
            return Err(io::Error::other(format!(
                "the disk has {free} MiB left, and {} MiB are kept free ([journal] min_free_mb)",
                self.config.min_free_mb
            )));
        }
        self.roomy = Some(Instant::now());
        Ok(())
    }

    /// Says it once when the disk begins to refuse, and once when it takes again.
    fn note(&self, kept: &io::Result<()>) {
        let before = self.ledger.note_refusing(kept.as_ref().err().map(ToString::to_string));
        match (kept, before) {
            (Ok(()), Some(_)) => tracing::info!("the journal takes readings again"),
            (Err(error), None) => {
                tracing::error!(%error, "the journal takes no more readings: they are not acknowledged until it does");
            }
            _ => {}
        }
        metrics::gauge!("dayi_journal_refusing").set(if kept.is_ok() { 0.0 } else { 1.0 });
        if kept.is_err() {
            metrics::counter!("dayi_journal_refused_groups_total").increment(1);
        }
    }

    /// Removes the segments that nobody needs.
    fn tidy(&mut self) {
        if self.tidied.is_some_and(|at| at.elapsed() < TIDY_EVERY) {
            return;
        }
        self.tidied = Some(Instant::now());
        let age = self.config.most_age();
        let too_old = |base| {
            let written = fs::metadata(segment::path(&self.folder, base)).and_then(|metadata| metadata.modified());
            written.ok().and_then(|at| at.elapsed().ok()).is_some_and(|elapsed| elapsed > age)
        };
        for base in self.ledger.take_unneeded(self.config.most_bytes(), too_old) {
            if let Err(error) = fs::remove_file(segment::path(&self.folder, base)) {
                tracing::warn!(%error, base, "an old segment of the journal stays");
            }
        }
        self.ledger.tell_metrics();
    }
}
