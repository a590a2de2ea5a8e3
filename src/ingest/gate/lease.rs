//! One session a client: a newcomer with the same id waits until the old one has fully ended.

use dashmap::{DashMap, Entry};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

#[derive(Debug, Default)]
struct Holder {
    evicted: CancellationToken,
    /// Nobody else wants the id; the session is to end all the same.
    closed: AtomicBool,
    ended: CancellationToken,
}

/// Who is connected. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leases(Arc<DashMap<Arc<str>, Arc<Holder>>>);

/// The right to be the session of a client id; given back when dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    leases: Leases,
    client: Arc<str>,
    holder: Arc<Holder>,
}

impl Leases {
    /// Asks the present session of the client, if any, to go, and returns when it has.
    pub(super) async fn acquire(&self, client: &Arc<str>) -> Lease {
        loop {
            let holder = match self.0.entry(client.clone()) {
                Entry::Vacant(vacant) => {
                    let holder = vacant.insert(Arc::default()).clone();
                    return Lease { leases: self.clone(), client: client.clone(), holder };
                }
                Entry::Occupied(occupied) => occupied.get().clone(),
            };
            holder.evicted.cancel();
            holder.ended.cancelled().await;
        }
    }

    /// Asks the present session of the client, if any, to go.
    pub(super) fn close(&self, client: &str) {
        if let Some(holder) = self.0.get(client) {
            holder.closed.store(true, Ordering::Relaxed);
            holder.evicted.cancel();
        }
    }

    /// How many clients are connected.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Lease {
    /// Returns when the session is to end: a newcomer wants the client id, or it was closed.
    pub(super) async fn evicted(&self) {
        self.holder.evicted.cancelled().await;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.holder.closed.load(Ordering::Relaxed)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.leases.0.remove_if(&self.client, |_, holder| Arc::ptr_eq(holder, &self.holder));
        self.holder.ended.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn a_newcomer_waits_for_the_end_of_the_old_session() {
        let leases = Leases::default();
        let client: Arc<str> = "a/b".into();
        let old = leases.acquire(&client).await;
        assert!(old.evicted().now_or_never().is_none());
        let newcomer = leases.acquire(&client);
        tokio::pin!(newcomer);
        assert!(futures::poll!(&mut newcomer).is_pending());
        old.evicted().await;
        assert!(futures::poll!(&mut newcomer).is_pending(), "asked to go is not gone");
        drop(old);
        let new = newcomer.await;
        assert_eq!(leases.len(), 1);
        drop(new);
        assert_eq!(leases.len(), 0);
    }

    #[tokio::test]
    async fn a_newcomer_that_gives_up_leaves_nothing_behind() {
        let leases = Leases::default();
        let client: Arc<str> = "a".into();
        let old = leases.acquire(&client).await;
        assert!(leases.acquire(&client).now_or_never().is_none());
        drop(old);
        assert!(leases.acquire(&client).now_or_never().is_some());
    }
}
