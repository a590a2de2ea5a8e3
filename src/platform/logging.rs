//! Logs: structured, to standard error, as text or JSON lines; and traces, if they are wanted.

use super::config::{LogConfig, LogFormat, TracesConfig};
use super::traces::{Traces, TracesError};
use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// What runs along with the logs.
#[must_use = "traces are sent until it is stopped"]
pub struct Logging(Option<Traces>);

impl Logging {
    /// Sends what is left of the traces; takes seconds when the collector does not answer.
    pub async fn stop(self) {
        if let Some(traces) = self.0 {
            // Waits for the exporter's thread.
            let _ = tokio::task::spawn_blocking(|| traces.stop()).await;
        }
    }
}

/// Starts logging as configured; the environment variable `DAYI_LOG` (filter syntax such as `info,dayi=debug`) wins
/// over the configured level. A second call in the same process changes nothing.
pub fn start(config: &LogConfig) {
    subscribe(config, None);
}

/// [`start`], and sends traces as configured. To be called in the runtime.
///
/// # Errors
/// When traces cannot be sent to where they should go.
pub fn start_with_traces(config: &LogConfig, traces: &TracesConfig) -> Result<Logging, TracesError> {
    let traces = Traces::start(traces)?;
    subscribe(config, traces.as_ref());
    Ok(Logging(traces))
}

fn subscribe(config: &LogConfig, traces: Option<&Traces>) {
    let filter = EnvFilter::try_from_env("DAYI_LOG").or_else(|_| EnvFilter::try_new(&config.level));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    let lines = match config.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // A log that says little must not make traces poor.
    let spans =
        traces.map(|traces| tracing_opentelemetry::layer().with_tracer(traces.tracer()).with_filter(LevelFilter::INFO));
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).try_init();
}
