use super::model::{Format, Kind, Selection, Status};
use super::worker::{Exporter, Job};
use crate::domain::{Caller, InstrumentId, Permission, Reach};
use crate::platform::problem::{Json, Path, Problem};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest span, in days: what is asked for by mistake is longer.
const MOST_DAYS: i64 = 3_660;
const DAY_MS: i64 = 24 * 3_600_000;

/// What exports need of the catalogue.
pub trait Fleet: Send + Sync + 'static {
    /// Whether there is such an instrument within reach.
    fn knows(&self, instrument: &InstrumentId, reach: &Reach) -> bool;
    /// The instruments that are meant within reach.
    fn of(&self, which: &Which, reach: &Reach) -> Vec<InstrumentId>;
}

/// Which instruments are meant; `None` is any.
#[derive(Clone, Debug, Default)]
pub struct Which {
    /// The institution's id.
    pub institution: Option<String>,
    /// The city, in Chinese or English.
    pub city: Option<String>,
    /// The id of a unit: what stands in it or below it.
    pub unit: Option<String>,
    /// The class.
    pub class: Option<String>,
}

/// What the routes work on.
#[derive(Clone)]
pub struct ApiState {
    /// Takes exports.
    pub exporter: Exporter,
    /// Which instruments there are.
    pub fleet: Arc<dyn Fleet>,
}

/// A file that is wanted. Without `instruments` it is of all, or of those of an institution, a city, a unit, a class.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewExport {
    kind: Kind,
    format: Format,
    /// UTC milliseconds, inclusive.
    from: i64,
    /// UTC milliseconds, exclusive.
    to: i64,
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["sem-1"]))]
    instruments: Vec<InstrumentId>,
    institution: Option<String>,
    city: Option<String>,
    /// The id of a unit: what stands in it or below it.
    unit: Option<String>,
    class: Option<String>,
}

/// A file that was asked for.
#[derive(Serialize, ToSchema)]
struct ExportView {
    id: String,
    kind: Kind,
    format: Format,
    /// UTC milliseconds, inclusive.
    from: i64,
    /// UTC milliseconds, exclusive.
    to: i64,
    /// How many instruments it is of.
    instruments: usize,
    /// UTC milliseconds.
    created: i64,
    #[serde(flatten)]
    status: Status,
    /// Parts that are written, of `total`: an instrument's day, or an instrument's states.
    done: u64,
    /// Parts there are; 0 before it is begun.
    total: u64,
    /// Rows that are written.
    rows: u64,
    /// Where the file is, once it is there. It stays for a day, and not past a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

/// Files that were asked for, newest first.
#[derive(Serialize, ToSchema)]
struct Exports {
    items: Vec<ExportView>,
}

impl From<&Job> for ExportView {
    fn from(job: &Job) -> Self {
        let Selection { kind, format, instruments, from_ms, to_ms } = &job.selection;
        let status = job.status();
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        Self {
            id: job.id.clone(),
            kind: *kind,
            format: *format,
            from: *from_ms,
            to: *to_ms,
            instruments: instruments.len(),
            created: job.created_ms,
            done: count(&job.progress.done),
            total: count(&job.progress.total),
            rows: count(&job.progress.rows),
            file: (status == Status::Done).then(|| format!("/api/v1/exports/{}/file", job.id)),
            status,
        }
    }
}

/// The routes of exports.
pub fn router(state: ApiState) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(one, remove)).routes(routes!(file)).with_state(state)
}

/// The files that the caller asked for.
#[utoipa::path(get, path = "/api/v1/exports", operation_id = "list_exports", tag = "history",
    responses((status = 200, body = Exports)))]
async fn list(State(api): State<ApiState>, caller: Caller) -> axum::Json<Exports> {
    let own = api.exporter.all().into_iter().filter(|job| is_of(job, &caller));
    axum::Json(Exports { items: own.map(|job| ExportView::from(&*job)).collect() })
}

