use std::path::PathBuf;
use std::time::Duration;

/// A part of the standard set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Set {
    /// As much as goes through at QoS 0, against Mosquitto.
    SaturationQos0,
    /// As much as goes through at QoS 1, against Mosquitto.
    SaturationQos1,
    /// A reading a second from each of many connections, against Mosquitto.
    Compare,
    /// The same at dayi alone, for longer, with every reading's fate.
    Steady,
    /// Many instruments behind few gateways.
    Gateways,
    /// All connections drop and come back at once.
    Storm,
    /// Many changes a second, and how soon a page knows.
    Live,
}

impl Set {
    /// Every part, in the order in which they run.
    pub const ALL: [Self; 7] = [
        Self::SaturationQos0,
        Self::SaturationQos1,
        Self::Compare,
        Self::Steady,
        Self::Gateways,
        Self::Storm,
        Self::Live,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SaturationQos0 => "saturation-qos0",
            Self::SaturationQos1 => "saturation-qos1",
            Self::Compare => "compare",
            Self::Steady => "steady",
            Self::Gateways => "gateways",
            Self::Storm => "storm",
            Self::Live => "live",
        }
    }
}

/// How large and how long everything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Connections of the sets without gateways and floods.
    pub connections: usize,
    /// Connections of a flood.
    pub flood_connections: usize,
    /// How long a flood is sent.
    pub flood: Duration,
    /// How long each round of the comparison lasts.
    pub compare: Duration,
    /// How long the steady load lasts.
    pub steady: Duration,
    /// Gateways, and the instruments behind each.
    pub gateways: (usize, usize),
    /// How long they report.
    pub gateway: Duration,
    /// How long the storm's load lasts; the storm is in the middle.
    pub storm: Duration,
    /// How long the pages' load lasts.
    pub live: Duration,
}

impl Scale {
    /// Large, but short: to try it out.
    #[must_use]
    pub fn short() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connections: 10_000,
            flood_connections: 200,
            flood: seconds(5),
            compare: seconds(10),
            steady: seconds(30),
            gateways: (200, 500),
            gateway: seconds(30),
            storm: seconds(20),
            live: seconds(30),
        }
    }

    /// As long as a figure needs that is to be believed.
    #[must_use]
    pub fn full() -> Self {
        let seconds = Duration::from_secs;
        Self {
            flood: seconds(20),
            compare: seconds(60),
            steady: seconds(600),
            gateway: seconds(180),
            storm: seconds(120),
            live: seconds(120),
            ..Self::short()
        }
    }
}

/// What is run against which server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchPlan {
    /// The `dayi` program.
    pub program: PathBuf,
    /// Its settings, as environment variables.
    pub settings: Vec<(String, String)>,
    /// The parts.
    pub sets: Vec<Set>,
    /// How often the two take turns.
    pub rounds: usize,
    /// How large and long.
    pub scale: Scale,
    /// The same seed plays the same currents.
    pub seed: u64,
}
