//! What alerts need of other parts.

use crate::alert::{self, Alerting, Sign, Signs};
use crate::bus::Bus;
use crate::catalog::Store;
use crate::domain::{AlertKind, Clock, InstrumentId, OpeningHours, Openings};
use crate::history::{Changes, Drifts};
use crate::instrument::Registry;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::training::Versions;
use futures::future::BoxFuture;
use sea_orm::DbErr;
use std::sync::Arc;

/// Alerts over the running fleet, ready to run, and what speaks to them.
pub(super) async fn start(
    config: &Config,
    db: &Db,
    bus: &Bus,
    store: &Store,
    registry: &Registry,
    clock: &Arc<dyn Clock>,
) -> Result<(Alerting, alert::Handle), DbErr> {
    let signs =
        LiveSigns { registry: registry.clone(), drifts: Drifts::new(db.clone()), versions: Versions::new(db.clone()) };
    Alerting::new(alert::Parts {
        db: db.clone(),
        changes: Changes::new(db.clone()),
        events: bus.latest_wins(),
        bus: bus.clone(),
        places: Arc::new(store.catalog().clone()),
        openings: Arc::new(UsualOpenings::default()),
        signs: Arc::new(signs),
        clock: clock.clone(),
        zone_minutes: config.zone_minutes,
        config: config.alerts,
    })
    .await
}

/// The usual hours for everybody.
#[derive(Default)]
struct UsualOpenings(Arc<OpeningHours>);

impl Openings for UsualOpenings {
    fn opening(&self, _: &InstrumentId) -> Arc<OpeningHours> {
        self.0.clone()
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
