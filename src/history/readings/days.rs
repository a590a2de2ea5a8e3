//! The minutes' table, and what is kept for how long: a day's readings become minutes once the day is over, and go when
//! they are old enough.

use super::chunk::CHUNK_MS;
use super::minutes::{self, DAY_MS, Minute};
use super::query::ReadingsError;
use super::table::{ByChunk, Table, day_of, key, number_in, start_in, stored};
use rusqlite::{OptionalExtension, TransactionBehavior, params};

/// One instrument's day whose minutes are to be put together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    key: i64,
    mark: i64,
}

impl Table {
    /// Days before that of `before_ms`, a midnight, whose minutes are to be put together, oldest first, all of one day, at
    /// most `most`.
    pub(super) fn due(&self, before_ms: i64, most: usize) -> Result<Vec<Due>, ReadingsError> {
        let mut find =
            self.connection.prepare_cached("SELECT key, mark FROM minute_due WHERE key < ? ORDER BY key LIMIT ?")?;
        let due = find.query_map(params![key(before_ms, 0), most as i64], |row| {
            Ok(Due { key: row.get(0)?, mark: row.get(1)? })
        })?;
        let mut due: Vec<Due> = due.collect::<Result<_, _>>()?;
        if let Some(first) = due.first().map(|due| start_in(due.key)) {
            due.retain(|due| start_in(due.key) == first);
        }
        Ok(due)
    }

    /// Puts the minutes of these days together, which are all of one day. What got readings meanwhile stays due.
    pub(super) fn put_together(&mut self, due: &[Due]) -> Result<(), ReadingsError> {
        let Some(day_ms) = due.first().map(|due| start_in(due.key)) else { return Ok(()) };
        let mut days: Vec<Vec<Minute>> = vec![Vec::new(); due.len()];
        {
            let mut find = self.connection.prepare_cached("SELECT data FROM reading_chunk WHERE key = ?")?;
            // Slot by slot: what was measured at the same time lies side by side.
            for start_ms in (day_ms..day_ms + DAY_MS).step_by(CHUNK_MS as usize) {
                for (due, day) in due.iter().zip(&mut days) {
                    day.extend(minutes::of(stored(&mut find, key(start_ms, number_in(due.key)))?));
                }
            }
        }
        let raw_is_gone = day_ms < self.raw_from()?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut done = transaction.prepare_cached("DELETE FROM minute_due WHERE key = ? AND mark = ?")?;
            let mut find = transaction.prepare_cached("SELECT data FROM minute_day WHERE key = ?")?;
            let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO minute_day (key, data) VALUES (?, ?)")?;
            let mut forget = transaction.prepare_cached("DELETE FROM reading_chunk WHERE key = ?")?;
            for (Due { key: of, mark }, mut day) in due.iter().zip(days) {
                if done.execute(params![of, mark])? == 0 {
                    continue;
                }
                if raw_is_gone {
                    // These came late, after the day's readings had gone: they join the minutes and go, too.
                    if let Some(packed) = find.query_row([of], |row| row.get::<_, Vec<u8>>(0)).optional()? {
                        day = minutes::merge(read(day_ms, *of, &packed), day);
                    }
                    for start_ms in (day_ms..day_ms + DAY_MS).step_by(CHUNK_MS as usize) {
                        forget.execute([key(start_ms, number_in(*of))])?;
                    }
                }
                if !day.is_empty() {
                    put.execute(params![of, minutes::pack(day_ms, &day)?])?;
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// The minutes of an instrument's day; `None` where they are not put together, or not of all its readings.
    pub(super) fn minutes(&self, number: i64, day_ms: i64) -> Result<Option<Vec<Minute>>, ReadingsError> {
        let of = key(day_ms, number);
        let complete =
            if day_ms < self.raw_from()? { "" } else { " AND NOT EXISTS (SELECT 1 FROM minute_due WHERE key = ?1)" };
        let mut find =
            self.connection.prepare_cached(&format!("SELECT data FROM minute_day WHERE key = ?1{complete}"))?;
        let packed = find.query_row([of], |row| row.get::<_, Vec<u8>>(0)).optional()?;
        Ok(packed.map(|packed| read(day_ms, of, &packed)))
    }

    /// The first and the last day of all that is kept, with what is not written yet.
    pub(super) fn days(&self, unwritten: &ByChunk) -> Result<Option<(i64, i64)>, ReadingsError> {
        let mut limits = self.connection.prepare_cached(
            "SELECT min(key), max(key) FROM (SELECT min(key) AS key FROM minute_day UNION ALL SELECT max(key) FROM minute_day
                UNION ALL SELECT min(key) FROM reading_chunk UNION ALL SELECT max(key) FROM reading_chunk)",
        )?;
        let (first, last): (Option<i64>, Option<i64>) = limits.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let first = unwritten.keys().next().copied().into_iter().chain(first.map(start_in)).min();
        let last = unwritten.keys().next_back().copied().into_iter().chain(last.map(start_in)).max();
        Ok(first.zip(last).map(|(first, last)| (day_of(first), day_of(last))))
    }

    /// From when on readings are here as they were measured, UTC milliseconds.
    pub(super) fn raw_from(&self) -> Result<i64, ReadingsError> {
        let mut find = self.connection.prepare_cached("SELECT from_s FROM raw_kept")?;
        Ok(find.query_row([], |row| row.get::<_, i64>(0)).optional()?.map_or(i64::MIN, |from_s| from_s * 1000))
    }

    /// Deletes up to `most` chunks of readings of days before `before_ms`, never one that is not in the minutes yet. Returns how many.
    pub(super) fn forget_readings(&mut self, before_ms: i64, most: usize) -> Result<usize, ReadingsError> {
        let waiting =
            self.connection.query_row("SELECT min(key) FROM minute_due", [], |row| row.get::<_, Option<i64>>(0))?;
        let before_ms = waiting.map_or(before_ms, |waiting| before_ms.min(start_in(waiting)));
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let raise = "INSERT INTO raw_kept (id, from_s) VALUES (1, ?)
            ON CONFLICT (id) DO UPDATE SET from_s = max(from_s, excluded.from_s)";
        transaction.execute(raise, [before_ms / 1000])?;
        let gone = delete_before(&transaction, "reading_chunk", before_ms, most)?;
        transaction.commit()?;
        Ok(gone)
    }

    /// Deletes up to `most` days of minutes before `before_ms`. Returns how many.
    pub(super) fn forget_minutes(&mut self, before_ms: i64, most: usize) -> Result<usize, ReadingsError> {
        Ok(delete_before(&self.connection, "minute_day", before_ms, most)?)
    }
}

fn delete_before(
    connection: &rusqlite::Connection,
    table: &str,
    before_ms: i64,
    most: usize,
) -> rusqlite::Result<usize> {
    let delete =
        format!("DELETE FROM {table} WHERE key IN (SELECT key FROM {table} WHERE key < ? ORDER BY key LIMIT ?)");
    connection.prepare_cached(&delete)?.execute(params![key(before_ms, 0), most as i64])
}

/// The minutes in a row. One that cannot be read is lost already, and the rest is not.
fn read(day_ms: i64, of: i64, packed: &[u8]) -> Vec<Minute> {
    minutes::unpack(day_ms, packed).unwrap_or_else(|error| {
        tracing::error!(number = number_in(of), day_ms, %error, "a day of minutes is damaged and left out");
        Vec::new()
    })
}
