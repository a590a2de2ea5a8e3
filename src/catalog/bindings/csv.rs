use super::api::not_changed;
use super::policy::Wanted;
use super::store::Outcome;
use crate::catalog::api::ApiState;
use crate::catalog::model::{Bound, SensorBinding, usual_power_factor, usual_volts};
use crate::domain::{Caller, Permission};
use crate::platform::problem::{Problem, Query};
use crate::platform::spreadsheet::{as_it_was, harmless};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The largest file: some hundred thousand bindings.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Rows of a file.
const MAX_ROWS: usize = 200_000;

const COLUMNS: [&str; 7] = ["instrument", "client_id", "dialect", "prefix", "channel", "volts", "power_factor"];

/// One line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    instrument: String,
    client_id: String,
    dialect: String,
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    volts: String,
    #[serde(default)]
    power_factor: String,
}

/// All bindings as CSV, to be changed in a spreadsheet and imported again.
#[utoipa::path(get, path = "/api/v1/bindings.csv", operation_id = "export_bindings", tag = "bindings",
    responses((status = 200, body = String, content_type = "text/csv")))]
pub(super) async fn export(State(api): State<ApiState>, caller: Caller) -> Result<Response, Problem> {
    let unwritten = |error: csv::Error| Problem::unavailable(&error);
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(COLUMNS).map_err(unwritten)?;
    for Bound { instrument, client_id, binding } in api.sight(&caller).bindings() {
        let SensorBinding { dialect, prefix, channel, volts, power_factor } = binding;
        let (volts, power_factor) = (volts.to_string(), power_factor.to_string());
        let texts = [instrument.as_str(), &client_id, &dialect, &prefix, &channel, &volts, &power_factor];
        file.write_record(texts.map(harmless)).map_err(unwritten)?;
    }
    let file = file.into_inner().map_err(|error| Problem::unavailable(&error))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"bindings.csv\""),
    ];
    Ok((headers, file).into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportQuery {
    /// Only says what would become of each row.
    #[serde(default)]
    dry_run: bool,
}

/// What becomes of a file of bindings.
#[derive(Serialize, ToSchema)]
pub(super) struct ImportReport {
    /// Whether it was written: all rows, and only if none is wrong and it is no dry run.
    written: bool,
    created: usize,
    changed: usize,
    unchanged: usize,
    wrong: usize,
    /// Every row, in the order of the file.
    rows: Vec<RowReport>,
}

/// What becomes of one row.
#[derive(Serialize, ToSchema)]
struct RowReport {
    /// The line of the file it begins on; the header's is 1.
    line: u64,
    /// As it stands in the file; empty where the row cannot be read.
    instrument: String,
    /// `created`, `changed`, `unchanged` or `wrong`.
    #[schema(example = "created")]
    outcome: &'static str,
    /// All that is wrong with it.
    problems: Vec<String>,
}

/// Creates and changes bindings from CSV with the header
/// `instrument,client_id,dialect,prefix,channel,volts,power_factor` (the last four may be left out), all rows or none.
/// What the file does not name stays as it is. The sessions of the clients concerned end at once.
#[utoipa::path(post, path = "/api/v1/bindings.csv", operation_id = "import_bindings", tag = "bindings",
    params(ImportQuery), request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportReport, description = "What was, or would be, written"),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 413, body = Problem),
        (status = 422, body = ImportReport, description = "Some rows are wrong: nothing was written")))]
