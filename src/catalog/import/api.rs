use super::columns::Column;
use super::report::{ImportView, Report};
use super::row::{Mistake, Wanted};
use super::sheet::Sheet;
use super::store::{Applied, Import, NotDone};
use super::template;
use crate::catalog::api::{ApiState, SensorCredentials};
use crate::domain::{Caller, DayiCode, Permission, Reach};
use crate::platform::audit::Changed;
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Path, Problem, Query};
use crate::platform::spreadsheet::{BYTE_ORDER_MARK, harmless};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest file.
const MAX_BYTES: usize = 10 * 1024 * 1024;

/// The routes of imports.
pub(in crate::catalog) fn routes() -> OpenApiRouter<ApiState> {
    let files = OpenApiRouter::new().routes(routes!(list, read));
    OpenApiRouter::new()
        .merge(files.layer(DefaultBodyLimit::max(MAX_BYTES)))
        .routes(routes!(template::csv_file))
        .routes(routes!(template::workbook))
        .routes(routes!(one))
        .routes(routes!(apply))
        .routes(routes!(undo))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Page {
    /// At most this many, up to 1000.
    #[serde(default = "default_limit")]
    limit: usize,
    /// Leaving out this many.
    #[serde(default)]
    offset: usize,
}

#[derive(Serialize, ToSchema)]
struct Imports {
    /// Newest first.
    items: Vec<ImportView>,
}

/// The caller's imports; those of all to who may change every instrument.
#[utoipa::path(get, path = "/api/v1/imports", operation_id = "list_imports", tag = "imports", params(Page),
    responses((status = 200, body = Imports), (status = 400, body = Problem)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<axum::Json<Imports>, Problem> {
    check_limit(page.limit)?;
    let account = (!sees_all(&caller)).then_some(&*caller.account);
    let page = (page.limit as u64, page.offset.min(u32::MAX as usize) as u64);
    let items = api.store.imports(account, page).await?.into_iter().map(ImportView::from).collect();
    Ok(axum::Json(Imports { items }))
}

fn sees_all(caller: &Caller) -> bool {
    caller.reach(Permission::EditCatalog) == Reach::Everything
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FileName {
    /// The file's name, to be found again by.
    #[serde(default)]
    #[param(example = "仪器.xlsx")]
    file: String,
}

/// Reads a file of instruments, CSV (UTF-8, UTF-16 or GBK) or Excel (.xlsx), of at most 10,000 rows and 10 MB, and tells what
/// would become of each row. Nothing is written. Columns are known by their English or Chinese names: see the template. A row
/// means the instrument of its `id`, or else of one of its codes, or else a new one; an empty cell leaves what is there, a
/// single dash empties it.
#[utoipa::path(post, path = "/api/v1/imports", operation_id = "read_import", tag = "imports", params(FileName),
    request_body(content((String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
    responses((status = 201, body = Report), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 413, body = Problem)))]
async fn read(
    State(api): State<ApiState>,
    caller: Caller,
    Query(FileName { file: name }): Query<FileName>,
    file: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, axum::Json<Report>), Problem> {
    let file = file.map_err(|rejection| Problem::too_large(rejection.body_text()))?;
    // A workbook takes a while; and what its reader does not survive must not end more than this request.
    let sheet = tokio::task::spawn_blocking(move || Sheet::read(&file)).await;
    let sheet = sheet.map_err(|_| Problem::bad_request("the file cannot be read: it is damaged"))?;
    let Sheet { header, rows } = sheet.map_err(|error| Problem::bad_request(error.to_string()))?;
    let columns: Vec<Option<Column>> = header.iter().map(|name| Column::named(name)).collect();
    if columns.iter().all(Option::is_none) {
        return Err(Problem::bad_request(
            "no column of the file is known by its name: see GET /api/v1/imports/template.csv",
        ));
    }
    let named = header.iter().zip(&columns).filter(|(name, column)| column.is_none() && !name.trim().is_empty());
    let ignored = named.map(|(name, _)| name.clone()).collect();
    let lines = rows.iter().map(|(line, cells)| (*line, Wanted::read(&columns, cells, &fresh()))).collect();
    let name = name.chars().take(200).collect();
    let import = api.store.keep_import(&caller, name, api.clock.now_ms(), lines).await?;
    let report = Report::of(&api.store, caller.reach(Permission::EditCatalog), import, ignored);
    Ok((StatusCode::CREATED, axum::Json(report)))
}

/// A code for an instrument that may be new.
fn fresh() -> DayiCode {
    loop {
        if let Some(code) = DayiCode::from_number(rand::random()) {
            return code;
        }
    }
}

/// An import, and what would become of each of its rows as the catalogue is now.
#[utoipa::path(get, path = "/api/v1/imports/{id}", operation_id = "get_import", tag = "imports",
    params(("id" = String, Path)), responses((status = 200, body = Report), (status = 404, body = Problem)))]
async fn one(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Report>, Problem> {
    let import = find(&api, &caller, &id).await?;
    Ok(axum::Json(Report::of(&api.store, caller.reach(Permission::EditCatalog), import, Vec::new())))
}

async fn find(api: &ApiState, caller: &Caller, id: &str) -> Result<Import, Problem> {
    let import = api.store.import(id).await?;
    let own = import.filter(|import| import.row.account == *caller.account || sees_all(caller));
    own.ok_or_else(|| NotDone::Missing(id.chars().take(100).collect()).into())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HowToApply {
    /// Writes the good rows though others are wrong.
    #[serde(default)]
    skip_bad: bool,
}

/// What was written.
#[derive(Serialize, ToSchema)]
struct ImportApplied {
    added: usize,
    changed: usize,
    /// What the new instruments' sensors say in CONNECT. Tokens are shown this once.
    credentials: Vec<SensorCredentials>,
    /// The same as CSV.
    credentials_csv: String,
}

/// Writes an import: every row, or, with `skip_bad`, the good ones; all in one. What becomes of each is decided anew.
#[utoipa::path(post, path = "/api/v1/imports/{id}/apply", operation_id = "apply_import", tag = "imports",
    params(("id" = String, Path), HowToApply),
    responses((status = 200, body = ImportApplied), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "Rows are wrong, or it was written already")))]
