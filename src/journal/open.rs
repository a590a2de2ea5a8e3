use super::appender::{Appender, Command};
use super::error::JournalError;
use super::frame::Position;
use super::ledger::{Excuse, Hold, Ledger};
use super::reader::Reader;
use super::segment;
use super::writer::Writer;
use crate::platform::config::JournalConfig;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tokio::sync::mpsc;

/// Appends that may wait for the thread.
const WAITING: usize = 4_096;

/// An open journal: its thread, and whom it lets read.
pub struct Journal {
    folder: Arc<Path>,
    ledger: Arc<Ledger>,
    queue: mpsc::Sender<Command>,
    thread: JoinHandle<()>,
}

impl Journal {
    /// Opens the journal in the folder `journal` of `data`, or makes it. What a crash left torn at its end is cut off. No
    /// position below `at_least` is given out anew: that is what the readers say they have read, even where the files were
    /// lost.
    ///
    /// # Errors
    /// When the folder or a file cannot be used.
    pub fn open(data: &Path, config: JournalConfig, at_least: Position) -> Result<Self, JournalError> {
        let folder: PathBuf = data.join(segment::FOLDER);
        fs::create_dir_all(&folder).map_err(|error| segment::failed(&folder, error))?;
        let mut segments = segment::list(&folder)?;
        let newest = segments.last().copied().map(|base| (base, segment::open_newest(&folder, base)));
        let (base, file, length) = match newest {
            Some((base, opened)) => {
                let (file, length) = opened?;
                (base, Some(file), length)
            }
            None => (0, None, 0),
        };
        let (base, file, length) = match file {
            Some(file) if base + length >= at_least => (base, file, length),
            lost => {
                if lost.is_some() {
                    let missing = at_least - (base + length);
                    tracing::warn!(missing, "the journal ends before what was read from it: its end was lost");
                }
                let base = at_least.max(base + length);
                let file = segment::create(&folder, base, true)
                    .map_err(|error| segment::failed(&segment::path(&folder, base), error))?;
                segments.push(base);
                (base, file, segment::HEAD)
            }
        };
        let ledger = Arc::new(Ledger::new(segments, base + length));
        let (queue, commands) = mpsc::channel(WAITING);
        let folder: Arc<Path> = folder.into();
        let writer = Writer::new(folder.clone(), config, ledger.clone(), (base, file, length));
        let thread = thread::Builder::new()
            .name("dayi-journal".into())
            .spawn(move || writer.run(commands))
            .map_err(|error| segment::failed(&folder, error))?;
        Ok(Self { folder, ledger, queue, thread })
    }

    /// Where the next frame will stand.
    #[must_use]
    pub fn end(&self) -> Position {
        self.ledger.at()
    }

    /// Appends to it.
    #[must_use]
    pub fn appender(&self) -> Appender {
        Appender { queue: self.queue.clone(), ledger: self.ledger.clone() }
    }

    /// A reader of the given name that has read everything before `from` in an earlier run. What lies before the first
    /// segment is not there any more.
    #[must_use]
    pub fn reader(&self, name: &'static str, hold: Hold, from: Position) -> Reader {
        self.ledger.add_reader(name, hold, from);
        Reader::new(name, self.folder.clone(), self.ledger.clone(), from)
    }

    /// Says of required readers whether they may fall behind.
    pub fn excuses(&self) -> impl Fn(&'static str, Excuse) + Send + Sync + 'static {
        let ledger = self.ledger.clone();
        move |name, excuse| ledger.excuse(name, excuse)
    }

    /// Reads a stretch again, without an account: what was released may be gone.
    pub fn again(&self) -> impl Fn(Position) -> Reader + Send + Sync + 'static {
        let (folder, ledger) = (self.folder.clone(), self.ledger.clone());
        move |from| Reader::new("again", folder.clone(), ledger.clone(), from)
    }

    /// Appends what waits and takes nothing more; readers see the end after that.
    pub async fn close(self) {
        let _ = self.queue.send(Command::Close).await;
        let thread = self.thread;
        if !matches!(tokio::task::spawn_blocking(move || thread.join()).await, Ok(Ok(()))) {
            tracing::error!("the journal's thread did not end in order");
        }
    }
}
