//! A child process whose output is read to its end, so that it never waits for a reader.

use super::error::TargetError;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Starts `command` with its standard output in our hands.
pub(super) fn start(command: &mut Command) -> Result<(Child, Lines<BufReader<ChildStdout>>), TargetError> {
    let program = PathBuf::from(command.as_std().get_program());
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
    let mut child = spawned.map_err(|source| TargetError::Start { program: program.clone(), source })?;
    let stdout = child.stdout.take().ok_or(TargetError::NotReady(program))?;
    Ok((child, BufReader::new(stdout).lines()))
}

/// The next line; an end is an error.
pub(super) async fn next_line(
    lines: &mut Lines<BufReader<ChildStdout>>,
    program: &Path,
) -> Result<String, TargetError> {
    lines.next_line().await.ok().flatten().ok_or_else(|| TargetError::NotReady(program.to_owned()))
}

/// Reads on and throws away.
pub(super) fn drain(mut lines: Lines<BufReader<ChildStdout>>) {
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
}
