use crate::domain::InstrumentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Every reading.
    Readings,
    /// The lowest, mean and highest current of every minute.
    Minutes,
    /// The intervals of states that touch the span.
    States,
}

/// What it is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated values (RFC 4180), UTF-8.
    Csv,
    /// Apache Parquet, compressed with zstd.
    Parquet,
}

impl Kind {
    /// Its name in the API and in files' names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Readings => "readings",
            Self::Minutes => "minutes",
            Self::States => "states",
        }
    }
}

impl Format {
    /// The end of its files' names.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

/// What is to be exported.
#[derive(Clone, Debug)]
pub struct Selection {
    /// What of them.
    pub kind: Kind,
    /// As what.
    pub format: Format,
    /// Whose, in the order of the file.
    pub instruments: Vec<InstrumentId>,
    /// UTC milliseconds, inclusive.
    pub from_ms: i64,
    /// UTC milliseconds, exclusive.
    pub to_ms: i64,
}

/// How an export stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Status {
    /// Others are before it.
    Waiting,
    /// It is written.
    Running,
    /// The file is there.
    Done,
    /// It was not written.
    Failed {
        /// Why, and what to do.
        problem: String,
    },
}
