use super::refusal::{ClientRefusals, Excerpt, Reason, Refusal, Refusals};
use crate::domain::{Caller, InstrumentId, Permission, Places, Reach};
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Path, Problem, Query};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the MQTT front refused since the server started.
#[derive(Serialize, ToSchema)]
struct RefusalSummary {
    /// How many, by reason, such as `topic-not-allowed` or `unreadable`.
    counts: BTreeMap<&'static str, u64>,
    /// How many clients match.
    total: usize,
    /// The client that was refused last comes first.
    items: Vec<RefusedClient>,
}

/// A client something was refused of.
#[derive(Serialize, ToSchema)]
struct RefusedClient {
    #[schema(example = "gateway-7")]
    client: String,
    /// How many, by reason.
    counts: BTreeMap<&'static str, u64>,
    /// When it was last refused, UTC milliseconds.
    last_at: i64,
    /// Why.
    #[schema(example = "unreadable")]
    last_reason: &'static str,
    /// What exactly was wrong.
    last_detail: String,
    /// The address it came from, of those that were not let in.
    #[schema(value_type = Option<String>, required = true, example = "192.0.2.7")]
    peer: Option<std::net::IpAddr>,
}

/// What was refused of one client.
#[derive(Serialize, ToSchema)]
struct ClientRefusalsView {
    /// How many, by reason.
    counts: BTreeMap<&'static str, u64>,
    /// How many of them are kept: the newest 100, fewer while more than 500 clients are refused.
    total: usize,
    /// The newest first.
    items: Vec<RefusalView>,
}

/// One thing that was refused.
#[derive(Serialize, ToSchema)]
struct RefusalView {
    /// UTC milliseconds.
    at: i64,
    #[schema(example = "unreadable")]
    reason: &'static str,
    /// What exactly was wrong.
    detail: String,
    /// The topic or filter it was about.
    #[schema(required = true)]
    topic: Option<String>,
    /// What was sent.
    #[schema(required = true)]
    payload: Option<PayloadView>,
}

/// The beginning of a payload: its first 256 bytes.
#[derive(Serialize, ToSchema)]
struct PayloadView {
    /// `text` where a person can read it, else `hex`.
    #[schema(example = "text")]
    encoding: &'static str,
    data: String,
    /// How long the whole payload is.
    bytes: usize,
    /// Whether it goes on.
    cut: bool,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SummaryQuery {
    /// Part of the client id, in any case.
    q: Option<String>,
    /// Only clients that were refused for this reason, such as `unreadable`.
    reason: Option<String>,
    /// At most this many, up to 1000.
    #[serde(default = "default_limit")]
    limit: usize,
    /// Leaving out this many.
    #[serde(default)]
    offset: usize,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// At most this many, up to 1000.
    #[serde(default = "default_limit")]
    limit: usize,
    /// Leaving out this many.
    #[serde(default)]
    offset: usize,
}

fn page(limit: usize, offset: usize) -> Result<(usize, usize), Problem> {
    check_limit(limit).map(|()| (offset, limit))
}

/// Which clients' refusals somebody may see.
pub trait Clients: Send + Sync + 'static {
    /// The instruments that the client reports for.
    fn instruments_of(&self, client: &str) -> Vec<InstrumentId>;
}

/// What the routes work on.
#[derive(Clone)]
pub struct ApiState {
    /// What was refused.
    pub refusals: Refusals,
    /// Whose clients are whose.
    pub clients: Arc<dyn Clients>,
    /// Where instruments stand.
    pub places: Arc<dyn Places>,
}

impl ApiState {
    /// Whether the caller looks after the client: an instrument of it; everything else is for who sees everything.
    fn shows(&self, reach: &Reach, client: &str) -> bool {
        *reach == Reach::Everything || self.clients.instruments_of(client).iter().any(|id| self.places.holds(reach, id))
    }
}

/// The front's routes.
pub fn router(state: ApiState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(summary))
        .routes(routes!(of_client))
        .routes(routes!(strangers))
        .with_state(state)
}

/// The clients something was refused of since the server started, how often and why: the first place to look when a
/// sensor is not shown.
#[utoipa::path(get, path = "/api/v1/ingest/refusals", operation_id = "summarize_refusals", tag = "ingest",
    params(SummaryQuery), responses((status = 200, body = RefusalSummary), (status = 400, body = Problem)))]
