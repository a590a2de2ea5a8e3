use super::model::{Account, Kind, Opening};
use super::policy::session_ms;
use crate::domain::{Caller, Clock, Grant, UnitPath};
use crate::platform::access::{Admission, Doorkeeper, NotAdmitted, SESSION_COOKIE};
use crate::platform::secret::{SharedSecret, TokenHash, token_hash};
use axum::http::{HeaderMap, header};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio_util::sync::CancellationToken;

/// What the accounts need of the tree.
pub trait Tree: Send + Sync + 'static {
    /// What somebody with a role at this unit reaches: the unit itself; everything at the province; of a department the
    /// units that it has views across. Nothing for a unit that is not there.
    fn reached_from(&self, unit: &str) -> Vec<UnitPath>;
}

/// Everybody who may come in, and what they show, in memory. Cheap to clone.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

struct Inner {
    known: RwLock<Known>,
    tree: Arc<dyn Tree>,
    clock: Arc<dyn Clock>,
    configured: SharedSecret,
}

#[derive(Default)]
struct Known {
    accounts: BTreeMap<Arc<str>, Arc<Account>>,
    openings: HashMap<TokenHash, Held>,
}

struct Held {
    opening: Opening,
    /// Later than the stored one while a session is used.
    expires_ms: AtomicI64,
    used_ms: AtomicI64,
    ended: CancellationToken,
}

/// What was used since it was last written down: the new end of a session, or when a token was used.
pub(super) struct Used {
    pub(super) id: Arc<str>,
    pub(super) kind: Kind,
    pub(super) expires_ms: i64,
    pub(super) used_ms: i64,
}

impl Door {
    /// One that nobody but the holder of the `configured` token may pass.
    #[must_use]
    pub fn new(tree: Arc<dyn Tree>, clock: Arc<dyn Clock>, configured: SharedSecret) -> Self {
        Self(Arc::new(Inner { known: RwLock::default(), tree, clock, configured }))
    }

    /// The account; `None` if there is none.
    #[must_use]
    pub fn account(&self, id: &str) -> Option<Arc<Account>> {
        self.read().accounts.get(id).cloned()
    }

    /// Every account, in the order in which they were added.
    #[must_use]
    pub fn accounts(&self) -> Vec<Arc<Account>> {
        self.read().accounts.values().cloned().collect()
    }

    /// The account as a caller, with what its grants reach now; `None` if there is none or it is disabled.
    #[must_use]
    pub fn caller(&self, account: &str) -> Option<Caller> {
        let account = self.account(account).filter(|account| !account.disabled)?;
        Some(self.caller_of(&account))
    }

    fn caller_of(&self, account: &Account) -> Caller {
        let grants = account.grants.iter().flat_map(|grant| {
            let units = self.0.tree.reached_from(&grant.unit);
            units.into_iter().map(|unit| Grant { role: grant.role, unit })
        });
        Caller {
            account: account.id.as_str().into(),
            name: account.name.as_str().into(),
            grants: grants.collect(),
            only: None,
        }
    }

    /// Puts an account in place of what was known of it; what it has open ends, so that it comes back with what it may now.
    pub(super) fn put(&self, account: Account) {
        let mut known = self.write();
        let id: Arc<str> = account.id.as_str().into();
        for held in known.openings.values_mut().filter(|held| held.opening.account == id) {
            held.ended.cancel();
            held.ended = CancellationToken::new();
        }
        if account.disabled {
            known.openings.retain(|_, held| held.opening.account != id);
        }
        known.accounts.insert(id, Arc::new(account));
    }

    /// The tree has changed: everybody comes back with what they reach now.
    pub fn tree_changed(&self) {
        for held in self.write().openings.values_mut() {
            held.ended.cancel();
            held.ended = CancellationToken::new();
        }
    }

