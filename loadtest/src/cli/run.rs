use super::command::Outcome;
use super::values::{mixed, part, seconds, setting, share};
use crate::load::{Plan, Stall, Wave};
use crate::measure::{Script, Subject, measure, section};
use crate::mqtt::{QoS, Secret};
use crate::report::{self, Document, Machine};
use crate::simulator::Dialect;
use crate::target::open_files_for;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A Tasmota plug tells whole seconds.
const TASMOTA_FASTEST: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct Run {
    /// Start this `dayi` program on a new data folder, and watch its CPU and memory
    #[arg(long, value_name = "PROGRAM", required_unless_present = "http", conflicts_with_all = ["http", "mqtt", "pid"])]
    server: Option<PathBuf>,
    /// A setting of the started server, such as DAYI__RUNTIME__ARBITERS=2; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// The API of a server that runs already
    #[arg(long, value_name = "ADDRESS", requires = "mqtt")]
    http: Option<SocketAddr>,
    /// Where that server's sensors connect
    #[arg(long, value_name = "ADDRESS", requires = "http")]
    mqtt: Option<SocketAddr>,
    /// That server's administrator token; it gets new instruments, named lt-000000 and on
    #[arg(long, env = "DAYI_ADMIN_TOKEN", hide_env_values = true, default_value = "")]
    token: String,
    /// That server's process, to watch its CPU and memory
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
    /// MQTT connections
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    connections: u32,
    /// Instruments that each connection reports for; more than one makes it a gateway
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    instruments: u32,
    /// Seconds from one reading of an instrument to the next
    #[arg(long, default_value = "1", value_parser = seconds)]
    interval: Duration,
    /// Quality of service of every reading: 0 or 1
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=1))]
    qos: u8,
    /// What the sensors speak and in which parts, such as dayi=9,tasmota=1
    #[arg(long, value_name = "DIALECT=PARTS", value_delimiter = ',', default_value = "dayi", value_parser = part)]
    dialects: Vec<(Dialect, usize)>,
    /// Seconds the load goes on once all are connected
    #[arg(long, default_value = "60", value_parser = seconds)]
    duration: Duration,
    /// Seconds over which the first connections are spread [default: a thousand a second]
    #[arg(long, value_parser = seconds)]
    ramp: Option<Duration>,
    /// Publishes of one connection that may wait for their acknowledgement
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    window: u16,
    /// Seconds an instrument is on, and then off; the model wants ten to believe it
    #[arg(long, default_value = "60", value_parser = seconds)]
    half_period: Duration,
    /// Stamp each reading so many milliseconds after the one before, from a month ago on, whatever the clock says
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(i64).range(1..=60_000))]
    clock_step: Option<i64>,
    /// So many seconds after all are connected, all drop their connections and come back at once
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    storm_at: Option<Duration>,
    /// Clients stop reading and writing every so many seconds, their connections left open
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    stall_every: Option<Duration>,
    /// How many seconds each stall lasts
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    stall_for: Duration,
    /// The share of clients that stall
    #[arg(long, default_value_t = 0.1, value_parser = share)]
    stall_share: f32,
    /// The same seed plays the same currents and phases
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder for loadtest.json and loadtest.html
    #[arg(long, value_name = "FOLDER", default_value = "target/loadtest")]
    out: PathBuf,
}

impl Run {
    pub(super) async fn run(self) -> Outcome {
        let plan = self.plan()?;
        open_files_for(plan.connections)?;
        let machine = Machine::now();
        let subject = match (&self.server, self.http, self.mqtt) {
            (Some(program), ..) => Subject::start(program, plan.connections, &self.settings).await?,
            (None, Some(http), Some(mqtt)) => Subject::running(http, mqtt, Secret::new(self.token.as_str()), self.pid),
            _ => return Err("name a server: --server, or --http and --mqtt".into()),
        };
        let script = Script { duration: self.duration, storm_at: self.storm_at };
        let outcome = measure("Load", &subject, &plan, script).await?;
        subject.stop().await?;
        let kept = outcome.verdict.as_ref().is_none_or(|verdict| verdict.kept);
        let section = section(&outcome);
        print!("{machine}{section}");
        let document =
            Document { title: "Load test".into(), intro: vec![machine.to_string()], sections: vec![section] };
        let results = serde_json::json!({"machine": machine, "outcome": outcome});
        let [json, page] = report::write(&self.out, "loadtest", &results, &document)?;
        println!("\n{}\n{}", json.display(), page.display());
        Ok(kept)
    }

    fn plan(&self) -> Result<Plan, String> {
        let dialects = mixed(&self.dialects);
        if dialects.contains(&Dialect::Tasmota) && self.interval < TASMOTA_FASTEST {
            return Err("a Tasmota plug tells whole seconds: its --interval is at least 1".into());
        }
        let plan = Plan::new(self.connections as usize);
        Ok(Plan {
            instruments_per_connection: self.instruments as usize,
            interval: self.interval,
            qos: if self.qos == 0 { QoS::AtMostOnce } else { QoS::AtLeastOnce },
            dialects,
            ramp: self.ramp.unwrap_or(plan.ramp),
            window: self.window,
            wave: Wave { seed: self.seed, half_period_ms: self.half_period.as_millis() as i64 },
            clock_step_ms: self.clock_step,
            stall: self.stall_every.map(|every| Stall { every, lasting: self.stall_for, share: self.stall_share }),
            seed: self.seed,
            ..plan
        })
    }
}
