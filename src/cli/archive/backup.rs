use super::copying;
use super::manifest::{DUMP, Manifest};
use crate::cli::command::{Failure, Outcome};
use crate::cli::source::Source;
use crate::domain::{Clock, SystemClock};
use crate::history::READINGS_FILE;
use crate::instrument::SNAPSHOTS_FILE;
use crate::journal::{FOLDER, Holding};
use crate::platform::config::Config;
use crate::platform::db;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Everything a server keeps goes into a folder from which `dayi restore` can bring it back: the databases, and the journal up
/// to its end. The server may run meanwhile, and is slowed down little. With PostgreSQL, `pg_dump` has to be installed.
#[derive(Debug, Args)]
pub(in crate::cli) struct Backup {
    #[command(flatten)]
    source: Source,
    /// Where the backup goes: a folder that is empty, or not there yet
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

impl Backup {
    pub(in crate::cli) async fn run(self) -> Outcome {
        let config = self.source.load()?;
        let (data, to) = (&config.data_dir, &self.to);
        let embedded = config.database.url.is_none();
        let needed = if embedded { db::FILE } else { READINGS_FILE };
        if !data.join(needed).is_file() {
            return Err(
                format!("there is no dayi data in {}: name the server's folder with --data", data.display()).into()
            );
        }
        fs::create_dir_all(to).map_err(|error| format!("{} cannot be made: {error}", to.display()))?;
        if fs::read_dir(to)?.next().is_some() {
            return Err(format!("{} is not empty: name another folder with --to", to.display()).into());
        }
        // The server comes first. One that cannot be asked to wait still copies.
        let _ = rustix::process::nice(10);
        let begun = Instant::now();

        let journal = Holding::start(data)?;
        let mut paths = Vec::new();
        for name in [SNAPSHOTS_FILE, READINGS_FILE] {
            if data.join(name).is_file() {
                paths.push(copy(&config, to, name).await?);
            }
        }
        if embedded {
            paths.push(copy(&config, to, db::FILE).await?);
        } else {
            db::dump(&config, &to.join(DUMP)).await?;
            paths.push(DUMP.into());
        }
        for segment in journal.copy(&to.join(FOLDER))? {
            let name = segment.file_name().unwrap_or_default().to_string_lossy();
            paths.push(format!("{FOLDER}/{name}"));
        }
        let manifest = Manifest::write(to, paths, SystemClock.now_ms())?;
        let (files, mib) = (manifest.files.len(), manifest.bytes() >> 20);
        println!("{}: {files} files, {mib} MiB, {:.1} s", to.display(), begun.elapsed().as_secs_f64());
        Ok(())
    }
}

/// Copies one of the embedded databases and returns its name.
async fn copy(config: &Config, to: &Path, name: &str) -> Result<String, Failure> {
    let (from, target) = (config.data_dir.join(name), to.join(name));
    tokio::task::spawn_blocking(move || copying::database(&from, &target))
        .await?
        .map_err(|error| format!("{name} could not be copied: {error}"))?;
    Ok(name.to_owned())
}
