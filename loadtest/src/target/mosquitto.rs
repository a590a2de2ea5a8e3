//! Eclipse Mosquitto, set up so that nothing but its speed limits it.

use super::error::TargetError;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// Debian keeps it where only the administrator's PATH looks.
const PLACES: [&str; 2] = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running Mosquitto. Dropping it kills it.
#[derive(Debug)]
pub struct Mosquitto {
    _child: Child,
    _folder: TempDir,
    pid: u32,
    /// Where clients connect.
    pub address: SocketAddr,
}

impl Mosquitto {
    fn program() -> PathBuf {
        PLACES.iter().map(PathBuf::from).find(|place| place.is_file()).unwrap_or_else(|| "mosquitto".into())
    }

    /// What it says of itself, such as `mosquitto version 2.0.11`; `None` when it is not installed.
    pub async fn version() -> Option<String> {
        let help = Command::new(Self::program()).arg("-h").output().await.ok()?;
        String::from_utf8_lossy(&help.stdout).lines().next().map(str::to_owned)
    }

    /// Its configuration: nobody is refused, nothing is dropped for want of a place in a queue, nothing goes to the disk.
    #[must_use]
    pub fn configuration(address: SocketAddr) -> String {
        format!(
            "listener {} {}\nallow_anonymous true\npersistence false\nmax_queued_messages 0\nmax_queued_bytes 0\n\
             max_inflight_messages 1000\nset_tcp_nodelay true\nlog_type error\n",
            address.port(),
            address.ip()
        )
    }

    /// Starts it on a free port and returns when it accepts.
    ///
    /// # Errors
    /// When it is not installed or does not listen in time.
    pub async fn start() -> Result<Self, TargetError> {
        let setting_up = || TargetError::system("Mosquitto could not be set up");
        // It cannot choose a free port itself and say which.
        let free = TcpListener::bind("127.0.0.1:0").map_err(setting_up())?;
        let address = free.local_addr().map_err(setting_up())?;
        drop(free);
        let folder = tempfile::tempdir().map_err(setting_up())?;
        let file = folder.path().join("mosquitto.conf");
        std::fs::write(&file, Self::configuration(address)).map_err(setting_up())?;
        let program = Self::program();
        let mut child = Command::new(&program)
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| TargetError::Start { program: program.clone(), source })?;
        let pid = child.id().ok_or_else(|| TargetError::NotReady(program.clone()))?;
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(address).await.is_err() {
            let ended = child.try_wait().map_err(setting_up())?;
            if ended.is_some() || Instant::now() > until {
                return Err(TargetError::NotReady(program));
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { _child: child, _folder: folder, pid, address })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }
}
