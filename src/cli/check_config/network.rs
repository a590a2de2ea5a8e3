use super::finding::Finding;
use super::storage;
use crate::domain::SystemClock;
use crate::influx;
use crate::ingest::check_tls;
use crate::platform::config::Config;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

/// The page and the API can listen.
pub(super) fn http(config: &Config) -> BoxFuture<'_, Finding> {
    let open = "other machines reach it without TLS: put a TLS proxy in front, and let nobody else through";
    std::future::ready(listen(config, config.http.listen, Some(open))).boxed()
}

/// Sensors can be listened to.
pub(super) fn mqtt(config: &Config) -> BoxFuture<'_, Finding> {
    let mqtt = &config.mqtt;
    if mqtt.guests && !mqtt.listen.ip().is_loopback() {
        let says = "[mqtt] guests lets everybody in: it is for loopback addresses only, so switch it off";
        return std::future::ready(Finding::fail(says)).boxed();
    }
    std::future::ready(listen(config, mqtt.listen, None)).boxed()
}

/// The port with TLS can listen, and its files fit together.
pub(super) fn mqtts(config: &Config) -> BoxFuture<'_, Finding> {
    let found = match &config.mqtt.tls {
        None => Finding::ok("none is configured"),
        Some(tls) => match check_tls(tls) {
            Ok(()) => listen(config, tls.listen, None),
            Err(error) => Finding::fail(error),
        },
    };
    std::future::ready(found).boxed()
}

/// InfluxDB takes what it would be sent.
pub(super) fn influx(config: &Config) -> BoxFuture<'_, Finding> {
    async move {
        let Some(_) = &config.influx.url else { return Finding::ok("none is configured") };
        match influx::check(&config.influx, Arc::new(SystemClock)).await {
            Ok(()) => Finding::ok("it answers"),
            // The server starts, and what is to be sent waits.
            Err(why) => Finding::warn(format!("{why}. Look at [influx] url, org, bucket and token, and at the server")),
        }
    }
    .boxed()
}

/// Tries an address; `open` is said when it is not for this machine alone.
fn listen(config: &Config, address: SocketAddr, open: Option<&str>) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) if address.ip().is_loopback() => Finding::ok(format!("{address}, for this machine alone")),
        Ok(_) => match open {
            Some(open) => Finding::warn(format!("{address}: {open}")),
            None => Finding::ok(address.to_string()),
        },
        Err(error) if error.kind() == ErrorKind::AddrInUse && storage::in_use(config) => {
            Finding::warn(format!("{address} is in use, as it seems by the dayi that runs"))
        }
        Err(error) => Finding::fail(format!("{address}: {error}. Name another, or stop who has it")),
    }
}
