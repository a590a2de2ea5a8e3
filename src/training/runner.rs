use super::deploy::Deployment;
use super::jobs::{Job, JobError, JobState, Jobs};
use super::model::{Selection, Told};
use crate::domain::Clock;
use crate::platform::catch_up::CatchUp;
use sea_orm::DbErr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// How long to wait for a database that does not answer.
const REST: Duration = Duration::from_secs(10);

/// How long a line may wait for others before it is kept.
const MOMENT: Duration = Duration::from_millis(200);
/// How many lines may wait.
const MOST_WAITING: usize = 500;

/// The program that trains, and on whose data.
#[derive(Clone)]
pub struct Program {
    /// An executable that knows `train`, as dayi itself does.
    pub path: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// The address of its database, where that is not in the folder.
    pub database: Option<String>,
    /// Lets it see what was measured up to now.
    pub flush: CatchUp,
    /// Whether a model that passes the gate serves at once; a person decides otherwise.
    pub promote: bool,
}

/// Runs training jobs one after the other, each in a process of its own: training is the heaviest thing that happens on
/// a server, and must neither slow the actors' threads down nor take them along when it fails.
pub struct Runner {
    jobs: Jobs,
    clock: Arc<dyn Clock>,
    program: Program,
    deployment: Deployment,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    queued: Notify,
    /// Counts what happened to any job.
    changed: watch::Sender<u64>,
    running: Mutex<Option<(String, CancellationToken)>>,
}

/// Adds and ends jobs. Cheap to clone.
#[derive(Clone)]
pub struct RunnerHandle {
    jobs: Jobs,
    clock: Arc<dyn Clock>,
    shared: Arc<Shared>,
}

impl Runner {
    /// A runner and its handle. What a job promotes is deployed by `deployment` before the job says so.
    #[must_use]
    pub fn new(jobs: Jobs, clock: Arc<dyn Clock>, program: Program, deployment: Deployment) -> (Self, RunnerHandle) {
        let shared = Arc::new(Shared::default());
        let handle = RunnerHandle { jobs: jobs.clone(), clock: clock.clone(), shared: shared.clone() };
        (Self { jobs, clock, program, deployment, shared }, handle)
    }

