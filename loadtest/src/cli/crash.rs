use super::command::Outcome;
use super::values::{seconds, setting};
use crate::crash::{CrashPlan, crash, section};
use crate::measure::VerdictFacts;
use crate::report::{self, Document, Machine};
use crate::target::open_files_for;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct Crash {
    /// The `dayi` program that is killed
    #[arg(long, value_name = "PROGRAM")]
    server: PathBuf,
    /// A setting of the server, such as DAYI__RUNTIME__ARBITERS=2; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// Kills
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rounds: u32,
    /// MQTT connections
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,
    /// Instruments that each connection reports for
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    instruments: u32,
    /// Seconds from one reading of an instrument to the next; on its own clock it is always two
    #[arg(long, default_value = "0.05", value_parser = seconds)]
    interval: Duration,
    /// A round ends after a random number of acknowledgements, up to this
    #[arg(long, default_value_t = 40_000, value_parser = clap::value_parser!(u64).range(1..))]
    most_acknowledged: u64,
    /// The same seed kills after the same numbers of acknowledgements
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder for crash.json and crash.html
    #[arg(long, value_name = "FOLDER", default_value = "target/loadtest")]
    out: PathBuf,
}

impl Crash {
    pub(super) async fn run(self) -> Outcome {
        let (connections, instruments) = (self.connections as usize, self.instruments as usize);
        open_files_for(connections)?;
        let machine = Machine::now();
        let plan = CrashPlan {
            rounds: self.rounds,
            most_acknowledged: self.most_acknowledged,
            settings: self.settings,
            seed: self.seed,
            ..CrashPlan::new(self.server, connections, instruments, self.interval)
        };
        let crashed = crash(&plan, |round| {
            eprint!("\rkilled {round} of {} times", plan.rounds);
            // Nobody may be looking.
            let _ = std::io::stderr().flush();
        })
        .await?;
        eprintln!();
        let section = section(&crashed);
        print!("{machine}{section}");
        let facts = VerdictFacts::from(&crashed.verdict);
        let results = serde_json::json!({
            "machine": machine, "rounds": crashed.kills, "seed": plan.seed, "counts": crashed.counts,
            "restarts_ms": crashed.restarts_ms, "acknowledged": crashed.acknowledged, "verdict": facts,
        });
        let intro = vec![
            machine.to_string(),
            format!(
                "A server with {connections} clients of {instruments} instruments each, killed with SIGKILL {} times after a random \
                 number of acknowledgements, up to {}. Clients and pages live through all rounds; in the end the server is \
                 asked about every reading and every state.",
                plan.rounds, plan.most_acknowledged
            ),
        ];
        let document = Document { title: "Crash test".into(), intro, sections: vec![section] };
        let [json, page] = report::write(&self.out, "crash", &results, &document)?;
        println!("\n{}\n{}", json.display(), page.display());
        Ok(crashed.verdict.kept())
    }
}
