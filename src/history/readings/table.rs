//! The chunks' table: rows in the order of time, so that what is written together lies together.

use super::chunk::{self, CHUNK_MS, Point};
use super::minutes::DAY_MS;
use super::query::ReadingsError;
use crate::domain::InstrumentId;
use crate::journal::Position;
use rusqlite::{CachedStatement, Connection, OpenFlags, OptionalExtension, params};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

/// The file's name in the data folder.
pub const FILE: &str = "readings.db";
/// Bits of a key that number the instrument; the rest is the beginning of the chunk, or of the day, in seconds.
const NUMBER_BITS: u32 = 24;

const VERSION: i64 = 2;
/// Version 2 has the tables of minutes; what was kept before is put together when upkeep comes by.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS instrument_number (id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE) STRICT;
    CREATE TABLE IF NOT EXISTS reading_chunk (key INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS journal_reader (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS minute_day (key INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
    -- Days whose minutes are not put together yet; a mark counts the writes, so that none goes unseen.
    CREATE TABLE IF NOT EXISTS minute_due (key INTEGER PRIMARY KEY, mark INTEGER NOT NULL) STRICT;
    -- From when on readings are there as they were measured.
    CREATE TABLE IF NOT EXISTS raw_kept (id INTEGER PRIMARY KEY CHECK (id = 1), from_s INTEGER NOT NULL) STRICT;";
const MARK: &str = "INSERT INTO minute_due (key, mark) VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET mark = mark + 1";
const LIMITS: &str = "SELECT (SELECT min(key) FROM reading_chunk), (SELECT max(key) FROM reading_chunk)";

/// One instrument's points by the beginning of the chunk they belong to.
pub(super) type ByChunk = BTreeMap<i64, Vec<Point>>;

/// A connection to the readings' file.
pub(super) struct Table {
    pub(super) connection: Connection,
    numbers: HashMap<InstrumentId, i64>,
}

/// The beginning of the chunk that a time lies in.
pub(super) fn start_of(ts_ms: i64) -> i64 {
    ts_ms.div_euclid(CHUNK_MS).saturating_mul(CHUNK_MS)
}

/// The beginning of the day that a time lies in.
pub(super) fn day_of(ts_ms: i64) -> i64 {
    ts_ms.div_euclid(DAY_MS).saturating_mul(DAY_MS)
}

/// The key of what an instrument has from a time on.
pub(super) fn key(start_ms: i64, number: i64) -> i64 {
    (start_ms / 1000) << NUMBER_BITS | number
}

/// The time in a key.
pub(super) fn start_in(key: i64) -> i64 {
    (key >> NUMBER_BITS) * 1000
}

/// The instrument in a key.
pub(super) fn number_in(key: i64) -> i64 {
    key & ((1 << NUMBER_BITS) - 1)
}

impl Table {
    /// Opens the file in `folder` for writing, and makes it if it is not there.
    pub(super) fn open(folder: &Path) -> Result<Self, ReadingsError> {
        let path = folder.join(FILE);
        let opening = |source| ReadingsError::Open { path: path.clone(), source };
        let connection = Connection::open(&path).map_err(opening)?;
        // Pages large enough that a chunk seldom needs two; it counts only before the first table.
        connection.pragma_update(None, "page_size", 16_384).map_err(opening)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(opening)?;
        // The journal lets go of what is here: the disk must have it.
        connection.pragma_update(None, "synchronous", "FULL").map_err(opening)?;
        connection.busy_timeout(Duration::from_secs(10)).map_err(opening)?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(opening)?;
        if version > VERSION {
            return Err(ReadingsError::Newer { path });
        }
        let mut table = Self { connection, numbers: HashMap::new() };
        if version < VERSION {
            table.upgrade(version).map_err(opening)?;
        }
        Ok(table)
    }

    /// Makes the tables, and marks what a version without minutes has kept.
    fn upgrade(&mut self, version: i64) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        if version == 1 {
            let limits = transaction.query_row(LIMITS, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if let (Some(first), Some(last)) = limits {
                let mark = "INSERT INTO minute_due (key, mark) SELECT ? | number, 1 FROM instrument_number";
                for day_ms in (day_of(start_in(first))..=start_in(last)).step_by(DAY_MS as usize) {
                    transaction.execute(mark, [key(day_ms, 0)])?;
                }
            }
        }
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()
    }

    /// Opens the file in `folder` for reading; `None` when there is none yet.
    pub(super) fn open_to_read(folder: &Path) -> Result<Option<Self>, ReadingsError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let opening = |source| ReadingsError::Open { path: path.clone(), source };
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(opening)?;
        connection.pragma_update(None, "query_only", true).map_err(opening)?;
        connection.busy_timeout(Duration::from_secs(10)).map_err(opening)?;
        Ok(Some(Self { connection, numbers: HashMap::new() }))
    }

    /// The place in the journal before which everything is here.
    pub(super) fn position(&self) -> Result<Position, ReadingsError> {
        let position = self
            .connection
            .query_row("SELECT position FROM journal_reader", [], |row| row.get::<_, i64>(0))
            .optional()?;
        Ok(position.map_or(0, i64::cast_unsigned))
    }

    /// Adds points to the chunks they belong to, all or none; with them everything in the journal before `position` is
    /// here.
    pub(super) fn add(
        &mut self,
        gathered: &HashMap<(i64, InstrumentId), Vec<Point>>,
        position: Position,
    ) -> Result<(), ReadingsError> {
        let transaction = self.connection.transaction()?;
        let mut fresh_numbers = Vec::new();
        {
            let mut find_number = transaction.prepare_cached("SELECT number FROM instrument_number WHERE id = ?")?;
            let mut make_number = transaction.prepare_cached(
                "INSERT INTO instrument_number SELECT ?, coalesce(max(number), 0) + 1 FROM instrument_number RETURNING number",
            )?;
            let mut find = transaction.prepare_cached("SELECT data FROM reading_chunk WHERE key = ?")?;
            let mut put =
                transaction.prepare_cached("INSERT OR REPLACE INTO reading_chunk (key, data) VALUES (?, ?)")?;
            let mut mark = transaction.prepare_cached(MARK)?;
            let mut order: Vec<_> = gathered.iter().collect();
            order.sort_by_key(|((start_ms, _), _)| *start_ms);
            for ((start_ms, instrument), points) in order {
                let number = match self.numbers.get(instrument) {
                    Some(number) => *number,
                    None => {
                        let known = find_number.query_row([instrument.as_str()], |row| row.get(0)).optional()?;
                        let number = match known {
                            Some(number) => number,
                            None => make_number.query_row([instrument.as_str()], |row| row.get(0))?,
                        };
                        fresh_numbers.push((instrument.clone(), number));
                        number
                    }
                };
                let key_of_chunk = key(*start_ms, number);
                let mut all = stored(&mut find, key_of_chunk)?;
                all.extend_from_slice(points);
                chunk::tidy(&mut all);
                put.execute(params![key_of_chunk, chunk::pack(&all)?])?;
                mark.execute([key(day_of(*start_ms), number)])?;
            }
        }
        transaction
            .execute("INSERT OR REPLACE INTO journal_reader (id, position) VALUES (1, ?)", [position.cast_signed()])?;
        transaction.commit()?;
        self.numbers.extend(fresh_numbers);
        Ok(())
    }

    /// The number that stands for an instrument here; `None` where nothing was written of it yet.
    pub(super) fn number(&self, instrument: &InstrumentId) -> Result<Option<i64>, ReadingsError> {
        let mut find = self.connection.prepare_cached("SELECT number FROM instrument_number WHERE id = ?")?;
        Ok(find.query_row([instrument.as_str()], |row| row.get(0)).optional()?)
    }

    /// The points of an instrument in `[from_ms, to_ms)`, oldest first, with those that are not written yet.
    pub(super) fn range(
        &self,
        instrument: &InstrumentId,
        from_ms: i64,
        to_ms: i64,
        unwritten: &ByChunk,
    ) -> Result<Vec<Point>, ReadingsError> {
        let mut points = Vec::new();
        let number = self.number(instrument)?;
        self.each_chunk(number, from_ms, to_ms, unwritten, |chunk| points.extend(chunk))?;
        Ok(points)
    }

    /// Hands the points in `[from_ms, to_ms)` to `with`, chunk by chunk.
    pub(super) fn each_chunk(
        &self,
        number: Option<i64>,
        from_ms: i64,
        to_ms: i64,
        unwritten: &ByChunk,
        mut with: impl FnMut(Vec<Point>),
    ) -> Result<(), ReadingsError> {
        if from_ms >= to_ms {
            return Ok(());
        }
        let mut find = self.connection.prepare_cached("SELECT data FROM reading_chunk WHERE key = ?")?;
        let written = self.limits()?;
        let first = unwritten.keys().next().copied().into_iter().chain(written.map(|limits| limits.0)).min();
        let last = unwritten.keys().next_back().copied().into_iter().chain(written.map(|limits| limits.1)).max();
        let (Some(first), Some(last)) = (first, last) else { return Ok(()) };
        let (mut start_ms, end_ms) = (start_of(from_ms).max(first), to_ms.min(last + CHUNK_MS));
        while start_ms < end_ms {
            let mut points = match number {
                Some(number) => stored(&mut find, key(start_ms, number))?,
                None => Vec::new(),
            };
            if let Some(more) = unwritten.get(&start_ms) {
                points.extend(more);
                chunk::tidy(&mut points);
            }
            points.retain(|point| (from_ms..to_ms).contains(&point.ts_ms));
            if !points.is_empty() {
                with(points);
            }
            start_ms += CHUNK_MS;
        }
        Ok(())
    }

    /// The beginnings of the first and the last chunk of all.
    fn limits(&self) -> Result<Option<(i64, i64)>, ReadingsError> {
        let mut limits = self.connection.prepare_cached(LIMITS)?;
        let (first, last): (Option<i64>, Option<i64>) = limits.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(first.zip(last).map(|(first, last)| (start_in(first), start_in(last))))
    }
}

/// The points of a chunk; none where it is not there. One that cannot be read is lost already, and the rest is not.
pub(super) fn stored(find: &mut CachedStatement<'_>, key: i64) -> Result<Vec<Point>, ReadingsError> {
    let Some(packed) = find.query_row([key], |row| row.get::<_, Vec<u8>>(0)).optional()? else { return Ok(Vec::new()) };
    Ok(chunk::unpack(&packed).unwrap_or_else(|error| {
        tracing::error!(number = number_in(key), start_ms = start_in(key), %error, "a chunk of readings is damaged and left out");
        Vec::new()
    }))
}
