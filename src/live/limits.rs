use crate::platform::config::LiveConfig;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// What one account has open.
struct Account {
    sessions: usize,
    watched: usize,
    /// Subscriptions since the beginning of its minute.
    subscribed: u32,
    minute: Instant,
}

/// Counts what accounts have open, so that none takes all.
pub(super) struct Limits {
    pub(super) config: LiveConfig,
    accounts: Mutex<HashMap<Arc<str>, Account>>,
}

impl Limits {
    pub(super) fn new(config: LiveConfig) -> Self {
        Self { config, accounts: Mutex::default() }
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<Arc<str>, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more session of the account; `None` if it has as many as it may.
    pub(super) fn enter(self: &Arc<Self>, account: &Arc<str>) -> Option<Ticket> {
        let mut accounts = self.accounts();
        let new = || Account { sessions: 0, watched: 0, subscribed: 0, minute: Instant::now() };
        let open = accounts.entry(account.clone()).or_insert_with(new);
        if open.sessions >= self.config.sessions_per_user {
            return None;
        }
        open.sessions += 1;
        Some(Ticket { limits: self.clone(), account: account.clone(), watched: 0 })
    }
}

/// One session's share; gives it back when it is dropped.
pub(super) struct Ticket {
    limits: Arc<Limits>,
    account: Arc<str>,
    watched: usize,
}

impl Ticket {
    /// Whether the account may subscribe once more in this minute.
    pub(super) fn subscribe(&self) -> bool {
        self.change(|account, config| {
            let now = Instant::now();
            if now.duration_since(account.minute) >= MINUTE {
                (account.minute, account.subscribed) = (now, 0);
            }
            let may = account.subscribed < config.subscribes_per_minute;
            account.subscribed += u32::from(may);
            may
        })
    }

    /// Whether the account may watch one more instrument.
    pub(super) fn watch(&mut self) -> bool {
        let may = self.change(|account, config| {
            let may = account.watched < config.watched_per_user;
            account.watched += usize::from(may);
            may
        });
        self.watched += usize::from(may);
        may
    }

    /// One instrument less is watched.
    pub(super) fn unwatch(&mut self) {
        self.watched = self.watched.saturating_sub(1);
        self.change(|account, _| {
            account.watched = account.watched.saturating_sub(1);
            true
        });
    }

    fn change(&self, change: impl FnOnce(&mut Account, &LiveConfig) -> bool) -> bool {
        let mut accounts = self.limits.accounts();
        accounts.get_mut(&self.account).is_some_and(|account| change(account, &self.limits.config))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut accounts = self.limits.accounts();
        let Some(account) = accounts.get_mut(&self.account) else { return };
        account.sessions -= 1;
        account.watched = account.watched.saturating_sub(self.watched);
        // Its minute goes on, or it would begin anew with every connection.
        let idle = |account: &mut Account| account.sessions == 0 && account.minute.elapsed() >= MINUTE;
        accounts.retain(|_, account| !idle(account));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_account_has_its_own_share_and_gives_it_back() {
        let config =
            LiveConfig { sessions_per_user: 2, watched_per_user: 3, subscribes_per_minute: 2, ..LiveConfig::default() };
        let limits = Arc::new(Limits::new(config));
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let (mut one, two) = (limits.enter(&a).unwrap(), limits.enter(&a).unwrap());
        assert!(limits.enter(&a).is_none() && limits.enter(&b).is_some());
        assert!(one.subscribe() && two.subscribe() && !one.subscribe());
        assert!(one.watch() && one.watch() && one.watch() && !one.watch());
        one.unwatch();
        assert!(one.watch());
        drop(one);
        let mut one = limits.enter(&a).unwrap();
        assert!(one.watch() && !one.subscribe());
        tokio::time::advance(MINUTE).await;
        assert!(one.subscribe());
        drop((one, two));
        tokio::time::advance(MINUTE).await;
        drop(limits.enter(&b).unwrap());
        assert!(!limits.accounts().contains_key(&a));
    }
}
