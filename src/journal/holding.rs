//! Segments held for a backup while the server goes on: an open file stays, whoever removes its name.

use super::error::JournalError;
use super::frame::Position;
use super::segment::{self, failed};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often it is looked for new segments. One lasts for a round of snapshots at least, which takes a minute.
const LOOK_EVERY: Duration = Duration::from_millis(500);

type Segments = BTreeMap<Position, File>;

/// All segments from a moment on, also those that are removed meanwhile.
pub struct Holding {
    folder: PathBuf,
    /// Those of the first look.
    first: Vec<Position>,
    stop: mpsc::Sender<()>,
    thread: JoinHandle<Result<Segments, JournalError>>,
}

impl Holding {
    /// Holds what is in the journal of the data folder, and what comes.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub fn start(data: &Path) -> Result<Self, JournalError> {
        let folder = data.join(segment::FOLDER);
        let mut held = Segments::new();
        look(&folder, &mut held)?;
        let first = held.keys().copied().collect();
        let (stop, stopped) = mpsc::channel();
        let looked = folder.clone();
        let looking = move || {
            while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                look(&looked, &mut held)?;
            }
            look(&looked, &mut held)?;
            Ok(held)
        };
        let thread = thread::Builder::new().name("dayi-hold".into()).spawn(looking);
        let thread = thread.map_err(|error| failed(&folder, error))?;
        Ok(Self { folder, first, stop, thread })
    }

    /// Copies everything up to the journal's present end into the folder `to`, which is made, and returns the copies. The last
    /// one may end in the middle of a frame, as after a crash.
    ///
    /// # Errors
    /// When a file cannot be read or written, or a segment came and went unseen.
    pub fn copy(self, to: &Path) -> Result<Vec<PathBuf>, JournalError> {
        drop(self.stop);
        let died = |_| failed(&self.folder, io::Error::other("the thread that held it died"));
        let held = self.thread.join().map_err(died)??;
        fs::create_dir_all(to).map_err(|error| failed(to, error))?;
        let mut copies = Vec::with_capacity(held.len());
        let mut end = None;
        for (base, file) in held {
            // What was not there at the beginning must follow on what was: else it is a hole of the backup.
            if end.is_some_and(|end| end != base) && !self.first.contains(&base) {
                return Err(JournalError::Missed { at: end.unwrap_or_default() });
            }
            let path = segment::path(to, base);
            let length = file.metadata().map_err(|error| failed(&path, error))?.len();
            let mut copy = File::create_new(&path).map_err(|error| failed(&path, error))?;
            io::copy(&mut file.take(length), &mut copy).map_err(|error| failed(&path, error))?;
            end = Some(base + length);
            copies.push(path);
        }
        Ok(copies)
    }
}

/// Opens what is not held yet.
fn look(folder: &Path, held: &mut Segments) -> Result<(), JournalError> {
    if !folder.is_dir() {
        return Ok(());
    }
    for base in segment::list(folder)? {
        if held.contains_key(&base) {
            continue;
        }
        let path = segment::path(folder, base);
        match File::open(&path) {
            Ok(file) => {
                held.insert(base, file);
            }
            // It went in between: everybody had read it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&path, error)),
        }
    }
    Ok(())
}