    pub(super) fn open(&self, hash: TokenHash, opening: Opening) {
        let expires_ms = AtomicI64::new(opening.expires_ms);
        let held = Held { opening, expires_ms, used_ms: AtomicI64::new(0), ended: CancellationToken::new() };
        self.write().openings.insert(hash, held);
    }

    /// The sessions or tokens of these ids open nothing any more, and what they have open ends.
    pub(super) fn close(&self, mut which: impl FnMut(&Opening) -> bool) {
        self.write().openings.retain(|_, held| {
            let goes = which(&held.opening);
            if goes {
                held.ended.cancel();
            }
            !goes
        });
    }

    /// A password was set in the session that a link began.
    pub(super) fn forget_link(&self, session: &str) {
        for held in self.write().openings.values_mut().filter(|held| &*held.opening.id == session) {
            held.opening.by_link = false;
        }
    }

    /// Ends what has run out, and says what was used since it was last asked.
    pub(super) fn sweep(&self) -> Vec<Used> {
        let now_ms = self.0.clock.now_ms();
        let mut known = self.write();
        known.openings.retain(|_, held| {
            let holds = held.expires_ms.load(Ordering::Relaxed) > now_ms;
            if !holds {
                held.ended.cancel();
            }
            holds
        });
        let used = known.openings.values().filter_map(|held| {
            let used_ms = held.used_ms.swap(0, Ordering::Relaxed);
            let expires_ms = held.expires_ms.load(Ordering::Relaxed);
            let (id, kind) = (held.opening.id.clone(), held.opening.kind);
            (used_ms > 0).then_some(Used { id, kind, expires_ms, used_ms })
        });
        used.collect()
    }

