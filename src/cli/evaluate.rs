use super::command::Outcome;
use clap::Args;
use dayi_models::evaluation::{self, METHODS};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Evaluate {
    /// A folder of labelled traces (CSV or CSV.zst: ts,current_a,state), or one such file
    #[arg(long, value_name = "FOLDER")]
    traces: PathBuf,
    /// The methods to compare; all of them if left out
    #[arg(long = "method", value_name = "NAME", value_parser = METHODS)]
    methods: Vec<String>,
    /// A line for every trace as well
    #[arg(long, conflicts_with = "json")]
    each: bool,
    /// Write the report with its plots to this file, one HTML page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

impl Evaluate {
    pub(super) fn run(self) -> Outcome {
        let named: Vec<&str> = match self.methods.is_empty() {
            true => METHODS.to_vec(),
            false => self.methods.iter().map(String::as_str).collect(),
        };
        let methods = named.into_iter().map(evaluation::method).collect::<Result<Vec<_>, _>>()?;
        let report = evaluation::run(&self.traces, &methods)?;
        if let Some(file) = self.html {
            std::fs::write(&file, report.to_html())
                .map_err(|error| format!("the report cannot be written to {}: {error}", file.display()))?;
        }
        if self.json {
            println!("{}", report.to_json()?);
        } else {
            print!("{}", report.to_text(self.each));
        }
        Ok(())
    }
}
