//! The commands of the program `dayi-loadtest`, one a file.

mod bench;
mod command;
mod crash;
mod fanout;
mod run;
mod values;

pub use command::Cli;
