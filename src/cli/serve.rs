use super::account::print_link;
use super::command::Outcome;
use super::signals::StopSignals;
use crate::account::{AccountGrant, NewAccount};
use crate::app::App;
use crate::domain::{Clock, Role, SystemClock};
use crate::platform::config::Config;
use crate::platform::logging;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The configuration file; without one the built-in defaults hold
    #[arg(long, short, env = "DAYI_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    places: Places,
}

/// Where the server listens and keeps its data; wins over the configuration file.
#[derive(Debug, Args)]
pub(super) struct Places {
    /// Where the page and the API listen, such as 127.0.0.1:8080 (port 0: any free one)
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,
    /// Where sensors connect, such as 127.0.0.1:1883 (port 0: any free one)
    #[arg(long, value_name = "ADDRESS")]
    mqtt: Option<SocketAddr>,
    /// The folder that holds everything the server keeps
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

impl Places {
    /// Puts what was given over the configured.
    pub(super) fn apply(self, config: &mut Config) {
        let Self { http, mqtt, data } = self;
        config.http.listen = http.unwrap_or(config.http.listen);
        config.mqtt.listen = mqtt.unwrap_or(config.mqtt.listen);
        config.data_dir = data.unwrap_or_else(|| std::mem::take(&mut config.data_dir));
    }
}

impl Serve {
    pub(super) async fn run(self) -> Outcome {
        let mut config = Config::load(self.config.as_deref())?;
        self.places.apply(&mut config);
        let logging = logging::start_with_traces(&config.log, &config.traces)?;
        let page = config.http.public_url.clone();
        let nobody_else = config.http.admin_token.as_deref().is_none_or(str::is_empty);
        let app = App::start(config).await?;
        let mut stop = StopSignals::watch()?;
        println!(
            "dayi {}\n  page and API  http://{}\n  sensors       mqtt://{}",
            env!("CARGO_PKG_VERSION"),
            app.http,
            app.mqtt
        );
        if let Some(mqtts) = app.mqtts {
            println!("  with TLS      mqtts://{mqtts}");
        }
        if nobody_else && app.accounts.door().accounts().is_empty() {
            first_account(&app, page).await?;
        }
        let lost = tokio::select! {
            () = stop.asked() => false,
            () = app.lost() => true,
        };
        if !lost {
            app.stop().await;
        }
        logging.stop().await;
        if lost {
            return Err(
                "another dayi has taken the database: two would count one instrument's transitions twice, so this \
                one has ended. See which of them should run"
                    .into(),
            );
        }
        Ok(())
    }
}

/// The first start of a server: somebody has to be the first who signs in, and nobody knows a password yet.
async fn first_account(app: &App, page: Option<String>) -> Outcome {
    let new = NewAccount {
        login: "admin".into(),
        name: "管理员".into(),
        email: None,
        language: "zh".into(),
        grants: vec![AccountGrant { role: Role::Administrator, unit: "province".into() }],
    };
    let account = app.accounts.add(new, SystemClock.now_ms()).await?;
    println!(
        "nobody has an account yet: sign in as the first administrator (admin) with this link, once, within a day;"
    );
    println!("`dayi account link admin` prints another");
    print_link(&app.accounts, &account.id, &page.unwrap_or_else(|| format!("http://{}", app.http))).await
}
