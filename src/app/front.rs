//! The front as it is configured.

use crate::ingest::FrontConfig;
use crate::platform::config::Config;
use crate::platform::limits;

/// The front's settings; no more connections than the system has room for.
pub(super) fn front_config(config: &Config) -> FrontConfig {
    let mqtt = &config.mqtt;
    let wanted = mqtt.max_connections as u64;
    let room = limits::room_for_connections(wanted);
    if room < wanted {
        tracing::warn!(
            room,
            wanted,
            "the hard limit of open files is too low for all connections: raise it (ulimit -Hn, LimitNOFILE)"
        );
    }
    FrontConfig {
        listen: mqtt.listen,
        max_connections: usize::try_from(room).unwrap_or(mqtt.max_connections),
        max_packet_bytes: mqtt.max_packet_bytes,
        connect_timeout_ms: u64::from(mqtt.connect_timeout_s) * 1000,
        idle_limit_ms: u64::from(mqtt.idle_limit_s) * 1000,
        in_flight: mqtt.in_flight,
        tls: mqtt.tls.clone(),
        connects_per_s: mqtt.connects_per_s,
        connects_burst: mqtt.connects_burst,
        failed_logins_per_s: mqtt.failed_logins_per_s,
        failed_logins_burst: mqtt.failed_logins_burst,
        max_keep_alive_s: mqtt.max_keep_alive_s,
        max_session_expiry_s: mqtt.max_session_expiry_s,
        max_sessions_kept: mqtt.max_sessions_kept,
        queue_messages: mqtt.queue_messages,
        queue_bytes: mqtt.queue_bytes,
        queues_bytes: mqtt.queues_bytes,
        retained_messages: mqtt.retained_messages,
        retained_bytes: mqtt.retained_bytes,
        guests: mqtt.guests,
        guests_refused_filters: mqtt.guests_refused_filters.clone(),
        sensor_zone_minutes: mqtt.sensor_zone_minutes,
        ..FrontConfig::default()
    }
}
