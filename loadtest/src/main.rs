//! The program `dayi-loadtest`.

use clap::Parser;
use dayi_loadtest::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    Cli::parse().run()
}
