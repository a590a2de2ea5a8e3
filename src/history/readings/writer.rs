use super::gatherer::{Gatherer, Unwritten};
use super::query::ReadingsError;
use super::table::Table;
use crate::journal::{Position, Reader};
use crate::platform::catch_up::CatchUp;
use std::path::Path;
use std::thread::{self, JoinHandle};

/// The readings' file, open and not written yet.
pub struct Keeping {
    pub(super) table: Table,
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
        let (unwritten, questions) = Unwritten::new();
        let gatherer = Gatherer::new(self.table, reader);
        let thread = thread::Builder::new()
            .name("dayi-readings".into())
            .spawn(move || gatherer.run(asked, questions))
            .map_err(|error| ReadingsError::Thread(error.to_string()))?;
        Ok(Writer { thread, flush, unwritten })
    }
}

/// Gathers readings from the journal and writes them, on a thread of its own, until the journal is closed.
///
/// A database that refuses is asked again until it takes them: meanwhile the journal grows, and at its bound the sensors'
/// publishes stay unacknowledged. Nothing is dropped.
pub struct Writer {
    thread: JoinHandle<()>,
    flush: CatchUp,
    unwritten: Unwritten,
}

impl Writer {
    /// Asks this writer not to wait.
    #[must_use]
    pub fn flush(&self) -> CatchUp {
        self.flush.clone()
    }

    /// What it has not written yet.
    #[must_use]
    pub fn unwritten(&self) -> Unwritten {
        self.unwritten.clone()
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
