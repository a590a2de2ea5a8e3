use super::model::{PROVINCE, Unit, UnitKind, Units};
use super::store::UnitChange;
use crate::catalog::api::ApiState;
use crate::catalog::details::OpeningView;
use crate::domain::{Caller, OpeningHours, Permission, Places, UnitPath};
use crate::platform::audit::Changed;
use crate::platform::problem::{Json, Path, Problem};
use crate::platform::version;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of the tree.
pub(in crate::catalog) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(change, remove))
}

/// A part of the tree.
#[derive(Serialize, ToSchema)]
#[schema(as = Unit)]
struct UnitView {
    #[schema(example = "zju-materials")]
    id: String,
    kind: UnitKind,
    /// The unit it stands under; null for the province.
    #[schema(required = true)]
    parent: Option<String>,
    name: String,
    name_en: String,
    /// The ids from the province down, each followed by a slash.
    #[schema(example = "province/city-hangzhou/zju-materials/")]
    path: String,
    /// When there is work, in local time; null where it is as above.
    #[schema(value_type = Option<OpeningView>, required = true)]
    opening: Option<OpeningHours>,
    /// The units that a department sees, by id.
    views: Vec<String>,
    /// Instruments in service in it and below it.
    instruments: usize,
    /// Counts its changes; named in quotes in `If-Match`.
    version: i64,
}

#[derive(Serialize, ToSchema)]
struct UnitList {
    /// Ordered by path: what is below a unit follows it.
    items: Vec<UnitView>,
}

/// A unit to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUnit {
    #[schema(example = "zju-materials")]
    id: String,
    kind: UnitKind,
    /// The unit it is to stand under, by id.
    #[schema(example = "city-hangzhou")]
    parent: String,
    #[schema(example = "材料分析测试中心")]
    name: String,
    #[serde(default)]
    name_en: String,
    #[schema(value_type = Option<OpeningView>)]
    opening: Option<OpeningHours>,
    /// The units that a department sees, by id.
    #[serde(default)]
    views: Vec<String>,
}

/// What of a unit is to be changed; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UnitPatch {
    /// The unit it is to stand under, by id; what is below moves along.
    parent: Option<String>,
    name: Option<String>,
    name_en: Option<String>,
    /// When there is work, in local time; null for the hours of the unit above.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<OpeningView>)]
    opening: Option<Option<OpeningHours>>,
    /// The units that a department sees, by id.
    views: Option<Vec<String>>,
}

/// Tells null from what is left out.
fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<OpeningHours>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn view(unit: &Unit, instruments: usize) -> UnitView {
    UnitView {
        id: unit.id.clone(),
        kind: unit.kind,
        parent: unit.parent().map(str::to_owned),
        name: unit.name.clone(),
        name_en: unit.name_en.clone(),
        path: unit.path.to_string(),
        opening: unit.opening.as_deref().cloned(),
        views: unit.views.clone(),
        instruments,
        version: unit.version,
    }
}

/// Instruments in service in each unit and below it.
fn counts(api: &ApiState, units: &Units) -> HashMap<String, usize> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for instrument in api.store.catalog().in_service() {
        for unit in units.upwards(&instrument.details.unit) {
            match counts.get_mut(&unit.id) {
                Some(count) => *count += 1,
                None => {
                    counts.insert(unit.id.clone(), 1);
                }
            }
        }
    }
    counts
}

/// The tree as far as the caller sees it, with the units above. Those are named only: without counts, hours and views.
#[utoipa::path(get, path = "/api/v1/units", operation_id = "list_units", tag = "units",
    responses((status = 200, body = UnitList)))]
async fn list(State(api): State<ApiState>, caller: Caller) -> axum::Json<UnitList> {
    let units = api.store.catalog().units();
    let counts = counts(&api, &units);
    let reach = caller.reach(Permission::View);
    let within: Vec<&Arc<Unit>> = units.iter().filter(|unit| reach.holds(&unit.path)).collect();
    let above: BTreeSet<&str> = within.iter().flat_map(|unit| unit.path.ids()).collect();
    let named = above.into_iter().filter_map(|id| units.get(id)).filter(|unit| !reach.holds(&unit.path));
    let named = named.map(|unit| view(&Unit { opening: None, views: Vec::new(), ..Unit::clone(unit) }, 0));
    let within = within.iter().map(|unit| view(unit, counts.get(&unit.id).copied().unwrap_or_default()));
    let mut items: Vec<UnitView> = within.chain(named).collect();
    items.sort_by(|a, b| a.path.cmp(&b.path));
    axum::Json(UnitList { items })
}

