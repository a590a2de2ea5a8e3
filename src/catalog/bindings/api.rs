use super::policy::{Wanted, Wrong};
use super::sight::Sight;
use super::store::Outcome;
use super::{clients, csv};
use crate::catalog::api::ApiState;
use crate::catalog::model::{Bound, SensorBinding, usual_power_factor, usual_volts};
use crate::catalog::store::StoreError;
use crate::domain::{Caller, InstrumentId, Permission};
use crate::platform::audit::Changed;
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Json, Path, Problem, Query};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What changes of bindings need of the MQTT front.
pub trait SessionPort: Send + Sync + 'static {
    /// The client's rights are others now: its session, if it has one, ends, and it finds them when it connects again.
    fn close(&self, client_id: &str);
}

/// The routes of bindings and clients.
pub(in crate::catalog) fn routes() -> OpenApiRouter<ApiState> {
    let files = OpenApiRouter::new().routes(routes!(csv::export, csv::import));
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one, put, delete))
        .merge(files.layer(DefaultBodyLimit::max(csv::MAX_BYTES)))
        .routes(routes!(clients::list, clients::add))
        .routes(routes!(clients::remove))
        .routes(routes!(clients::renew))
}

/// Which client's which value is an instrument's current.
#[derive(Serialize, ToSchema)]
pub(super) struct BindingView {
    #[schema(value_type = String, example = "sem-3")]
    instrument: InstrumentId,
    /// What the client says in CONNECT.
    #[schema(example = "gateway-7")]
    client_id: String,
    #[serde(flatten)]
    binding: SensorBinding,
}

#[derive(Serialize, ToSchema)]
struct BindingPage {
    /// How many match.
    total: usize,
    /// Ordered by instrument.
    items: Vec<BindingView>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Part of the instrument's id, the client id, the prefix or the channel, in any case.
    q: Option<String>,
    /// The client id.
    client: Option<String>,
    /// The dialect.
    dialect: Option<String>,
    /// At most this many, up to 1000.
    #[serde(default = "default_limit")]
    limit: usize,
    /// Leaving out this many.
    #[serde(default)]
    offset: usize,
}

impl ListQuery {
    fn wants(&self, bound: &Bound, needle: Option<&str>) -> bool {
        let Bound { instrument, client_id, binding } = bound;
        let found = |needle: &str| {
            let texts = [instrument.as_str(), client_id, &binding.prefix, &binding.channel];
            texts.iter().any(|text| text.to_lowercase().contains(needle))
        };
        self.client.as_ref().is_none_or(|client| client == client_id)
            && self.dialect.as_ref().is_none_or(|dialect| *dialect == binding.dialect)
            && needle.is_none_or(found)
    }
}

/// Bindings: which client's which value is which instrument's current.
#[utoipa::path(get, path = "/api/v1/bindings", operation_id = "list_bindings", tag = "bindings", params(ListQuery),
    responses((status = 200, body = BindingPage), (status = 400, body = Problem)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<BindingPage>, Problem> {
    check_limit(query.limit)?;
    let needle = query.q.as_deref().map(str::to_lowercase);
    let mut found = api.sight(&caller).bindings();
    found.retain(|bound| query.wants(bound, needle.as_deref()));
    let total = found.len();
    let items = found.into_iter().skip(query.offset).take(query.limit).map(BindingView::from).collect();
    Ok(axum::Json(BindingPage { total, items }))
}

/// The binding of one instrument.
#[utoipa::path(get, path = "/api/v1/bindings/{instrument}", operation_id = "get_binding", tag = "bindings",
    params(("instrument" = String, Path)), responses((status = 200, body = BindingView), (status = 404, body = Problem)))]
async fn one(
    State(api): State<ApiState>,
    caller: Caller,
    Path(instrument): Path<String>,
) -> Result<axum::Json<BindingView>, Problem> {
    let seen = instrument.parse().ok().filter(|id| api.sight(&caller).instrument(id));
    let bound = seen.and_then(|id| api.store.credentials().bound(&id));
    bound.map(|bound| axum::Json(bound.into())).ok_or_else(|| not_bound(&instrument))
}

impl ApiState {
    /// The sensors that the caller may manage.
    pub(super) fn sight(&self, caller: &Caller) -> Sight<'_> {
        let (catalog, credentials) = (self.store.catalog(), self.store.credentials());
        Sight { catalog, credentials, reach: caller.reach(Permission::ManageSensors) }
    }
}

