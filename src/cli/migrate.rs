use super::command::Outcome;
use super::source::Source;
use crate::platform::db::Db;
use clap::Args;

/// A server does the same when it starts. This is for whoever wants it done, or seen, before: by another user of the database, or
/// in a maintenance window. Take a backup first; there is no way back but that.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    source: Source,
    /// Change nothing; say what is to be done, and end with 1 if there is something
    #[arg(long)]
    check: bool,
}

impl Migrate {
    pub(super) async fn run(self) -> Outcome {
        let config = self.source.load()?;
        if !self.check {
            let before = Db::migrate(&config).await?;
            match before.pending.len() {
                0 => println!("the tables are up to date ({})", before.done.last().map_or("", String::as_str)),
                _ => println!("done: {}", before.pending.join(", ")),
            }
            return Ok(());
        }
        let schema = Db::look(&config).await?;
        if schema.pending.is_empty() {
            println!("the tables are up to date ({})", schema.done.last().map_or("", String::as_str));
            return Ok(());
        }
        Err(format!("pending: {}", schema.pending.join(", ")).into())
    }
}
