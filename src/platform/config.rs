//! The configuration: `dayi.toml`, overridden by environment variables, over built-in defaults.

mod alerts;
mod database;
mod history;
mod influx;
mod live;
mod notify;
mod oidc;
mod spine;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

pub use alerts::AlertsConfig;
pub use database::DatabaseConfig;
pub use history::HistoryConfig;
pub use influx::InfluxConfig;
pub use live::LiveConfig;
pub use notify::{NotifyConfig, SmtpConfig, SmtpTls};
pub use oidc::OidcConfig;
pub use spine::{JournalConfig, SensorsConfig, StatesConfig, Sync};

/// Everything that can be set. The keys are explained in `config/dayi.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder that holds everything the server keeps.
    pub data_dir: PathBuf,
    /// The relational database.
    pub database: DatabaseConfig,
    /// The zone that days, weeks and months of measured hours are cut in, in minutes east of UTC.
    pub zone_minutes: i32,
    /// The page and the API.
    pub http: HttpConfig,
    /// A provider of sign-ins.
    pub oidc: OidcConfig,
    /// The sensors' entrance.
    pub mqtt: MqttConfig,
    /// The readings' way to the disk.
    pub journal: JournalConfig,
    /// How long what happened is kept.
    pub history: HistoryConfig,
    /// What is sent to InfluxDB.
    pub influx: InfluxConfig,
    /// How much of the live push one user may take.
    pub live: LiveConfig,
    /// How people and programs are told.
    pub notify: NotifyConfig,
    /// When a sensor counts as offline.
    pub states: StatesConfig,
    /// When a sensor has a problem.
    pub sensors: SensorsConfig,
    /// Alerts.
    pub alerts: AlertsConfig,
    /// How instruments' models learn.
    pub models: ModelsConfig,
    /// Threads.
    pub runtime: RuntimeConfig,
    /// Logs.
    pub log: LogConfig,
    /// Traces.
    pub traces: TracesConfig,
}

/// The page and the API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// A token that may do everything, beside the accounts; unset, there is none.
    pub admin_token: Option<String>,
    /// Where browsers reach the server, such as `https://dayi.example.cn`: for links in messages and the way back from a
    /// provider of sign-ins.
    pub public_url: Option<String>,
    /// The token that `/metrics` asks for; unset, everybody may read it.
    pub metrics_token: Option<String>,
    /// Proxies that are believed where a request came from (`X-Forwarded-For`).
    pub trusted_proxies: Vec<IpNet>,
}

/// The sensors' entrance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MqttConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The token of services, which listen to states and send commands; without one there are none.
    pub service_token: Option<String>,
    /// Connections at a time.
    pub max_connections: usize,
    /// The largest packet a client may send, in bytes.
    pub max_packet_bytes: usize,
    /// Seconds a new connection has for its CONNECT.
    pub connect_timeout_s: u32,
    /// Seconds a client with keep-alive 0 may be silent.
    pub idle_limit_s: u32,
    /// Publishes of one client that may be under way at a time.
    pub in_flight: usize,
    /// The zone of sensors that send a local time without one, in minutes east of UTC.
    pub sensor_zone_minutes: i32,
    /// The longest keep-alive, in seconds; v5 clients are told.
    pub max_keep_alive_s: u16,
    /// Seconds a session is kept for a client that is away, at most; 0 keeps none.
    pub max_session_expiry_s: u32,
    /// Sessions kept for clients that are away.
    pub max_sessions_kept: usize,
    /// Messages that wait for one subscriber.
    pub queue_messages: usize,
    /// The same in bytes.
    pub queue_bytes: usize,
    /// What waits for all subscribers together, in bytes.
    pub queues_bytes: usize,
    /// Topics whose retained message is kept.
    pub retained_messages: usize,
    /// The same in bytes.
    pub retained_bytes: usize,
    /// Connections one address may open in a second …
    pub connects_per_s: u32,
    /// … and at once after a rest.
    pub connects_burst: u32,
    /// Logins that may fail in a second and be told why, of all addresses together …
    pub failed_logins_per_s: u32,
    /// … and at once after a rest.
    pub failed_logins_burst: u32,
    /// Whether strangers may use topics outside `dayi/`; on a loopback address only.
    pub guests: bool,
    /// Filters refused to them.
    pub guests_refused_filters: Vec<String>,
    /// A second port that speaks TLS.
    pub tls: Option<TlsConfig>,
}

/// A port that speaks TLS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// Address and port; port 0 takes a free one, see `Front::tls_addr`.
    pub listen: SocketAddr,
    /// The certificate, with those between it and its root, in PEM.
    pub cert: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
    /// The authorities of clients' certificates, in PEM; with them a client has to show one.
    pub client_ca: Option<PathBuf>,
}

/// How instruments' models learn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelsConfig {
    /// Hours of readings after which an instrument's first calibration counts as settled. It serves from two hours on.
    pub calibration_hours: u32,
    /// Whether a job's model that passes the gate serves at once; otherwise a person promotes it.
    pub auto_promote: bool,
    /// The program that trains: another build of dayi, for example one that uses a GPU. This one if there is none.
    pub trainer: Option<PathBuf>,
}

impl ModelsConfig {
    /// The same in milliseconds of readings.
    #[must_use]
    pub fn calibration_ms(&self) -> i64 {
        i64::from(self.calibration_hours) * 3_600_000
    }
}

