//! What the server counts, in Prometheus's words, for the whole process.

use super::metric_list::{Kind, METRICS};
use metrics::Unit;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use std::sync::OnceLock;

/// Upper bounds of the times that are counted, in seconds.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

static COUNTING: OnceLock<(PrometheusHandle, Collector)> = OnceLock::new();

/// Begins to count, in the process's first call.
pub fn start() {
    counting();
}

/// Everything that is counted, as Prometheus reads it.
#[must_use]
pub fn render() -> String {
    let (handle, process) = counting();
    process.collect();
    handle.render()
}

fn counting() -> &'static (PrometheusHandle, Collector) {
    COUNTING.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        // Refused only for a name without buckets, which there is none of.
        let builder = builder.set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS);
        let recorder = builder.unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("something else counts in this process: /metrics stays empty");
        }
        for metric in METRICS {
            match metric.kind {
                Kind::Counter => metrics::describe_counter!(metric.name, Unit::Count, metric.help),
                Kind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
                Kind::Histogram => metrics::describe_histogram!(metric.name, Unit::Seconds, metric.help),
            }
        }
        let process = Collector::default();
        process.describe();
        metrics::gauge!("dayi_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        (handle, process)
    })
}
