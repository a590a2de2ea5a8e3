use super::csv::CsvFile;
use super::model::{Format, Selection, Status};
use super::parquet::ParquetFile;
use super::source::{self, Source};
use crate::domain::Clock;
use crate::history::ReadingsError;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

/// Exports that are kept at a time, with those that wait.
const MOST: usize = 32;
/// How long a file is kept.
const KEPT_MS: i64 = 24 * 3_600_000;

/// Why an export was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The readings' file does not answer.
    #[error(transparent)]
    Readings(#[from] ReadingsError),
    /// The database does not answer.
    #[error("the database does not answer: {0}")]
    Db(#[from] sea_orm::DbErr),
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    File(#[from] io::Error),
    /// The same, of a Parquet file.
    #[error("the file cannot be written: {0}")]
    Parquet(#[from] ::parquet::errors::ParquetError),
    /// The disk is nearly full.
    #[error("the disk has less than {0} MiB left: ask for less, or make room")]
    Full(u64),
    /// Somebody did not want it any more.
    #[error("it was cancelled")]
    Cancelled,
}

/// How far an export is.
#[derive(Debug, Default)]
pub struct Progress {
    /// Parts there are.
    pub total: AtomicU64,
    /// Parts that are written.
    pub done: AtomicU64,
    /// Rows that are written.
    pub rows: AtomicU64,
}

enum Output {
    Csv(CsvFile),
    Parquet(ParquetFile),
}

/// Writes an export into `path`, tells `progress`, and leaves `min_free_mb` MiB of the disk free. What was begun and not ended is
/// removed.
///
/// # Errors
/// When the history does not answer, the file cannot be written, or `cancelled`.
pub async fn write(
    source: &Source,
    selection: &Selection,
    path: &Path,
    min_free_mb: u64,
    progress: &Progress,
    cancelled: &CancellationToken,
) -> Result<(), ExportError> {
    let written = write_parts(source, selection, path, min_free_mb, progress, cancelled).await;
    if written.is_err() {
        // The reason it was not written is what counts.
        let _ = fs::remove_file(path);
    }
    written
}

async fn write_parts(
    source: &Source,
    selection: &Selection,
    path: &Path,
    min_free_mb: u64,
    progress: &Progress,
    cancelled: &CancellationToken,
) -> Result<(), ExportError> {
    let file = File::create(path)?;
    let like = source::empty(selection.kind);
    let mut out = match selection.format {
        Format::Csv => Output::Csv(CsvFile::begin(file, &like)?),
        Format::Parquet => Output::Parquet(ParquetFile::begin(file, &like)?),
    };
    let parts = source::parts(selection);
    progress.total.store(parts.len() as u64, Ordering::Relaxed);
    for part in parts {
        if cancelled.is_cancelled() {
            return Err(ExportError::Cancelled);
        }
        let table = source.read(selection.kind, part).await?;
        let rows = table.rows() as u64;
        if rows > 0 {
            let space = rustix::fs::statvfs(path).map_err(io::Error::from)?;
            if space.f_bavail * space.f_frsize < min_free_mb << 20 {
                return Err(ExportError::Full(min_free_mb));
            }
        }
        // Compressing takes a while: the threads that serve must not wait for it.
        let work = move || {
            match &mut out {
                Output::Csv(csv) => csv.write(&table)?,
                Output::Parquet(parquet) => parquet.write(table)?,
            }
            Ok::<_, ExportError>(out)
        };
        out = tokio::task::spawn_blocking(work).await.map_err(io::Error::other)??;
        progress.rows.fetch_add(rows, Ordering::Relaxed);
        progress.done.fetch_add(1, Ordering::Relaxed);
    }
    let finish = move || match out {
        Output::Csv(csv) => csv.finish().map_err(ExportError::from),
        Output::Parquet(parquet) => parquet.finish().map_err(ExportError::from),
    };
    tokio::task::spawn_blocking(finish).await.map_err(io::Error::other)?
}

/// An export that was asked for.
pub(super) struct Job {
    pub(super) id: String,
    /// Who asked for it.
    pub(super) account: Arc<str>,
    pub(super) selection: Selection,
    pub(super) created_ms: i64,
    pub(super) progress: Progress,
    pub(super) path: PathBuf,
    cancelled: CancellationToken,
    status: Mutex<Status>,
}

impl Job {
    pub(super) fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, status: Status) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }
}

/// Takes exports. Cheap to clone.
#[derive(Clone)]
pub struct Exporter {
    folder: Arc<Path>,
    clock: Arc<dyn Clock>,
    /// By id, which is in the order of time.
    jobs: Arc<Mutex<BTreeMap<String, Arc<Job>>>>,
    queue: mpsc::Sender<Arc<Job>>,
}

/// Works exports off, one after the other, so that the history has time for others.
pub struct Worker(mpsc::Receiver<Arc<Job>>);

impl Exporter {
    /// Writes into the folder `exports` of `data`, which is emptied: nobody knows of what another server left.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(data: &Path, clock: Arc<dyn Clock>) -> io::Result<(Self, Worker)> {
        let folder = data.join("exports");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&folder)?,
        }
        let (queue, waiting) = mpsc::channel(MOST);
        Ok((Self { folder: folder.into(), clock, jobs: Arc::default(), queue }, Worker(waiting)))
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an export for an account; `None` when there are too many.
    pub(super) fn take(&self, selection: Selection, account: Arc<str>) -> Option<Arc<Job>> {
        let now_ms = self.clock.now_ms();
        self.remove(|job| {
            job.created_ms < now_ms - KEPT_MS && !matches!(job.status(), Status::Waiting | Status::Running)
        });
        let id = Ulid::new().to_string();
        let mut jobs = self.jobs();
        if jobs.len() >= MOST {
            return None;
        }
        let job = Arc::new(Job {
            path: self.folder.join(format!("{id}.{}", selection.format.extension())),
            id: id.clone(),
            account,
            selection,
            created_ms: now_ms,
            progress: Progress::default(),
            cancelled: CancellationToken::new(),
            status: Mutex::new(Status::Waiting),
        });
        // The queue has room for as many as there may be; it is closed only when the server stops.
        self.queue.try_send(job.clone()).ok()?;
        jobs.insert(id, job.clone());
        Some(job)
    }

    pub(super) fn all(&self) -> Vec<Arc<Job>> {
        self.jobs().values().rev().cloned().collect()
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Job>> {
        self.jobs().get(id).cloned()
    }

    /// Forgets those for which `which` holds, with their files; what is being written stops.
    pub(super) fn remove(&self, which: impl Fn(&Job) -> bool) -> usize {
        let mut jobs = self.jobs();
        let before = jobs.len();
        jobs.retain(|_, job| {
            let gone = which(job);
            if gone {
                job.cancelled.cancel();
                // Where there is none yet, the worker removes what it has begun.
                let _ = fs::remove_file(&job.path);
            }
            !gone
        });
        before - jobs.len()
    }
}

impl Worker {
    /// Works until `stop`.
    pub async fn run(mut self, source: Source, min_free_mb: u64, stop: CancellationToken) {
        loop {
            let job = tokio::select! {
                () = stop.cancelled() => return,
                job = self.0.recv() => job,
            };
            let Some(job) = job else { return };
            job.set(Status::Running);
            let ended = tokio::select! {
                () = stop.cancelled() => return,
                ended = write(&source, &job.selection, &job.path, min_free_mb, &job.progress, &job.cancelled) => ended,
            };
            job.set(match ended {
                Ok(()) => Status::Done,
                Err(error) => {
                    tracing::warn!(export = job.id, %error, "an export was not written");
                    Status::Failed { problem: error.to_string() }
                }
            });
        }
    }
}
