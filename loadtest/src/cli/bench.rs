use super::command::Outcome;
use super::values::{seconds, setting};
use crate::bench::{BenchPlan, Scale, Set, bench, sections};
use crate::report::{self, Document, Machine};
use crate::target::open_files_for;
use clap::Args;
use clap::builder::PossibleValue;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct Bench {
    /// The `dayi` program
    #[arg(long, value_name = "PROGRAM")]
    server: PathBuf,
    /// A setting of the server, such as DAYI__RUNTIME__ARBITERS=2; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// Only these parts [default: all]
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<Set>,
    /// As long as figures need that are to be believed: about an hour
    #[arg(long)]
    full: bool,
    /// How often dayi and Mosquitto take turns
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// MQTT connections of all parts but floods and gateways [default: 10000]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    connections: Option<u32>,
    /// Seconds of the steady load [default: 30, with --full 600]
    #[arg(long, value_parser = seconds)]
    steady: Option<Duration>,
    /// The same seed plays the same currents and phases
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder for bench.json and bench.html
    #[arg(long, value_name = "FOLDER", default_value = "target/loadtest")]
    out: PathBuf,
}

impl clap::ValueEnum for Set {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

impl Bench {
    pub(super) async fn run(self) -> Outcome {
        let scale = if self.full { Scale::full() } else { Scale::short() };
        let scale = Scale {
            connections: self.connections.map_or(scale.connections, |connections| connections as usize),
            steady: self.steady.unwrap_or(scale.steady),
            ..scale
        };
        open_files_for(scale.connections)?;
        let machine = Machine::now();
        let plan = BenchPlan {
            program: self.server,
            settings: self.settings,
            sets: if self.only.is_empty() { Set::ALL.to_vec() } else { self.only },
            rounds: self.rounds as usize,
            scale,
            seed: self.seed,
        };
        let benched = bench(&plan, |what| eprintln!("{what} …")).await?;
        let sections = sections(&benched);
        let said: String = sections.iter().map(ToString::to_string).collect();
        let all = benched.compared.iter().chain(&benched.outcomes);
        let kept = all.filter_map(|outcome| outcome.verdict.as_ref()).all(|verdict| verdict.kept);
        let results = serde_json::json!({"machine": machine, "benched": benched});
        let document = Document { title: "Benchmarks".into(), intro: vec![machine.to_string()], sections };
        let [json, page] = report::write(&self.out, "bench", &results, &document)?;
        println!("{machine}\n{said}\n{}\n{}", json.display(), page.display());
        Ok(kept)
    }
}
