use super::command::Outcome;
use super::values::{seconds, setting};
use crate::fanout::{FanoutPlan, fan_out, section};
use crate::report::{self, Document, Machine};
use crate::target::open_files_for;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct Fanout {
    /// The `dayi` program, started on a new data folder
    #[arg(long, value_name = "PROGRAM")]
    server: PathBuf,
    /// A setting of the server, such as DAYI__RUNTIME__ARBITERS=2; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// Pages that look at everything and read; there is one more, which does not
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    listeners: u32,
    /// Changes a second; there are ten instruments for each
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..=5_000))]
    changes: u32,
    /// Seconds that are measured
    #[arg(long, default_value = "60", value_parser = seconds)]
    duration: Duration,
    /// The same seed plays the same currents
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder for fanout.json and fanout.html
    #[arg(long, value_name = "FOLDER", default_value = "target/loadtest")]
    out: PathBuf,
}

impl Fanout {
    pub(super) async fn run(self) -> Outcome {
        let plan = FanoutPlan {
            program: self.server,
            settings: self.settings,
            listeners: self.listeners as usize,
            changes_per_s: self.changes as usize,
            duration: self.duration,
            seed: self.seed,
        };
        open_files_for(plan.load().connections + plan.listeners)?;
        let machine = Machine::now();
        let fanned = fan_out(&plan, |what| eprintln!("{what}")).await?;
        let section = section(&fanned);
        let said = format!("{machine}{section}");
        let intro = vec![
            machine.to_string(),
            format!(
                "{} pages that look at everything and one that does not read, {} instruments that change {} times a second by their \
                 readings over MQTT. Sensors and pages share the machine with the server.",
                plan.listeners,
                plan.load().instruments(),
                plan.changes_per_s
            ),
        ];
        let document = Document { title: "Fan-out".into(), intro, sections: vec![section] };
        let results = serde_json::json!({"machine": machine, "fanout": fanned});
        let [json, page] = report::write(&self.out, "fanout", &results, &document)?;
        println!("{said}\n{}\n{}", json.display(), page.display());
        Ok(fanned.kept())
    }
}
