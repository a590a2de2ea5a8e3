use crate::domain::InstrumentId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
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
    /// Its Chinese name.
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// Who owns it.
    pub institution: Arc<Institution>,
    /// Its class, GB/T 32847 six digits where known.
    pub class: String,
    /// Who made it.
    pub maker: String,
    /// The maker's model.
    pub model: String,
    /// The current on its plate, in ampere.
    pub rated_current_a: Option<f32>,
}

/// What ties a sensor to the instrument it is clamped on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SensorBinding {
    /// The words the sensor speaks: `dayi` or `tasmota`.
    #[schema(example = "dayi")]
    pub dialect: String,
    /// The sensor's own name in its topics; for `dayi` the instrument's id.
    pub prefix: String,
    /// Which of several currents in one payload, from 0.
    #[serde(default)]
    pub channel: u8,
    /// The supply voltage that turns watts into ampere.
    pub volts: f32,
    /// The power factor that turns watts into ampere.
    pub power_factor: f32,
}

impl SensorBinding {
    /// The dialects a sensor may speak.
    const DIALECTS: [&str; 2] = ["dayi", "tasmota"];

    /// The binding of a sensor that speaks dayi's own dialect.
    #[must_use]
    pub fn own(instrument: &InstrumentId) -> Self {
        Self { dialect: "dayi".into(), prefix: instrument.to_string(), channel: 0, volts: 230.0, power_factor: 1.0 }
    }

    /// # Errors
    /// What is wrong with it, for the person who entered it.
    pub(super) fn check(&self) -> Result<(), String> {
        if !Self::DIALECTS.contains(&self.dialect.as_str()) {
            return Err(format!("the sensor's dialect is one of {}", Self::DIALECTS.join(", ")));
        }
        if self.prefix.is_empty() || self.prefix.len() > 200 || self.prefix.contains(['+', '#', '\0']) {
            return Err("the sensor's prefix is 1 to 200 characters without +, # and NUL".into());
        }
        if !(1.0..=1_000.0).contains(&self.volts) {
            return Err("the sensor's volts are 1 to 1000".into());
        }
        if !(0.05..=1.0).contains(&self.power_factor) {
            return Err("the sensor's power_factor is 0.05 to 1".into());
        }
        Ok(())
    }
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

/// All instruments, in memory. Cheap to clone.
#[derive(Clone, Default)]
pub struct Catalog(Arc<RwLock<BTreeMap<InstrumentId, Arc<Instrument>>>>);

impl Catalog {
    /// The instrument, if there is one of this id.
    #[must_use]
    pub fn get(&self, id: &InstrumentId) -> Option<Arc<Instrument>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Every instrument, ordered by id.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Instrument>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(super) fn insert(&self, instrument: Arc<Instrument>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(instrument.id.clone(), instrument);
    }
}
