use super::handle::{Handle, Kind, Watched};
use super::status::Standing;
use super::store::{Kept, SinkStore};
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Problem, Query};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the routes work on.
#[derive(Clone)]
pub struct ApiState {
    /// The running sink, if there is one.
    pub sink: Option<Handle>,
    /// What was set aside.
    pub store: SinkStore,
}

/// How the way to InfluxDB is.
#[derive(Serialize, ToSchema)]
struct InfluxView {
    /// Whether anything is sent: whether `[influx] url` is set.
    configured: bool,
    /// What is sent.
    streams: Vec<StreamView>,
    /// Lines set aside.
    set_aside: u64,
}

/// How one of the streams is. Times are UTC milliseconds. Counts are since the server's start.
#[derive(Serialize, ToSchema)]
struct StreamView {
    #[schema(example = "states")]
    name: &'static str,
    /// Whether the last request was answered about what it held.
    connected: bool,
    behind: Behind,
    /// Null before the first.
    #[schema(required = true)]
    last_answer: Option<LastAnswer>,
    /// When lines were taken, last; null before that.
    #[schema(required = true)]
    last_success: Option<i64>,
    /// When the next attempt is made; null while nothing is in the way.
    #[schema(required = true)]
    next_try: Option<i64>,
    /// Lines that were taken.
    points: u64,
    /// Requests whose lines were taken.
    batches: u64,
    /// Attempts after one that failed.
    retries: u64,
    /// Lines that were refused.
    set_aside: u64,
    /// Of the lines that were taken, those that the journal no longer had and the history still did.
    refilled: u64,
}

/// How much waits.
#[derive(Serialize, ToSchema)]
struct Behind {
    /// State changes; missing where readings are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<u64>,
    /// Bytes of the journal; missing where state changes are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// The age of the oldest.
    seconds: u64,
}

/// What the server said.
#[derive(Serialize, ToSchema)]
struct LastAnswer {
    /// UTC milliseconds.
    at: i64,
    /// The status and its reason, or why there was no answer.
    #[schema(example = "204")]
    text: String,
}

/// Lines that InfluxDB refused.
#[derive(Serialize, ToSchema)]
struct SetAsidePage {
    /// Newest first.
    items: Vec<SetAsideView>,
    /// How many there are; the newest 10,000 are kept.
    total: u64,
}

#[derive(Serialize, ToSchema)]
struct SetAsideView {
    id: String,
    /// UTC milliseconds.
    at: i64,
    #[schema(example = "readings")]
    stream: String,
    /// In the server's words.
    reason: String,
    /// The line; empty where the server took the others of a request and did not say which it left out.
    line: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Before {
    /// Lines older than the one of this id.
    before: Option<String>,
    /// 1 to 1000.
    #[serde(default = "default_limit")]
    limit: usize,
}

/// What came of sending lines once more.
#[derive(Serialize, ToSchema)]
struct SentAgain {
    /// Lines that were taken, and are no longer set aside.
    taken: usize,
    /// Lines that were refused again.
    refused: usize,
    /// Lines that were not tried to the end: the server did not answer.
    left: usize,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// The routes of the way to InfluxDB.
pub fn router(state: ApiState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(set_aside))
        .routes(routes!(send_again))
        .with_state(state)
}

/// How the way to InfluxDB is.
#[utoipa::path(get, path = "/api/v1/influx", operation_id = "get_influx", tag = "operations",
    responses((status = 200, body = InfluxView), (status = 503, body = Problem)))]
async fn status(State(api): State<ApiState>) -> Result<Json<InfluxView>, Problem> {
    let mut streams = Vec::new();
    for watched in api.sink.iter().flat_map(|sink| &*sink.watched) {
        streams.push(stream(watched).await?);
    }
    let set_aside = api.store.count().await.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(InfluxView { configured: api.sink.is_some(), streams, set_aside }))
}

async fn stream(watched: &Watched) -> Result<StreamView, Problem> {
    let standing = watched.status.standing();
    let behind = watched.behind(&standing).await.map_err(|error| Problem::unavailable(&error))?;
    let seconds = watched.status.lag_s();
    let behind = match watched.kind {
        Kind::Changes(_) => Behind { changes: Some(behind), bytes: None, seconds },
        Kind::Bytes(_) => Behind { changes: None, bytes: Some(behind), seconds },
    };
    let Standing { last_answer, last_success_ms, trouble, points, batches, retries, set_aside, refilled, .. } =
        standing;
    Ok(StreamView {
        name: watched.status.name,
        connected: trouble.is_none(),
        behind,
        last_answer: last_answer.map(|(at, text)| LastAnswer { at, text }),
        last_success: last_success_ms,
        next_try: trouble.map(|trouble| trouble.next_try_ms),
        points,
        batches,
        retries,
        set_aside,
        refilled,
    })
}

/// Lines that InfluxDB refused, with its reasons.
#[utoipa::path(get, path = "/api/v1/influx/set-aside", operation_id = "list_influx_set_aside", tag = "operations",
    params(Before),
    responses((status = 200, body = SetAsidePage), (status = 400, body = Problem), (status = 503, body = Problem)))]
async fn set_aside(
    State(api): State<ApiState>,
    Query(Before { before, limit }): Query<Before>,
) -> Result<Json<SetAsidePage>, Problem> {
    check_limit(limit)?;
    let unavailable = |error| Problem::unavailable(&error);
    let rows = api.store.list(before.as_deref(), limit as u64).await.map_err(unavailable)?;
    let total = api.store.count().await.map_err(unavailable)?;
    Ok(Json(SetAsidePage { items: rows.into_iter().map(SetAsideView::from).collect(), total }))
}

/// Sends every line that was set aside once more, for when the reason is gone.
#[utoipa::path(post, path = "/api/v1/influx/set-aside/retry", operation_id = "retry_influx_set_aside",
    tag = "operations",
    responses((status = 200, body = SentAgain), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 503, body = Problem)))]
async fn send_again(State(api): State<ApiState>) -> Result<Json<SentAgain>, Problem> {
    let Some(sink) = &api.sink else {
        return Err(Problem::conflict("nothing is sent to InfluxDB: set [influx] url first"));
    };
    let sent = sink.send_again().await.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(SentAgain { taken: sent.taken, refused: sent.refused, left: sent.left, why: sent.why }))
}

impl From<Kept> for SetAsideView {
    fn from(Kept { id, at_ms, stream, reason, line }: Kept) -> Self {
        Self { id, at: at_ms, stream, reason, line }
    }
}
