//! The chunks' table: rows in the order of time, so that what is written together lies together.

use super::chunk::{self, CHUNK_MS, Point};
use super::query::ReadingsError;
use crate::domain::InstrumentId;
use crate::journal::Position;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

/// The file's name in the data folder.
const FILE: &str = "readings.db";
/// Bits of a key that number the instrument; the rest is the chunk's beginning in seconds.
const NUMBER_BITS: u32 = 24;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS instrument_number (id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE) STRICT;
    CREATE TABLE IF NOT EXISTS reading_chunk (key INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS journal_reader (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL) STRICT;
    PRAGMA user_version = 1;";

/// A connection to the readings' file.
pub(super) struct Table {
    connection: Connection,
    numbers: HashMap<InstrumentId, i64>,
}

/// The beginning of the chunk that a time lies in.
pub(super) fn start_of(ts_ms: i64) -> i64 {
    ts_ms.div_euclid(CHUNK_MS) * CHUNK_MS
}

fn key(start_ms: i64, number: i64) -> i64 {
    (start_ms / 1000) << NUMBER_BITS | number
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
        if version > 1 {
            return Err(ReadingsError::Newer { path });
        }
        connection.execute_batch(TABLES).map_err(opening)?;
        Ok(Self { connection, numbers: HashMap::new() })
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
                let key = key(*start_ms, number);
                let mut all = match find.query_row([key], |row| row.get::<_, Vec<u8>>(0)).optional()? {
                    // A chunk that cannot be read is lost already; the new readings are not.
                    Some(packed) => chunk::unpack(&packed).unwrap_or_else(|error| {
                        tracing::error!(%instrument, start_ms, %error, "a damaged chunk of readings is replaced");
                        Vec::new()
                    }),
                    None => Vec::new(),
                };
                all.extend_from_slice(points);
                chunk::tidy(&mut all);
                put.execute(params![key, chunk::pack(&all)?])?;
            }
        }
        transaction
            .execute("INSERT OR REPLACE INTO journal_reader (id, position) VALUES (1, ?)", [position.cast_signed()])?;
        transaction.commit()?;
        self.numbers.extend(fresh_numbers);
        Ok(())
    }

    /// The points of an instrument in `[from_ms, to_ms)`, oldest first.
    pub(super) fn range(
        &self,
        instrument: &InstrumentId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Point>, ReadingsError> {
        let mut points = Vec::new();
        let mut number = self.connection.prepare_cached("SELECT number FROM instrument_number WHERE id = ?")?;
        let number = number.query_row([instrument.as_str()], |row| row.get::<_, i64>(0)).optional()?;
        let (Some(number), true) = (number, from_ms < to_ms) else { return Ok(points) };
        let mut find = self.connection.prepare_cached("SELECT data FROM reading_chunk WHERE key = ?")?;
        let (first, last) = self.limits()?;
        let (mut start_ms, end_ms) = (start_of(from_ms).max(first), to_ms.min(last + CHUNK_MS));
        while start_ms < end_ms {
            if let Some(packed) = find.query_row([key(start_ms, number)], |row| row.get::<_, Vec<u8>>(0)).optional()? {
                match chunk::unpack(&packed) {
                    Ok(chunk) => {
                        points.extend(chunk.into_iter().filter(|point| (from_ms..to_ms).contains(&point.ts_ms)))
                    }
                    Err(error) => {
                        tracing::error!(%instrument, start_ms, %error, "a damaged chunk of readings is left out")
                    }
                }
            }
            start_ms += CHUNK_MS;
        }
        Ok(points)
    }

    /// The beginnings of the first and the last chunk of all.
    fn limits(&self) -> Result<(i64, i64), ReadingsError> {
        let mut limits = self
            .connection
            .prepare_cached("SELECT (SELECT min(key) FROM reading_chunk), (SELECT max(key) FROM reading_chunk)")?;
        let (first, last): (Option<i64>, Option<i64>) = limits.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let start_ms = |key: Option<i64>| key.map_or(0, |key| (key >> NUMBER_BITS) * 1000);
        Ok((start_ms(first), start_ms(last)))
    }
}
