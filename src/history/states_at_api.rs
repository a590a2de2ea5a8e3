use super::api::ApiState;
use super::scope::{Part, Scope};
use crate::domain::{Caller, Cause, InstrumentState, Interval, Permission};
use crate::platform::problem::{Problem, Query};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Instruments of one page, if no number is asked for, and at most: the items are small, and a page shows all at once.
const PAGE: (usize, usize) = (1_000, 10_000);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct When {
    /// UTC milliseconds; now if left out.
    at: Option<i64>,
    /// Only instruments of the institution with this id.
    institution: Option<String>,
    /// Only instruments in this city, in Chinese or English.
    city: Option<String>,
    /// Only instruments in the unit of this id, or below it.
    unit: Option<String>,
    /// Only instruments of this class.
    class: Option<String>,
    /// At most this many, up to 10,000; 1,000 if left out.
    limit: Option<usize>,
    /// Leaving out this many.
    #[serde(default)]
    offset: usize,
}

/// The states of instruments at a time.
#[derive(Serialize, ToSchema)]
pub(super) struct StatesAtTime {
    /// UTC milliseconds.
    at: i64,
    /// How many instruments match.
    total: i64,
    /// In the order of their ids.
    items: Vec<StateAt>,
}

/// The state an instrument was in.
#[derive(Serialize, ToSchema)]
struct StateAt {
    /// The instrument.
    #[schema(example = "i00001")]
    id: String,
    /// `unknown` before the first verdict.
    #[schema(value_type = String, example = "on")]
    state: InstrumentState,
    /// UTC milliseconds; null before the first verdict.
    #[schema(required = true)]
    since: Option<i64>,
    /// UTC milliseconds, exclusive: when it ended; null while it lasts.
    #[schema(required = true)]
    end: Option<i64>,
    /// Counts the instrument's transitions; 0 before the first.
    seq: u64,
    /// 0 to 1, at its beginning.
    confidence: f32,
    /// What began it; null before the first verdict.
    #[schema(value_type = Option<String>, required = true, example = "model")]
    cause: Option<Cause>,
}

/// Which state every instrument was in at a time. What was decided later of a time before is in it.
#[utoipa::path(get, path = "/api/v1/states", operation_id = "list_states_at", tag = "history", params(When),
    responses((status = 200, body = StatesAtTime), (status = 400, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn states_at(
    State(api): State<ApiState>,
    caller: Caller,
    Query(when): Query<When>,
) -> Result<Json<StatesAtTime>, Problem> {
    let now_ms = api.clock.now_ms();
    let When { at, institution, city, unit, class, limit, offset } = when;
    let (at, limit) = (at.unwrap_or(now_ms), limit.unwrap_or(PAGE.0));
    if at > now_ms {
        return Err(Problem::bad_request(format!("at ({at}) is in the future; it is UTC milliseconds, now {now_ms}")));
    }
    if !(1..=PAGE.1).contains(&limit) {
        return Err(Problem::bad_request(format!("limit is 1 to {}", PAGE.1)));
    }
    let offset = offset.min(u32::MAX as usize);
    let (reach, part) = (caller.reach(Permission::View), Part::of(&*api.places, unit.as_deref()));
    let scope = Scope { reach, part, institution, city, class, instrument: None, since_ms: at };
    let page = api.states_at.page(&scope, at, (limit, offset)).await;
    let (total, items) = page.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(StatesAtTime { at, total, items: items.into_iter().map(|(id, held)| state_at(id, held)).collect() }))
}

fn state_at(id: String, held: Option<Interval>) -> StateAt {
    match held {
        None => {
            let state = InstrumentState::Unknown;
            StateAt { id, state, since: None, end: None, seq: 0, confidence: 0.0, cause: None }
        }
        Some(Interval { seq, state, start_ms, end_ms, confidence, cause, .. }) => {
            StateAt { id, state, since: Some(start_ms), end: end_ms, seq, confidence, cause: Some(cause) }
        }
    }
}
