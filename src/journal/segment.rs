//! The files of the journal: `<position of its first byte>.log`, each with a head that repeats the position.

use super::error::JournalError;
use super::frame::{self, Next, Position};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The journal's name in the data folder.
pub const FOLDER: &str = "journal";
/// Eight bytes that say what the file is, and the position of the file's first byte.
pub(super) const HEAD: u64 = 16;
const MAGIC: &[u8; 8] = b"DAYIJRN1";

/// The path of the segment that begins at `base`.
pub(super) fn path(folder: &Path, base: Position) -> PathBuf {
    folder.join(format!("{base:020}.log"))
}

pub(super) fn failed(path: &Path, source: io::Error) -> JournalError {
    JournalError::File { path: path.to_owned(), source }
}

/// The beginnings of all segments in the folder, in order.
pub(super) fn list(folder: &Path) -> Result<Vec<Position>, JournalError> {
    let mut bases = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            let base = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
            bases.push(base.ok_or(JournalError::Foreign { path })?);
        }
    }
    bases.sort_unstable();
    Ok(bases)
}

/// Makes the segment that begins at `base` and gives it open at its end.
pub(super) fn create(folder: &Path, base: Position, durable: bool) -> io::Result<File> {
    let path = path(folder, base);
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
    let written = file.write_all(MAGIC).and_then(|()| file.write_all(&base.to_le_bytes()));
    if let Err(error) = written {
        let _ = fs::remove_file(&path);
        return Err(error);
    }
    if durable {
        file.sync_all()?;
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

/// Opens the segment that begins at `base` for reading, its head checked.
pub(super) fn open(folder: &Path, base: Position) -> Result<File, JournalError> {
    let path = path(folder, base);
    let mut file = File::open(&path).map_err(|error| failed(&path, error))?;
    let mut head = [0; HEAD as usize];
    file.read_exact(&mut head).map_err(|error| failed(&path, error))?;
    let (magic, said) = head.split_at(8);
    if magic != MAGIC || said != base.to_le_bytes() {
        return Err(JournalError::Foreign { path });
    }
    Ok(file)
}

/// Opens the newest segment to append to it. What a crash left at its end that is no whole frame is cut off: it was
/// never acknowledged. Returns the file and its length.
pub(super) fn open_newest(folder: &Path, base: Position) -> Result<(File, u64), JournalError> {
    let path = path(folder, base);
    let failed = |error| failed(&path, error);
    let mut file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    if length < HEAD {
        // The crash came while it was made.
        drop(file);
        return create(folder, base, true).map(|file| (file, HEAD)).map_err(failed);
    }
    drop(open(folder, base)?);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
    let mut whole = HEAD as usize;
    while let Next::Frame(length, _) = frame::next(&bytes[whole..]) {
        whole += length;
    }
    let whole = whole as u64;
    if whole < length {
        tracing::warn!(path = %path.display(), cut = length - whole, "the journal ended in the middle of a write; the end is cut off");
        metrics::counter!("dayi_journal_torn_bytes_total").increment(length - whole);
        file.set_len(whole).and_then(|()| file.sync_all()).map_err(failed)?;
    }
    io::Seek::seek(&mut file, io::SeekFrom::Start(whole)).map_err(failed)?;
    Ok((file, whole))
}
