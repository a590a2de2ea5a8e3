//! What can be wrong with a trace.

use std::io;
use std::path::PathBuf;

/// Why a trace could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file or folder cannot be read, or is not valid zstd.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file was read, but it is not a trace.
    #[error("{}: {problem}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        problem: ParseError,
    },
    /// The folder holds no `*.csv` or `*.csv.zst`.
    #[error("{}: no *.csv or *.csv.zst here", path.display())]
    NoTraces {
        /// Which folder.
        path: PathBuf,
    },
}

/// What is wrong in a trace's text. Lines count from 1, the header included.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The header lacks a column that is needed.
    #[error("line 1: the header must name the columns ts and current_a (and may name state); `{0}` does not")]
    Header(String),
    /// A line has fewer fields than needed.
    #[error("line {line}: the column {column} is missing")]
    Missing {
        /// Line number.
        line: usize,
        /// Name of the column.
        column: &'static str,
    },
    /// A field cannot be read.
    #[error("line {line}: {column} `{value}` is not {expected}")]
    Field {
        /// Line number.
        line: usize,
        /// Name of the column.
        column: &'static str,
        /// What stands there.
        value: String,
        /// What should stand there.
        expected: &'static str,
    },
}
