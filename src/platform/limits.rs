//! The process's limit of open files: each sensor's connection is one.

/// Open files the server needs besides connections: databases, sockets of pages, logs.
const RESERVE: u64 = 512;

/// Raises the limit of open files so that `connections` fit, and says how many fit if not all do.
#[must_use]
pub fn room_for_connections(connections: u64) -> u64 {
    let wanted = connections + RESERVE;
    match rlimit::increase_nofile_limit(wanted) {
        Ok(limit) if limit >= wanted => connections,
        Ok(limit) => limit.saturating_sub(RESERVE),
        Err(error) => {
            tracing::warn!(%error, "the limit of open files could not be read or raised");
            connections
        }
    }
}
