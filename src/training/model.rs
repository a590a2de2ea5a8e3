use crate::domain::InstrumentId;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// Which instruments a job trains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// Every instrument that has labels.
    All,
    /// Those whose labels are newer than their model, and those whose model drifted.
    Stale,
    /// These.
    Instruments(Vec<InstrumentId>),
}

/// A model that was trained.
#[derive(Clone, Debug, PartialEq)]
pub struct NewVersion {
    /// The model itself.
    pub artifact: Vec<u8>,
    /// What it was made from and what it can do.
    pub manifest: Value,
    /// How it stands to the model that served then.
    pub verdict: Value,
}

/// The same, kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Counts the instrument's versions from 1.
    pub version: i64,
    /// When its labels were read or it was imported, UTC milliseconds.
    pub at_ms: i64,
    /// What it was made from and what it can do.
    pub manifest: Value,
    /// How it stood to the model that served then.
    pub verdict: Value,
}

impl Version {
    /// How many problems the verdict names.
    pub(super) fn problems(&self) -> usize {
        self.verdict["problems"].as_array().map_or(0, Vec::len)
    }
}

/// An instrument's newest version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Newest {
    /// Counts the instrument's versions from 1.
    pub(super) version: i64,
    /// When its labels were read or it was imported, UTC milliseconds.
    pub(super) at_ms: i64,
    /// When the labels of the newest version that was trained here were read, UTC milliseconds.
    pub(super) labels_read_ms: Option<i64>,
}

/// A model began to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// Counts the instrument's promotions from 1; the newest serves.
    pub number: i64,
    /// Which version; `None` is the instrument's own calibration.
    pub version: Option<i64>,
    /// Who decided: a person, or `gate`.
    pub author: String,
    /// Why.
    pub reason: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
}

/// Why a model was not promoted.
#[derive(Debug, thiserror::Error)]
pub enum PromotionError {
    /// There is no such version.
    #[error("instrument {instrument} has no model of version {version}")]
    Missing {
        /// Whose.
        instrument: InstrumentId,
        /// Which.
        version: i64,
    },
    /// Another model began to serve since this one was judged.
    #[error("another model was promoted meanwhile")]
    Overtaken,
    /// It serves already.
    #[error("that model serves already")]
    Serves,
    /// The database did not do it.
    #[error("the database did not do it: {0}")]
    Db(#[from] DbErr),
}

/// What the training process tells, a line each, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum Told {
    /// How many instruments it will train.
    Started {
        /// Instruments.
        total: u64,
    },
    /// An instrument has a new version.
    Trained {
        /// Whose.
        instrument: InstrumentId,
        /// Which.
        version: i64,
        /// Whether it serves from now on.
        promoted: bool,
        /// Why, in words.
        why: String,
    },
    /// An instrument has none.
    Failed {
        /// Whose.
        instrument: InstrumentId,
        /// Why, in words.
        why: String,
    },
    /// Something worth a line in the log.
    Log {
        /// In words.
        line: String,
    },
}

impl fmt::Display for Told {
    /// A line for a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { total } => write!(f, "{total} instruments to train"),
            Self::Trained { instrument, version, promoted, why } => {
                let fate = if *promoted { "serves from now on" } else { "is kept back" };
                write!(f, "{instrument}: version {version} {fate}: {why}")
            }
            Self::Failed { instrument, why } => write!(f, "{instrument}: no model: {why}"),
            Self::Log { line } => f.write_str(line),
        }
    }
}
