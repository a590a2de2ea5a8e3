use super::details::Details;
use crate::domain::{DialectKind, InstrumentId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An institution that owns instruments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Institution {
    /// Names it everywhere.
    #[schema(example = "zju-materials")]
    pub id: String,
    /// Its Chinese name.
    #[schema(example = "杭州理工大学材料分析测试中心")]
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// Its city, in Chinese.
    #[schema(example = "杭州市")]
    pub city: String,
    /// Its city, in English.
    #[schema(example = "Hangzhou")]
    pub city_en: String,
}

/// A large scientific instrument.
#[derive(Clone, Debug, PartialEq)]
pub struct Instrument {
    /// Names it everywhere.
    pub id: InstrumentId,
    /// What people say of it.
    pub details: Details,
    /// Counts the changes, from 1.
    pub version: i64,
    /// Since when it is out of service, UTC milliseconds: it is in no list of what runs, and its history stays.
    pub retired_ms: Option<i64>,
}

/// Where an instrument to be added belongs.
#[derive(Clone, Debug, PartialEq)]
pub enum Home {
    /// To this unit, by id.
    Unit(String),
    /// To this institution, which is added with its city if it is not there.
    Institution(Institution),
}

/// An instrument to be added, with its sensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Addition {
    /// Names it everywhere.
    pub id: InstrumentId,
    /// Where it belongs; its details' unit does not matter.
    pub home: Home,
    /// What people say of it.
    pub details: Details,
    /// What reports for it.
    pub sensor: NewSensor,
}

/// What ties a sensor to the instrument it is clamped on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SensorBinding {
    /// How the sensor speaks: `dayi`, `tasmota`, `shelly`, `sparkplug` and so on.
    #[schema(example = "tasmota")]
    pub dialect: String,
    /// The sensor's own name in its topics; for `dayi` the instrument's id.
    #[serde(default)]
    #[schema(example = "plug-3")]
    pub prefix: String,
    /// Which of the values in the sensor's payloads; empty for the dialect's usual one.
    #[serde(default)]
    pub channel: String,
    /// The supply voltage that turns watts into ampere.
    #[serde(default = "usual_volts")]
    pub volts: f32,
    /// The power factor that turns watts into ampere.
    #[serde(default = "usual_power_factor")]
    pub power_factor: f32,
}

pub(super) fn usual_volts() -> f32 {
    230.0
}

pub(super) fn usual_power_factor() -> f32 {
    1.0
}

impl SensorBinding {
    /// The binding of a sensor that speaks dayi's own dialect.
    #[must_use]
    pub fn own(instrument: &InstrumentId) -> Self {
        Self {
            dialect: DialectKind::Dayi.name().into(),
            prefix: instrument.to_string(),
            channel: String::new(),
            volts: usual_volts(),
            power_factor: usual_power_factor(),
        }
    }

    /// The same, with the prefix that dayi's own dialect has anyway.
    #[must_use]
    pub(super) fn of(self, instrument: &InstrumentId) -> Self {
        let own = self.dialect == DialectKind::Dayi.name();
        Self { prefix: if own { instrument.to_string() } else { self.prefix }, ..self }
    }

    /// # Errors
    /// What is wrong with it, for the person who entered it.
    pub(super) fn check(&self) -> Result<(), String> {
        let Some(dialect) = DialectKind::named(&self.dialect) else {
            return Err(format!("there is no dialect {:?}; there are {}", self.dialect, DialectKind::names()));
        };
        // The instrument's id is known to fit, and stands there in the end.
        if dialect != DialectKind::Dayi {
            dialect.check_prefix(&self.prefix)?;
        }
        dialect.check_channel(&self.channel)?;
        if !(1.0..=1_000.0).contains(&self.volts) {
            return Err("volts is 1 to 1000".into());
        }
        if !(0.05..=1.0).contains(&self.power_factor) {
            return Err("power_factor is 0.05 to 1".into());
        }
        Ok(())
    }
}

/// A binding, with the client that reports and the instrument it reports for.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The instrument.
    pub instrument: InstrumentId,
    /// What the client says in CONNECT.
    pub client_id: String,
    /// How its sensor speaks.
    pub binding: SensorBinding,
}

/// A sensor to be added with its instrument.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSensor {
    /// What it says in CONNECT.
    pub client_id: String,
    /// The SHA-256 of its token, lower-case hexadecimal.
    pub token_sha256: String,
    /// What ties it to the instrument.
    pub binding: SensorBinding,
}
