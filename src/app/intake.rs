//! From the front to the journal.

use crate::domain::{Clock, InstrumentId, Reading};
use crate::ingest::{DeliverError, Handover};
use crate::instrument::Registry;
use crate::journal::{Appender, JournalError};
use futures::future::BoxFuture;
use std::sync::Arc;

/// Takes what sensors send for the instruments that there are.
pub(super) struct Intake {
    registry: Registry,
    journal: Appender,
    clock: Arc<dyn Clock>,
}

impl Intake {
    pub(super) fn new(registry: Registry, journal: Appender, clock: Arc<dyn Clock>) -> Self {
        Self { registry, journal, clock }
    }
}

impl Handover for Intake {
    fn deliver(
        &self,
        instrument: InstrumentId,
        readings: Vec<Reading>,
    ) -> BoxFuture<'static, Result<(), DeliverError>> {
        if !self.registry.knows(&instrument) {
            return Box::pin(async move { Err(DeliverError::Unknown(instrument)) });
        }
        let journal = self.journal.clone();
        Box::pin(async move {
            journal.readings(&instrument, &readings).await.map_err(|error| match error {
                JournalError::Closed => DeliverError::Stopped,
                error => DeliverError::NoRoom(error.to_string()),
            })
        })
    }

    fn last_will(&self, instrument: &InstrumentId) {
        self.journal.last_will(instrument, self.clock.now_ms());
    }
}
