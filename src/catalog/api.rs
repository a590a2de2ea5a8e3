use super::addition::NewInstrument;
use super::bindings::{self, SessionPort};
use super::codes::is_meant;
use super::credentials::NewToken;
use super::model::{Institution, Instrument, NewSensor};
use super::store::Store;
use super::units::{self, Units};
use super::views::{InstrumentView, view};
use super::{batch_api, change_api, classes, import};
use crate::bus::Bus;
use crate::domain::{Caller, Clock, CurrentState, Event, InstrumentId, InstrumentState, Permission, Reach, UnitPath};
use crate::platform::audit::Changed;
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Json, Problem, Query};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
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
    /// An instrument is not there any more: let it end.
    fn removed(&self, instrument: &InstrumentId);
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
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// To be told when units stand elsewhere, or a department sees others: what people reach has changed.
    pub tree_changed: Arc<dyn Fn() + Send + Sync>,
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
    /// The id of a unit: what stands in it or below it.
    unit: Option<String>,
    /// The class.
    class: Option<String>,
    /// A code, of any scheme or as `scheme:code`; dayi's own in any form that people type it.
    code: Option<String>,
    /// Retired ones too.
    #[serde(default)]
    retired: bool,
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
        .routes(routes!(change_api::one, change_api::change))
        .routes(routes!(change_api::retire))
        .routes(routes!(change_api::restore))
        .merge(units::routes())
        .merge(classes::routes())
        .merge(import::routes())
        .merge(bindings::routes())
        .with_state(state)
}

/// Instruments and what they do now.
#[utoipa::path(get, path = "/api/v1/instruments", operation_id = "list_instruments", tag = "instruments", params(ListQuery),
    responses((status = 200, body = InstrumentPage), (status = 400, body = Problem)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<InstrumentPage>, Problem> {
    check_limit(query.limit)?;
    let catalog = api.store.catalog();
    let units = catalog.units();
    let wanted = Wanted::of(&query, caller.reach(Permission::View), &units);
    let mut total = 0;
    let mut items = Vec::new();
    for instrument in if query.retired { catalog.all() } else { catalog.in_service() } {
        if !wanted.has(&query, &instrument, &units) {
            continue;
        }
        let status = api.fleet.status(&instrument.id);
        if query.state.is_some_and(|state| state != status.state.state) {
            continue;
        }
        if total >= query.offset && items.len() < query.limit {
            items.push(view(&units, &instrument, &status));
        }
        total += 1;
    }
    Ok(axum::Json(InstrumentPage { total, items }))
}

/// The units whose instruments are wanted, and what is looked for in names.
struct Wanted<'a> {
    units: HashMap<&'a str, Institution>,
    needle: Option<String>,
}

impl<'a> Wanted<'a> {
    fn of(query: &ListQuery, reach: Reach, units: &'a Units) -> Self {
        let part = query.unit.as_deref().map(|id| units.get(id).map(|unit| unit.path.clone()));
        let inside = |path: &UnitPath| match &part {
            None => true,
            Some(part) => part.as_ref().is_some_and(|part| part.holds(path)),
        };
        let homes = units.iter().filter(|unit| unit.kind.has_instruments());
        let wanted = homes.filter(|unit| reach.holds(&unit.path) && inside(&unit.path)).filter_map(|unit| {
            let institution = units.institution(&unit.id);
            let in_city = |city: &String| *city == institution.city || *city == institution.city_en;
            let wanted = query.city.as_ref().is_none_or(in_city)
                && query.institution.as_ref().is_none_or(|id| *id == institution.id);
            wanted.then_some((unit.id.as_str(), institution))
        });
        Self { units: wanted.collect(), needle: query.q.as_deref().map(str::to_lowercase) }
    }

    fn has(&self, query: &ListQuery, instrument: &Instrument, units: &Units) -> bool {
        let details = &instrument.details;
        let Some(institution) = self.units.get(details.unit.as_str()) else { return false };
        let named = |needle: &String| {
            let unit = units.get(&details.unit).map_or("", |unit| &unit.name);
            [instrument.id.as_str(), &details.name, &details.name_en, &institution.name, &institution.name_en, unit]
                .iter()
                .any(|text| text.to_lowercase().contains(needle))
        };
        query.class.as_ref().is_none_or(|class| *class == details.class)
            && query.code.as_ref().is_none_or(|code| is_meant(instrument, code.trim()))
            && self.needle.as_ref().is_none_or(named)
    }
}

/// Adds an instrument; its actor runs and its sensor may connect at once.
#[utoipa::path(post, path = "/api/v1/instruments", operation_id = "add_instrument", tag = "instruments", request_body = NewInstrument,
    responses((status = 201, body = AddedInstrument), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn add(
    State(api): State<ApiState>,
    caller: Caller,
    Json(new): Json<NewInstrument>,
) -> Result<(StatusCode, Changed, axum::Json<AddedInstrument>), Problem> {
    new.check()?;
    new.allowed(&caller, &api)?;
    let token = NewToken::generate();
    let client_id = new.id.to_string();
    let binding = new.binding();
    let sensor = NewSensor { client_id: client_id.clone(), token_sha256: token.sha256, binding };
    let added = api.store.add(vec![new.with(sensor)]).await?;
    let [instrument] = added.as_slice() else {
        return Err(Problem::conflict("the instrument was not added"));
    };
    api.run(instrument).await;
    let changed = Changed::new(None, Some(&instrument.details));
    let instrument = view(&api.store.catalog().units(), instrument, &api.fleet.status(&instrument.id));
    let credentials = SensorCredentials { client_id, token: token.token };
    Ok((StatusCode::CREATED, changed, axum::Json(AddedInstrument { instrument, credentials })))
}

impl ApiState {
    /// Lets an instrument that was added run.
    pub(super) async fn run(&self, instrument: &Instrument) {
        self.fleet.added(instrument);
        self.bus.publish(Event::InstrumentAdded(instrument.id.clone())).await;
    }

    /// Tells everybody that these instruments are others now.
    pub(super) async fn announce(&self, instruments: impl IntoIterator<Item = InstrumentId>) {
        for instrument in instruments {
            self.bus.publish(Event::InstrumentChanged(instrument)).await;
        }
    }

    /// The instrument, if the caller may do this to it.
    pub(super) fn find(&self, caller: &Caller, permission: Permission, id: &str) -> Result<Arc<Instrument>, Problem> {
        let missing = format!("there is no instrument {:?}", id.chars().take(100).collect::<String>());
        let catalog = self.store.catalog();
        let found = id.parse().ok().and_then(|id: InstrumentId| catalog.get(&id));
        let found = found.ok_or_else(|| Problem::not_found(missing.as_str()))?;
        caller.check(permission, &catalog.path(&found), &missing)?;
        Ok(found)
    }
}
