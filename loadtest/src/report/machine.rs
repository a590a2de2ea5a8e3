use serde::Serialize;
use std::fmt;
use std::fs::read_to_string;
use std::thread::available_parallelism;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where and when it was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    /// The processor.
    pub cpu: String,
    /// Its cores that this process may use.
    pub cores: usize,
    /// Memory in MB.
    pub memory_mb: u64,
    /// The kernel.
    pub kernel: String,
    /// The load average of the last minute before it began: who else was at work.
    pub load_before: f64,
    /// Seconds since 1970 when it began.
    pub begun_s: u64,
}

impl Machine {
    /// This one, now.
    #[must_use]
    pub fn now() -> Self {
        let file = |path: &str| read_to_string(path).unwrap_or_default();
        let after_colon = |text: &str, key: &str| {
            let line = text.lines().find(|line| line.starts_with(key));
            line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
        };
        let memory = after_colon(&file("/proc/meminfo"), "MemTotal");
        let memory_kb: u64 = memory.and_then(|text| text.split(' ').next()?.parse().ok()).unwrap_or(0);
        Self {
            cpu: after_colon(&file("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".into()),
            cores: available_parallelism().map_or(0, usize::from),
            memory_mb: memory_kb / 1024,
            kernel: file("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_before: file("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0),
            begun_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begun = jiff::Timestamp::from_second(self.begun_s.cast_signed()).unwrap_or_default();
        write!(
            f,
            "{} cores of {}, {} MB, Linux {}; begun {}, load average before {:.2}",
            self.cores, self.cpu, self.memory_mb, self.kernel, begun, self.load_before
        )
    }
}
