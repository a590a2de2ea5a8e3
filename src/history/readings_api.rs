use super::api::{ApiState, DAY_MS, Span, instrument};
use crate::platform::problem::{Path, Problem, Query};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// What an instrument's sensor measured over a span.
#[derive(Serialize, ToSchema)]
pub(super) struct MeasuredReadings {
    /// UTC milliseconds and ampere, oldest first, one a millisecond at most.
    #[schema(value_type = Vec<Vec<f64>>, example = json!([[1_700_000_000_000_i64, 1.234]]))]
    readings: Vec<(i64, f32)>,
    /// Seconds from measuring to receipt, one a reading, negative where the sensor's clock was ahead; missing where all are 0.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    delays_s: Vec<i32>,
}

/// Every reading of an instrument over a span of at most 24 hours, as it was measured. All that was acknowledged before the
/// question is in the answer; an instrument that nobody knows has none.
#[utoipa::path(get, path = "/api/v1/instruments/{id}/readings", operation_id = "list_readings", tag = "history",
    params(("id" = String, Path), Span),
    responses((status = 200, body = MeasuredReadings), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn readings(
    State(api): State<ApiState>,
    Path(id): Path<String>,
    Query(span): Query<Span>,
) -> Result<Json<MeasuredReadings>, Problem> {
    let id = instrument(&id)?;
    let (from, to) = span.complete(&*api.clock)?;
    if to.saturating_sub(from) > DAY_MS {
        return Err(Problem::bad_request(format!(
            "readings are answered for at most 24 hours at a time ({DAY_MS} ms), not {}: ask in parts",
            to.saturating_sub(from)
        )));
    }
    // What was acknowledged may still be gathered in memory.
    api.flush.now().await;
    let points = api.readings.points(id, from, to).await.map_err(|error| Problem::unavailable(&error))?;
    let readings = points.iter().map(|point| (point.ts_ms, point.current_a)).collect();
    let held_up = points.iter().any(|point| point.delay_s != 0);
    let delays_s = points.iter().filter(|_| held_up).map(|point| point.delay_s).collect();
    Ok(Json(MeasuredReadings { readings, delays_s }))
}
