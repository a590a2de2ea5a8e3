use super::batch_api;
use super::bindings::{self, SessionPort};
use super::credentials::NewToken;
use super::model::{Catalog, Institution, Instrument, NewSensor, SensorBinding};
use super::store::{Store, StoreError};
use crate::bus::Bus;
use crate::domain::{Cause, CurrentState, Event, InstrumentId, InstrumentState};
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Json, Path, Problem, Query};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What is known of an instrument at this moment.
pub struct LiveStatus {
    /// Its announced state.
    pub state: Arc<CurrentState>,
    /// Its newest reading since the server started: UTC milliseconds and ampere.
    pub last_reading: Option<(i64, f32)>,
}

/// What the catalogue needs of the running fleet.
pub trait FleetPort: Send + Sync + 'static {
    /// The instrument at this moment.
    fn status(&self, instrument: &InstrumentId) -> LiveStatus;
    /// An instrument was added: let it run.
    fn added(&self, instrument: &Instrument);
}

/// What the routes work on.
#[derive(Clone)]
pub struct ApiState {
    /// Writes.
    pub store: Store,
    /// The running fleet.
    pub fleet: Arc<dyn FleetPort>,
    /// Where additions are announced.
    pub bus: Bus,
    /// The clients' sessions.
    pub sessions: Arc<dyn SessionPort>,
}

/// An instrument and what it does now.
#[derive(Serialize, ToSchema)]
struct InstrumentView {
    #[schema(value_type = String, example = "i00001")]
    id: InstrumentId,
    name: String,
    name_en: String,
    institution: Institution,
    class: String,
    maker: String,
    model: String,
    /// The current on its plate, in ampere.
    #[schema(required = true)]
    rated_current_a: Option<f32>,
    state: StateView,
    sensor: SensorView,
}

/// The state an instrument is in.
#[derive(Serialize, ToSchema)]
struct StateView {
    #[schema(value_type = String, example = "on")]
    state: InstrumentState,
    /// UTC milliseconds; 0 before the first verdict.
    since: i64,
    /// Counts the instrument's transitions.
    seq: u64,
    /// 0 to 1.
    confidence: f32,
    #[schema(value_type = String, example = "model")]
    cause: Cause,
    /// The model that decided.
    #[schema(example = "threshold-v1")]
    model: String,
}

/// What its sensor last said.
#[derive(Serialize, ToSchema)]
struct SensorView {
    /// UTC milliseconds; null before the first reading since the server started.
    #[schema(required = true)]
    last_reading_at: Option<i64>,
    /// Ampere.
    #[schema(required = true)]
    current_a: Option<f32>,
}

#[derive(Serialize, ToSchema)]
struct InstrumentPage {
    /// How many match.
    total: usize,
    items: Vec<InstrumentView>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Part of the id or of a name, in any case.
    q: Option<String>,
    /// The city, in Chinese or English.
    city: Option<String>,
    /// The institution's id.
    institution: Option<String>,
    /// `on`, `standby`, `off`, `offline` or `unknown`.
    #[param(value_type = Option<String>)]
    state: Option<InstrumentState>,
    /// At most this many, up to 1000.
    #[serde(default = "default_limit")]
    limit: usize,
    /// Leaving out this many.
    #[serde(default)]
    offset: usize,
}

/// An instrument to be added, with the sensor clamped on it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewInstrument {
    #[schema(value_type = String, example = "sem-3")]
    pub(super) id: InstrumentId,
    #[schema(example = "场发射扫描电镜")]
    name: String,
    #[serde(default)]
    name_en: String,
    institution: Institution,
    #[serde(default)]
    class: String,
    #[serde(default)]
    maker: String,
    #[serde(default)]
    model: String,
    /// The current on its plate, in ampere.
    rated_current_a: Option<f32>,
    /// How its sensor speaks; without it, dayi's own dialect.
    pub(super) sensor: Option<SensorBinding>,
}

/// The instrument that was added and what its sensor needs to connect.
#[derive(Serialize, ToSchema)]
struct AddedInstrument {
    instrument: InstrumentView,
    credentials: SensorCredentials,
}

/// What the sensor says in CONNECT. The token is shown this once and kept only as a hash.
#[derive(Serialize, ToSchema)]
pub(super) struct SensorCredentials {
    pub(super) client_id: String,
    /// The MQTT password.
    pub(super) token: String,
}

/// The catalogue's routes.
pub fn router(state: ApiState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(batch_api::add_batch))
        .routes(routes!(one))
        .merge(bindings::routes())
        .with_state(state)
}

/// Instruments and what they do now.
#[utoipa::path(get, path = "/api/v1/instruments", operation_id = "list_instruments", tag = "instruments", params(ListQuery),
    responses((status = 200, body = InstrumentPage), (status = 400, body = Problem)))]
