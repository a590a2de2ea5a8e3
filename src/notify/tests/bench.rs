//! A notifier whose clock and logs are the test's.

use super::super::book::Book;
use super::super::model::{Channel, Filter, Language, Settings, Subscription, Target};
use super::super::outbox::{Listed, State, Wanted};
use super::super::port::{AlertLog, Named, Names, Owners};
use super::super::service::{Notifier, Parts};
use crate::domain::{
    Acknowledged, Alert, AlertEvent, AlertKind, AlertStep, Caller, Clock, Grant, InstrumentId, InstrumentState,
    ManualClock, Place, Places, Role, Severity, Silenced, UnitPath,
};
use crate::history::Changes;
use crate::platform::config::{Config, NotifyConfig};
use crate::platform::db::Db;
use sea_orm::DbErr;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// 2023-11-15 06:13:20 in China.
pub(super) const AT: i64 = 1_700_000_000_000;
pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;

/// Alerts, accounts and instruments as the test has them.
#[derive(Default)]
pub(super) struct World {
    alerts: Mutex<Vec<AlertEvent>>,
    accounts: Mutex<HashMap<String, Caller>>,
}

/// The unit of `sem-…`; everything else stands in `hz/b/`.
pub(super) fn unit_a() -> UnitPath {
    UnitPath::root().child("hz").child("a")
}

#[async_trait::async_trait]
impl AlertLog for World {
    async fn after(&self, number: i64, limit: u32) -> Result<Vec<AlertEvent>, DbErr> {
        let alerts = self.alerts.lock().unwrap();
        Ok(alerts.iter().filter(|event| event.number > number).take(limit as usize).cloned().collect())
    }

    async fn last(&self) -> Result<i64, DbErr> {
        Ok(self.alerts.lock().unwrap().last().map_or(0, |event| event.number))
    }
}

impl Owners for World {
    fn caller(&self, account: &str) -> Option<Caller> {
        self.accounts.lock().unwrap().get(account).cloned()
    }
}

impl Places for World {
    fn place(&self, instrument: &InstrumentId) -> Option<Place> {
        let unit =
            if instrument.as_str().starts_with("sem") { unit_a() } else { UnitPath::root().child("hz").child("b") };
        Some(Place { unit, class: "040101".into() })
    }

    fn instruments(&self) -> Vec<InstrumentId> {
        Vec::new()
    }

    fn unit(&self, id: &str) -> Option<UnitPath> {
        let city = UnitPath::root().child("hz");
        [unit_a(), city.child("b"), city].into_iter().find(|unit| unit.id() == id)
    }
}

impl Names for World {
    fn named(&self, instrument: &InstrumentId) -> Option<Named> {
        Some(Named {
            name: format!("电镜 {instrument}"),
            name_en: format!("SEM {instrument}"),
            institution: "测试中心".into(),
            institution_en: "Test Centre".into(),
        })
    }
}

pub(super) fn caller(account: &str, role: Role, unit: UnitPath) -> Caller {
    Caller { account: account.into(), name: account.into(), grants: [Grant { role, unit }].into(), only: None }
}

pub(super) struct Bench {
    pub(super) clock: ManualClock,
    pub(super) world: Arc<World>,
    pub(super) db: Db,
    pub(super) notifier: Notifier,
    config: NotifyConfig,
    _folder: TempDir,
}

