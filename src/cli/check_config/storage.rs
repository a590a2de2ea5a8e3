use super::finding::Finding;
use crate::platform::config::Config;
use crate::platform::db::{Claimed, Db, DbError, FILE};
use futures::FutureExt;
use futures::future::BoxFuture;
use rustix::fs::{Access, access, statvfs};
use std::path::Path;

/// Whether another dayi runs on the data folder.
pub(super) fn in_use(config: &Config) -> bool {
    config.data_dir.is_dir() && matches!(Claimed::folder(&config.data_dir), Err(DbError::InUse { .. }))
}

/// The folder, or the one that is there and in which it would be made.
fn existing(folder: &Path) -> &Path {
    let there = folder.ancestors().find(|folder| folder.is_dir());
    there.unwrap_or(Path::new("."))
}

/// The data folder can be written and is free.
pub(super) fn folder(config: &Config) -> BoxFuture<'_, Finding> {
    let data = &config.data_dir;
    let found = if data.is_dir() {
        match Claimed::folder(data) {
            Ok(_) => Finding::ok(format!("{} can be written", data.display())),
            Err(DbError::InUse { .. }) => {
                Finding::warn(format!("{} is in use by a dayi that runs: a second one will not start", data.display()))
            }
            Err(error) => Finding::fail(error),
        }
    } else {
        let parent = existing(data);
        match access(parent, Access::WRITE_OK | Access::EXEC_OK) {
            Ok(()) => Finding::ok(format!("{} will be made", data.display())),
            Err(error) => Finding::fail(format!(
                "{} cannot be made in {}: {error}. Name another with data_dir or --data, or change the owner",
                data.display(),
                parent.display()
            )),
        }
    };
    std::future::ready(found).boxed()
}

/// The database can be reached, and its tables are those of this version.
pub(super) fn database(config: &Config) -> BoxFuture<'_, Finding> {
    async {
        if config.database.url.is_none() && !config.data_dir.join(FILE).is_file() {
            return Finding::ok("embedded; it will be made");
        }
        match Db::look(config).await {
            Ok(schema) if schema.pending.is_empty() => Finding::ok("it answers, and its tables are up to date"),
            Ok(schema) if schema.done.is_empty() => Finding::ok("it answers; the tables will be made"),
            Ok(schema) => Finding::warn(format!(
                "the next start changes its tables ({}): take a backup before it",
                schema.pending.join(", ")
            )),
            Err(error) => Finding::fail(error),
        }
    }
    .boxed()
}

/// There is room for what the journal may keep.
pub(super) fn disk(config: &Config) -> BoxFuture<'_, Finding> {
    let journal = config.journal;
    let found = match statvfs(existing(&config.data_dir)) {
        Ok(space) => {
            let free = space.f_bavail.saturating_mul(space.f_frsize) >> 20;
            let (least, most) = (u64::from(journal.min_free_mb), u64::from(journal.max_mb));
            if free <= least {
                Finding::fail(format!(
                    "{free} MiB are free, and {least} MiB are left alone ([journal] min_free_mb): no reading would be acknowledged. Make room"
                ))
            } else if free < least + most {
                Finding::warn(format!(
                    "{free} MiB are free; the journal may need {most} MiB ([journal] max_mb) when a database is away. Make room, or lower it"
                ))
            } else {
                Finding::ok(format!("{free} MiB are free"))
            }
        }
        Err(error) => Finding::warn(format!("free space cannot be told: {error}")),
    };
    std::future::ready(found).boxed()
}
