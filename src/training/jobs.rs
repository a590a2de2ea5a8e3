use super::entity::{training_job, training_log};
use super::model::Selection;
use crate::platform::db::Db;
use sea_orm::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a training job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits for the ones before it.
    Queued,
    /// It trains.
    Running,
    /// It is through, though single instruments may have failed.
    Done,
    /// It ended early; the log says why.
    Failed,
    /// A person ended it. What was trained by then stays.
    Cancelled,
    /// The server stopped while it trained. What was trained by then stays.
    Interrupted,
}

impl JobState {
    const ALL: [(Self, &str); 6] = [
        (Self::Queued, "queued"),
        (Self::Running, "running"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
        (Self::Interrupted, "interrupted"),
    ];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(state, _)| *state)
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// A training job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Names it: a ULID.
    pub id: String,
    /// What it trains.
    pub selection: Selection,
    /// Who asked for it.
    pub author: String,
    /// Where it stands.
    pub state: JobState,
    /// UTC milliseconds.
    pub created_ms: i64,
    /// UTC milliseconds; `None` before it began.
    pub started_ms: Option<i64>,
    /// UTC milliseconds; `None` before it ended.
    pub ended_ms: Option<i64>,
    /// Instruments it trains; 0 before it began.
    pub total: i64,
    /// Those it is through with.
    pub done: i64,
    /// Of these, models that serve now.
    pub promoted: i64,
    /// Models that did not beat the one that serves.
    pub kept_back: i64,
    /// Instruments without a new model.
    pub failed: i64,
}

/// Why a job was not kept or found.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// There is none of this id.
    #[error("there is no training job {0:?}")]
    Missing(String),
    /// It is over.
    #[error("the job is over already")]
    Over,
    /// The database did not do it.
    #[error("the database did not do it: {0}")]
    Db(#[from] DbErr),
}

/// Reads and writes jobs and their logs.
#[derive(Clone)]
pub struct Jobs {
    db: Db,
}

impl Jobs {
    /// Keeps jobs in `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The newest jobs, newest first.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn list(&self, most: u64) -> Result<Vec<Job>, DbErr> {
        let rows = training_job::Entity::find()
            .order_by_desc(training_job::Column::Id)
            .limit(most)
            .all(self.db.reader())
            .await?;
        rows.into_iter().map(job).collect()
    }

    /// One job.
    ///
    /// # Errors
    /// When there is none, or the database does not answer.
    pub async fn get(&self, id: &str) -> Result<Job, JobError> {
        let row = training_job::Entity::find_by_id(id.to_owned()).one(self.db.reader()).await?;
        Ok(job(row.ok_or_else(|| JobError::Missing(id.to_owned()))?)?)
    }

    /// The lines of a job's log after the first `skip`, with their times (UTC milliseconds), at most 1,000.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn log(&self, id: &str, skip: i64) -> Result<Vec<(i64, i64, String)>, DbErr> {
        let rows = training_log::Entity::find()
            .filter(training_log::Column::JobId.eq(id))
            .filter(training_log::Column::Number.gt(skip))
            .order_by_asc(training_log::Column::Number)
            .limit(1_000)
            .all(self.db.reader())
            .await?;
        Ok(rows.into_iter().map(|row| (row.number, row.at_ms, row.line)).collect())
    }

    /// The job that waits longest.
    pub(super) async fn next_queued(&self) -> Result<Option<Job>, DbErr> {
        let row = training_job::Entity::find()
            .filter(training_job::Column::State.eq(JobState::Queued.word()))
            .order_by_asc(training_job::Column::Id)
            .one(self.db.reader())
            .await?;
        row.map(job).transpose()
    }

    pub(super) async fn add(&self, job: &Job) -> Result<(), DbErr> {
        training_job::Entity::insert(row(job)?).exec_without_returning(self.db.writer()).await?;
        Ok(())
    }

    /// Takes a job that still waits to another state; whether it did.
    pub(super) async fn claim(&self, id: &str, state: JobState, at_ms: i64) -> Result<bool, DbErr> {
        let time = if state.is_over() { training_job::Column::EndedMs } else { training_job::Column::StartedMs };
        let taken = training_job::Entity::update_many()
            .col_expr(training_job::Column::State, Expr::value(state.word()))
            .col_expr(time, Expr::value(at_ms))
            .filter(training_job::Column::Id.eq(id))
            .filter(training_job::Column::State.eq(JobState::Queued.word()))
            .exec(self.db.writer())
            .await?;
        Ok(taken.rows_affected > 0)
    }

    /// Keeps a job as it stands, with the next lines of its log: the first has the number `first`, each its time (UTC
    /// milliseconds).
    pub(super) async fn record(&self, job: &Job, first: i64, lines: &[(i64, String)]) -> Result<(), DbErr> {
        let transaction = self.db.begin().await?;
        training_job::Entity::update(row(job)?).exec(&transaction).await?;
        let rows = lines.iter().zip(first..).map(|((at_ms, line), number)| training_log::ActiveModel {
            job_id: Set(job.id.clone()),
            number: Set(number),
            at_ms: Set(*at_ms),
            line: Set(line.clone()),
        });
        if !lines.is_empty() {
            training_log::Entity::insert_many(rows).exec_without_returning(&transaction).await?;
        }
        transaction.commit().await
    }

    /// Marks the jobs that ran when the server ended.
    pub(super) async fn interrupt_running(&self, at_ms: i64) -> Result<(), DbErr> {
        training_job::Entity::update_many()
            .col_expr(training_job::Column::State, Expr::value(JobState::Interrupted.word()))
            .col_expr(training_job::Column::EndedMs, Expr::value(at_ms))
            .filter(training_job::Column::State.eq(JobState::Running.word()))
            .exec(self.db.writer())
            .await?;
        Ok(())
    }
}

fn row(job: &Job) -> Result<training_job::ActiveModel, DbErr> {
    let selection = serde_json::to_string(&job.selection).map_err(|error| DbErr::Type(error.to_string()))?;
    Ok(training_job::ActiveModel {
        id: Set(job.id.clone()),
        selection: Set(selection),
        author: Set(job.author.clone()),
        state: Set(job.state.word().to_owned()),
        created_ms: Set(job.created_ms),
        started_ms: Set(job.started_ms),
        ended_ms: Set(job.ended_ms),
        total: Set(job.total),
        done: Set(job.done),
        promoted: Set(job.promoted),
        kept_back: Set(job.kept_back),
        failed: Set(job.failed),
    })
}

fn job(row: training_job::Model) -> Result<Job, DbErr> {
    let strange = || DbErr::Type(format!("a training job that cannot be: {}", row.id));
    Ok(Job {
        selection: serde_json::from_str(&row.selection).map_err(|_| strange())?,
        state: JobState::from_word(&row.state).ok_or_else(strange)?,
        id: row.id,
        author: row.author,
        created_ms: row.created_ms,
        started_ms: row.started_ms,
        ended_ms: row.ended_ms,
        total: row.total,
        done: row.done,
        promoted: row.promoted,
        kept_back: row.kept_back,
        failed: row.failed,
    })
}
