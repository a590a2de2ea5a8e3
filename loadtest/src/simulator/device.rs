//! Which sensors there are, handed over as JSON lines.

use crate::dialect::Dialect;
use crate::fleet::InstrumentSpec;
use crate::mqtt::Secret;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// A simulated sensor and the instrument it is clamped on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Names it to the server.
    pub client_id: String,
    /// Proves it.
    pub token: Secret,
    /// What it speaks.
    pub dialect: Dialect,
    /// The instrument, and how its current behaves.
    pub instrument: InstrumentSpec,
}

/// Why the devices could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DevicesError {
    /// The stream broke.
    #[error("device {line}: the input broke: {source}")]
    Input {
        /// Which line, from 1.
        line: usize,
        /// What happened.
        source: std::io::Error,
    },
    /// The stream ended too early.
    #[error("the input ended after {read} of {wanted} devices")]
    Ended {
        /// Lines read.
        read: usize,
        /// Lines wanted.
        wanted: usize,
    },
    /// A line is no device.
    #[error("device {line} cannot be read: {source}")]
    Json {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Reads exactly `count` devices, one JSON object a line, and leaves what follows in `input`.
///
/// # Errors
/// The first line that is missing or is no device.
pub async fn read_devices(input: &mut (impl AsyncBufRead + Unpin), count: usize) -> Result<Vec<Device>, DevicesError> {
    let mut devices = Vec::with_capacity(count.min(100_000));
    let mut text = String::new();
    for line in 1..=count {
        text.clear();
        match input.read_line(&mut text).await {
            Ok(0) => return Err(DevicesError::Ended { read: line - 1, wanted: count }),
            Ok(_) => devices.push(serde_json::from_str(&text).map_err(|source| DevicesError::Json { line, source })?),
            Err(source) => return Err(DevicesError::Input { line, source }),
        }
    }
    Ok(devices)
}