async fn list(
    State(api): State<ApiState>,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<InstrumentPage>, Problem> {
    check_limit(query.limit)?;
    let needle = query.q.as_deref().map(str::to_lowercase);
    let mut total = 0;
    let mut items = Vec::new();
    for instrument in api.store.catalog().all() {
        if !query.wants(&instrument, needle.as_deref()) {
            continue;
        }
        let status = api.fleet.status(&instrument.id);
        if query.state.is_some_and(|state| state != status.state.state) {
            continue;
        }
        if total >= query.offset && items.len() < query.limit {
            items.push(view(&instrument, &status));
        }
        total += 1;
    }
    Ok(axum::Json(InstrumentPage { total, items }))
}

impl ListQuery {
    fn wants(&self, instrument: &Instrument, needle: Option<&str>) -> bool {
        let institution = &instrument.institution;
        let in_city = |city: &String| *city == institution.city || *city == institution.city_en;
        let named = |needle: &str| {
            [instrument.id.as_str(), &instrument.name, &instrument.name_en, &institution.name, &institution.name_en]
                .iter()
                .any(|text| text.to_lowercase().contains(needle))
        };
        self.city.as_ref().is_none_or(in_city)
            && self.institution.as_ref().is_none_or(|id| *id == institution.id)
            && needle.is_none_or(named)
    }
}

/// One instrument and what it does now.
#[utoipa::path(get, path = "/api/v1/instruments/{id}", operation_id = "get_instrument", tag = "instruments", params(("id" = String, Path)),
    responses((status = 200, body = InstrumentView), (status = 404, body = Problem)))]
async fn one(State(api): State<ApiState>, Path(id): Path<String>) -> Result<axum::Json<InstrumentView>, Problem> {
    let instrument = find(api.store.catalog(), &id)?;
    Ok(axum::Json(view(&instrument, &api.fleet.status(&instrument.id))))
}

fn find(catalog: &Catalog, id: &str) -> Result<Arc<Instrument>, Problem> {
    let missing = || Problem::not_found(format!("there is no instrument {id:?}"));
    let id: InstrumentId = id.parse().map_err(|_| missing())?;
    catalog.get(&id).ok_or_else(missing)
}

/// Adds an instrument; its actor runs and its sensor may connect at once.
#[utoipa::path(post, path = "/api/v1/instruments", operation_id = "add_instrument", tag = "instruments", request_body = NewInstrument,
    security(("admin" = [])),
    responses((status = 201, body = AddedInstrument), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn add(
    State(api): State<ApiState>,
    Json(new): Json<NewInstrument>,
) -> Result<(StatusCode, axum::Json<AddedInstrument>), Problem> {
    new.check()?;
    let token = NewToken::generate();
    let client_id = new.id.to_string();
    let binding = new.sensor.clone().unwrap_or_else(|| SensorBinding::own(&new.id));
    let sensor = NewSensor { client_id: client_id.clone(), token_sha256: token.sha256, binding };
    let added = api.store.add(vec![(new.into(), sensor)]).await.map_err(not_added)?;
    let [instrument] = added.as_slice() else {
        return Err(Problem::conflict("the instrument was not added"));
    };
    api.fleet.added(instrument);
    api.bus.publish(Event::InstrumentAdded(instrument.id.clone())).await;
    let instrument = view(instrument, &api.fleet.status(&instrument.id));
    let credentials = SensorCredentials { client_id, token: token.token };
    Ok((StatusCode::CREATED, axum::Json(AddedInstrument { instrument, credentials })))
}

pub(super) fn not_added(error: StoreError) -> Problem {
    match error {
        StoreError::Taken => Problem::conflict(error.to_string()),
        StoreError::Db(error) => Problem::unavailable(&error),
    }
}

impl NewInstrument {
    pub(super) fn check(&self) -> Result<(), Problem> {
        let blank = |text: &str| text.trim().is_empty();
        if blank(&self.name) {
            return Err(Problem::unprocessable("name is empty"));
        }
        let institution = &self.institution;
        if blank(&institution.id) || blank(&institution.name) || blank(&institution.city) {
            return Err(Problem::unprocessable("institution needs an id, a name and a city"));
        }
        if self.rated_current_a.is_some_and(|rated| !(rated.is_finite() && rated > 0.0 && rated <= 10_000.0)) {
            return Err(Problem::unprocessable("rated_current_a is above 0 and at most 10000 ampere"));
        }
        self.sensor.as_ref().map_or(Ok(()), |sensor| sensor.check().map_err(Problem::unprocessable))
    }
}

impl From<NewInstrument> for Instrument {
    fn from(new: NewInstrument) -> Self {
        let NewInstrument { id, name, name_en, institution, class, maker, model, rated_current_a, sensor: _ } = new;
        let name_en = if name_en.is_empty() { name.clone() } else { name_en };
        Self { id, name, name_en, institution: Arc::new(institution), class, maker, model, rated_current_a }
    }
}

fn view(instrument: &Instrument, status: &LiveStatus) -> InstrumentView {
    let state = &status.state;
    InstrumentView {
        id: instrument.id.clone(),
        name: instrument.name.clone(),
        name_en: instrument.name_en.clone(),
        institution: Institution::clone(&instrument.institution),
        class: instrument.class.clone(),
        maker: instrument.maker.clone(),
        model: instrument.model.clone(),
        rated_current_a: instrument.rated_current_a,
        state: StateView {
            state: state.state,
            since: state.since_ms,
            seq: state.seq,
            confidence: state.confidence,
            cause: state.cause,
            model: state.model.to_string(),
        },
        sensor: SensorView {
            last_reading_at: status.last_reading.map(|reading| reading.0),
            current_a: status.last_reading.map(|reading| reading.1),
        },
    }
}
