use super::finding::Finding;
use crate::platform::config::Config;
use crate::platform::limits;
use futures::FutureExt;
use futures::future::BoxFuture;

/// A token of fewer characters can be guessed.
const SHORT: usize = 20;

/// The administrator's token.
pub(super) fn admin(config: &Config) -> BoxFuture<'_, Finding> {
    let found = match config.http.admin_token.as_deref().filter(|token| !token.is_empty()) {
        None => Finding::warn("none is set, so every write through the API is refused: set DAYI__HTTP__ADMIN_TOKEN"),
        Some(token) => token_is(token, config.http.listen.ip().is_loopback()),
    };
    std::future::ready(found).boxed()
}

/// The token of services.
pub(super) fn service(config: &Config) -> BoxFuture<'_, Finding> {
    let found = match config.mqtt.service_token.as_deref().filter(|token| !token.is_empty()) {
        None => Finding::ok("none is set, so there are no services over MQTT"),
        Some(token) => token_is(token, config.mqtt.listen.ip().is_loopback()),
    };
    std::future::ready(found).boxed()
}

fn token_is(token: &str, loopback: bool) -> Finding {
    let says = if token.starts_with("choose-") {
        "it is the example of config/dayi.toml, which everybody knows: choose one (openssl rand -hex 24)"
    } else if token.len() < SHORT {
        "it is short enough to be guessed: choose a longer one (openssl rand -hex 24)"
    } else {
        return Finding::ok("it is set");
    };
    if loopback { Finding::warn(says) } else { Finding::fail(says) }
}

/// The process may have as many files open as there may be connections.
pub(super) fn files(config: &Config) -> BoxFuture<'_, Finding> {
    let wanted = config.mqtt.max_connections as u64;
    let room = limits::room_for_connections(wanted);
    let found = if room < wanted {
        Finding::warn(format!(
            "the hard limit leaves room for {room} of {wanted} connections ([mqtt] max_connections): raise it (ulimit -Hn, LimitNOFILE)"
        ))
    } else {
        Finding::ok(format!("there is room for {wanted} connections"))
    };
    std::future::ready(found).boxed()
}

/// The program that trains models.
pub(super) fn trainer(config: &Config) -> BoxFuture<'_, Finding> {
    let found = match &config.models.trainer {
        None => Finding::ok("dayi itself"),
        Some(path) => match rustix::fs::access(path, rustix::fs::Access::EXEC_OK) {
            Ok(()) => Finding::ok(path.display().to_string()),
            Err(error) => Finding::fail(format!("{} cannot be run: {error} ([models] trainer)", path.display())),
        },
    };
    std::future::ready(found).boxed()
}