impl Bench {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// One that may send to loopback.
    pub(super) async fn with(change: impl FnOnce(&mut NotifyConfig)) -> Self {
        let mut config =
            NotifyConfig { allow_networks: vec!["127.0.0.0/8".into()], allow_http: true, ..NotifyConfig::default() };
        change(&mut config);
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&Config::of_folder(folder.path())).await.unwrap();
        let (clock, world) = (ManualClock::at(AT), Arc::new(World::default()));
        let notifier = notifier(&config, &db, &world, &clock).await;
        let bench = Self { clock, world, db, notifier, config, _folder: folder };
        bench.account("wang", Role::LaboratoryManager, unit_a());
        bench
    }

    /// A new process on the same database.
    pub(super) async fn restart(&mut self) {
        self.notifier = notifier(&self.config, &self.db, &self.world, &self.clock).await;
    }

    pub(super) fn account(&self, account: &str, role: Role, unit: UnitPath) {
        self.world.accounts.lock().unwrap().insert(account.into(), caller(account, role, unit));
    }

    pub(super) fn disable(&self, account: &str) {
        self.world.accounts.lock().unwrap().remove(account);
    }

    pub(super) fn book(&self) -> &Book {
        &self.notifier.api.book
    }

    /// A channel of Wang's.
    pub(super) async fn channel(&self, target: Target) -> String {
        self.channel_of("wang", target).await
    }

    pub(super) async fn channel_of(&self, owner: &str, target: Target) -> String {
        let id = ulid::Ulid::new().to_string();
        let channel =
            Channel { id: id.clone(), owner: owner.into(), unit: None, name: "c".into(), target, created_ms: 0 };
        self.book().put_channel(channel).await.unwrap();
        id
    }

    pub(super) async fn webhook(&self, url: &str) -> String {
        self.channel(hook(url)).await
    }

    /// Wang's subscription to all alerts by a channel.
    pub(super) async fn subscribe(&self, channel: &str) -> String {
        self.subscribe_with(Some(channel), |_| {}).await
    }

    pub(super) async fn subscribe_with(&self, channel: Option<&str>, change: impl FnOnce(&mut Settings)) -> String {
        self.subscribe_as("wang", channel, change).await
    }

    pub(super) async fn subscribe_as(
        &self,
        owner: &str,
        channel: Option<&str>,
        change: impl FnOnce(&mut Settings),
    ) -> String {
        let mut settings = Settings {
            name: "s".into(),
            filter: Filter::default(),
            digest: None,
            quiet: None,
            language: Language::Zh,
            enabled: true,
        };
        change(&mut settings);
        let id = ulid::Ulid::new().to_string();
        let alerts_from = self.world.last().await.unwrap();
        let subscription = Subscription {
            id: id.clone(),
            owner: owner.into(),
            channel: channel.map(str::to_owned),
            settings,
            stopped: None,
            alerts_from,
            states_from: 0,
            created_ms: AT,
        };
        assert!(self.book().put_subscription(subscription).await.unwrap());
        id
    }

    /// Something happens to an alert about standby of an instrument.
    pub(super) fn happens(&self, instrument: &str, step: AlertStep) -> i64 {
        self.happens_with(instrument, step, |_| {})
    }

    pub(super) fn happens_with(&self, instrument: &str, step: AlertStep, change: impl FnOnce(&mut Alert)) -> i64 {
        let now_ms = self.clock.now_ms();
        let mut alert = Alert {
            id: format!("alert of {instrument}").into(),
            instrument: instrument.parse().unwrap(),
            kind: AlertKind::StandbyIdle,
            severity: Severity::Warning,
            since_ms: now_ms - 30 * MINUTE,
            raised_ms: now_ms,
            updated_ms: now_ms,
            cleared_ms: (step == AlertStep::Cleared).then_some(now_ms),
            reopened: 0,
            state: InstrumentState::Standby,
            acknowledged: (step == AlertStep::Acknowledged).then(|| Acknowledged {
                by: "li".into(),
                at_ms: now_ms,
                note: String::new(),
            }),
            silenced: (step == AlertStep::Silenced).then(|| Silenced {
                by: "li".into(),
                at_ms: now_ms,
                until_ms: now_ms + HOUR,
                reason: String::new(),
            }),
        };
        change(&mut alert);
        let mut alerts = self.world.alerts.lock().unwrap();
        // Numbers only grow; some may be left out.
        let number = alerts.last().map_or(0, |event| event.number) + 2;
        alerts.push(AlertEvent { number, step, at_ms: now_ms, alert });
        number
    }

    /// Reads everything that has happened.
    pub(super) async fn read(&mut self) {
        while self.notifier.reader.read().await.unwrap() {}
    }

    /// Reads everything that has happened and sends what is due.
    pub(super) async fn turn(&mut self) {
        self.read().await;
        self.notifier.dispatcher.send_due().await;
    }

    /// The same after some time.
    pub(super) async fn turn_after(&mut self, ms: i64) {
        self.clock.advance(ms);
        self.turn().await;
    }

    /// Every delivery, the oldest first.
    pub(super) async fn deliveries(&self) -> Vec<Listed> {
        let subscriptions = self.book().subscriptions().iter().map(|one| one.id.clone()).collect();
        let wanted = Wanted { subscriptions, state: None, before: None, limit: 1_000 };
        let mut all = self.notifier.api.outbox.list(&wanted).await.unwrap();
        all.reverse();
        all
    }

    /// Where every delivery stands, the oldest first.
    pub(super) async fn states(&self) -> Vec<State> {
        self.deliveries().await.iter().map(|one| one.state).collect()
    }
}

pub(super) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(super) fn hook(url: &str) -> Target {
    Target::Webhook { url: url.into(), secret: SECRET.into(), old: None }
}

async fn notifier(config: &NotifyConfig, db: &Db, world: &Arc<World>, clock: &ManualClock) -> Notifier {
    let parts = Parts {
        config: config.clone(),
        zone_minutes: 480,
        public_url: Some("https://dayi.example.org/".into()),
        db: db.clone(),
        alerts: world.clone(),
        changes: Changes::new(db.clone()),
        owners: world.clone(),
        places: world.clone(),
        names: world.clone(),
        clock: Arc::new(clock.clone()),
    };
    Notifier::new(parts, CancellationToken::new()).await.unwrap()
}
