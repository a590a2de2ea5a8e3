use super::api::{ApiState, Asked};
use super::list::{self, Listed};
use crate::domain::{Caller, Permission};
use crate::platform::problem::{Problem, Query};
use crate::platform::spreadsheet::{BYTE_ORDER_MARK, harmless};
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::io;

/// Alerts that are read at a time.
const PART: usize = 5_000;
const HEADER: [&str; 18] = [
    "id",
    "instrument",
    "name",
    "name_en",
    "class",
    "unit",
    "kind",
    "severity",
    "since",
    "raised",
    "cleared",
    "reopened",
    "state",
    "acknowledged_by",
    "acknowledged_note",
    "silenced_by",
    "silenced_until",
    "silenced_reason",
];

/// The same as `/api/v1/alerts` as CSV for a spreadsheet, all that match in one file: `id`, `instrument`, `name`, `name_en`,
/// `class`, `unit`, `kind`, `severity`, `since`, `raised`, `cleared`, `reopened`, `state`, `acknowledged_by`,
/// `acknowledged_note`, `silenced_by`, `silenced_until`, `silenced_reason`. Times are RFC 3339, UTC. `limit` and `offset` do
/// not matter.
#[utoipa::path(get, path = "/api/v1/alerts.csv", operation_id = "export_alerts", tag = "alerts", params(Asked),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn alerts_csv(
    State(api): State<ApiState>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let severe = asked.most_severe_first();
    let filter = asked.filter(&api, &caller, Permission::Export)?;
    // What cannot be answered is said before the file begins.
    let first = list::page(&api.db, &filter, severe, (PART, 0)).await.map_err(|error| Problem::unavailable(&error))?;
    let more = (first.len() == PART).then_some(PART);
    let first = file(true, first).map_err(|error| Problem::unavailable(&error))?;
    let rest = stream::try_unfold((api, filter, more), move |(api, filter, offset)| async move {
        let Some(offset) = offset else { return Ok(None) };
        let part = list::page(&api.db, &filter, severe, (PART, offset)).await.map_err(|error| {
            tracing::error!(%error, "a file of alerts ends before its end");
            io::Error::other(error)
        })?;
        let more = (part.len() == PART).then_some(offset + PART);
        Ok::<_, io::Error>(Some((file(false, part)?, (api, filter, more))))
    });
    let begin = stream::iter([Ok(BYTE_ORDER_MARK.as_bytes().to_vec()), Ok(first)]);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"alerts.csv\""),
    ];
    Ok((headers, Body::from_stream(begin.chain(rest.into_stream()))).into_response())
}

fn file(header: bool, alerts: Vec<Listed>) -> io::Result<Vec<u8>> {
    let mut file = csv::Writer::from_writer(Vec::new());
    if header {
        file.write_record(HEADER)?;
    }
    for Listed { alert, name, name_en, class, unit } in alerts {
        let (acknowledged_by, note) = alert.acknowledged.map(|one| (one.by, one.note)).unwrap_or_default();
        let silenced = alert.silenced;
        let until = silenced.as_ref().map(|one| time(one.until_ms)).unwrap_or_default();
        let (silenced_by, reason) = silenced.map(|one| (one.by, one.reason)).unwrap_or_default();
        file.write_record([
            alert.id.to_string(),
            alert.instrument.to_string(),
            harmless(&name),
            harmless(&name_en),
            harmless(&class),
            unit.to_string(),
            alert.kind.name().into(),
            alert.severity.name().into(),
            time(alert.since_ms),
            time(alert.raised_ms),
            alert.cleared_ms.map(time).unwrap_or_default(),
            alert.reopened.to_string(),
            alert.state.name().into(),
            harmless(&acknowledged_by),
            harmless(&note),
            harmless(&silenced_by),
            until,
            harmless(&reason),
        ])?;
    }
    file.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

fn time(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default().to_string()
}
