use super::levels::Levels;
use super::registry::Registry;
use super::sensor_api;
use crate::domain::InstrumentId;
use crate::platform::problem::{Path, Problem};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
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

/// The running instruments' routes.
pub fn router(registry: Registry) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(recent))
        .routes(routes!(levels))
        .merge(sensor_api::router())
        .with_state(registry)
}

/// The readings the server still holds in memory: about the last ten minutes.
#[utoipa::path(get, path = "/api/v1/instruments/{id}/recent", operation_id = "list_recent_readings", tag = "instruments", params(("id" = String, Path)),
    responses((status = 200, body = RecentReadings), (status = 404, body = Problem)))]
async fn recent(State(registry): State<Registry>, Path(id): Path<String>) -> Result<Json<RecentReadings>, Problem> {
    let items = registry.recent(&parse(&id)?).await.ok_or_else(|| missing(&id))?;
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