/// Adds a unit: a city under the province, a county under a city, an institution under either, a laboratory under an
/// institution, a department under the province.
#[utoipa::path(post, path = "/api/v1/units", operation_id = "add_unit", tag = "units", request_body = NewUnit,
    responses((status = 201, body = UnitView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn add(
    State(api): State<ApiState>,
    caller: Caller,
    Json(new): Json<NewUnit>,
) -> Result<impl IntoResponse, Problem> {
    let NewUnit { id, kind, parent, name, name_en, opening, views } = new;
    may_edit(&api, &caller, &parent)?;
    let path = UnitPath::root();
    let (opening, views) = (opening.map(Arc::new), tidy(views));
    let unit =
        Unit { id, kind, name: name.trim().into(), name_en: name_en.trim().into(), path, opening, views, version: 1 };
    let added = api.store.add_units(vec![(parent, unit)]).await?;
    let [unit] = added.as_slice() else { return Err(Problem::conflict("the unit was not added")) };
    let view = view(unit, 0);
    Ok((StatusCode::CREATED, Changed::new(None, Some(&view)), version::tag(view.version), axum::Json(view)))
}

/// Each once, in order.
fn tidy(views: Vec<String>) -> Vec<String> {
    views.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Changes a unit's names, hours or views, or moves it with all that is below it. `If-Match` names the version that was read.
#[utoipa::path(patch, path = "/api/v1/units/{id}", operation_id = "change_unit", tag = "units",
    params(("id" = String, Path), ("If-Match" = String, Header, description = "The version that was read, such as \"3\"")),
    request_body = UnitPatch,
    responses((status = 200, body = UnitView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem),
        (status = 428, body = Problem)))]
async fn change(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(patch): Json<UnitPatch>,
) -> Result<impl IntoResponse, Problem> {
    let unit = may_edit(&api, &caller, &id)?;
    let version = version::expected(&headers, unit.version)?;
    let UnitPatch { parent, name, name_en, opening, views } = patch;
    if let Some(parent) = parent.as_deref().filter(|parent| unit.parent() != Some(parent)) {
        may_edit(&api, &caller, parent)?;
    }
    if unit.kind == UnitKind::Department && views.is_some() {
        // It would see what it does not see yet.
        may_edit(&api, &caller, PROVINCE)?;
    }
    let mut changed = Unit::clone(&unit);
    changed.name = name.map_or(changed.name, |name| name.trim().to_owned());
    changed.name_en = name_en.map_or(changed.name_en, |name| name.trim().to_owned());
    changed.opening = opening.map_or(changed.opening, |opening| opening.map(Arc::new));
    changed.views = views.map_or(changed.views, tidy);
    let UnitChange { before, after, instruments } =
        api.store.change_unit(&id, version, parent.as_deref(), changed).await?;
    if before.path != after.path || before.views != after.views {
        (api.tree_changed)();
    }
    api.announce(instruments).await;
    let count = counts(&api, &api.store.catalog().units()).get(&id).copied().unwrap_or_default();
    let path = after.path.clone();
    let (before, after) = (view(&before, count), view(&after, count));
    Ok((Changed::new(Some(&before), Some(&after)).at(Some(path)), version::tag(after.version), axum::Json(after)))
}

/// Deletes a unit that nothing stands in.
#[utoipa::path(delete, path = "/api/v1/units/{id}", operation_id = "delete_unit", tag = "units",
    params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn remove(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let unit = may_edit(&api, &caller, &id)?;
    if let Some(parent) = unit.parent() {
        // Nobody saws off the branch he sits on.
        may_edit(&api, &caller, parent)?;
    }
    let removed = api.store.remove_unit(&id).await?;
    Ok((StatusCode::NO_CONTENT, Changed::new(Some(&view(&removed, 0)), None).at(Some(removed.path.clone()))))
}

/// The unit, if the caller may edit it.
fn may_edit(api: &ApiState, caller: &Caller, id: &str) -> Result<Arc<Unit>, Problem> {
    let missing = format!("there is no unit {:?}", id.chars().take(100).collect::<String>());
    let catalog = api.store.catalog();
    let path = catalog.unit(id).ok_or_else(|| Problem::not_found(missing.as_str()))?;
    caller.check(Permission::EditUnits, &path, &missing)?;
    catalog.units().get(id).cloned().ok_or_else(|| Problem::not_found(missing))
}
