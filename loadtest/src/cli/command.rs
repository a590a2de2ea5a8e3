use super::{bench, crash, fanout, run};
use clap::{Parser, Subcommand};
use std::error::Error;
use std::future::Future;
use std::process::ExitCode;

/// Loads a dayi server as thousands of sensors would, and checks what became of every reading.
#[derive(Debug, Parser)]
#[command(name = "dayi-loadtest", version, about, long_about = None, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Load a server with sensors of your choice
    Run(Box<run::Run>),
    /// Run the standard set against dayi and Mosquitto
    Bench(bench::Bench),
    /// Let many pages look at everything while it changes, one of which does not read
    Fanout(fanout::Fanout),
    /// Kill a server again and again under load, and see whether it keeps its promises
    Crash(crash::Crash),
}

/// Whether every promise was kept; an error is printed with its causes.
pub(super) type Outcome = Result<bool, Box<dyn Error + Send + Sync>>;

impl Cli {
    /// Runs the command: 0 when every promise was kept, 1 when not, 3 when it could not be measured. Wrong usage has ended with 2
    /// before.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let outcome = match self.command {
            Command::Run(run) => block_on(run.run()),
            Command::Bench(bench) => block_on(bench.run()),
            Command::Fanout(fanout) => block_on(fanout.run()),
            Command::Crash(crash) => block_on(crash.run()),
        };
        match outcome {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("dayi-loadtest: {error}");
                ExitCode::from(3)
            }
        }
    }
}

fn block_on(work: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
