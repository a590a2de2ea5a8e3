//! What alerts need of other parts.

use super::spine::Spine;
use crate::alert::{self, Alerting, Sign, Signs};
use crate::bus::Bus;
use crate::catalog::{Catalog, Store};
use crate::domain::{AlertKind, Clock, InstrumentId, Openings, Place, Places, UnitPath};
use crate::history::{Changes, Drifts};
use crate::idle::{self, Counter, Now, NowPort};
use crate::instrument::Registry;
use crate::platform::catch_up::CatchUp;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::training::Versions;
use futures::future::BoxFuture;
use sea_orm::DbErr;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Alerts and idleness over the running fleet, ready to run.
pub(super) struct Alerts {
    alerting: Alerting,
    counter: Counter,
    settled: Settled,
    pub(super) api: alert::ApiState,
    pub(super) idle_api: idle::ApiState,
}

/// Tells how far they are.
pub(super) struct Settled {
    alerts: alert::Handle,
    standby: CatchUp,
}

impl Settled {
    /// Returns when everything that was announced by now is judged and counted.
    pub(super) async fn now(&self) {
        self.alerts.settled().await;
        self.standby.now().await;
    }
}

impl Alerts {
    pub(super) async fn new(
        config: &Config,
        db: &Db,
        bus: &Bus,
        store: &Store,
        spine: &Spine,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, DbErr> {
        let places = Arc::new(store.catalog().clone());
        let openings: Arc<dyn Openings> = places.clone();
        let signs = LiveSigns {
            registry: spine.registry.clone(),
            drifts: Drifts::new(db.clone()),
            versions: Versions::new(db.clone()),
        };
        let (alerting, handle) = Alerting::new(alert::Parts {
            db: db.clone(),
            changes: Changes::new(db.clone()),
            events: bus.latest_wins(),
            bus: bus.clone(),
            places: Arc::new(InService(store.catalog().clone())),
            openings: openings.clone(),
            signs: Arc::new(signs),
            clock: clock.clone(),
            zone_minutes: config.zone_minutes,
            config: config.alerts,
        })
        .await?;
        let (counter, standby) = Counter::new(idle::Parts {
            db: db.clone(),
            readings: spine.readings.clone(),
            events: bus.latest_wins(),
            openings: openings.clone(),
            clock: clock.clone(),
            zone_minutes: config.zone_minutes,
        });
        let api =
            alert::ApiState { db: db.clone(), handle: handle.clone(), places: places.clone(), clock: clock.clone() };
        let idle_api = idle::ApiState {
            db: db.clone(),
            places,
            openings,
            now: Arc::new(spine.registry.clone()),
            clock: clock.clone(),
            zone_minutes: config.zone_minutes,
        };
        Ok(Self { alerting, counter, settled: Settled { alerts: handle, standby }, api, idle_api })
    }

    /// Lets them run until `stop`; gives what tells how far they are.
    pub(super) fn run(self, stop: &CancellationToken) -> (Settled, [JoinHandle<()>; 2]) {
        let alerting = tokio::spawn(self.alerting.run(stop.clone()));
        let counting = tokio::spawn(self.counter.run(stop.clone()));
        (self.settled, [alerting, counting])
    }
}

impl NowPort for Registry {
    fn now(&self, instrument: &InstrumentId) -> Now {
        let current_a = self.status(instrument).and_then(|status| Some(status.last_reading()?.1));
        Now { current_a }
    }
}

/// The catalogue without what is retired: nobody is told of that.
struct InService(Catalog);

impl Places for InService {
    fn place(&self, instrument: &InstrumentId) -> Option<Place> {
        let known = self.0.get(instrument)?;
        known.retired_ms.is_none().then(|| self.0.place(instrument)).flatten()
    }

    fn instruments(&self) -> Vec<InstrumentId> {
        self.0.instruments()
    }

    fn unit(&self, id: &str) -> Option<UnitPath> {
        self.0.unit(id)
    }
}

/// What the running sensors and models say.
struct LiveSigns {
    registry: Registry,
    drifts: Drifts,
    versions: Versions,
}

impl Signs for LiveSigns {
    fn now(&self) -> BoxFuture<'_, Option<Vec<Sign>>> {
        Box::pin(async {
            let mut signs = match self.drifted().await {
                Ok(signs) => signs,
                Err(error) => {
                    tracing::warn!(%error, "it is not known which models have drifted; it is asked again");
                    return None;
                }
            };
            for doubtful in self.registry.doubtful_sensors().await {
                let sign = |kind, since_ms| Sign { instrument: doubtful.instrument.clone(), kind, since_ms };
                signs.extend(doubtful.frozen_since_ms.map(|since_ms| sign(AlertKind::SensorFrozen, Some(since_ms))));
                signs.extend(doubtful.clock_wrong.then(|| sign(AlertKind::ClockSkew, None)));
            }
            Some(signs)
        })
    }
}

impl LiveSigns {
    /// Models that serve and have drifted: one that was replaced does not count any more.
    async fn drifted(&self) -> Result<Vec<Sign>, DbErr> {
        let drifts = self.drifts.all().await?;
        if drifts.is_empty() {
            return Ok(Vec::new());
        }
        let serving = self.versions.serving().await?;
        let serves = |instrument: &InstrumentId| serving.get(instrument).and_then(|promotion| promotion.version);
        let of_serving =
            drifts.into_iter().filter(|drift| serves(&drift.instrument).is_some_and(|version| drift.is_of(version)));
        let sign = |drift: crate::history::Drift| Sign {
            instrument: drift.instrument,
            kind: AlertKind::ModelDrift,
            since_ms: Some(drift.at_ms),
        };
        Ok(of_serving.map(sign).collect())
    }
}
