use super::book::Book;
use super::model::Subscription;
use super::notice::{Notice, Source};
use super::outbox::{CursorPlaces, NewDelivery, Outbox};
use super::policy::{may_know, wants};
use super::port::{AlertLog, Owners};
use super::times::{LocalTime, due};
use super::touched::Touched;
use crate::bus::LatestWins;
use crate::domain::{Caller, Clock, Permission, Places, UnitPath};
use crate::history::Changes;
use futures::FutureExt;
use sea_orm::DbErr;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Entries of a log that are read at a time.
const AT_A_TIME: u32 = 500;
/// Entries after which a place is kept although nobody asks for them.
const KEEP_AFTER: i64 = 1_000;
/// How long what happens is gathered before the logs are read.
const GATHER: Duration = Duration::from_millis(100);
/// How long to wait for a database that refuses.
const REST: Duration = Duration::from_secs(1);

/// Reads both logs and puts into the outbox what subscriptions are to hear of.
pub(super) struct Reader {
    pub(super) book: Book,
    pub(super) outbox: Outbox,
    pub(super) alerts: Arc<dyn AlertLog>,
    pub(super) changes: Changes,
    pub(super) places: Arc<dyn Places>,
    pub(super) owners: Arc<dyn Owners>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) zone: LocalTime,
    pub(super) touched: Touched,
    /// How far both are read.
    pub(super) at: CursorPlaces,
    /// How far the database knows of.
    pub(super) kept: CursorPlaces,
}

/// A subscription that runs, with what is looked up once for many notices.
struct Listener {
    subscription: Arc<Subscription>,
    owner: Caller,
    unit: Option<UnitPath>,
}

impl Reader {
    /// The place from which the logs are read: where it was or, at the first start, their ends; that is kept at once, so that
    /// what happens from then on is told even if the process ends before it is read.
    pub(super) async fn place(
        outbox: &Outbox,
        alerts: &dyn AlertLog,
        changes: &Changes,
        now_ms: i64,
    ) -> Result<CursorPlaces, DbErr> {
        let (alerts_at, states_at) = (outbox.place(Source::Alerts).await?, outbox.place(Source::States).await?);
        let at = CursorPlaces {
            alerts: match alerts_at {
                Some(at) => at,
                None => alerts.last().await?,
            },
            states: match states_at {
                Some(at) => at,
                None => changes.last().await?,
            },
        };
        if alerts_at.is_none() || states_at.is_none() {
            outbox.record(&[], &[], at, now_ms).await?;
        }
        Ok(at)
    }

    /// Reads on whenever something happens, until `stop`.
    pub(super) async fn run(mut self, mut events: LatestWins, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.catch_up() => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = something(&mut events) => {}
            }
        }
    }

    async fn catch_up(&mut self) {
        loop {
            match self.read().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, "who is to be told of what waits for the database");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    /// Reads some entries of both logs. Returns whether there may be more.
    pub(super) async fn read(&mut self) -> Result<bool, DbErr> {
        let alerts = self.alerts.after(self.at.alerts, AT_A_TIME).await?;
        let states = self.changes.after(self.at.states, AT_A_TIME).await?;
        let more = alerts.len().max(states.len()) >= AT_A_TIME as usize;
        let at = CursorPlaces {
            alerts: alerts.last().map_or(self.at.alerts, |event| event.number),
            states: states.last().map_or(self.at.states, |change| change.number),
        };
        let notices: Vec<Notice> =
            alerts.into_iter().map(Notice::Alert).chain(states.into_iter().map(Notice::from)).collect();
        let new = self.told(&notices).await?;
        let hushed: Vec<&Notice> = notices.iter().filter(|notice| notice.hushes()).collect();
        let far = at.alerts - self.kept.alerts >= KEEP_AFTER || at.states - self.kept.states >= KEEP_AFTER;
        if far || !new.is_empty() || !hushed.is_empty() {
            let quieter = self.outbox.record(&new, &hushed, at, self.clock.now_ms()).await?;
            self.kept = at;
            // What comes after a message that is not tried any more need not wait for it.
            self.touched.add(new.into_iter().map(|one| one.subscription).chain(quieter));
        }
        self.at = at;
        Ok(more)
    }

    /// Who is to be told of what. Subscriptions of accounts that are gone are stopped.
    async fn told<'a>(&self, notices: &'a [Notice]) -> Result<Vec<NewDelivery<'a>>, DbErr> {
        if notices.is_empty() {
            return Ok(Vec::new());
        }
        let (listeners, orphans) = self.listeners();
        for orphan in orphans {
            self.book.stop(&orphan, NO_OWNER).await?;
            self.touched.add([orphan]);
        }
        let now_ms = self.clock.now_ms();
        let mut new = Vec::new();
        for notice in notices {
            let Some(place) = self.places.place(notice.instrument()) else { continue };
            for Listener { subscription, owner, unit } in &listeners {
                if wants(subscription, notice, &place, unit.as_ref()) && may_know(owner, notice, &place) {
                    let settings = &subscription.settings;
                    let due_ms = due(settings.digest, settings.quiet.as_ref(), notice.severity(), now_ms, self.zone);
                    new.push(NewDelivery { subscription: subscription.id.clone(), notice, due_ms });
                }
            }
        }
        Ok(new)
    }

    fn listeners(&self) -> (Vec<Listener>, HashSet<String>) {
        let mut units: HashMap<String, Option<UnitPath>> = HashMap::new();
        let (mut listeners, mut orphans) = (Vec::new(), HashSet::new());
        for subscription in self.book.subscriptions().into_iter().filter(|one| one.runs()) {
            let Some(owner) = owner_of(&*self.owners, &subscription) else {
                orphans.insert(subscription.id.clone());
                continue;
            };
            let unit = subscription.settings.filter.unit.as_ref();
            let unit = unit.and_then(|id| units.entry(id.clone()).or_insert_with(|| self.places.unit(id)).clone());
            listeners.push(Listener { subscription, owner, unit });
        }
        (listeners, orphans)
    }
}

/// Returns a moment after something happened.
async fn something(events: &mut LatestWins) {
    events.next().await;
    tokio::time::sleep(GATHER).await;
    while events.next().now_or_never().is_some() {}
}

/// Why a subscription was stopped whose owner is not there any more.
pub(super) const NO_OWNER: &str = "the account is gone, disabled, or may not subscribe any more";

/// The subscription's owner, if it is there and may subscribe.
pub(super) fn owner_of(owners: &dyn Owners, subscription: &Subscription) -> Option<Caller> {
    owners.caller(&subscription.owner).filter(|owner| owner.may(Permission::Subscribe))
}
