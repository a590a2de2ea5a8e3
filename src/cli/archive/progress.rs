use std::time::{Duration, Instant};

/// How often it is told how far something is; what is done sooner is not told of.
const EVERY: Duration = Duration::from_secs(1);

/// Tells on standard error how far the work on a file is.
pub(super) struct Progress {
    what: String,
    total: u64,
    told: Instant,
}

impl Progress {
    /// Work on `what`, of `total` bytes.
    pub(super) fn new(what: impl Into<String>, total: u64) -> Self {
        Self { what: what.into(), total, told: Instant::now() }
    }

    /// So many bytes are done.
    pub(super) fn at(&mut self, done: u64) {
        if self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            eprintln!("{}: {} of {} MiB", self.what, done >> 20, self.total >> 20);
        }
    }
}