/// Has a file written in the background: every reading, the minutes, or the states, as CSV or Parquet.
#[utoipa::path(post, path = "/api/v1/exports", operation_id = "add_export", tag = "history", request_body = NewExport,
    responses((status = 202, body = ExportView), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn add(State(api): State<ApiState>, caller: Caller, Json(wanted): Json<NewExport>) -> Result<Response, Problem> {
    let NewExport { kind, format, from, to, instruments, institution, city, unit, class } = wanted;
    if from >= to {
        return Err(Problem::bad_request(format!("from ({from}) must be before to ({to}); both are UTC milliseconds")));
    }
    if to.checked_sub(from).is_none_or(|span| span > MOST_DAYS * DAY_MS) {
        return Err(Problem::bad_request(format!("a file holds at most {MOST_DAYS} days")));
    }
    let reach = caller.reach(Permission::Export);
    let instruments = if instruments.is_empty() {
        api.fleet.of(&Which { institution, city, unit, class }, &reach)
    } else {
        if let Some(unknown) = instruments.iter().find(|id| !api.fleet.knows(id, &reach)) {
            return Err(Problem::not_found(format!("there is no instrument {unknown}")));
        }
        instruments
    };
    if instruments.is_empty() {
        return Err(Problem::unprocessable("no instrument is of this institution, city, unit and class"));
    }
    let job = api.exporter.take(Selection { kind, format, instruments, from_ms: from, to_ms: to }, caller.account);
    let job = job.ok_or_else(|| {
        Problem::conflict(
            "there are too many exports: fetch those that are done, and delete them with DELETE /api/v1/exports/{id}",
        )
    })?;
    let place = [(header::LOCATION, format!("/api/v1/exports/{}", job.id))];
    Ok((StatusCode::ACCEPTED, place, axum::Json(ExportView::from(&*job))).into_response())
}

/// How far a file is.
#[utoipa::path(get, path = "/api/v1/exports/{id}", operation_id = "get_export", tag = "history", params(("id" = String, Path)),
    responses((status = 200, body = ExportView), (status = 404, body = Problem)))]
async fn one(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<ExportView>, Problem> {
    Ok(axum::Json(ExportView::from(&*job(&api, &caller, &id)?)))
}

/// Deletes a file, or stops its writing.
#[utoipa::path(delete, path = "/api/v1/exports/{id}", operation_id = "delete_export", tag = "history",
    params(("id" = String, Path)), responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn remove(State(api): State<ApiState>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    job(&api, &caller, &id)?;
    match api.exporter.remove(|job| job.id == id) {
        0 => Err(no_such(&id)),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// The file.
#[utoipa::path(get, path = "/api/v1/exports/{id}/file", operation_id = "get_export_file", tag = "history",
    params(("id" = String, Path)),
    responses((status = 200, content((String = "text/csv"), (Vec<u8> = "application/vnd.apache.parquet"))),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn file(State(api): State<ApiState>, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let job = job(&api, &caller, &id)?;
    match job.status() {
        Status::Done => {}
        Status::Failed { problem } => return Err(Problem::conflict(format!("there is no file: {problem}"))),
        Status::Waiting | Status::Running => {
            return Err(Problem::conflict("the file is not written yet: GET /api/v1/exports/{id} tells how far it is"));
        }
    }
    let Selection { kind, format, from_ms, to_ms, .. } = job.selection;
    let opened = tokio::fs::File::open(&job.path).await.map_err(|_| no_such(&id))?;
    let length = opened.metadata().await.map_err(|_| no_such(&id))?.len();
    let day = |ms| jiff::Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y%m%d").to_string();
    let name = format!("dayi-{}-{}-{}.{}", kind.name(), day(from_ms), day(to_ms - 1), format.extension());
    let mut response = Body::from_stream(ReaderStream::with_capacity(opened, 64 * 1024)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.insert(header::CONTENT_LENGTH, length.into());
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    if format == Format::Parquet {
        // It is compressed already.
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("identity"));
    }
    Ok(response)
}

fn job(api: &ApiState, caller: &Caller, id: &str) -> Result<Arc<Job>, Problem> {
    api.exporter.get(id).filter(|job| is_of(job, caller)).ok_or_else(|| no_such(id))
}

/// A file is whoever asked for it; who takes out everything sees those of all.
fn is_of(job: &Job, caller: &Caller) -> bool {
    job.account == caller.account || caller.reach(Permission::Export) == Reach::Everything
}

fn no_such(id: &str) -> Problem {
    Problem::not_found(format!(
        "there is no export {id:?}: a file stays for a day, and not past a restart of the server"
    ))
}
