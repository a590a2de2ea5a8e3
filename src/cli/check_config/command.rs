use super::finding::Finding;
use super::{access, network, settings, storage};
use crate::cli::command::Outcome;
use crate::cli::source::Source;
use crate::platform::config::Config;
use clap::Args;
use futures::future::BoxFuture;

/// Changes nothing, and may run beside a server. Ends with 1 when a server would not start, or not do what it is for.
#[derive(Debug, Args)]
pub(in crate::cli) struct CheckConfig {
    #[command(flatten)]
    source: Source,
    /// Leave out what asks other machines
    #[arg(long)]
    offline: bool,
}

/// One thing that is tried.
struct Check {
    what: &'static str,
    /// Whether it asks another machine.
    asks: fn(&Config) -> bool,
    run: for<'a> fn(&'a Config) -> BoxFuture<'a, Finding>,
}

impl Check {
    const fn here(what: &'static str, run: for<'a> fn(&'a Config) -> BoxFuture<'a, Finding>) -> Self {
        Self { what, asks: |_| false, run }
    }
}

/// Everything that is tried, in the order in which it is told. A part that is added to dayi adds its own here.
const CHECKS: &[Check] = &[
    Check::here("data folder", storage::folder),
    Check { what: "database", asks: |config| config.database.url.is_some(), run: storage::database },
    Check::here("disk", storage::disk),
    Check::here("open files", access::files),
    Check::here("page and API", network::http),
    Check::here("sensors", network::mqtt),
    Check::here("sensors, TLS", network::mqtts),
    Check { what: "InfluxDB", asks: |config| config.influx.url.is_some(), run: network::influx },
    Check::here("admin token", access::admin),
    Check::here("service token", access::service),
    Check::here("trainer", access::trainer),
];

impl CheckConfig {
    pub(in crate::cli) async fn run(self) -> Outcome {
        let config = self.source.load()?;
        let set = settings::different(&config)?;
        println!("Settings that are not the default{}", if set.is_empty() { ": none" } else { "" });
        for line in set {
            println!("  {line}");
        }
        println!("Checks");
        let mut failed = 0;
        for check in CHECKS {
            if self.offline && (check.asks)(&config) {
                println!("  {:<14}  -     left out (--offline)", check.what);
                continue;
            }
            let found = (check.run)(&config).await;
            failed += usize::from(matches!(found, Finding::Fail(_)));
            println!("  {:<14}  {found}", check.what);
        }
        match failed {
            0 => Ok(()),
            _ => Err(format!("{failed} of {} checks failed", CHECKS.len()).into()),
        }
    }
}
