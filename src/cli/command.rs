use super::{account, archive, check_config, demo, evaluate, export, migrate, replay, serve, simulate, train, watch};
use clap::{Parser, Subcommand};
use std::error::Error;
use std::future::Future;
use std::process::ExitCode;

/// dayi (大仪): the working states of large scientific instruments, live, from one current sensor each.
#[derive(Debug, Parser)]
#[command(version, about, long_about = None, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Run the server with a simulated province, on this machine alone
    Demo(demo::Demo),
    /// Add people who may sign in, and let them in
    Account(account::Account),
    /// Play recorded traces through MQTT, as their sensors would, and judge the states that come out
    Replay(replay::Replay),
    /// Print what changes at a running server, a line a change
    Watch(watch::Watch),
    /// Train models on labels, beside a running server or without one
    Train(train::Train),
    /// Write readings, minutes or states into a CSV or Parquet file
    Export(export::Export),
    /// Copy everything the server keeps into a folder, while it runs or not
    Backup(archive::Backup),
    /// Bring back what a backup holds, into a new data folder
    Restore(archive::Restore),
    /// Bring the tables up to date without starting a server
    Migrate(migrate::Migrate),
    /// Say what is set, and try whether a server could run with it
    CheckConfig(check_config::CheckConfig),
    /// Judge the state models on a folder of labelled traces, without the network
    Evaluate(evaluate::Evaluate),
    /// The sensors of a demo, in a process of their own
    #[command(hide = true)]
    Simulate(simulate::Simulate),
}

/// What a command ends with: an error is printed with its causes and becomes exit code 1.
pub(super) type Outcome = Result<(), Failure>;
/// Why a command did not do it.
pub(super) type Failure = Box<dyn Error + Send + Sync>;

impl Cli {
    /// Runs the command; 0 when it did its work, 1 when not. Wrong usage has ended with 2 before.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let outcome = match self.command {
            Command::Serve(serve) => block_on(serve.run()),
            Command::Demo(demo) => block_on(demo.run()),
            Command::Account(account) => block_on(account.run()),
            Command::Replay(replay) => block_on(replay.run()),
            Command::Watch(watch) => block_on(watch.run()),
            Command::Train(train) => block_on(train.run()),
            Command::Export(export) => block_on(export.run()),
            Command::Backup(backup) => block_on(backup.run()),
            Command::Restore(restore) => block_on(restore.run()),
            Command::Migrate(migrate) => block_on(migrate.run()),
            Command::CheckConfig(check) => block_on(check.run()),
            Command::Evaluate(evaluate) => evaluate.run(),
            Command::Simulate(simulate) => block_on(simulate.run()),
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("dayi: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

fn block_on(work: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
