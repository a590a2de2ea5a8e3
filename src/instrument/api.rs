use super::levels::Levels;
use super::registry::Registry;
use super::sensor_api::{self, Sensors};
use crate::domain::{InstrumentId, Places};
use crate::platform::problem::{Path, Problem};
use axum::Json;
use axum::extract::State;
use futures::future::BoxFuture;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The newest readings of an instrument.
#[derive(Serialize, ToSchema)]
struct RecentReadings {
    /// UTC milliseconds and ampere, oldest first.
    #[schema(value_type = Vec<Vec<f64>>, example = json!([[1_700_000_000_000_i64, 1.234]]))]
    items: Vec<(i64, f32)>,
}

/// How far back the newest readings go, in milliseconds.
const RECENT_MS: i64 = 600_000;

/// What an instrument measured in a span (UTC milliseconds, the end excluded): the history answers.
pub type Earlier = Arc<dyn Fn(InstrumentId, i64, i64) -> BoxFuture<'static, Vec<(i64, f32)>> + Send + Sync>;

/// The running instruments' routes.
pub fn router(registry: Registry, earlier: Earlier, places: Arc<dyn Places>) -> OpenApiRouter {
    let newest = OpenApiRouter::new().routes(routes!(recent)).with_state((registry.clone(), earlier));
    let sensors = sensor_api::router(Sensors { registry: registry.clone(), places });
    OpenApiRouter::new().routes(routes!(levels)).with_state(registry).merge(sensors).merge(newest)
}

/// The readings of the last ten minutes before the newest one.
#[utoipa::path(get, path = "/api/v1/instruments/{id}/recent", operation_id = "list_recent_readings", tag = "instruments", params(("id" = String, Path)),
    responses((status = 200, body = RecentReadings), (status = 404, body = Problem)))]
async fn recent(
    State((registry, earlier)): State<(Registry, Earlier)>,
    Path(id): Path<String>,
) -> Result<Json<RecentReadings>, Problem> {
    let id_of = parse(&id)?;
    let mut items = registry.recent(&id_of).await.ok_or_else(|| missing(&id))?;
    if let (Some(&(first_ms, _)), Some(&(last_ms, _))) = (items.first(), items.last()) {
        let mut all = earlier(id_of, last_ms - RECENT_MS, first_ms).await;
        all.append(&mut items);
        items = all;
    }
    Ok(Json(RecentReadings { items }))
}

/// The levels of its current that the instrument's calibration found without labels, and what they are taken for.
#[utoipa::path(get, path = "/api/v1/instruments/{id}/levels", operation_id = "list_levels", tag = "instruments", params(("id" = String, Path)),
    responses((status = 200, body = Levels), (status = 404, body = Problem)))]
async fn levels(State(registry): State<Registry>, Path(id): Path<String>) -> Result<Json<Levels>, Problem> {
    registry.levels(&parse(&id)?).await.map(Json).ok_or_else(|| missing(&id))
}

pub(super) fn parse(id: &str) -> Result<InstrumentId, Problem> {
    id.parse().map_err(|_| missing(id))
}

pub(super) fn missing(id: &str) -> Problem {
    Problem::not_found(format!("there is no instrument {id:?}"))
}