async fn apply(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(how): Query<HowToApply>,
) -> Result<(Changed, axum::Json<ImportApplied>), Problem> {
    find(&api, &caller, &id).await?;
    let reach = caller.reach(Permission::EditCatalog);
    let applied = api.store.apply_import(&id, reach, how.skip_bad, api.clock.now_ms()).await?;
    let Applied { added, changed, tokens } = applied;
    for instrument in &added {
        api.run(instrument).await;
    }
    let counts = (added.len(), changed.len());
    api.announce(changed).await;
    let mut file = csv::Writer::from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    let mut write = |row: [&str; 2]| file.write_record(row.map(harmless)).map_err(|error| Problem::unavailable(&error));
    write(["client_id", "token"])?;
    tokens.iter().try_for_each(|(id, token)| write([id.as_str(), token]))?;
    let file = file.into_inner().map_err(|error| Problem::unavailable(&error))?;
    let credentials = tokens.into_iter().map(|(id, token)| SensorCredentials { client_id: id.to_string(), token });
    let applied = ImportApplied {
        added: counts.0,
        changed: counts.1,
        credentials: credentials.collect(),
        credentials_csv: String::from_utf8_lossy(&file).into_owned(),
    };
    // Without the tokens; what each row wanted is kept with the import.
    let written = serde_json::json!({"added": counts.0, "changed": counts.1});
    Ok((Changed::new(None, Some(&written)), axum::Json(applied)))
}

/// What was taken back, or why nothing was.
#[derive(Serialize, ToSchema)]
struct ImportUndone {
    /// Whether it was taken back: all of it, or nothing.
    undone: bool,
    /// Instruments that were added and are gone.
    removed: usize,
    /// Instruments that are as they were.
    reverted: usize,
    /// What keeps it.
    kept: Vec<KeptRow>,
}

/// A row that cannot be taken back.
#[derive(Serialize, ToSchema)]
struct KeptRow {
    line: u32,
    /// Why.
    message: String,
}

/// Takes an import back exactly: what it changed is as it was, what it added is gone. Nothing is, if somebody changed one of
/// its instruments since, or one that it added has readings: retire that instead.
#[utoipa::path(post, path = "/api/v1/imports/{id}/undo", operation_id = "undo_import", tag = "imports",
    params(("id" = String, Path)),
    responses((status = 200, body = ImportUndone), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = ImportUndone, description = "Nothing was taken back; where it was not written, a problem")))]
async fn undo(State(api): State<ApiState>, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    find(&api, &caller, &id).await?;
    let fleet = api.fleet.clone();
    let busy = move |id: &_| fleet.status(id).last_reading.is_some();
    let reach = caller.reach(Permission::EditCatalog);
    match api.store.undo_import(&id, reach, &busy, api.clock.now_ms()).await {
        Ok((removed, changed)) => {
            let (gone, reverted) = (removed.len(), changed.len());
            for instrument in &removed {
                api.fleet.removed(instrument);
                api.sessions.close(instrument.as_str());
            }
            api.announce(removed.into_iter().chain(changed)).await;
            let undone = ImportUndone { undone: true, removed: gone, reverted, kept: Vec::new() };
            Ok(axum::Json(undone).into_response())
        }
        Err(NotDone::Kept(kept)) => {
            let kept = kept.into_iter().map(|(line, Mistake { message, .. })| KeptRow { line, message });
            let undone = ImportUndone { undone: false, removed: 0, reverted: 0, kept: kept.collect() };
            Ok((StatusCode::CONFLICT, axum::Json(undone)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

impl From<NotDone> for Problem {
    fn from(not: NotDone) -> Self {
        match not {
            NotDone::Missing(_) => Self::not_found(not.to_string()),
            NotDone::Is(_) | NotDone::Wrong(_) | NotDone::Kept(_) => Self::conflict(not.to_string()),
            NotDone::Store(error) => error.into(),
        }
    }
}
