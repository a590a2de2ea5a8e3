//! What a process uses, from `/proc`, and how many files it may open.

use super::error::TargetError;

/// Open files besides connections.
const RESERVE: u64 = 512;

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProcessUse {
    /// CPU seconds, user and system.
    pub cpu_s: f64,
    /// Resident memory in bytes.
    pub rss_bytes: u64,
}

/// What the process has used so far.
///
/// # Errors
/// When there is no such process.
pub fn used_by(pid: u32) -> Result<ProcessUse, TargetError> {
    used(&pid.to_string())
}

/// What this process has used so far.
///
/// # Errors
/// Never in practice.
pub fn used_by_us() -> Result<ProcessUse, TargetError> {
    used("self")
}

fn used(who: &str) -> Result<ProcessUse, TargetError> {
    let read = |file: &str| {
        std::fs::read_to_string(format!("/proc/{who}/{file}")).map_err(TargetError::system("the process is gone"))
    };
    Ok(ProcessUse { cpu_s: cpu_s(&read("stat")?), rss_bytes: rss_bytes(&read("status")?) })
}

/// utime + stime, the 14th and 15th field. The name before them may hold anything, also spaces and brackets.
fn cpu_s(stat: &str) -> f64 {
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

fn rss_bytes(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Raises this process's limit of open files, which its children inherit, so that `connections` fit.
///
/// # Errors
/// When the hard limit does not allow it.
pub fn open_files_for(connections: usize) -> Result<(), TargetError> {
    let wanted = connections as u64 + RESERVE;
    let what = "the limit of open files could not be raised";
    let limit = rlimit::increase_nofile_limit(wanted).map_err(TargetError::system(what))?;
    if limit >= wanted {
        return Ok(());
    }
    let why = format!("the hard limit of open files is {limit}, {wanted} are needed: raise it (ulimit -Hn)");
    Err(TargetError::System { what, source: std::io::Error::other(why) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 9 0 1 1 1";
        assert!((cpu_s(stat) - 300.0 / ticks).abs() < 1e-9);
        assert_eq!(rss_bytes("Name:\tx\nVmRSS:\t   2048 kB\n"), 2048 * 1024);
    }

    #[test]
    fn we_use_something() {
        let used = used_by_us().unwrap();
        assert!(used.rss_bytes > 0);
        assert!(used_by(std::process::id()).unwrap().rss_bytes > 0);
    }
}
