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

/// What is counted at this moment.
pub struct Figures(Vec<Figure>);

struct Figure {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

/// Reads what is counted.
#[must_use]
pub fn figures() -> Figures {
    Figures(render().lines().filter_map(figure).collect())
}

impl Figures {
    /// The sum of a metric over all its labels; 0 before it has counted.
    #[must_use]
    pub fn sum(&self, name: &str) -> f64 {
        self.0.iter().filter(|figure| figure.name == name).map(|figure| figure.value).sum()
    }

    /// A metric by each value of one label, in the order of these.
    #[must_use]
    pub fn by(&self, name: &str, label: &str) -> Vec<(String, f64)> {
        let word = |figure: &Figure| figure.labels.iter().find(|(key, _)| key == label).map(|(_, word)| word.clone());
        let named = self.0.iter().filter(|figure| figure.name == name);
        let mut all: Vec<_> = named.filter_map(|figure| Some((word(figure)?, figure.value))).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

/// A line of Prometheus's text format; label values of ours hold no quotes and no commas.
fn figure(line: &str) -> Option<Figure> {
    let (metric, value) = line.rsplit_once(' ').filter(|_| !line.starts_with('#'))?;
    let (name, labels) = metric.split_once('{').unwrap_or((metric, "}"));
    let labels = labels.strip_suffix('}')?.split(',').filter_map(|pair| {
        let (key, word) = pair.split_once('=')?;
        Some((key.to_owned(), word.trim_matches('"').to_owned()))
    });
    Some(Figure { name: name.to_owned(), labels: labels.collect(), value: value.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prometheus_reads_is_read_back() {
        let text = "# TYPE dayi_queue_waiting gauge\ndayi_queue_waiting{queue=\"records\"} 3\n\
            dayi_queue_waiting{queue=\"journal\"} 4\n\ndayi_readings_received_total 12\nbroken\n";
        let figures = Figures(text.lines().filter_map(figure).collect());
        assert_eq!(figures.sum("dayi_readings_received_total"), 12.0);
        assert_eq!(figures.sum("dayi_queue_waiting"), 7.0);
        assert_eq!(figures.sum("dayi_unheard_of"), 0.0);
        assert_eq!(figures.by("dayi_queue_waiting", "queue"), [("journal".into(), 4.0), ("records".into(), 3.0)]);
    }
}
