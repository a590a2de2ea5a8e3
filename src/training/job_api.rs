use super::api::{self, ApiState};
use super::jobs::{Job, JobError, JobState};
use super::model::Selection;
use super::overview_api;
use crate::domain::{Caller, InstrumentId, Permission, Reach};
use crate::platform::author::author;
use crate::platform::problem::{Json, Path, Problem, Query};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The newest jobs that are listed.
const LISTED: u64 = 100;

/// What is to be trained: one of `instruments`, `all` and `stale`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewJob {
    /// Who says so, for the token of the configuration alone: a person is known by their account.
    author: Option<String>,
    /// These instruments.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    instruments: Vec<InstrumentId>,
    /// Every instrument that has labels.
    #[serde(default)]
    all: bool,
    /// Those whose labels are newer than their model, and those whose model drifted.
    #[serde(default)]
    stale: bool,
}

/// A training job.
#[derive(Serialize, ToSchema)]
struct JobView {
    id: String,
    author: String,
    /// What it trains: `all`, `stale`, or instruments.
    what: String,
    state: JobState,
    /// UTC milliseconds.
    created: i64,
    /// UTC milliseconds; null before it began.
    #[schema(required = true)]
    started: Option<i64>,
    /// UTC milliseconds; null before it ended.
    #[schema(required = true)]
    ended: Option<i64>,
    progress: Progress,
}

/// How far a job is.
#[derive(Serialize, ToSchema)]
struct Progress {
    /// Instruments to train; 0 before it began.
    total: i64,
    /// Those it is through with.
    done: i64,
    /// Of these, models that serve now.
    promoted: i64,
    /// Models that did not beat the one that serves; a person may promote them.
    kept_back: i64,
    /// Instruments without a new model; the log says why.
    failed: i64,
}

#[derive(Serialize, ToSchema)]
struct JobPage {
    /// Newest first, at most 100.
    items: Vec<JobView>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct After {
    /// Lines after the one of this number.
    #[serde(default)]
    after: i64,
    /// Wait so many seconds for a line, at most 60: for a page that follows the job.
    #[serde(default)]
    wait_s: u8,
}

#[derive(Serialize, ToSchema)]
struct LogPage {
    /// Where the job stands; once it is over no line will follow.
    state: JobState,
    /// Oldest first, at most 1,000.
    items: Vec<LogLine>,
}

#[derive(Serialize, ToSchema)]
struct LogLine {
    number: i64,
    /// UTC milliseconds.
    at: i64,
    line: String,
}

/// The routes of models and training jobs.
pub fn router(state: ApiState) -> OpenApiRouter {
    let jobs = OpenApiRouter::new().routes(routes!(list, submit)).routes(routes!(one, cancel)).routes(routes!(log));
    api::models().merge(overview_api::overview()).merge(jobs).with_state(state)
}

/// Training jobs.
#[utoipa::path(get, path = "/api/v1/training/jobs", operation_id = "list_training_jobs", tag = "training",
    responses((status = 200, body = JobPage), (status = 503, body = Problem)))]
async fn list(State(api): State<ApiState>, caller: Caller) -> Result<axum::Json<JobPage>, Problem> {
    let mut jobs = api.jobs.list(LISTED).await.map_err(|error| Problem::unavailable(&error))?;
    jobs.retain(|job| api.shows(&caller, &job.selection));
    Ok(axum::Json(JobPage { items: jobs.into_iter().map(JobView::from).collect() }))
}