    /// Runs what is queued until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        if let Err(error) = self.jobs.interrupt_running(self.clock.now_ms()).await {
            tracing::warn!(%error, "training jobs of an earlier run could not be marked");
        }
        while !stop.is_cancelled() {
            match self.jobs.next_queued().await {
                Ok(Some(job)) => self.train(job, &stop).await,
                Ok(None) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = self.shared.queued.notified() => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "training jobs could not be looked for; they wait");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(REST) => {}
                    }
                }
            }
        }
    }

    async fn train(&self, mut job: Job, stop: &CancellationToken) {
        let cancel = CancellationToken::new();
        *self.shared.running.lock().unwrap_or_else(PoisonError::into_inner) = Some((job.id.clone(), cancel.clone()));
        let now_ms = self.clock.now_ms();
        match self.jobs.claim(&job.id, JobState::Running, now_ms).await {
            Ok(true) => {
                (job.state, job.started_ms) = (JobState::Running, Some(now_ms));
                self.run_job(&mut job, &cancel, stop).await;
            }
            // Somebody cancelled it while it waited.
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, job = %job.id, "a training job could not be started; it waits");
                tokio::time::sleep(REST).await;
            }
        }
        *self.shared.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn run_job(&self, job: &mut Job, cancel: &CancellationToken, stop: &CancellationToken) {
        let mut log = Log::default();
        let (state, line) = tokio::select! {
            biased;
            () = cancel.cancelled() => (JobState::Cancelled, Some("cancelled".to_owned())),
            () = stop.cancelled() => {
                (JobState::Interrupted, Some("the server stopped; start the job again".to_owned()))
            }
            ended = self.supervise(job, &mut log) => match ended {
                Ok(()) => (JobState::Done, None),
                Err(why) => (JobState::Failed, Some(why)),
            },
        };
        (job.state, job.ended_ms) = (state, Some(self.clock.now_ms()));
        if let Some(line) = line {
            tracing::warn!(job = %job.id, line, "a training job ended early");
            log.waiting.push((self.clock.now_ms(), line));
        }
        self.keep(job, &mut log).await;
    }

    /// Starts the job's process, takes what it tells, and waits for its end. The process ends with this future.
    async fn supervise(&self, job: &mut Job, log: &mut Log) -> Result<(), String> {
        self.keep(job, log).await;
        self.program.flush.now().await;
        let mut child = self.spawn(&job.selection).map_err(|error| {
            format!("the training program {} could not be started: {error}", self.program.path.display())
        })?;
        let Some(stdout) = child.stdout.take() else { return Err("the training program has no output".into()) };
        let mut lines = BufReader::new(stdout).lines();
        let mut keep_at = None;
        loop {
            // What is told within a moment is kept together: thousands of instruments take minutes otherwise.
            match timeout_at(keep_at.unwrap_or_else(|| Instant::now() + REST), lines.next_line()).await {
                Ok(Ok(Some(line))) => {
                    self.take(job, log, &line).await;
                    keep_at.get_or_insert_with(|| Instant::now() + MOMENT);
                }
                Ok(Ok(None)) => break,
                Ok(Err(error)) => return Err(format!("the training program's output broke: {error}")),
                Err(_) if keep_at.take().is_some() => self.keep(job, log).await,
                Err(_) => {}
            }
            if log.waiting.len() >= MOST_WAITING {
                keep_at = None;
                self.keep(job, log).await;
            }
        }
        match child.wait().await {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("the training program ended with {status}")),
            Err(error) => Err(format!("the training program was lost: {error}")),
        }
    }

    fn spawn(&self, selection: &Selection) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program.path);
        command.args(["train", "--background", "--data"]).arg(&self.program.data);
        // Through the environment: everybody can read a command line.
        match &self.program.database {
            Some(url) => command.env("DAYI__DATABASE__URL", url),
            None => command.env_remove("DAYI__DATABASE__URL"),
        };
        if !self.program.promote {
            command.arg("--no-promote");
        }
        match selection {
            Selection::All => {
                command.arg("--all");
            }
            Selection::Stale => {
                command.arg("--stale");
            }
            Selection::Instruments(instruments) => {
                command.args(instruments.iter().map(|id| format!("--instrument={}", id.as_str())));
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()
    }

    /// Takes a line that the process told, and what follows from it.
    async fn take(&self, job: &mut Job, log: &mut Log, line: &str) {
        let told = serde_json::from_str(line).unwrap_or_else(|_| Told::Log { line: line.to_owned() });
        match &told {
            Told::Started { total } => job.total = (*total).try_into().unwrap_or(i64::MAX),
            Told::Trained { instrument, promoted: true, .. } => {
                job.done += 1;
                job.promoted += 1;
                self.deployment.look_at(instrument).await;
            }
            Told::Trained { .. } => {
                job.done += 1;
                job.kept_back += 1;
            }
            Told::Failed { .. } => {
                job.done += 1;
                job.failed += 1;
            }
            Told::Log { .. } => {}
        }
        log.waiting.push((self.clock.now_ms(), told.to_string()));
    }

    /// Keeps the job as it stands and the lines that wait.
    async fn keep(&self, job: &Job, log: &mut Log) {
        let first = log.kept + 1;
        log.kept += i64::try_from(log.waiting.len()).unwrap_or_default();
        let lines = std::mem::take(&mut log.waiting);
        if let Err(error) = self.jobs.record(job, first, &lines).await {
            tracing::warn!(%error, job = %job.id, ?lines, "a training job's progress was not kept");
        }
        self.shared.changed.send_modify(|count| *count += 1);
    }
}

/// The lines of a job's log: how many are kept, and those that wait, with their times (UTC milliseconds).
#[derive(Default)]
struct Log {
    kept: i64,
    waiting: Vec<(i64, String)>,
}

impl RunnerHandle {
    /// Puts a job behind those that wait.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn submit(&self, selection: Selection, author: &str) -> Result<Job, DbErr> {
        let job = Job {
            id: ulid::Ulid::new().to_string(),
            selection,
            author: author.to_owned(),
            state: JobState::Queued,
            created_ms: self.clock.now_ms(),
            started_ms: None,
            ended_ms: None,
            total: 0,
            done: 0,
            promoted: 0,
            kept_back: 0,
            failed: 0,
        };
        self.jobs.add(&job).await?;
        self.shared.queued.notify_one();
        Ok(job)
    }

    /// Ends a job: one that waits at once, one that runs within moments.
    ///
    /// # Errors
    /// When there is none, it is over, or the database does not do it.
    pub async fn cancel(&self, id: &str) -> Result<Job, JobError> {
        let job = self.jobs.get(id).await?;
        if self.jobs.claim(id, JobState::Cancelled, self.clock.now_ms()).await? {
            self.shared.changed.send_modify(|count| *count += 1);
            return self.jobs.get(id).await;
        }
        let running = self.shared.running.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match running {
            Some((running, cancel)) if running == id && !job.state.is_over() => cancel.cancel(),
            _ => return Err(JobError::Over),
        }
        Ok(job)
    }

    /// Changes whenever something happens to a job.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }
}
