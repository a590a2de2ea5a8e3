use super::frame::{self, Entry, Next, Position};
use super::ledger::{End, Ledger};
use super::segment;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

/// Bytes read at a time.
const READ: usize = 256 * 1024;

/// Entries that stand one behind the other.
#[derive(Debug)]
pub struct Batch {
    /// In the journal's order.
    pub entries: Vec<Entry>,
    /// Where the next batch begins.
    pub end: Position,
    /// Bytes in front of the entries that were left out: the journal had dropped them, or they cannot be read.
    pub missed: u64,
}

/// Follows the journal from some position on, at its own pace.
pub struct Reader {
    name: &'static str,
    folder: Arc<Path>,
    ledger: Arc<Ledger>,
    kept: watch::Receiver<End>,
    at: Position,
    segment: Option<(Position, File)>,
    buffer: Vec<u8>,
}

/// What a reader tells the journal. Cheap to clone.
#[derive(Clone)]
pub struct Account {
    name: &'static str,
    ledger: Arc<Ledger>,
}

impl Account {
    /// Everything before is in the journal.
    #[must_use]
    pub fn journal_end(&self) -> Position {
        self.ledger.at()
    }

    /// Everything before `at` was worked through.
    pub fn done(&self, at: Position) {
        self.ledger.note_done(self.name, at);
    }

    /// Nothing before `at` will be asked for again, not after a crash either.
    pub fn release(&self, at: Position) {
        self.ledger.note_done(self.name, at);
        self.ledger.note_released(self.name, at);
    }
}

impl Reader {
    pub(super) fn new(name: &'static str, folder: Arc<Path>, ledger: Arc<Ledger>, from: Position) -> Self {
        let kept = ledger.end();
        Self { name, folder, ledger, kept, at: from, segment: None, buffer: Vec::new() }
    }

    /// Everything before was read.
    #[must_use]
    pub fn at(&self) -> Position {
        self.at
    }

    /// Everything before is in the journal.
    #[must_use]
    pub fn journal_end(&self) -> Position {
        self.kept.borrow().at
    }

    /// The next entries, as soon as there are some; `None` when the journal is closed and everything was read. Cancel safe.
    pub async fn next(&mut self) -> Option<Batch> {
        loop {
            let end = *self.kept.borrow_and_update();
            if self.at < end.at {
                return Some(self.read(end.at));
            }
            if end.closed || self.kept.changed().await.is_err() {
                return None;
            }
        }
    }

    /// The next entries before `end`, without waiting; `None` when there are none.
    pub fn next_before(&mut self, end: Position) -> Option<Batch> {
        let end = end.min(self.kept.borrow().at);
        (self.at < end).then(|| self.read(end))
    }

    /// Reads on from `at`, where it was before.
    pub fn back_to(&mut self, at: Position) {
        (self.at, self.segment) = (at, None);
    }

    /// Its account with the journal.
    #[must_use]
    pub fn account(&self) -> Account {
        Account { name: self.name, ledger: self.ledger.clone() }
    }

    fn read(&mut self, end: Position) -> Batch {
        let mut entries = Vec::new();
        let mut missed = 0;
        while entries.is_empty() && self.at < end {
            missed += self.ledger.segment_of(self.at).map_or(0, |first| first.saturating_sub(self.at));
            if let Err(error) = self.read_some(end, &mut entries) {
                // What was read comes first; the next call meets the same again.
                if !entries.is_empty() {
                    break;
                }
                let next = self.ledger.segment_after(self.at).unwrap_or(end).min(end);
                tracing::error!(reader = self.name, at = self.at, lost = next - self.at, %error, "a part of the journal cannot be read and is left out");
                metrics::counter!("dayi_journal_unreadable_bytes_total", "reader" => self.name)
                    .increment(next - self.at);
                missed += next - self.at;
                self.at = next;
                self.segment = None;
            }
        }
        Batch { entries, end: self.at, missed }
    }

    /// Reads whole frames of one segment.
    fn read_some(&mut self, end: Position, entries: &mut Vec<Entry>) -> io::Result<()> {
        let base = self.ledger.segment_of(self.at).unwrap_or(self.at);
        if self.segment.as_ref().is_none_or(|(opened, _)| *opened != base) {
            let file = segment::open(&self.folder, base).map_err(io::Error::other)?;
            self.segment = Some((base, file));
            self.at = self.at.max(base + segment::HEAD);
        }
        let Some((_, file)) = &self.segment else { return Ok(()) };
        let end = self.ledger.segment_after(base).unwrap_or(end).min(end);
        let mut wanted = READ;
        while self.at < end {
            let length = wanted.min(usize::try_from(end - self.at).unwrap_or(wanted));
            self.buffer.resize(length, 0);
            file.read_exact_at(&mut self.buffer, self.at - base)?;
            let mut rest = self.buffer.as_slice();
            loop {
                match frame::next(rest) {
                    Next::Frame(length, payload) => {
                        entries
                            .push(frame::entry(self.at, payload).ok_or_else(|| io::Error::other("an unknown frame"))?);
                        self.at += length as u64;
                        rest = &rest[length..];
                    }
                    Next::Part(_) if !entries.is_empty() => return Ok(()),
                    // A frame longer than what was read.
                    Next::Part(length) if length > wanted => {
                        wanted = length;
                        break;
                    }
                    Next::Part(_) | Next::Damaged => return Err(io::Error::other("a damaged frame")),
                }
            }
        }
        Ok(())
    }
}