/// Puts a training job behind those that wait.
#[utoipa::path(post, path = "/api/v1/training/jobs", operation_id = "start_training", tag = "training",
    request_body = NewJob,
    responses((status = 202, body = JobView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn submit(
    State(api): State<ApiState>,
    caller: Caller,
    Json(new): Json<NewJob>,
) -> Result<(StatusCode, axum::Json<JobView>), Problem> {
    let who = author(new.author.as_deref(), &caller)?;
    if (new.all || new.stale) && caller.reach(Permission::Train) != Reach::Everything {
        return Err(Problem::forbidden("all and stale are for administrators of the whole province: name instruments"));
    }
    let selection = match (new.all, new.stale, new.instruments) {
        (true, false, instruments) if instruments.is_empty() => Selection::All,
        (false, true, instruments) if instruments.is_empty() => Selection::Stale,
        (false, false, instruments) if (1..=10_000).contains(&instruments.len()) => {
            if let Some(unknown) = instruments.iter().find(|id| !api.sees(&caller, id)) {
                return Err(Problem::unprocessable(format!("there is no instrument {unknown}")));
            }
            let selection = Selection::Instruments(instruments);
            if !api.shows(&caller, &selection) {
                return Err(Problem::forbidden("some of these instruments are not yours to train"));
            }
            selection
        }
        _ => return Err(Problem::unprocessable("say one of: instruments (1 to 10000 ids), all, stale")),
    };
    let job = api.runner.submit(selection, &who).await.map_err(|error| Problem::unavailable(&error))?;
    Ok((StatusCode::ACCEPTED, axum::Json(job.into())))
}

/// One job and how far it is.
#[utoipa::path(get, path = "/api/v1/training/jobs/{job}", operation_id = "get_training_job", tag = "training",
    params(("job" = String, Path)),
    responses((status = 200, body = JobView), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn one(
    State(api): State<ApiState>,
    caller: Caller,
    Path(job): Path<String>,
) -> Result<axum::Json<JobView>, Problem> {
    Ok(axum::Json(api.job(&caller, &job).await?.into()))
}

/// Ends a job. What it trained by then stays.
#[utoipa::path(delete, path = "/api/v1/training/jobs/{job}", operation_id = "cancel_training", tag = "training",
    params(("job" = String, Path)),
    responses((status = 202, body = JobView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
async fn cancel(
    State(api): State<ApiState>,
    caller: Caller,
    Path(job): Path<String>,
) -> Result<(StatusCode, axum::Json<JobView>), Problem> {
    api.job(&caller, &job).await?;
    let job = api.runner.cancel(&job).await.map_err(problem)?;
    Ok((StatusCode::ACCEPTED, axum::Json(job.into())))
}

/// What a job did, a line each.
#[utoipa::path(get, path = "/api/v1/training/jobs/{job}/log", operation_id = "list_training_log", tag = "training",
    params(("job" = String, Path), After),
    responses((status = 200, body = LogPage), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn log(
    State(api): State<ApiState>,
    caller: Caller,
    Path(job): Path<String>,
    Query(After { after, wait_s }): Query<After>,
) -> Result<axum::Json<LogPage>, Problem> {
    let mut changes = api.runner.changes();
    let deadline = Instant::now() + Duration::from_secs(wait_s.min(60).into());
    loop {
        let state = api.job(&caller, &job).await?.state;
        let lines = api.jobs.log(&job, after).await.map_err(|error| Problem::unavailable(&error))?;
        if !lines.is_empty() || state.is_over() || timeout_at(deadline, changes.changed()).await.is_err() {
            let items = lines.into_iter().map(|(number, at, line)| LogLine { number, at, line }).collect();
            return Ok(axum::Json(LogPage { state, items }));
        }
    }
}

impl ApiState {
    /// Whether the caller trains what the job trains.
    fn shows(&self, caller: &Caller, selection: &Selection) -> bool {
        let reach = caller.reach(Permission::Train);
        match selection {
            Selection::All | Selection::Stale => reach == Reach::Everything,
            Selection::Instruments(ids) => {
                let held = |id| self.places.holds(&reach, id);
                reach == Reach::Everything || ids.iter().all(held)
            }
        }
    }

    fn sees(&self, caller: &Caller, instrument: &InstrumentId) -> bool {
        let place = self.places.place(instrument);
        place.is_some_and(|place| caller.may_at(Permission::View, &place.unit))
    }

    async fn job(&self, caller: &Caller, id: &str) -> Result<Job, Problem> {
        let job = self.jobs.get(id).await.map_err(problem)?;
        let shown = self.shows(caller, &job.selection);
        shown.then_some(job).ok_or_else(|| problem(JobError::Missing(id.to_owned())))
    }
}

fn problem(error: JobError) -> Problem {
    match error {
        JobError::Missing(_) => Problem::not_found(error.to_string()),
        JobError::Over => Problem::conflict(error.to_string()),
        JobError::Db(error) => Problem::unavailable(&error),
    }
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        let what = match &job.selection {
            Selection::All => "all".to_owned(),
            Selection::Stale => "stale".to_owned(),
            Selection::Instruments(ids) => {
                let shown: Vec<&str> = ids.iter().take(10).map(InstrumentId::as_str).collect();
                let more = ids.len().saturating_sub(shown.len());
                if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
            }
        };
        Self {
            id: job.id,
            author: job.author,
            what,
            state: job.state,
            created: job.created_ms,
            started: job.started_ms,
            ended: job.ended_ms,
            progress: Progress {
                total: job.total,
                done: job.done,
                promoted: job.promoted,
                kept_back: job.kept_back,
                failed: job.failed,
            },
        }
    }
}
