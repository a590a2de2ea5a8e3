//! Logs: structured, to standard error, as text or JSON lines.

use super::config::{LogConfig, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging as configured; the environment variable `DAYI_LOG` (filter syntax such as `info,dayi=debug`) wins
/// over the configured level. A second call in the same process changes nothing.
pub fn start(config: &LogConfig) {
    let filter = EnvFilter::try_from_env("DAYI_LOG").or_else(|_| EnvFilter::try_new(&config.level));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    let _ = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
