use super::health::{Health, Vitals};
use crate::domain::Clock;
use crate::platform::metrics::{self, Figures};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What a person who runs the server looks at first. What is counted is counted since the start.
#[derive(Serialize, ToSchema)]
struct System {
    #[serde(flatten)]
    health: Health,
    /// UTC milliseconds.
    now: i64,
    /// When the process started, UTC milliseconds.
    started_at: i64,
    /// The database and its version.
    #[schema(example = "SQLite 3.50.2")]
    database: String,
    /// What it was built for.
    #[schema(example = "x86_64-linux")]
    target: String,
    sensors: Sensors,
    readings: Readings,
    journal: Journal,
    /// What waits between two parts; near 0 where the server keeps up.
    queues: Vec<Queue>,
    alerts: Alerts,
    notifications: Notifications,
    /// Open live connections.
    live_sessions: u64,
    disk: Disk,
    /// What the process holds in memory, bytes.
    memory_bytes: u64,
    /// CPU time of the process, seconds.
    cpu_seconds: f64,
}

#[derive(Serialize, ToSchema)]
struct Sensors {
    /// MQTT connections.
    connections: u64,
    /// Sessions kept for MQTT clients that are away.
    sessions_kept: u64,
    /// Connections, topics and payloads refused.
    refused: u64,
}

#[derive(Serialize, ToSchema)]
struct Readings {
    /// In publishes that were understood.
    received: u64,
    /// Worked through by the actors.
    processed: u64,
    /// Written to the history.
    kept: u64,
    /// Those that moved no state: late, double, or not to be worked through.
    set_aside: u64,
}

#[derive(Serialize, ToSchema)]
struct Journal {
    /// What it holds.
    bytes: u64,
    /// How far each reader is behind.
    lag: Vec<Lag>,
}

#[derive(Serialize, ToSchema)]
struct Lag {
    #[schema(example = "history")]
    reader: String,
    bytes: u64,
}

#[derive(Serialize, ToSchema)]
struct Queue {
    #[schema(example = "records")]
    queue: String,
    waiting: u64,
}

#[derive(Serialize, ToSchema)]
struct Alerts {
    open: u64,
    /// State changes that were not judged yet.
    lag_changes: u64,
}

#[derive(Serialize, ToSchema)]
struct Notifications {
    /// Those that are to be sent.
    waiting: u64,
    /// Those that were given up.
    dead: u64,
    /// How late the latest is, seconds.
    oldest_seconds: u64,
}

/// The file system with the data.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Disk {
    /// The folder.
    pub path: String,
    /// Bytes that are free; null where the system does not say.
    #[schema(required = true)]
    pub free_bytes: Option<u64>,
    /// Bytes in all; null where the system does not say.
    #[schema(required = true)]
    pub total_bytes: Option<u64>,
}

#[derive(Clone)]
struct ApiState {
    vitals: Arc<dyn Vitals>,
    clock: Arc<dyn Clock>,
}

pub(super) fn router(vitals: Arc<dyn Vitals>, clock: Arc<dyn Clock>) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(system)).with_state(ApiState { vitals, clock })
}

/// How the server does: its health, what it works through, and what waits.
#[utoipa::path(get, path = "/api/v1/system", operation_id = "get_system", tag = "operations",
    responses((status = 200, body = System)))]
async fn system(State(api): State<ApiState>) -> Json<System> {
    let health = api.vitals.health();
    let database = api.vitals.database().await;
    // Some figures are taken when they are asked for.
    api.vitals.metrics();
    let figures = metrics::figures();
    Json(System::of(&figures, health, database, api.vitals.disk(), api.clock.now_ms()))
}

impl System {
    fn of(figures: &Figures, health: Health, database: String, disk: Disk, now: i64) -> Self {
        let count = |name| whole(figures.sum(name));
        let by = |name, label| figures.by(name, label).into_iter().map(|(word, value)| (word, whole(value)));
        Self {
            now,
            started_at: (figures.sum("process_start_time_seconds") * 1e3) as i64,
            database,
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            sensors: Sensors {
                connections: count("dayi_mqtt_connections"),
                sessions_kept: count("dayi_mqtt_sessions_kept"),
                refused: count("dayi_mqtt_refused_total"),
            },
            readings: Readings {
                received: count("dayi_readings_received_total"),
                processed: count("dayi_readings_processed_total"),
                kept: count("dayi_readings_kept_total"),
                set_aside: count("dayi_readings_set_aside_total"),
            },
            journal: Journal {
                bytes: count("dayi_journal_bytes"),
                lag: by("dayi_journal_lag_bytes", "reader").map(|(reader, bytes)| Lag { reader, bytes }).collect(),
            },
            queues: by("dayi_queue_waiting", "queue").map(|(queue, waiting)| Queue { queue, waiting }).collect(),
            alerts: Alerts { open: count("dayi_alerts_open"), lag_changes: count("dayi_alerts_lag_changes") },
            notifications: Notifications {
                waiting: count("dayi_notify_waiting"),
                dead: count("dayi_notify_dead"),
                oldest_seconds: count("dayi_notify_oldest_seconds"),
            },
            live_sessions: count("dayi_live_sessions"),
            disk,
            memory_bytes: count("process_resident_memory_bytes"),
            cpu_seconds: figures.sum("process_cpu_seconds_total"),
            health,
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is counted is whole and not below 0")]
fn whole(value: f64) -> u64 {
    value as u64
}