    /// Which session or token this is, of which account; `None` if it opens nothing.
    pub(super) fn opening(&self, token: &str) -> Option<Opening> {
        self.read().openings.get(&token_hash(token.as_bytes())).map(|held| held.opening.clone())
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Doorkeeper for Door {
    fn admit(&self, token: &str) -> Result<Admission, NotAdmitted> {
        if self.0.configured.matches(token.as_bytes()) {
            return Ok(Admission { caller: Caller::configured(), ended: CancellationToken::new() });
        }
        let now_ms = self.0.clock.now_ms();
        let (account, only, ended) = {
            let known = self.read();
            let held = known.openings.get(&token_hash(token.as_bytes())).ok_or(NotAdmitted::Unknown)?;
            if held.expires_ms.load(Ordering::Relaxed) <= now_ms {
                return Err(NotAdmitted::Unknown);
            }
            let account = known.accounts.get(&held.opening.account).ok_or(NotAdmitted::Unknown)?.clone();
            held.used_ms.store(now_ms, Ordering::Relaxed);
            if held.opening.kind == Kind::Session {
                let until_ms = now_ms + session_ms(account.grants.iter().map(|grant| grant.role));
                held.expires_ms.fetch_max(until_ms, Ordering::Relaxed);
            }
            (account, held.opening.only.clone(), held.ended.clone())
        };
        if account.disabled {
            return Err(NotAdmitted::Unknown);
        }
        Ok(Admission { caller: Caller { only, ..self.caller_of(&account) }, ended })
    }

    fn admit_request(&self, headers: &HeaderMap) -> Result<Admission, NotAdmitted> {
        self.admit(shown(headers).ok_or(NotAdmitted::Nobody)?)
    }
}

/// The token or session that a request shows.
pub(super) fn shown(headers: &HeaderMap) -> Option<&str> {
    match headers.get(header::AUTHORIZATION) {
        Some(value) => value.to_str().ok()?.strip_prefix("Bearer "),
        None => cookie(headers, SESSION_COOKIE),
    }
}

/// A cookie's value.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::super::model::AccountGrant;
    use super::super::policy::SESSION_MS;
    use super::*;
    use crate::domain::{ManualClock, Permission, Role};

    struct OneUnit;

    impl Tree for OneUnit {
        fn reached_from(&self, unit: &str) -> Vec<UnitPath> {
            vec![UnitPath::root().child("province").child(unit)]
        }
    }

    fn account() -> Account {
        Account {
            id: "a".into(),
            login: "wang".into(),
            name: "王丽".into(),
            email: None,
            language: "zh".into(),
            grants: vec![AccountGrant { role: Role::Operator, unit: "lab".into() }],
            disabled: false,
            created_at: 0,
        }
    }

    fn opening(id: &str, kind: Kind, only: Option<Arc<[Permission]>>) -> Opening {
        Opening { id: id.into(), account: "a".into(), kind, only, expires_ms: SESSION_MS, by_link: false }
    }

    fn door(clock: &ManualClock) -> Door {
        let door = Door::new(Arc::new(OneUnit), Arc::new(clock.clone()), SharedSecret::new(Some("configured")));
        door.put(account());
        door.open(token_hash(b"session"), opening("s", Kind::Session, None));
        door.open(token_hash(b"token"), opening("t", Kind::Token, Some([Permission::View].into())));
        door
    }

    #[test]
    fn each_is_let_in_with_what_it_may() {
        let door = door(&ManualClock::at(0));
        let lab = UnitPath::root().child("province").child("lab");
        let operator = door.admit("session").unwrap().caller;
        assert!(operator.may_at(Permission::ManageSensors, &lab) && !operator.may(Permission::EditCatalog));
        let token = door.admit("token").unwrap().caller;
        assert!(token.may_at(Permission::View, &lab) && !token.may(Permission::ManageSensors));
        assert!(door.admit("configured").unwrap().caller.may(Permission::Operate));
        assert_eq!(door.admit("wrong").unwrap_err(), NotAdmitted::Unknown);
        let mut headers = HeaderMap::new();
        assert_eq!(door.admit_request(&headers).unwrap_err(), NotAdmitted::Nobody);
        headers.insert(header::COOKIE, "a=b; dayi_session=session".parse().unwrap());
        assert!(door.admit_request(&headers).is_ok());
        headers.insert(header::AUTHORIZATION, "Bearer wrong".parse().unwrap());
        assert!(door.admit_request(&headers).is_err());
    }

    #[test]
    fn what_is_revoked_or_changed_ends_at_once() {
        let door = door(&ManualClock::at(0));
        let (session, token) = (door.admit("session").unwrap(), door.admit("token").unwrap());
        door.close(|opening| &*opening.id == "t");
        assert!(token.ended.is_cancelled() && !session.ended.is_cancelled() && door.admit("token").is_err());
        door.put(Account { grants: Vec::new(), ..account() });
        assert!(session.ended.is_cancelled());
        let again = door.admit("session").unwrap();
        assert!(!again.caller.may(Permission::View) && !again.ended.is_cancelled());
        door.tree_changed();
        assert!(again.ended.is_cancelled());
        door.put(Account { disabled: true, ..account() });
        assert!(door.admit("session").is_err() && door.caller("a").is_none());
    }

    #[test]
    fn a_session_lasts_while_it_is_used_and_a_token_as_long_as_it_was_given_for() {
        let clock = ManualClock::at(0);
        let door = door(&clock);
        clock.advance(1);
        let token = door.admit("token").unwrap();
        clock.advance(SESSION_MS - 2);
        let session = door.admit("session").unwrap();
        let used = door.sweep();
        assert_eq!(used.len(), 2);
        assert!(used.iter().any(|used| used.kind == Kind::Session && used.expires_ms == 2 * SESSION_MS - 1));
        assert!(door.sweep().is_empty() && !token.ended.is_cancelled());
        clock.advance(1);
        assert!(door.admit("token").is_err());
        door.sweep();
        assert!(token.ended.is_cancelled() && !session.ended.is_cancelled());
        clock.advance(SESSION_MS);
        door.sweep();
        assert!(session.ended.is_cancelled());
    }
}
