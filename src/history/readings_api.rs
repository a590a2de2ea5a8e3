use super::api::{ApiState, DAY_MS, Span, instrument};
use super::{Bin, Chart, MOST_BINS};
use crate::platform::problem::{Path, Problem, Query};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// UTC milliseconds, inclusive; a day before `to` if left out.
    from: Option<i64>,
    /// UTC milliseconds, exclusive; now if left out.
    to: Option<i64>,
    /// For a chart: the most bins that are wanted, 1 to 2,000. The span may be of any length then.
    points: Option<u32>,
}

/// Every reading, or with `points` the bins of a chart.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Answer {
    /// Every reading.
    Readings(MeasuredReadings),
    /// The bins of a chart.
    Chart(ReadingsChart),
}

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

/// What an instrument's sensor measured over a span, in as few bins as were asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct ReadingsChart {
    /// UTC milliseconds, inclusive.
    from: i64,
    /// UTC milliseconds, exclusive.
    to: i64,
    /// The length of a bin, in milliseconds; bins are counted from `from` on.
    step_ms: i64,
    /// Whether a part of it is drawn from minutes: then a bin is true to the minute.
    from_minutes: bool,
    /// Of each bin that has readings: the time of its first in UTC milliseconds, the lowest, mean and highest current in ampere, and
    /// how many readings it has.
    #[schema(value_type = Vec<Vec<f64>>, example = json!([[1_700_000_000_000_i64, 0.98, 1.234, 6.5, 43]]))]
    bins: Vec<(i64, f32, f32, f32, u64)>,
}

impl ReadingsChart {
    fn new((from, to): (i64, i64), chart: Chart) -> Self {
        let Chart { step_ms, from_minutes, bins } = chart;
        let row = |Bin { ts_ms, lowest_a, mean_a, highest_a, count }| (ts_ms, lowest_a, mean_a, highest_a, count);
        Self { from, to, step_ms, from_minutes, bins: bins.into_iter().map(row).collect() }
    }
}

/// The readings of an instrument over a span. Without `points` every reading as it was measured, over at most 24 hours; with
/// `points` the bins of a chart over any span, in which no peak is lost. All that was acknowledged before the question is in
/// the answer; an instrument that nobody knows has none.
#[utoipa::path(get, path = "/api/v1/instruments/{id}/readings", operation_id = "list_readings", tag = "history",
    params(("id" = String, Path), Asked),
    responses((status = 200, body = Answer), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn readings(
    State(api): State<ApiState>,
    Path(id): Path<String>,
    Query(Asked { from, to, points }): Query<Asked>,
) -> Result<Json<Answer>, Problem> {
    let id = instrument(&id)?;
    let (from, to) = Span { from, to }.complete(&*api.clock)?;
    if let Some(points) = points {
        if !(1..=MOST_BINS).contains(&points) {
            return Err(Problem::bad_request(format!("points is 1 to {MOST_BINS}, not {points}")));
        }
        let chart = api.readings.chart(id, from, to, points).await.map_err(|error| Problem::unavailable(&error))?;
        return Ok(Json(Answer::Chart(ReadingsChart::new((from, to), chart))));
    }
    if to.saturating_sub(from) > DAY_MS {
        return Err(Problem::bad_request(format!(
            "every reading is answered for at most 24 hours at a time ({DAY_MS} ms), not {}: ask in parts, or for a chart with \
             points=2000, or for a file with POST /api/v1/exports",
            to.saturating_sub(from)
        )));
    }
    let points = api.readings.points(id, from, to).await.map_err(|error| Problem::unavailable(&error))?;
    let readings = points.iter().map(|point| (point.ts_ms, point.current_a)).collect();
    let held_up = points.iter().any(|point| point.delay_s != 0);
    let delays_s = points.iter().filter(|_| held_up).map(|point| point.delay_s).collect();
    Ok(Json(Answer::Readings(MeasuredReadings { readings, delays_s })))
}