fn not_bound(instrument: &str) -> Problem {
    Problem::not_found(format!("no sensor is bound to an instrument {instrument:?}"))
}

/// How an instrument's sensor is to be found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBinding {
    /// The client that reports, such as a gateway. It has to be there: see `POST /api/v1/clients`.
    #[schema(example = "gateway-7")]
    client_id: String,
    /// How the sensor speaks.
    #[schema(example = "tasmota")]
    dialect: String,
    /// The sensor's own name in its topics; left out for `dayi`, where it is the instrument's id.
    #[serde(default)]
    #[schema(example = "plug-3")]
    prefix: String,
    /// Which of the values in its payloads; left out for the dialect's usual one.
    #[serde(default)]
    channel: String,
    /// The supply voltage that turns watts into ampere.
    #[serde(default = "usual_volts")]
    volts: f32,
    /// The power factor that turns watts into ampere.
    #[serde(default = "usual_power_factor")]
    power_factor: f32,
}

/// Creates or changes an instrument's binding. The sessions of the clients concerned end at once; each finds what it may
/// publish now when it connects again.
#[utoipa::path(put, path = "/api/v1/bindings/{instrument}", operation_id = "put_binding", tag = "bindings",
    params(("instrument" = String, Path)), request_body = NewBinding,
    responses((status = 200, body = BindingView, description = "It was changed, or was so already"),
        (status = 201, body = BindingView, description = "It was created"), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn put(
    State(api): State<ApiState>,
    caller: Caller,
    Path(instrument): Path<String>,
    Json(new): Json<NewBinding>,
) -> Result<(StatusCode, Changed, axum::Json<BindingView>), Problem> {
    let before = instrument.parse().ok().and_then(|id| api.store.credentials().bound(&id)).map(BindingView::from);
    let NewBinding { client_id, dialect, prefix, channel, volts, power_factor } = new;
    let binding = SensorBinding { dialect, prefix, channel, volts, power_factor };
    let wanted = Wanted { instrument, client_id, binding };
    let change = api
        .store
        .change_bindings(&[wanted], caller.reach(Permission::ManageSensors), false)
        .await
        .map_err(not_changed)?;
    for client in &change.clients {
        api.sessions.close(client);
    }
    let (status, bound) = match change.outcomes.into_iter().next() {
        Some(Outcome::Created(bound)) => (StatusCode::CREATED, bound),
        Some(Outcome::Changed(bound) | Outcome::Same(bound)) => (StatusCode::OK, bound),
        Some(Outcome::Wrong(wrong)) => return Err(problem_of(&wrong)),
        None => return Err(Problem::conflict("the binding was not changed")),
    };
    let after = BindingView::from(bound);
    Ok((status, Changed::new(before.as_ref(), Some(&after)), axum::Json(after)))
}

/// All that is wrong in one sentence, under the status of the first.
fn problem_of(wrong: &[Wrong]) -> Problem {
    let detail = wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    match wrong.first() {
        Some(Wrong::NoInstrument(_)) => Problem::not_found(detail),
        Some(Wrong::Taken { .. }) => Problem::conflict(detail),
        _ => Problem::unprocessable(detail),
    }
}

pub(super) fn not_changed(error: StoreError) -> Problem {
    match error {
        // What was checked was taken meanwhile, by an instrument that was added.
        StoreError::Taken => Problem::conflict("something of it was taken a moment ago; look again"),
        error => error.into(),
    }
}

/// Takes an instrument's binding away; the session of its client ends at once.
#[utoipa::path(delete, path = "/api/v1/bindings/{instrument}", operation_id = "delete_binding", tag = "bindings",
    params(("instrument" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn delete(
    State(api): State<ApiState>,
    caller: Caller,
    Path(instrument): Path<String>,
) -> Result<(StatusCode, Changed), Problem> {
    let seen = instrument.parse().ok().filter(|id| api.sight(&caller).instrument(id));
    let id: InstrumentId = seen.ok_or_else(|| not_bound(&instrument))?;
    let removed = api.store.remove_binding(&id).await.map_err(not_changed)?;
    let removed = removed.ok_or_else(|| not_bound(&instrument))?;
    api.sessions.close(&removed.client_id);
    Ok((StatusCode::NO_CONTENT, Changed::new(Some(&BindingView::from(removed)), None)))
}

impl From<Bound> for BindingView {
    fn from(bound: Bound) -> Self {
        let Bound { instrument, client_id, binding } = bound;
        Self { instrument, client_id, binding }
    }
}