/// Threads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuntimeConfig {
    /// Threads that instruments' actors live on; 0 is one a core.
    pub arbiters: usize,
}

/// Traces: where the time of requests and jobs went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TracesConfig {
    /// The collector's address for OTLP over HTTP; without one nothing is sent.
    pub otlp: Option<String>,
    /// The share of requests that are traced, 0 to 1.
    pub share: f64,
}

impl Default for TracesConfig {
    fn default() -> Self {
        Self { otlp: None, share: 1.0 }
    }
}

/// Logs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Text or JSON lines.
    pub format: LogFormat,
    /// A filter such as `info` or `info,dayi=debug`.
    pub level: String,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: "data".into(),
            database: DatabaseConfig::default(),
            zone_minutes: 480,
            http: HttpConfig::default(),
            oidc: OidcConfig::default(),
            mqtt: MqttConfig::default(),
            journal: JournalConfig::default(),
            history: HistoryConfig::default(),
            influx: InfluxConfig::default(),
            live: LiveConfig::default(),
            notify: NotifyConfig::default(),
            states: StatesConfig::default(),
            sensors: SensorsConfig::default(),
            alerts: AlertsConfig::default(),
            models: ModelsConfig::default(),
            runtime: RuntimeConfig::default(),
            log: LogConfig::default(),
            traces: TracesConfig::default(),
        }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            admin_token: None,
            public_url: None,
            metrics_token: None,
            trusted_proxies: vec![
                Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8).into(),
                Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128).into(),
            ],
        }
    }
}

impl Default for MqttConfig {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 1883).into(),
            service_token: None,
            max_connections: 15_000,
            max_packet_bytes: 256 * 1024,
            connect_timeout_s: 10,
            idle_limit_s: 300,
            in_flight: 256,
            sensor_zone_minutes: 480,
            max_keep_alive_s: 60,
            max_session_expiry_s: 86_400,
            max_sessions_kept: 20_000,
            queue_messages: 10_000,
            queue_bytes: 8 << 20,
            queues_bytes: 256 << 20,
            retained_messages: 10_000,
            retained_bytes: 16 << 20,
            connects_per_s: 1_000,
            connects_burst: 10_000,
            failed_logins_per_s: 100,
            failed_logins_burst: 1_000,
            guests: false,
            guests_refused_filters: vec!["nosubscribe".into(), "test/nosubscribe".into()],
            tls: None,
        }
    }
}

impl Default for ModelsConfig {
    fn default() -> Self {
        Self { calibration_hours: 24, auto_promote: true, trainer: None }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info,sea_orm_migration=warn".into() }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file was named and is not there.
    #[error("there is no configuration file {0}: name another with --config, or leave it out to run on defaults")]
    Missing(PathBuf),
    /// A key or a value is wrong.
    #[error("the configuration is wrong: {0}. Every key is explained in config/dayi.toml")]
    Wrong(#[from] Box<figment::Error>),
}

impl Config {
    /// The defaults, with the data in `folder`.
    #[must_use]
    pub fn of_folder(folder: &Path) -> Self {
        Self { data_dir: folder.to_owned(), ..Self::default() }
    }

    /// Reads `file` if one is named, then environment variables such as `DAYI__HTTP__LISTEN`.
    ///
    /// # Errors
    /// When the named file does not exist, or a key is unknown, or a value does not fit; the message names the key.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError::Missing(file.to_owned()));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        figment
            .merge(Env::prefixed("DAYI__").split("__"))
            .extract()
            .map_err(|error| ConfigError::Wrong(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Config::load(Some(file.path()))
    }

    #[test]
    fn the_shipped_file_says_the_defaults() {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/dayi.toml");
        assert_eq!(Config::load(Some(&shipped)).unwrap(), Config::default());
        let text = std::fs::read_to_string(&shipped).unwrap();
        let uncommented: String =
            text.lines().map(|line| line.strip_prefix("#= ").unwrap_or(line)).collect::<Vec<_>>().join("\n");
        let full = load(&uncommented).unwrap();
        let http = HttpConfig { admin_token: None, public_url: None, metrics_token: None, ..full.http };
        let oidc = OidcConfig { issuer: None, client_secret: None, ..full.oidc };
        let mqtt = MqttConfig { service_token: None, tls: None, ..full.mqtt };
        let models = ModelsConfig { trainer: None, ..full.models };
        let database = DatabaseConfig { url: None };
        let influx = InfluxConfig { url: None, token: None, ..full.influx };
        let traces = TracesConfig { otlp: None, ..full.traces };
        let notify = NotifyConfig { smtp: None, dingtalk: None, wecom: None, feishu: None, ..full.notify };
        assert_eq!(Config { database, http, influx, mqtt, models, notify, oidc, traces, ..full }, Config::default());
    }

    #[test]
    fn a_wrong_key_or_value_is_named() {
        let wrong_key = load("[mqtt]\nlisten_on = \"127.0.0.1:1\"").unwrap_err().to_string();
        assert!(wrong_key.contains("listen_on") && wrong_key.contains("mqtt"), "{wrong_key}");
        let wrong_value = load("[mqtt]\nlisten = \"everywhere\"").unwrap_err().to_string();
        assert!(wrong_value.contains("listen"), "{wrong_value}");
        let missing = Config::load(Some(Path::new("no/such.toml"))).unwrap_err().to_string();
        assert!(missing.contains("no/such.toml"), "{missing}");
    }
}
