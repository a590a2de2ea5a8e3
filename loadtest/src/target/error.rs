use std::path::PathBuf;

/// Why the server under test could not be started or asked.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A program did not start.
    #[error("{program} cannot be started: {source}")]
    Start {
        /// Which.
        program: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program ended, or closed its output, before it said where it listens.
    #[error("{0} ended before it was ready; what it said is above")]
    NotReady(PathBuf),
    /// A signal, a wait or a file.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// No answer.
    #[error("no answer from {url}: {source}")]
    NoAnswer {
        /// What was asked.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// An answer other than the one wanted.
    #[error("{url} answered {status}: {body}")]
    Answer {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What came with it.
        body: String,
    },
    /// A figure that the server should export is not there.
    #[error("the server's metrics do not have {0}")]
    NoMetric(&'static str),
}

impl TargetError {
    pub(super) fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}
