use super::Readings;
use super::intervals::Intervals;
use super::states_at::StatesAt;
use super::usage::{self, Hours};
use super::{readings_api, states_at_api};
use crate::domain::{Cause, Clock, InstrumentId, InstrumentState, Interval, Places};
use crate::platform::problem::{Path, Problem, Query};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The span that is answered when none is asked for, and the longest for which readings are.
pub(super) const DAY_MS: i64 = 24 * 3600 * 1000;

/// What the routes work on.
#[derive(Clone)]
pub struct ApiState {
    /// States that were.
    pub intervals: Intervals,
    /// The states of all instruments at a time.
    pub states_at: StatesAt,
    /// How long they lasted.
    pub hours: Hours,
    /// What was measured.
    pub readings: Readings,
    /// Where instruments stand.
    pub places: Arc<dyn Places>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Span {
    /// UTC milliseconds, inclusive; a day before `to` if left out.
    pub(super) from: Option<i64>,
    /// UTC milliseconds, exclusive; now if left out.
    pub(super) to: Option<i64>,
}

impl Span {
    /// `from` and `to`, with what was left out filled in.
    pub(super) fn complete(self, clock: &dyn Clock) -> Result<(i64, i64), Problem> {
        let to = self.to.unwrap_or_else(|| clock.now_ms());
        let from = self.from.unwrap_or_else(|| to.saturating_sub(DAY_MS));
        if from < to {
            return Ok((from, to));
        }
        Err(Problem::bad_request(format!("from ({from}) must be before to ({to}); both are UTC milliseconds")))
    }
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
pub fn router(state: ApiState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(states))
        .routes(routes!(states_at_api::states_at))
        .routes(routes!(readings_api::readings))
        .merge(usage::routes())
        .with_state(state)
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
    let id = instrument(&id)?;
    let (from, to) = span.complete(&*api.clock)?;
    let intervals = api.intervals.of(&id, from, to).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(States { from, to, items: intervals.into_iter().map(IntervalView::from).collect() }))
}

/// The id in a path; one that cannot be names no instrument.
pub(super) fn instrument(id: &str) -> Result<InstrumentId, Problem> {
    id.parse().map_err(|_| Problem::not_found(format!("there is no instrument {id:?}")))
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
