use super::behaviour::Behaviour;
use super::command::Outcome;
use super::demo_accounts;
use super::province::settle;
use super::serve::Places;
use super::signals::StopSignals;
use crate::app::App;
use crate::catalog::NewToken;
use crate::platform::config::Config;
use crate::platform::{limits, logging};
use clap::Args;
use dayi_loadtest::fleet::Fleet;
use dayi_loadtest::simulator::Device;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};

/// How long the sensors have to say goodbye.
const GOODBYE: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(super) struct Demo {
    #[command(flatten)]
    places: Places,
    /// Instruments in the simulated province
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    instruments: u32,
    #[command(flatten)]
    behaviour: Behaviour,
}

impl Demo {
    pub(super) async fn run(self) -> Outcome {
        let mut config = Config::default();
        self.places.apply(&mut config);
        only_this_machine("http", config.http.listen)?;
        only_this_machine("mqtt", config.mqtt.listen)?;
        let wanted = u64::from(self.instruments);
        let room = limits::room_for_connections(wanted);
        if room < wanted {
            return Err(format!(
                "the hard limit of open files leaves room for {room} sensors, not {wanted}: raise it (ulimit -Hn) or \
                 start with --instruments {room}"
            )
            .into());
        }
        config.mqtt.max_connections = config.mqtt.max_connections.max(self.instruments as usize + 1_000);
        let admin = NewToken::generate().token;
        config.http.admin_token = Some(admin.clone());
        config.log.level = "warn".into();
        logging::start(&config.log);
        let data = config.data_dir.clone();

        let app = App::start(config).await?;
        println!("dayi demo: making a province of {} instruments …", self.instruments);
        let devices = settle(&app, Fleet::generate(self.behaviour.seed, self.instruments as usize)).await?;
        let mut stop = StopSignals::watch()?;
        let mut sensors = Sensors::start(app.mqtt, &devices, self.behaviour).await?;
        println!("  page          http://{}", app.http);
        println!("  sign in as    (each link opens once, within a day; start again for new ones)");
        for (login, role, link) in demo_accounts::accounts(&app).await? {
            println!("    {login:<12}{link}  {role}");
        }
        println!("  admin token   {admin}  (for this run)");
        println!("  API           http://{}/api/docs/", app.http);
        println!("  sensors       mqtt://{}", app.mqtt);
        println!("  data          {}  (remove it to start anew)", data.display());
        println!("Stop with Ctrl-C.");
        tokio::select! {
            () = stop.asked() => {}
            ended = sensors.child.wait() => {
                tracing::error!(status = ?ended, "the simulated sensors ended; the server goes on without them");
                stop.asked().await;
            }
        }
        println!("stopping …");
        sensors.stop().await;
        app.stop().await;
        Ok(())
    }
}

/// A demo lets in whoever reads its links, so it is for this machine alone.
fn only_this_machine(what: &str, address: SocketAddr) -> Result<(), String> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    Err(format!("--{what} {address}: the demo listens on this machine alone (127.0.0.1); use `dayi serve` for others"))
}

/// The simulated sensors, in a process of their own. They live as long as their standard input is open.
struct Sensors {
    child: Child,
    lifeline: ChildStdin,
}

impl Sensors {
    /// The tokens go through the pipe, so that no secret lies on the disk or in the process list.
    async fn start(
        mqtt: SocketAddr,
        devices: &[Device],
        behaviour: Behaviour,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["simulate", "--mqtt", &mqtt.to_string(), "--devices", &devices.len().to_string()])
            .args(behaviour.arguments())
            .stdin(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lifeline = child.stdin.take().ok_or("the sensors' process has no standard input")?;
        for device in devices {
            let mut line = serde_json::to_vec(device)?;
            line.push(b'\n');
            lifeline.write_all(&line).await?;
        }
        lifeline.flush().await?;
        Ok(Self { child, lifeline })
    }

    async fn stop(mut self) {
        drop(self.lifeline);
        if tokio::time::timeout(GOODBYE, self.child.wait()).await.is_err() {
            tracing::warn!("the simulated sensors did not stop in time and are ended");
        }
    }
}
