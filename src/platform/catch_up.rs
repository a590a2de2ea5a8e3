//! Waiting for a worker that gathers before it writes.

use tokio::sync::{mpsc, oneshot};

/// Asks a worker not to wait. Cheap to clone.
#[derive(Clone)]
pub struct CatchUp(mpsc::Sender<oneshot::Sender<()>>);

/// The worker's end: who is to be told when everything handed over before is written.
pub(crate) type Asked = mpsc::Receiver<oneshot::Sender<()>>;

impl CatchUp {
    /// Both ends.
    pub(crate) fn new() -> (Self, Asked) {
        let (ask, asked) = mpsc::channel(8);
        (Self(ask), asked)
    }

    /// Returns when everything is written that the worker was given by now.
    pub async fn now(&self) {
        let (done, written) = oneshot::channel();
        // A worker that has ended has written everything.
        if self.0.send(done).await.is_ok() {
            let _ = written.await;
        }
    }
}
