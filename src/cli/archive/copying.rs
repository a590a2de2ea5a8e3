use super::progress::Progress;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

/// Pages copied between two looks at the clock.
const PAGES: i32 = 1_000;
/// Bytes read at a time.
const BUFFER: usize = 1 << 20;

/// Copies an SQLite database as it is at one moment, whoever writes it meanwhile.
pub(super) fn database(from: &Path, to: &Path) -> rusqlite::Result<()> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    source.busy_timeout(Duration::from_secs(10))?;
    // A transaction that is open all the time: without it the copy begins anew whenever somebody writes.
    source.execute_batch("BEGIN")?;
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    let page: u32 = source.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let mut target = Connection::open(to)?;
    // The copy counts when the manifest is there: until then nothing of it need survive.
    target.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
    let backup = Backup::new(&source, &mut target)?;
    let mut progress = None;
    let bytes = |pages: i32| u64::from(pages.unsigned_abs()) * u64::from(page);
    loop {
        let step = backup.step(PAGES)?;
        let so_far = backup.progress();
        let name = || from.file_name().unwrap_or_default().to_string_lossy();
        progress
            .get_or_insert_with(|| Progress::new(name(), bytes(so_far.pagecount)))
            .at(bytes(so_far.pagecount - so_far.remaining));
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Nobody else has the target, and readers of the source wait for nobody.
            _ => {
                return Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
                    None,
                ));
            }
        }
    }
}

/// Copies a file and has the copy on the disk.
pub(super) fn file(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut copy = File::create_new(to)?;
    io::copy(&mut source, &mut copy)?;
    copy.flush()?;
    copy.sync_all()
}

/// A file's SHA-256 in hexadecimal and its size.
pub(super) fn sum(path: &Path, name: &str) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut progress = Progress::new(format!("{name}, checksum"), file.metadata()?.len());
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex::encode(hash.finalize()), size));
        }
        hash.update(&buffer[..read]);
        size += read as u64;
        progress.at(size);
    }
}
