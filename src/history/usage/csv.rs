use super::api::Asked;
use super::hours::{Hours, Question, Row};
use crate::domain::{Caller, InstrumentState, Permission};
use crate::history::api::ApiState;
use crate::platform::problem::{Problem, Query};
use crate::platform::spreadsheet::{BYTE_ORDER_MARK, harmless};
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::io;

const HEADER: [&str; 14] = [
    "id",
    "name",
    "name_en",
    "start",
    "end",
    "instruments",
    "on_h",
    "effective_h",
    "standby_h",
    "off_h",
    "offline_h",
    "unknown_h",
    "coverage",
    "idle_rate",
];

/// The same as `/api/v1/hours` as CSV for a spreadsheet, all groups in one file, in hours: `id`, `name`, `name_en`, `start`,
/// `end`, `instruments`, `on_h`, `effective_h`, `standby_h`, `off_h`, `offline_h`, `unknown_h`, `coverage`, `idle_rate`.
/// `limit` does not matter.
#[utoipa::path(get, path = "/api/v1/hours.csv", operation_id = "export_hours", tag = "history", params(Asked),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 400, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn hours_csv(
    State(api): State<ApiState>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let now_ms = api.clock.now_ms();
    let (from, to) = asked.days(&api.hours, now_ms)?;
    let mut question = asked.question(&api, caller.reach(Permission::Export), (from, to), now_ms)?;
    question.groups = question.most_groups();
    // What cannot be answered is said before the file begins.
    let (rows, next) = api.hours.page(&question).await.map_err(|error| Problem::unavailable(&error))?;
    let first = file(Some(HEADER), rows).map_err(|error| Problem::unavailable(&error))?;
    let rest = stream::try_unfold((api.hours, question, next), |(hours, question, next)| async move {
        let Some(after) = next else { return Ok(None) };
        let (part, question, next) = part(&hours, Question { after: Some(after), ..question }).await?;
        Ok::<_, io::Error>(Some((part, (hours, question, next))))
    });
    let begin = stream::iter([Ok(BYTE_ORDER_MARK.as_bytes().to_vec()), Ok(first)]);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"hours-{from}-{to}.csv\"")),
    ];
    Ok((headers, Body::from_stream(begin.chain(rest.into_stream()))).into_response())
}

async fn part(hours: &Hours, question: Question) -> io::Result<(Vec<u8>, Question, Option<String>)> {
    let (rows, next) = hours.page(&question).await.map_err(|error| {
        tracing::error!(%error, "a file of hours ends before its end");
        io::Error::other(error)
    })?;
    Ok((file(None, rows)?, question, next))
}

fn file(header: Option<[&str; 14]>, rows: Vec<Row>) -> io::Result<Vec<u8>> {
    let mut file = csv::Writer::from_writer(Vec::new());
    if let Some(header) = header {
        file.write_record(header)?;
    }
    for row in rows {
        let hours = |ms: i64| format!("{:.4}", ms as f64 / 3_600_000.0);
        let of = |state| hours(row.usage.of(state));
        let share = |share: Option<f64>| share.map(|share| format!("{share:.4}")).unwrap_or_default();
        file.write_record([
            row.group.id.clone(),
            harmless(&row.group.name),
            harmless(&row.group.name_en),
            row.period.first.to_string(),
            row.period.last.to_string(),
            row.group.instruments.to_string(),
            of(InstrumentState::On),
            hours(row.usage.effective_ms),
            of(InstrumentState::Standby),
            of(InstrumentState::Off),
            of(InstrumentState::Offline),
            of(InstrumentState::Unknown),
            share(row.coverage()),
            share(row.idle_rate()),
        ])?;
    }
    file.into_inner().map_err(|error| io::Error::other(error.to_string()))
}
