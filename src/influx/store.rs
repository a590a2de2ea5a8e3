use super::delivery::SetAside;
use super::entity::{influx_set_aside, sink_cursor};
use super::sink::READINGS;
use super::unproven::Mark;
use crate::journal::Position;
use crate::platform::db::Db;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, QuerySelect};

/// The newest lines set aside that are kept.
const MOST_SET_ASIDE: u64 = 10_000;
/// Rows in one statement: databases bound the number of its values.
const ROWS: usize = 500;

/// How far each stream is, and what was set aside. Cheap to clone.
#[derive(Clone)]
pub struct SinkStore {
    db: Db,
}

/// A line set aside, as it is kept.
pub(super) type Kept = influx_set_aside::Model;

impl SinkStore {
    /// Keeps it in `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// How far a stream is; `None` before it was ever started.
    pub(super) async fn cursor(&self, stream: &str) -> Result<Option<Mark>, DbErr> {
        let row = sink_cursor::Entity::find_by_id(sink(stream)).one(self.db.reader()).await?;
        Ok(row.map(|row| Mark { at: row.at, at_ms: row.at_ms }))
    }

    /// The place in the journal from which readings will be asked for again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn position(&self) -> Result<Option<Position>, DbErr> {
        Ok(self.cursor(READINGS).await?.map(|mark| mark.at.cast_unsigned()))
    }

    /// Forgets how far a stream is.
    pub(super) async fn forget_cursor(&self, stream: &str) -> Result<(), DbErr> {
        sink_cursor::Entity::delete_by_id(sink(stream)).exec(self.db.writer()).await.map(drop)
    }

    /// Keeps how far a stream is.
    pub(super) async fn move_cursor(&self, stream: &str, mark: Mark) -> Result<(), DbErr> {
        let row = sink_cursor::ActiveModel { sink: Set(sink(stream)), at: Set(mark.at), at_ms: Set(mark.at_ms) };
        let replace = OnConflict::column(sink_cursor::Column::Sink)
            .update_columns([sink_cursor::Column::At, sink_cursor::Column::AtMs])
            .to_owned();
        sink_cursor::Entity::insert(row).on_conflict(replace).exec_without_returning(self.db.writer()).await?;
        Ok(())
    }

    /// Keeps lines that were refused, and forgets the oldest beyond the bound. One that is there already is there once.
    pub(super) async fn set_aside(&self, stream: &str, at_ms: i64, lines: &[SetAside]) -> Result<(), DbErr> {
        use influx_set_aside::{Column, Entity};
        let transaction = self.db.begin().await?;
        let mut ids = ulid::Generator::new();
        for some in lines.chunks(ROWS) {
            let same = some.iter().map(|set_aside| set_aside.line.as_str()).filter(|line| !line.is_empty());
            Entity::delete_many().filter(Column::Line.is_in(same)).exec(&transaction).await?;
            let rows = some.iter().map(|SetAside { reason, line }| influx_set_aside::ActiveModel {
                // It overflows never: a millisecond has room for 2^80.
                id: Set(ids.generate().unwrap_or_default().to_string()),
                at_ms: Set(at_ms),
                stream: Set(stream.to_owned()),
                reason: Set(reason.clone()),
                line: Set(line.clone()),
            });
            Entity::insert_many(rows).exec_without_returning(&transaction).await?;
        }
        let newest_first = Entity::find().select_only().column(Column::Id).order_by_desc(Column::Id);
        let first_too_many = newest_first.offset(MOST_SET_ASIDE).limit(1).into_tuple::<String>();
        if let Some(id) = first_too_many.one(&transaction).await? {
            Entity::delete_many().filter(Column::Id.lte(id)).exec(&transaction).await?;
        }
        transaction.commit().await
    }

    /// All lines of a stream that are set aside, oldest first.
    pub(super) async fn all_of(&self, stream: &str) -> Result<Vec<Kept>, DbErr> {
        use influx_set_aside::{Column, Entity};
        Entity::find().filter(Column::Stream.eq(stream)).order_by_asc(Column::Id).all(self.db.reader()).await
    }

    /// The lines set aside, newest first; those before `before` if it names one.
    pub(super) async fn list(&self, before: Option<&str>, limit: u64) -> Result<Vec<Kept>, DbErr> {
        use influx_set_aside::{Column, Entity};
        let mut query = Entity::find().order_by_desc(Column::Id).limit(limit);
        if let Some(before) = before {
            query = query.filter(Column::Id.lt(before));
        }
        query.all(self.db.reader()).await
    }

    /// How many there are.
    pub(super) async fn count(&self) -> Result<u64, DbErr> {
        influx_set_aside::Entity::find().count(self.db.reader()).await
    }

    /// Forgets these.
    pub(super) async fn forget(&self, rows: &[Kept]) -> Result<(), DbErr> {
        use influx_set_aside::{Column, Entity};
        for some in rows.chunks(ROWS) {
            let ids = some.iter().map(|row| row.id.as_str());
            Entity::delete_many().filter(Column::Id.is_in(ids)).exec(self.db.writer()).await?;
        }
        Ok(())
    }
}

/// A stream's name among all sinks.
fn sink(stream: &str) -> String {
    format!("influx.{stream}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::Config;

    fn refused(line: impl Into<String>, reason: &str) -> SetAside {
        SetAside { reason: reason.into(), line: line.into() }
    }

    #[tokio::test]
    async fn the_newest_lines_set_aside_are_kept_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&Config::of_folder(folder.path())).await.unwrap();
        let store = SinkStore::new(db.clone());
        let many: Vec<_> = (0..MOST_SET_ASIDE + 7).map(|n| refused(format!("line {n}"), "first")).collect();
        store.set_aside("states", 1, &many).await.unwrap();
        assert_eq!(store.count().await.unwrap(), MOST_SET_ASIDE);
        store.set_aside("readings", 2, &[refused("line 9", "again"), refused("", "some of many")]).await.unwrap();
        assert_eq!(store.count().await.unwrap(), MOST_SET_ASIDE);
        let newest = store.list(None, 3).await.unwrap();
        let lines: Vec<_> = newest.iter().map(|row| (row.line.as_str(), row.reason.as_str())).collect();
        assert_eq!(lines, [("", "some of many"), ("line 9", "again"), ("line 10006", "first")]);
        let next = store.list(Some(&newest[2].id), 1).await.unwrap();
        assert_eq!(next[0].line, "line 10005");
        store.forget(&newest).await.unwrap();
        assert_eq!(store.count().await.unwrap(), MOST_SET_ASIDE - 3);
        db.close().await;
    }

    #[tokio::test]
    async fn a_cursor_is_where_it_was_put() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&Config::of_folder(folder.path())).await.unwrap();
        let store = SinkStore::new(db.clone());
        assert_eq!(store.cursor("states").await.unwrap(), None);
        for at in [5, 9] {
            store.move_cursor("states", Mark { at, at_ms: at * 2 }).await.unwrap();
        }
        assert_eq!(store.cursor("states").await.unwrap(), Some(Mark { at: 9, at_ms: 18 }));
        assert_eq!(store.cursor("readings").await.unwrap(), None);
        db.close().await;
    }
}
