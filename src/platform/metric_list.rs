//! Every metric there is: `/metrics` explains itself with it, and `docs/metrics.md` is written from it.

/// What a metric does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, from 0 at the start of the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts of values below given bounds, with their sum.
    Histogram,
}

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it counts, what its labels can be, and what to do about it where there is something to do.
    pub help: &'static str,
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, labels, help }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, labels, help }
}

/// All of them, in the order of a reading's way.
pub const METRICS: &[Metric] = &[
    gauge("dayi_build_info", &["version"], "Always 1."),
    gauge(
        "dayi_instruments",
        &["state"],
        "Instruments in each state. `state`: `on`, `standby`, `off`, `offline`, `unknown`.",
    ),
    // Sensors.
    gauge("dayi_mqtt_connections", &[], "MQTT connections."),
    gauge("dayi_mqtt_sessions_kept", &[], "Sessions kept for MQTT clients that are away."),
    counter(
        "dayi_mqtt_refused_total",
        &["reason"],
        "Connections, topics and payloads refused. GET /api/v1/ingest/refusals shows the last of each client. `reason`: see docs/mqtt.md.",
    ),
    counter(
        "dayi_mqtt_dropped_total",
        &["why"],
        "Messages that MQTT subscribers did not get. `why`: `slow-subscriber`, `away`, `expired`, `too-large`, `retained-full`, `sessions-full`.",
    ),
    counter("dayi_mqtt_tls_reloads_total", &["result"], "Certificates read anew. `result`: `ok`, `failed`."),
    counter("dayi_readings_received_total", &[], "Readings in publishes that were understood."),
    // Journal.
    counter("dayi_journal_appended_bytes_total", &[], "Bytes appended to the journal."),
    gauge("dayi_journal_bytes", &[], "Bytes the journal holds."),
    gauge(
        "dayi_journal_lag_bytes",
        &["reader"],
        "Bytes a reader of the journal is behind. Should stay below [journal] max_lag_mb. `reader`: `actors`, `history`, `influx`.",
    ),
    counter("dayi_journal_waits_total", &["reader"], "Times sensors were slowed down for a reader that is behind."),
    gauge(
        "dayi_journal_refusing",
        &[],
        "1 while readings are not acknowledged: the disk is full or refuses. /healthz says why.",
    ),
    counter("dayi_journal_refused_groups_total", &[], "Groups of readings that were not acknowledged."),
    counter(
        "dayi_journal_dropped_bytes_total",
        &["reader"],
        "Bytes the journal gave up before an optional reader had them. Raise [journal] max_mb and max_age_h.",
    ),
    counter(
        "dayi_journal_torn_bytes_total",
        &[],
        "Bytes cut off at a start because a crash had left them half written.",
    ),
    counter(
        "dayi_journal_unreadable_bytes_total",
        &["reader"],
        "Bytes left out because the disk gave back something else. Check the disk.",
    ),
    gauge(
        "dayi_queue_waiting",
        &["queue"],
        "What waits in a queue between two parts. `queue`: `journal`, `records`, `live`, ….",
    ),
    // States.
    counter("dayi_readings_processed_total", &[], "Readings the actors have worked through."),
    counter(
        "dayi_readings_set_aside_total",
        &["why"],
        "Readings that moved no state: older than the newest, a time twice, or one over which an actor failed twice. `why`: `late`, `duplicate`, `poison`.",
    ),
    counter(
        "dayi_actor_restarts_total",
        &[],
        "Actors that failed and went back to their snapshot. The log has the reason; please report it.",
    ),
    counter("dayi_snapshot_failures_total", &[], "Snapshots that were not written."),
    counter("dayi_model_refusals_total", &[], "Promoted models that cannot serve."),
    // History.
    counter("dayi_records_kept_total", &[], "State changes and what else actors decide, kept in the database."),
    counter("dayi_recorder_failures_total", &[], "Batches the database refused; each is tried again until it is kept."),
    counter("dayi_readings_kept_total", &[], "Readings written to the history."),
    counter("dayi_readings_write_failures_total", &[], "Writes that the history refused; each is tried again."),
    counter("dayi_history_days_condensed_total", &[], "Days of an instrument whose minutes were put together."),
    counter("dayi_history_chunks_expired_total", &[], "Chunks of readings deleted because of [history] raw_days."),
    counter("dayi_history_minutes_expired_total", &[], "Days of minutes deleted because of [history] minute_days."),
    counter("dayi_history_intervals_expired_total", &[], "States deleted because of [history] interval_days."),
    counter("dayi_history_upkeep_failures_total", &[], "Times that old readings could not be looked through."),
    // Alerts.
    gauge(
        "dayi_alerts_open",
        &["kind", "severity"],
        "Open alerts. `kind`: `standby-idle`, `unused`, `off-hours-on`, `offline`, `model-drift`, `sensor-frozen`, `clock-skew`; `severity`: `notice`, `warning`, `serious`, `critical`.",
    ),
    counter(
        "dayi_alerts_steps_total",
        &["step"],
        "What happened to alerts. `step`: `raised`, `updated`, `acknowledged`, `silenced`, `unsilenced`, `cleared`.",
    ),
    gauge("dayi_alerts_lag_changes", &[], "State changes that were not judged yet. Should be 0."),
    counter(
        "dayi_alerts_failures_total",
        &[],
        "Times that alerts could not be read from the database or kept; it is tried again until it can.",
    ),
    // InfluxDB.
    counter(
        "dayi_influx_points_total",
        &["stream"],
        "Lines that InfluxDB took. `stream`: `states`, `readings`, `set-aside` (sent once more).",
    ),
    counter("dayi_influx_batches_total", &["stream"], "Requests whose lines it took."),
    counter(
        "dayi_influx_answers_total",
        &["stream", "class"],
        "Its answers; docs/influxdb.md says what follows from each. `class`: `done`, `partly`, `refused`, `too-large`, `misconfigured`, `busy`, `failed`, `away`.",
    ),
    counter("dayi_influx_retries_total", &["stream"], "Attempts after one that failed."),
    counter(
        "dayi_influx_set_aside_total",
        &["stream"],
        "Lines that it refused. GET /api/v1/influx/set-aside shows them with its reason.",
    ),
    counter(
        "dayi_influx_refilled_total",
        &[],
        "Readings sent from the history, because the journal did not have them any more.",
    ),
    counter("dayi_influx_holes_total", &[], "Such holes in the journal."),
    gauge("dayi_influx_lag_seconds", &["stream"], "The age of the oldest that waits."),
    gauge("dayi_influx_lag_changes", &[], "State changes that wait."),
    gauge("dayi_influx_lag_bytes", &[], "Bytes of the journal that wait."),
    // Notifications.
    gauge("dayi_notify_waiting", &[], "Notices that are to be sent."),
    gauge(
        "dayi_notify_dead",
        &[],
        "Notices that were given up. GET /api/v1/deliveries?state=dead shows them, POST …/replay sends them once more.",
    ),
    gauge(
        "dayi_notify_oldest_seconds",
        &[],
        "How late the notice is that is latest: since it was due or, if it is tried again, since its first attempt. /healthz says so after 15 minutes.",
    ),
    counter(
        "dayi_notify_attempts_total",
        &["channel", "outcome"],
        "Attempts to send a message; docs/notifications.md says what follows. `channel`: `webhook`, `email`, `dingtalk`, `wecom`, `feishu`, `websocket`. `outcome`: `delivered`, `later`, `refused`, `gone`.",
    ),
    // People.
    histogram("dayi_http_request_seconds", &["method", "route", "status"], "Requests and how long they took."),
    gauge("dayi_live_sessions", &[], "Open live connections."),
    counter(
        "dayi_live_behind_total",
        &["how"],
        "Live connections that read too slowly, and how they were brought up to date. `how`: `coalesced` (the latest state of each instrument), `snapshot`.",
    ),
    counter(
        "dayi_live_closed_total",
        &["why"],
        "Live connections that the server closed. `why`: `refused`, `ended` (a token or session that holds no longer), `too-many`, `stalled`, `stop`.",
    ),
];

/// `docs/metrics.md`.
#[must_use]
pub fn document() -> String {
    use std::fmt::Write;
    let mut text = String::from(
        "# Metrics\n\n`GET /metrics` answers these in Prometheus's text format. A counter begins at 0 with the process and is not there \
         before it has counted once. The usual `process_*` metrics (memory, CPU, open files, start time) are there, too.\n\n\
         This page is written from `src/platform/metric_list.rs`; a test holds it, the list and the code together.\n\n\
         | metric | kind | labels | what it says |\n|---|---|---|---|\n",
    );
    for Metric { name, kind, labels, help } in METRICS {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = labels.join(", ");
        // Writing into a String does not fail.
        let _ = writeln!(text, "| `{name}` | {kind} | {labels} | {help} |");
    }
    text
}
