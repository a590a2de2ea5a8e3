use super::command::Outcome;
use super::source::Source;
use crate::catalog::Store;
use crate::domain::InstrumentId;
use crate::export::{self, Format, Kind, Progress, Selection};
use crate::history::{Intervals, Readings};
use crate::platform::config::Config;
use crate::platform::db::Db;
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is told how far it is.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Beside a running server, or without one. A running server has what came in the last minute still in memory; its API
/// (POST /api/v1/exports) has that, too.
#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    source: Source,
    /// What: readings, minutes or states
    #[arg(value_parser = named::<Kind>)]
    kind: Kind,
    /// From when on: a day such as 2026-11-01, a time such as 2026-11-01T08:00:00+08:00, or UTC milliseconds
    #[arg(long, value_name = "TIME")]
    from: When,
    /// Up to when, exclusive; a day is meant with all of it
    #[arg(long, value_name = "TIME")]
    to: When,
    /// Of this instrument, may be given several times; of all if none is
    #[arg(long = "instrument", value_name = "ID")]
    instruments: Vec<InstrumentId>,
    /// The file; its name ends with .csv or .parquet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

/// A value by the name it has in the API.
fn named<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}

/// A time on the command line.
#[derive(Clone, Copy, Debug)]
enum When {
    At(i64),
    Day(Date),
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(ms) = text.parse() {
            return Ok(Self::At(ms));
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Self::At(at.as_millisecond()));
        }
        let like =
            "a day such as 2026-11-01, a time with its zone such as 2026-11-01T08:00:00+08:00, or UTC milliseconds";
        match text.parse() {
            Ok(day) if !text.contains('T') => Ok(Self::Day(day)),
            _ => Err(format!("a time is {like}")),
        }
    }
}

impl When {
    /// UTC milliseconds; of a day its beginning in the configured zone, or its end.
    fn ms(self, config: &Config, end: bool) -> Result<i64, jiff::Error> {
        let day = match self {
            Self::At(ms) => return Ok(ms),
            Self::Day(day) if end => day.tomorrow()?,
            Self::Day(day) => day,
        };
        let zone = Offset::from_seconds(config.zone_minutes.saturating_mul(60))?;
        Ok(zone.to_timestamp(day.at(0, 0, 0, 0))?.as_millisecond())
    }
}

impl Export {
    pub(super) async fn run(self) -> Outcome {
        let config = self.source.load()?;
        let format = match self.out.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => Format::Csv,
            Some("parquet") => Format::Parquet,
            _ => return Err(format!("{}: a file's name has to end with .csv or .parquet", self.out.display()).into()),
        };
        if self.out.exists() && !self.force {
            return Err(format!("{} is there already: name another, or add --force", self.out.display()).into());
        }
        let (from_ms, to_ms) = (self.from.ms(&config, false)?, self.to.ms(&config, true)?);
        if from_ms >= to_ms {
            return Err("--from has to be before --to".into());
        }
        let db = Db::join(&config).await?;
        let known = Store::load(db.clone()).await?;
        let instruments = if self.instruments.is_empty() {
            known.catalog().all().iter().map(|instrument| instrument.id.clone()).collect()
        } else {
            if let Some(unknown) = self.instruments.iter().find(|id| known.catalog().get(id).is_none()) {
                return Err(format!("there is no instrument {unknown}").into());
            }
            self.instruments
        };
        let source =
            export::Source { readings: Readings::new(&config.data_dir), intervals: Intervals::new(db.clone()) };
        let selection = Selection { kind: self.kind, format, instruments, from_ms, to_ms };
        let (progress, cancelled) = (Progress::default(), CancellationToken::new());
        let min_free_mb = config.journal.min_free_mb.into();
        // Under its name there is only ever a whole file.
        let begun = self.out.with_added_extension("part");
        let mut tell = tokio::time::interval(TELL_EVERY);
        let written = {
            let mut writing =
                std::pin::pin!(export::write(&source, &selection, &begun, min_free_mb, &progress, &cancelled));
            loop {
                tokio::select! {
                    written = &mut writing => break written,
                    _ = tell.tick() => progress_line(&progress),
                    _ = tokio::signal::ctrl_c() => cancelled.cancel(),
                }
            }
        };
        db.close().await;
        written?;
        std::fs::rename(&begun, &self.out)?;
        println!("{}: {} rows", self.out.display(), progress.rows.load(Ordering::Relaxed));
        Ok(())
    }
}

fn progress_line(progress: &Progress) {
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let (done, total) = (count(&progress.done), count(&progress.total));
    if total > 0 && done < total {
        eprintln!("{done} of {total} parts, {} rows", count(&progress.rows));
    }
}
