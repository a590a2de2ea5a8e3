use super::api::{Answer, ApiState, Asked};
use super::row::Row;
use crate::domain::{Caller, Permission};
use crate::platform::problem::{Problem, Query};
use crate::platform::spreadsheet::{BYTE_ORDER_MARK, harmless};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

const HEADER: [&str; 18] = [
    "id",
    "name",
    "name_en",
    "class",
    "unit",
    "state",
    "since",
    "current_a",
    "standby_for_h",
    "not_on_for_h",
    "standby_h",
    "standby_open_h",
    "standby_closed_h",
    "on_h",
    "idle_rate",
    "kwh",
    "estimated",
    "coverage",
];

/// The same as `/api/v1/idle` as CSV for a spreadsheet, all that match in one file, in hours: `id`, `name`, `name_en`, `class`,
/// `unit`, `state`, `since`, `current_a`, `standby_for_h`, `not_on_for_h`, `standby_h`, `standby_open_h`, `standby_closed_h`,
/// `on_h`, `idle_rate`, `kwh`, `estimated`, `coverage`. `limit` and `offset` do not matter.
#[utoipa::path(get, path = "/api/v1/idle.csv", operation_id = "export_idle", tag = "alerts", params(Asked),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn idle_csv(
    State(api): State<ApiState>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let Answer { from, to, rows, .. } = api.answer(&caller, Permission::Export, asked).await?;
    let file = file(&rows).map_err(|error| Problem::unavailable(&*error))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"idle-{from}-{to}.csv\"")),
    ];
    Ok((headers, file).into_response())
}

fn file(rows: &[Row]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut file = csv::Writer::from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    file.write_record(HEADER)?;
    let hours = |ms: i64| format!("{:.4}", ms as f64 / 3_600_000.0);
    let part = |part: Option<f64>| part.map(|part| format!("{part:.4}")).unwrap_or_default();
    for row in rows {
        let since = row.since_ms.map(|at_ms| jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default().to_string());
        file.write_record([
            row.id.to_string(),
            harmless(&row.name),
            harmless(&row.name_en),
            harmless(&row.class),
            row.unit.to_string(),
            row.state.name().into(),
            since.unwrap_or_default(),
            part(row.current_a.map(f64::from)),
            row.standby_for_ms.map(hours).unwrap_or_default(),
            row.not_on_for_ms.map(hours).unwrap_or_default(),
            hours(row.sums.idle.standby_ms),
            hours(row.sums.idle.open_ms),
            hours(row.sums.closed_ms()),
            hours(row.sums.on_ms),
            part(row.sums.idle_rate()),
            part(row.energy.map(|energy| energy.kwh)),
            part(row.energy.map(|energy| energy.estimated)),
            part(row.sums.coverage()),
        ])?;
    }
    Ok(file.into_inner()?)
}
