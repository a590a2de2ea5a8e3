use super::error::MeasureError;
use crate::mqtt::Secret;
use crate::target::{Api, Server, ServerOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The dayi server that is measured.
#[derive(Debug)]
pub struct Subject {
    /// Its API.
    pub api: Api,
    /// Where sensors connect.
    pub mqtt: SocketAddr,
    /// Its process, if that is known.
    pub pid: Option<u32>,
    own: Option<(Server, TempDir)>,
}

impl Subject {
    /// Starts a server on a new data folder.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(
        program: &Path,
        connections: usize,
        settings: &[(String, String)],
    ) -> Result<Self, MeasureError> {
        let data = tempfile::tempdir().map_err(MeasureError::Folder)?;
        let options = ServerOptions {
            program: PathBuf::from(program),
            data: data.path().to_owned(),
            admin_token: Secret::new("loadtest"),
            max_connections: connections,
            settings: settings.to_vec(),
        };
        let server = Server::start(&options).await?;
        let api = Api::new(server.http, options.admin_token);
        Ok(Self { api, mqtt: server.mqtt, pid: Some(server.pid()), own: Some((server, data)) })
    }

    /// A server that runs already; its process is looked at if `pid` names it.
    #[must_use]
    pub fn running(http: SocketAddr, mqtt: SocketAddr, admin_token: Secret, pid: Option<u32>) -> Self {
        Self { api: Api::new(http, admin_token), mqtt, pid, own: None }
    }

    /// Stops the server if it is ours.
    ///
    /// # Errors
    /// When it did not stop in order.
    pub async fn stop(self) -> Result<(), MeasureError> {
        match self.own {
            Some((server, _data)) => Ok(server.stop().await?),
            None => Ok(()),
        }
    }
}
