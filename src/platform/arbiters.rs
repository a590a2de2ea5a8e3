//! The threads that instruments' actors live on: a fixed number, so that an instrument stays where its memory is warm.

use actix::{Arbiter, ArbiterHandle, System};
use std::io;
use std::thread::{self, JoinHandle};
use tokio::sync::oneshot;

/// Running arbiter threads; they end with [`Arbiters::stop`].
pub struct Arbiters {
    system: System,
    thread: JoinHandle<()>,
    handles: Vec<ArbiterHandle>,
}

impl Arbiters {
    /// Starts `count` threads; 0 is one a core.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub async fn start(count: usize) -> io::Result<Self> {
        let count = match count {
            0 => thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        let (ready, started) = oneshot::channel();
        let thread = thread::Builder::new().name("dayi-actors".into()).spawn(move || {
            let runner = System::new();
            let handles = runner.block_on(async { (0..count).map(|_| Arbiter::new().handle()).collect::<Vec<_>>() });
            if ready.send((System::current(), handles)).is_ok()
                && let Err(error) = runner.run()
            {
                tracing::error!(%error, "the actors' threads ended with an error");
            }
        })?;
        let (system, handles) = started.await.map_err(|_| io::Error::other("the actors' threads did not start"))?;
        Ok(Self { system, thread, handles })
    }

    /// The threads.
    #[must_use]
    pub fn handles(&self) -> Vec<ArbiterHandle> {
        self.handles.clone()
    }

    /// Ends the threads and all actors on them.
    pub async fn stop(self) {
        self.system.stop();
        let thread = self.thread;
        if tokio::task::spawn_blocking(move || thread.join()).await.is_err() {
            tracing::warn!("the actors' threads did not end in order");
        }
    }
}