pub(super) async fn import(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<ImportQuery>,
    file: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    let file = file.map_err(|rejection| Problem::too_large(rejection.body_text()))?;
    let lines = read(&file)?;
    let wanted: Vec<Wanted> = lines.iter().filter_map(|row| row.wanted.as_ref().ok().cloned()).collect();
    let unreadable = wanted.len() < lines.len();
    let change = api
        .store
        .change_bindings(&wanted, caller.reach(Permission::ManageSensors), query.dry_run || unreadable)
        .await
        .map_err(not_changed)?;
    for client in &change.clients {
        api.sessions.close(client);
    }
    let mut outcomes = change.outcomes.into_iter();
    let rows = lines.into_iter().map(|Row { line, instrument, wanted }| match wanted {
        Ok(_) => RowReport::of(line, instrument, outcomes.next()),
        Err(problem) => RowReport { line, instrument, outcome: "wrong", problems: vec![problem] },
    });
    let report = ImportReport::of(change.written, rows.collect());
    let status = if report.wrong == 0 || query.dry_run { 200 } else { 422 };
    let status = axum::http::StatusCode::from_u16(status).unwrap_or_default();
    Ok((status, axum::Json(report)).into_response())
}

/// One row of the file, as far as it can be read.
struct Row {
    line: u64,
    instrument: String,
    wanted: Result<Wanted, String>,
}

fn read(file: &[u8]) -> Result<Vec<Row>, Problem> {
    // Spreadsheets put a mark at the beginning.
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let header = reader.headers().map_err(|error| Problem::bad_request(format!("no CSV in UTF-8: {error}")))?.clone();
    if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(name)) {
        let known = COLUMNS.join(",");
        return Err(Problem::bad_request(format!("there is no column {unknown:?}; the header is {known}")));
    }
    if let Some(missing) = COLUMNS[..3].iter().find(|name| !header.iter().any(|column| column == **name)) {
        return Err(Problem::bad_request(format!("the column {missing} is missing")));
    }
    let mut lines = Vec::new();
    for record in reader.into_records() {
        if lines.len() == MAX_ROWS {
            return Err(Problem::bad_request(format!("more than {MAX_ROWS} rows")));
        }
        let line = match &record {
            Ok(record) => record.position().map_or(0, csv::Position::line),
            Err(error) => error.position().map_or(0, csv::Position::line),
        };
        let read = record.and_then(|record| record.deserialize::<Line>(Some(&header)));
        lines.push(match read {
            Ok(read) => Row { line, instrument: read.instrument.clone(), wanted: read.try_into() },
            Err(error) => Row { line, instrument: String::new(), wanted: Err(error.to_string()) },
        });
    }
    Ok(lines)
}

impl TryFrom<Line> for Wanted {
    type Error = String;

    fn try_from(line: Line) -> Result<Self, String> {
        let Line { instrument, client_id, dialect, prefix, channel, volts, power_factor } = line;
        let number = |name: &str, text: &str, usual: f32| match text {
            "" => Ok(usual),
            text => text.parse().map_err(|_| format!("{name} {text:?} is no number")),
        };
        let text = |text: String| as_it_was(&text).to_owned();
        let (client_id, prefix, channel) = (text(client_id), text(prefix), text(channel));
        let volts = number("volts", &volts, usual_volts())?;
        let power_factor = number("power_factor", &power_factor, usual_power_factor())?;
        Ok(Self { instrument, client_id, binding: SensorBinding { dialect, prefix, channel, volts, power_factor } })
    }
}

impl RowReport {
    fn of(line: u64, instrument: String, outcome: Option<Outcome>) -> Self {
        let (outcome, problems) = match outcome {
            Some(Outcome::Created(_)) => ("created", Vec::new()),
            Some(Outcome::Changed(_)) => ("changed", Vec::new()),
            Some(Outcome::Same(_)) => ("unchanged", Vec::new()),
            Some(Outcome::Wrong(wrong)) => ("wrong", wrong.iter().map(ToString::to_string).collect()),
            None => ("wrong", Vec::new()),
        };
        Self { line, instrument, outcome, problems }
    }
}

impl ImportReport {
    fn of(written: bool, rows: Vec<RowReport>) -> Self {
        let count = |outcome: &str| rows.iter().filter(|row| row.outcome == outcome).count();
        let (created, changed) = (count("created"), count("changed"));
        Self { written, created, changed, unchanged: count("unchanged"), wrong: count("wrong"), rows }
    }
}