async fn summary(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<SummaryQuery>,
) -> Result<Json<RefusalSummary>, Problem> {
    let page = page(query.limit, query.offset)?;
    let reach = caller.reach(Permission::ManageSensors);
    let needle = query.q.as_deref().map(str::to_lowercase);
    let wants = |client: &str, refused: &ClientRefusals| {
        needle.as_deref().is_none_or(|needle| client.to_lowercase().contains(needle))
            && api.shows(&reach, client)
            && query.reason.as_deref().is_none_or(|reason| refused.counts.keys().any(|known| known.name() == reason))
    };
    let (total, items) = api.refusals.clients(wants, page, RefusedClient::of);
    // Those of all clients together tell nobody anything of one.
    Ok(Json(RefusalSummary { counts: by_name(&api.refusals.counts()), total, items }))
}

/// What was refused of one client, with what it sent.
#[utoipa::path(get, path = "/api/v1/ingest/refusals/{client}", operation_id = "list_refusals", tag = "ingest",
    params(("client" = String, Path), PageQuery),
    responses((status = 200, body = ClientRefusalsView), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn of_client(
    State(api): State<ApiState>,
    caller: Caller,
    Path(client): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<ClientRefusalsView>, Problem> {
    let (skip, take) = page(query.limit, query.offset)?;
    let shown = api.shows(&caller.reach(Permission::ManageSensors), &client);
    let refused = api.refusals.of(&client).filter(|_| shown);
    let refused = refused.ok_or_else(|| Problem::not_found(format!("nothing was refused of {client:?}")))?;
    let (counts, total) = (by_name(&refused.counts), refused.last.len());
    let items = refused.last.into_iter().rev().skip(skip).take(take).map(RefusalView::from).collect();
    Ok(Json(ClientRefusalsView { counts, total, items }))
}

/// Clients that tried to connect and that nobody knows, by client id, or by address where they did not get so far: the
/// newest 1,000.
#[utoipa::path(get, path = "/api/v1/ingest/strangers", operation_id = "list_strangers", tag = "ingest", params(PageQuery),
    responses((status = 200, body = Strangers), (status = 400, body = Problem), (status = 403, body = Problem)))]
async fn strangers(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Strangers>, Problem> {
    if caller.reach(Permission::ManageSensors) != Reach::Everything {
        return Err(Problem::forbidden(
            "whose a stranger is nobody knows: this is for administrators of the whole province",
        ));
    }
    let (total, items) = api.refusals.strangers(page(query.limit, query.offset)?, RefusedClient::of);
    Ok(Json(Strangers { total, items }))
}

#[derive(Serialize, ToSchema)]
struct Strangers {
    /// How many there are.
    total: usize,
    /// Who tried last comes first.
    items: Vec<RefusedClient>,
}

fn by_name(counts: &BTreeMap<Reason, u64>) -> BTreeMap<&'static str, u64> {
    counts.iter().map(|(reason, count)| (reason.name(), *count)).collect()
}

impl RefusedClient {
    fn of(client: &str, refused: &ClientRefusals) -> Self {
        let last = refused.last.back();
        Self {
            client: client.to_owned(),
            counts: by_name(&refused.counts),
            last_at: last.map_or(0, |last| last.at_ms),
            last_reason: last.map_or("", |last| last.reason.name()),
            last_detail: last.map(|last| last.detail.clone()).unwrap_or_default(),
            peer: last.and_then(|last| last.peer),
        }
    }
}

impl From<Refusal> for RefusalView {
    fn from(refusal: Refusal) -> Self {
        Self {
            at: refusal.at_ms,
            reason: refusal.reason.name(),
            detail: refusal.detail,
            topic: refusal.topic,
            payload: refusal.payload.map(PayloadView::from),
        }
    }
}

impl From<Excerpt> for PayloadView {
    fn from(excerpt: Excerpt) -> Self {
        let (encoding, data) = match excerpt.text() {
            Some(text) => ("text", text.to_owned()),
            None => ("hex", hex::encode(&excerpt.bytes)),
        };
        Self { encoding, data, bytes: excerpt.of, cut: excerpt.bytes.len() < excerpt.of }
    }
}
