use super::levels::LevelNames;
use super::model::{Edit, Label, Span};
use super::policy::{check, paint};
use super::store::{LabelStore, UndoError};
use crate::domain::{Caller, Clock, InstrumentId, InstrumentState, LevelName};
use crate::platform::author::author;
use crate::platform::problem::{Json, Path, Problem, Query};
use axum::extract::State;
use axum::http::StatusCode;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::Mutex;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the labels need of the running fleet.
pub trait LevelsPort: Send + Sync + 'static {
    /// Whether there is such an instrument.
    fn knows(&self, instrument: &InstrumentId) -> bool;
    /// The instrument's levels are called so from now on.
    fn name_levels<'a>(&'a self, instrument: &'a InstrumentId, names: Vec<LevelName>) -> BoxFuture<'a, ()>;
}

/// What the routes work on.
#[derive(Clone)]
pub struct ApiState {
    /// The edits.
    pub store: LabelStore,
    /// The levels' names.
    pub names: LevelNames,
    /// Whose turn it is to name levels.
    pub naming: Arc<Mutex<()>>,
    /// The running fleet.
    pub fleet: Arc<dyn LevelsPort>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Part {
    /// UTC milliseconds, inclusive; from the first label on if left out.
    from: Option<i64>,
    /// UTC milliseconds, exclusive; to the last label if left out.
    to: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct Labels {
    /// What holds, oldest first; spans without a label are left out.
    items: Vec<LabelView>,
}

/// A span that a person says the instrument was in one state.
#[derive(Serialize, ToSchema)]
struct LabelView {
    /// UTC milliseconds, inclusive.
    start: i64,
    /// UTC milliseconds, exclusive.
    end: i64,
    #[schema(value_type = String, example = "standby")]
    state: InstrumentState,
    /// The edit that says so.
    edit: i64,
    author: String,
    /// When it was said, UTC milliseconds.
    at: i64,
}

#[derive(Serialize, ToSchema)]
struct Edits {
    /// Newest first.
    items: Vec<EditView>,
}

/// One stroke of the brush.
#[derive(Serialize, ToSchema)]
struct EditView {
    /// Counts the instrument's edits from 1.
    edit: i64,
    /// UTC milliseconds, inclusive.
    start: i64,
    /// UTC milliseconds, exclusive.
    end: i64,
    /// `off`, `standby` or `on`; null erases.
    #[schema(value_type = Option<String>, required = true, example = "standby")]
    state: Option<InstrumentState>,
    author: String,
    /// UTC milliseconds.
    at: i64,
    /// Who took it back; null while it holds.
    #[schema(required = true)]
    undone_by: Option<String>,
    /// When it was taken back, UTC milliseconds.
    #[schema(required = true)]
    undone_at: Option<i64>,
}

/// Spans to be painted, all or none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Strokes {
    /// Who says so, for the token of the configuration alone: a person is known by their account.
    author: Option<String>,
    /// Later ones paint over earlier ones, and all over what was painted before. 1 to 1000.
    spans: Vec<Stroke>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Stroke {
    /// UTC milliseconds, inclusive.
    start: i64,
    /// UTC milliseconds, exclusive; not in the future.
    end: i64,
    /// `off`, `standby` or `on`; null erases.
    #[schema(value_type = Option<String>, required = true, example = "standby")]
    state: Option<InstrumentState>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct By {
    /// Who says so, for the token of the configuration alone: a person is known by their account.
    author: Option<String>,
}

/// What a person calls the levels that the calibration found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Names {
    /// Who says so, for the token of the configuration alone: a person is known by their account.
    author: Option<String>,
    /// At most 8; none takes all names back.
    levels: Vec<Name>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Name {
    /// The level's usual current in ampere, as `GET …/levels` shows it.
    typical_a: f32,
    /// What `GET …/levels` says it is proposed as; needed where off and standby share a range.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "standby")]
    proposed: Option<InstrumentState>,
    #[schema(value_type = String, example = "standby")]
    state: InstrumentState,
}

/// The labels' routes.
pub fn router(state: ApiState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list, paint_spans))
        .routes(routes!(list_edits))
        .routes(routes!(undo))
        .routes(routes!(name_levels))
        .with_state(state)
}

impl ApiState {
    fn known(&self, id: &str) -> Result<InstrumentId, Problem> {
        let id = id.parse().ok().filter(|id| self.fleet.knows(id));
        id.ok_or_else(|| Problem::not_found("there is no such instrument"))
    }
}

/// What people say the instrument did.
#[utoipa::path(get, path = "/api/v1/instruments/{id}/labels", operation_id = "list_labels", tag = "labels",
    params(("id" = String, Path), Part),
    responses((status = 200, body = Labels), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn list(
    State(api): State<ApiState>,
    Path(id): Path<String>,
    Query(part): Query<Part>,
) -> Result<axum::Json<Labels>, Problem> {
    let edits = api.store.edits(&api.known(&id)?).await.map_err(|error| Problem::unavailable(&error))?;
    let (from, to) = (part.from.unwrap_or(i64::MIN), part.to.unwrap_or(i64::MAX));
    let within = |label: &Label| label.span.end_ms > from && label.span.start_ms < to;
    Ok(axum::Json(Labels { items: paint(&edits).into_iter().filter(within).map(LabelView::from).collect() }))
}

/// Paints labels over spans; `null` erases. Correct a label by painting over it.
#[utoipa::path(post, path = "/api/v1/instruments/{id}/labels", operation_id = "paint_labels", tag = "labels",
    params(("id" = String, Path)), request_body = Strokes,
    responses((status = 201, body = Edits), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn paint_spans(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(strokes): Json<Strokes>,
) -> Result<(StatusCode, axum::Json<Edits>), Problem> {
    let id = api.known(&id)?;
    let who = author(strokes.author.as_deref(), &caller)?;
    if !(1..=1_000).contains(&strokes.spans.len()) {
        return Err(Problem::unprocessable("spans holds 1 to 1000 spans"));
    }
    let now_ms = api.clock.now_ms();
    let mut painted = Vec::with_capacity(strokes.spans.len());
    for (number, &Stroke { start, end, state }) in strokes.spans.iter().enumerate() {
        let span = Span { start_ms: start, end_ms: end };
        check(span, state, now_ms).map_err(|what| Problem::unprocessable(format!("spans[{number}]: {what}")))?;
        painted.push((span, state));
    }
    let edits = api.store.paint(&id, &painted, &who, now_ms).await;
    let edits = edits.map_err(|error| Problem::unavailable(&error))?;
    Ok((StatusCode::CREATED, axum::Json(Edits { items: edits.into_iter().rev().map(EditView::from).collect() })))
}

/// Every edit, those taken back too.
#[utoipa::path(get, path = "/api/v1/instruments/{id}/labels/edits", operation_id = "list_label_edits", tag = "labels",
    params(("id" = String, Path)),
    responses((status = 200, body = Edits), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn list_edits(State(api): State<ApiState>, Path(id): Path<String>) -> Result<axum::Json<Edits>, Problem> {
    let edits = api.store.edits(&api.known(&id)?).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(axum::Json(Edits { items: edits.into_iter().rev().map(EditView::from).collect() }))
}

/// Takes an edit back: what it painted over shows again.
#[utoipa::path(delete, path = "/api/v1/instruments/{id}/labels/edits/{edit}", operation_id = "undo_label_edit", tag = "labels",
    params(("id" = String, Path), ("edit" = i64, Path), By),
    responses((status = 200, body = EditView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
async fn undo(
    State(api): State<ApiState>,
    caller: Caller,
    Path((id, number)): Path<(String, i64)>,
    Query(by): Query<By>,
) -> Result<axum::Json<EditView>, Problem> {
    let id = api.known(&id)?;
    let undone = api.store.undo(&id, number, &author(by.author.as_deref(), &caller)?, api.clock.now_ms()).await;
    undone.map(|edit| axum::Json(edit.into())).map_err(|error| match error {
        UndoError::Missing(_) => Problem::not_found(error.to_string()),
        UndoError::Done { .. } => Problem::conflict(error.to_string()),
        UndoError::Db(error) => Problem::unavailable(&error),
    })
}

/// Confirms or changes what the levels are called that the instrument's calibration found; used at once.
#[utoipa::path(put, path = "/api/v1/instruments/{id}/levels", operation_id = "name_levels", tag = "labels",
    params(("id" = String, Path)), request_body = Names,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn name_levels(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(names): Json<Names>,
) -> Result<StatusCode, Problem> {
    let id = api.known(&id)?;
    let who = author(names.author.as_deref(), &caller)?;
    if names.levels.len() > 8 {
        return Err(Problem::unprocessable("levels holds at most 8 levels"));
    }
    let mut levels = Vec::with_capacity(names.levels.len());
    for &Name { typical_a, proposed, state } in &names.levels {
        if !(0.0..=10_000.0).contains(&typical_a) {
            return Err(Problem::unprocessable("typical_a is 0 to 10000 ampere"));
        }
        let is_level = |state| matches!(state, InstrumentState::Off | InstrumentState::Standby | InstrumentState::On);
        if !is_level(state) || proposed.is_some_and(|proposed| !is_level(proposed)) {
            return Err(Problem::unprocessable("a level is off, standby or on"));
        }
        levels.push(LevelName { typical_a, proposed, state });
    }
    // One after the other, so that the actor hears last what the database holds.
    let _turn = api.naming.lock().await;
    let kept = api.names.set(&id, &levels, &who, api.clock.now_ms()).await;
    kept.map_err(|error| Problem::unavailable(&error))?;
    api.fleet.name_levels(&id, levels).await;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Label> for LabelView {
    fn from(label: Label) -> Self {
        let Label { span, state, edit, author, at_ms } = label;
        Self { start: span.start_ms, end: span.end_ms, state, edit, author, at: at_ms }
    }
}

impl From<Edit> for EditView {
    fn from(edit: Edit) -> Self {
        let Edit { number, span, state, author, at_ms, undone } = edit;
        let (undone_by, undone_at) = undone.unzip();
        Self { edit: number, start: span.start_ms, end: span.end_ms, state, author, at: at_ms, undone_by, undone_at }
    }
}
