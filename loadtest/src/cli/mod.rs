//! The commands of the program `dayi-loadtest`, one a file.

mod command;
mod crash;
mod run;
mod values;

pub use command::Cli;
