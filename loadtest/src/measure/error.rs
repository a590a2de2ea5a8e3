use crate::mqtt::MqttError;
use crate::target::TargetError;

/// Why a measurement did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The server could not be started or asked.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A client that the measurement needs was not let in.
    #[error("a client could not connect: {0}")]
    Mqtt(#[from] MqttError),
    /// Not all clients were connected in time.
    #[error("only {connected} of {wanted} clients were connected in time ({refused} are refused for good)")]
    NotConnected {
        /// Those that were.
        connected: u64,
        /// All.
        wanted: usize,
        /// Those that will never be.
        refused: u64,
    },
    /// The live push.
    #[error("the live push does not answer: {0}")]
    Live(Box<dyn std::error::Error + Send + Sync>),
    /// A temporary folder.
    #[error("no temporary folder: {0}")]
    Folder(std::io::Error),
    /// A histogram.
    #[error("no histogram: {0}")]
    Histogram(#[from] hdrhistogram::CreationError),
}
