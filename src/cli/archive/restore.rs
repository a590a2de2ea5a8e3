use super::copying;
use super::manifest::{DUMP, Manifest};
use crate::cli::command::Outcome;
use crate::cli::source::Source;
use crate::platform::db::{self, Claimed};
use clap::Args;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The files are checked first. With PostgreSQL, the configuration has to name a database without tables, and `pg_restore` to be
/// installed. A server that starts on what was restored works through the journal as after a crash.
#[derive(Debug, Args)]
pub(in crate::cli) struct Restore {
    #[command(flatten)]
    source: Source,
    /// The backup's folder
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
}

impl Restore {
    pub(in crate::cli) async fn run(self) -> Outcome {
        let config = self.source.load()?;
        let data = &config.data_dir;
        let manifest = Manifest::read(&self.from)?;
        let dumped = manifest.files.iter().any(|entry| entry.path == DUMP);
        if dumped != config.database.url.is_some() {
            return Err(if dumped {
                "the backup holds a PostgreSQL database: name an empty one with [database] url"
            } else {
                "the backup holds an embedded database: restore it without [database] url"
            }
            .into());
        }
        let _claimed = Claimed::folder(data)?;
        for entry in fs::read_dir(data)? {
            if entry?.file_name() != db::LOCK {
                return Err(format!("{} is not empty: restore into a new folder", data.display()).into());
            }
        }
        db::ensure_empty(&config).await?;

        let unfinished = data.join(db::UNFINISHED);
        File::create_new(&unfinished)?.sync_all()?;
        sync_folder(data)?;
        for entry in manifest.files.iter().filter(|entry| entry.path != DUMP) {
            let to = data.join(&entry.path);
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            copying::file(&self.from.join(&entry.path), &to)
                .and_then(|()| sync_folder(to.parent().unwrap_or(data)))
                .map_err(|error| format!("{} could not be restored: {error}", to.display()))?;
        }
        if dumped {
            db::restore(&config, &self.from.join(DUMP)).await?;
        }
        fs::remove_file(unfinished)?;
        sync_folder(data)?;
        println!(
            "{}: {} files, {} MiB, as of dayi {}",
            data.display(),
            manifest.files.len(),
            manifest.bytes() >> 20,
            manifest.version
        );
        Ok(())
    }
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}
