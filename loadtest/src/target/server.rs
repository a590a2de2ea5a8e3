//! A dayi server in a process of its own.

use super::error::TargetError;
use super::output;
use crate::mqtt::Secret;
use rustix::process::{Pid, Signal, kill_process};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::process::{Child, Command};

/// How a server is started.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The `dayi` program.
    pub program: PathBuf,
    /// Its data folder.
    pub data: PathBuf,
    /// The token that may write.
    pub admin_token: Secret,
    /// MQTT connections it is to take.
    pub max_connections: usize,
    /// More of its settings, as environment variables such as `DAYI__JOURNAL__SYNC`.
    pub settings: Vec<(String, String)>,
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pid: u32,
    /// Where the API and the live push listen.
    pub http: SocketAddr,
    /// Where sensors connect.
    pub mqtt: SocketAddr,
}

impl Server {
    /// Starts a server on free ports and returns when it accepts.
    ///
    /// Each start takes new ports: a client that kept asking a port from the system's own range while nobody listens
    /// could be connected to itself and hold it.
    ///
    /// # Errors
    /// When it does not start or ends before it listens.
    pub async fn start(options: &ServerOptions) -> Result<Self, TargetError> {
        let mut command = Command::new(&options.program);
        command
            .args(["serve", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--data"])
            .arg(&options.data)
            .env_remove("DAYI_CONFIG")
            .env("DAYI__HTTP__ADMIN_TOKEN", options.admin_token.expose())
            .env("DAYI__MQTT__MAX_CONNECTIONS", (options.max_connections + 100).to_string())
            .env("DAYI__LOG__LEVEL", "error")
            .envs(options.settings.iter().map(|(key, value)| (key, value)));
        let (child, mut lines) = output::start(&mut command)?;
        let (mut http, mut mqtt) = (None, None);
        let (http, mqtt) = loop {
            if let (Some(http), Some(mqtt)) = (http, mqtt) {
                break (http, mqtt);
            }
            let line = output::next_line(&mut lines, &options.program).await?;
            http = http.or_else(|| address_after(&line, "http://"));
            mqtt = mqtt.or_else(|| address_after(&line, "mqtt://"));
        };
        output::drain(lines);
        let pid = child.id().ok_or_else(|| TargetError::NotReady(options.program.clone()))?;
        Ok(Self { child, pid, http, mqtt })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// `kill -9`, and waits until it is gone.
    ///
    /// # Errors
    /// When the system does not do it.
    pub async fn kill(mut self) -> Result<(), TargetError> {
        self.child.kill().await.map_err(TargetError::system("the server could not be killed"))
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// When the system does not do it, or the server ended with an error.
    pub async fn stop(mut self) -> Result<(), TargetError> {
        let asking = TargetError::system("the server could not be asked to stop");
        let pid = Pid::from_raw(self.pid.cast_signed()).ok_or_else(|| std::io::Error::other("no process id"));
        match pid.and_then(|pid| kill_process(pid, Signal::TERM).map_err(Into::into)) {
            Ok(()) => {}
            Err(error) => return Err(asking(error)),
        }
        let status = self.child.wait().await.map_err(TargetError::system("the server's end was not seen"))?;
        if status.success() {
            return Ok(());
        }
        Err(TargetError::System {
            what: "the server did not stop in order",
            source: std::io::Error::other(status.to_string()),
        })
    }
}

fn address_after(line: &str, scheme: &str) -> Option<SocketAddr> {
    line.split_once(scheme).and_then(|(_, address)| address.trim().parse().ok())
}
