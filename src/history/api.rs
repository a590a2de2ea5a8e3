use super::intervals::Intervals;
use crate::domain::{Cause, Clock, InstrumentId, InstrumentState, Interval};
use crate::platform::problem::{Path, Problem, Query};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The span that is answered when none is asked for: a day.
const DEFAULT_SPAN_MS: i64 = 24 * 3600 * 1000;

#[derive(Clone)]
struct ApiState {
    intervals: Intervals,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Span {
    /// UTC milliseconds, inclusive; a day before `to` if left out.
    from: Option<i64>,
    /// UTC milliseconds, exclusive; now if left out.
    to: Option<i64>,
}

/// The states of an instrument over a span.
#[derive(Serialize, ToSchema)]
struct States {
    /// UTC milliseconds, inclusive.
    from: i64,
    /// UTC milliseconds, exclusive.
    to: i64,
    /// The intervals that touch the span, oldest first, at most 10,000.
    items: Vec<IntervalView>,
}

/// A state that held from `start` to `end`.
#[derive(Serialize, ToSchema)]
struct IntervalView {
    seq: u64,
    #[schema(value_type = String, example = "standby")]
    state: InstrumentState,
    /// UTC milliseconds, inclusive.
    start: i64,
    /// UTC milliseconds, exclusive; null while it lasts.
    #[schema(required = true)]
    end: Option<i64>,
    /// UTC milliseconds: the time of the reading or deadline that decided it.
    decided: i64,
    /// 0 to 1, at its beginning.
    confidence: f32,
    #[schema(value_type = String, example = "model")]
    cause: Cause,
    #[schema(example = "threshold-v1")]
    model: String,
}

/// The history's routes.
pub fn router(intervals: Intervals, clock: Arc<dyn Clock>) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(states)).with_state(ApiState { intervals, clock })
}

/// The states of an instrument over a span. An instrument that nobody knows has none.
#[utoipa::path(get, path = "/api/v1/instruments/{id}/states", operation_id = "list_states", tag = "history",
    params(("id" = String, Path), Span),
    responses((status = 200, body = States), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
async fn states(
    State(api): State<ApiState>,
    Path(id): Path<String>,
    Query(span): Query<Span>,
) -> Result<Json<States>, Problem> {
    let id: InstrumentId = id.parse().map_err(|_| Problem::not_found(format!("there is no instrument {id:?}")))?;
    let to = span.to.unwrap_or_else(|| api.clock.now_ms());
    let from = span.from.unwrap_or_else(|| to.saturating_sub(DEFAULT_SPAN_MS));
    if from >= to {
        return Err(Problem::bad_request(format!("from ({from}) must be before to ({to}); both are UTC milliseconds")));
    }
    let intervals = api.intervals.of(&id, from, to).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(States { from, to, items: intervals.into_iter().map(IntervalView::from).collect() }))
}

impl From<Interval> for IntervalView {
    fn from(interval: Interval) -> Self {
        let Interval { seq, state, start_ms, end_ms, decided_ms, confidence, cause, model } = interval;
        Self {
            seq,
            state,
            start: start_ms,
            end: end_ms,
            decided: decided_ms,
            confidence,
            cause,
            model: model.to_string(),
        }
    }
}
