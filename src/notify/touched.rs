use std::collections::HashSet;
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Subscriptions for which something may have to be done. Cheap to clone; holds each once, however often it is touched.
#[derive(Clone, Default)]
pub(super) struct Touched(Arc<Inner>);

#[derive(Default)]
struct Inner {
    subscriptions: Mutex<HashSet<String>>,
    some: Notify,
}

impl Touched {
    pub(super) fn add(&self, subscriptions: impl IntoIterator<Item = String>) {
        self.0.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).extend(subscriptions);
        self.0.some.notify_one();
    }

    /// Those that are there.
    pub(super) fn take(&self) -> HashSet<String> {
        take(&mut *self.0.subscriptions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns when some were added since the last time.
    pub(super) async fn some(&self) {
        self.0.some.notified().await;
    }
}
