//! Rounds of snapshots, so that a restart needs to read only the end of the journal.

use super::registry::Registry;
use super::snapshots::Snapshots;
use crate::domain::InstrumentId;
use crate::journal::{Account, Position};
use crate::platform::catch_up::CatchUp;
use futures::future::join_all;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Instruments whose snapshots are written together.
const SLICE: usize = 200;
/// How long a round takes, whatever the number of instruments.
const ROUND: Duration = Duration::from_secs(60);

/// Takes snapshots of all actors, again and again.
pub struct Checkpoints {
    /// The actors.
    pub registry: Registry,
    /// Where snapshots go.
    pub snapshots: Snapshots,
    /// Puts everything that actors decided by now on the disk. A snapshot must not be ahead of the states: what it knows is not decided again.
    pub settled: CatchUp,
    /// How far the actors are.
    pub worked_to: watch::Receiver<Position>,
    /// Their account with the journal.
    pub account: Account,
    /// Whether the last round failed, so that the next must take all.
    pub failed: AtomicBool,
}

impl Checkpoints {
    /// Takes a round a minute until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(self.round(ROUND)).await.is_some() {}
    }

    /// Takes a snapshot of every actor that has seen something new, spread over `time`; then the journal may forget what
    /// they all know.
    pub async fn round(&self, time: Duration) {
        let from = *self.worked_to.borrow();
        let ids = self.registry.ids();
        let slices = ids.len().div_ceil(SLICE).max(1);
        #[expect(clippy::cast_possible_truncation, reason = "at most a few hundred")]
        let pause = time / slices as u32;
        let all = self.failed.load(Ordering::Acquire);
        let mut kept = true;
        for slice in ids.chunks(SLICE) {
            kept &= self.take(slice, all).await;
            tokio::time::sleep(pause).await;
        }
        if ids.is_empty() {
            tokio::time::sleep(pause).await;
        }
        self.failed.store(!kept, Ordering::Release);
        if kept {
            self.release(from).await;
        }
    }

    async fn take(&self, ids: &[InstrumentId], all: bool) -> bool {
        let asked = ids.iter().map(|id| async { Some((id.clone(), self.registry.snapshot(id, all).await?)) });
        let taken: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
        if taken.is_empty() {
            return true;
        }
        self.settled.now().await;
        let snapshots = self.snapshots.clone();
        self.write("snapshots", move || snapshots.put(&taken)).await
    }

    async fn release(&self, from: Position) {
        let snapshots = self.snapshots.clone();
        if self.write("position", move || snapshots.put_position(from)).await {
            self.account.release(from);
        }
    }

    async fn write<F>(&self, what: &'static str, write: F) -> bool
    where
        F: FnOnce() -> Result<(), super::snapshots::SnapshotError> + Send + 'static,
    {
        let written = tokio::task::spawn_blocking(write).await;
        match written {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                metrics::counter!("dayi_snapshot_failures_total").increment(1);
                tracing::error!(%error, what, "a snapshot was not written: the journal keeps more until one is");
                false
            }
            Err(error) => {
                tracing::error!(%error, what, "the snapshots' thread died");
                false
            }
        }
    }
}
