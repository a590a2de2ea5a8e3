use super::model::Entry;
use super::store::{Log, Wanted};
use crate::domain::{Caller, Permission};
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Problem, Query};
use crate::platform::spreadsheet::harmless;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Entries that are read at a time for a file.
const PART: u64 = 1_000;
/// The first line of the file.
const HEADER: &str = "number,at,account,name,address,operation,method,path,unit,status,request,before,after\n";

/// What the routes work on.
#[derive(Clone)]
pub struct ApiState {
    /// The log.
    pub log: Log,
}

/// The log's routes.
pub fn router(state: ApiState) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(export)).with_state(state)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FilterQuery {
    /// Who did it: the account's id.
    account: Option<String>,
    /// The operation's name in the API, such as `edit_account`.
    operation: Option<String>,
    /// What the path begins with, such as `/api/v1/instruments/sem-3`.
    path: Option<String>,
    /// Not before this time, UTC milliseconds.
    from: Option<i64>,
    /// Before this time, UTC milliseconds.
    to: Option<i64>,
    /// At most this many, up to 1000. Not for the file.
    #[serde(default = "default_limit")]
    limit: usize,
    /// Leaving out this many. Not for the file.
    #[serde(default)]
    offset: usize,
}

impl From<FilterQuery> for Wanted {
    fn from(query: FilterQuery) -> Self {
        let FilterQuery { account, operation, path, from: from_ms, to: to_ms, .. } = query;
        Self { account, operation, path, from_ms, to_ms }
    }
}

#[derive(Serialize, ToSchema)]
struct EntryPage {
    /// How many match.
    total: u64,
    /// The newest first.
    items: Vec<Entry>,
}

/// Who changed what, the newest first.
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "list_audit", tag = "audit", params(FilterQuery),
    responses((status = 200, body = EntryPage), (status = 400, body = Problem)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<FilterQuery>,
) -> Result<axum::Json<EntryPage>, Problem> {
    check_limit(query.limit)?;
    let (limit, offset) = (query.limit as u64, query.offset as u64);
    let found = api.log.find(&query.into(), &caller.reach(Permission::ReadAudit), limit, offset).await;
    let (total, items) = found.map_err(|error| Problem::unavailable(&error))?;
    Ok(axum::Json(EntryPage { total, items }))
}

/// The same as a CSV file, all of it.
#[utoipa::path(get, path = "/api/v1/audit.csv", operation_id = "export_audit", tag = "audit", params(FilterQuery),
    responses((status = 200, description = "CSV (RFC 4180), UTF-8", content_type = "text/csv"), (status = 400, body = Problem)))]
async fn export(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<FilterQuery>,
) -> Result<Response, Problem> {
    let (wanted, reach) = (Wanted::from(query), caller.reach(Permission::ReadAudit));
    let first = api.log.before(&wanted, &reach, i64::MAX, PART).await.map_err(|error| Problem::unavailable(&error))?;
    let rest = stream::try_unfold(Some(first), move |part| {
        let (log, wanted, reach) = (api.log.clone(), wanted.clone(), reach.clone());
        async move {
            let Some(part) = part.filter(|part| !part.is_empty()) else { return Ok(None) };
            let last = part.last().map_or(0, |entry| entry.number);
            let next = match (part.len() as u64) < PART {
                true => None,
                false => Some(log.before(&wanted, &reach, last, PART).await?),
            };
            Ok::<_, sea_orm::DbErr>(Some((lines(&part), next)))
        }
    });
    let header = stream::once(async { Ok(Bytes::from_static(HEADER.as_bytes())) });
    let body = Body::from_stream(futures::StreamExt::chain(header, rest));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
    ];
    Ok((headers, body).into_response())
}

fn lines(entries: &[Entry]) -> Bytes {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for entry in entries {
        let status = entry.status.map(|status| status.to_string()).unwrap_or_default();
        let json = [&entry.request, &entry.before, &entry.after].map(|value| match value.is_null() {
            true => String::new(),
            false => value.to_string(),
        });
        let (number, at) = (entry.number.to_string(), entry.at.to_string());
        let texts = [
            &number,
            &at,
            &entry.account,
            &entry.name,
            &entry.address,
            &entry.operation,
            &entry.method,
            &entry.path,
            &entry.unit,
            &status,
            &json[0],
            &json[1],
            &json[2],
        ];
        // Writing into memory does not fail.
        let _ = writer.write_record(texts.map(|text| harmless(text)));
    }
    writer.into_inner().unwrap_or_default().into()
}
