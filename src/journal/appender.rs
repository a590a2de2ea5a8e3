use super::error::JournalError;
use super::frame;
use super::ledger::Ledger;
use crate::domain::{InstrumentId, Reading};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Frames for the journal's thread.
pub(super) enum Command {
    /// Append these, and say when they are kept.
    Append(Vec<u8>, Option<oneshot::Sender<Result<(), JournalError>>>),
    /// Append what waits, then end.
    Close,
}

/// Appends to the journal. Cheap to clone.
#[derive(Clone)]
pub struct Appender {
    pub(super) queue: mpsc::Sender<Command>,
    pub(super) ledger: Arc<Ledger>,
}

impl Appender {
    /// Appends readings of an instrument, all or none, and returns when they are kept. Waits while a required reader is too
    /// far behind: waiting for this is the back-pressure.
    ///
    /// # Errors
    /// When the disk takes no more, or the journal is closed.
    pub async fn readings(&self, instrument: &InstrumentId, readings: &[Reading]) -> Result<(), JournalError> {
        let mut bytes = Vec::with_capacity(96 + 21 * readings.len());
        frame::put_readings(&mut bytes, instrument, readings);
        let (done, kept) = oneshot::channel();
        self.queue.send(Command::Append(bytes, Some(done))).await.map_err(|_| JournalError::Closed)?;
        kept.await.map_err(|_| JournalError::Closed)?
    }

    /// Why nothing is taken at present; `None` while readings are.
    #[must_use]
    pub fn refusing(&self) -> Option<String> {
        self.ledger.refusing()
    }

    /// Appends a last will, without waiting. One that finds no room is forgotten: the sensor's deadline says the same a
    /// little later.
    pub fn last_will(&self, instrument: &InstrumentId, received_ms: i64) {
        let mut bytes = Vec::new();
        frame::put_last_will(&mut bytes, instrument, received_ms);
        let _ = self.queue.try_send(Command::Append(bytes, None));
    }
}
