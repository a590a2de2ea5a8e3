use super::api::{missing, parse};
use super::registry::Registry;
use super::sensor::{Problem as SensorProblem, SensorHealth};
use crate::domain::{Caller, InstrumentId, Permission, Places};
use crate::platform::problem::{Path, Problem, Query};
use axum::Json;
use axum::extract::State;
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Sensors in one answer, unless another number is asked for, and at most.
const PAGE: (usize, usize) = (100, 1_000);

/// What the routes work on.
#[derive(Clone)]
pub(super) struct Sensors {
    pub(super) registry: Registry,
    pub(super) places: Arc<dyn Places>,
}

pub(super) fn router(sensors: Sensors) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(sensor)).routes(routes!(problems)).with_state(sensors)
}

/// Which sensors.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only those with this problem.
    problem: Option<SensorProblem>,
    /// Only instruments after this one, in the order of their ids: the last of the page before.
    after: Option<String>,
    /// At most so many, up to 1,000; 100 unless said.
    limit: Option<usize>,
}

/// Sensors that have problems.
#[derive(Serialize, ToSchema)]
struct SensorProblems {
    /// How many sensors have each problem, over all that the caller may see.
    counts: BTreeMap<SensorProblem, usize>,
    /// Sensors there are.
    total: usize,
    /// In the order of the instruments' ids.
    items: Vec<SensorItem>,
    /// Ask for what comes after this; missing on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// One instrument's sensor.
#[derive(Serialize, ToSchema)]
struct SensorItem {
    /// The instrument.
    instrument: String,
    #[serde(flatten)]
    health: SensorHealth,
}

/// How an instrument's sensor does: whether it reports, late, in gaps, with a wrong clock, or always the same.
#[utoipa::path(get, path = "/api/v1/instruments/{id}/sensor", operation_id = "get_sensor_health", tag = "sensors", params(("id" = String, Path)),
    responses((status = 200, body = SensorHealth), (status = 404, body = Problem)))]
async fn sensor(
    State(Sensors { registry, .. }): State<Sensors>,
    Path(id): Path<String>,
) -> Result<Json<SensorHealth>, Problem> {
    registry.sensor(&parse(&id)?).await.map(Json).ok_or_else(|| missing(&id))
}

/// The sensors that have problems.
#[utoipa::path(get, path = "/api/v1/sensors/problems", operation_id = "list_sensor_problems", tag = "sensors", params(Which),
    responses((status = 200, body = SensorProblems), (status = 400, body = Problem)))]
async fn problems(
    State(Sensors { registry, places }): State<Sensors>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Json<SensorProblems> {
    let reach = caller.reach(Permission::ManageSensors);
    let mut ids: Vec<InstrumentId> = registry.ids();
    ids.retain(|id| places.holds(&reach, id));
    ids.sort_unstable();
    let all = join_all(ids.iter().map(|id| registry.sensor(id))).await;
    let mut counts = BTreeMap::new();
    for problem in all.iter().flatten().flat_map(|health| &health.problems) {
        *counts.entry(*problem).or_default() += 1;
    }
    let wanted = |health: &SensorHealth| match which.problem {
        Some(problem) => health.problems.contains(&problem),
        None => !health.problems.is_empty(),
    };
    let total = ids.len();
    let limit = which.limit.unwrap_or(PAGE.0).clamp(1, PAGE.1);
    let mut items: Vec<SensorItem> = ids
        .into_iter()
        .zip(all)
        .filter_map(|(id, health)| Some(SensorItem { instrument: id.into(), health: health? }))
        .filter(|item| wanted(&item.health) && which.after.as_ref().is_none_or(|after| item.instrument > *after))
        .take(limit + 1)
        .collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|item| item.instrument.clone());
    Json(SensorProblems { counts, total, items, next })
}
