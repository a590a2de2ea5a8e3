//! What a generated province consists of.

use crate::signal::SignalProfile;
use serde::{Deserialize, Serialize};

/// A prefecture-level city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitySpec {
    /// Names it everywhere, such as `hangzhou`.
    pub id: String,
    /// Its Chinese name, such as 杭州市.
    pub name: String,
    /// Its English name, such as Hangzhou.
    pub name_en: String,
}

/// A university, institute, hospital or company that owns instruments. The names are invented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionSpec {
    /// Names it everywhere, such as `hangzhou-03`.
    pub id: String,
    /// Its Chinese name, such as 杭州理工大学材料分析测试中心.
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// The [`CitySpec::id`] of its city.
    pub city: String,
}

/// A large scientific instrument and how its current behaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstrumentSpec {
    /// Names it everywhere: `i00001` and on. Fits an MQTT topic level and an MQTT client id.
    pub id: String,
    /// Its Chinese name, such as 场发射扫描电镜.
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// The [`InstitutionSpec::id`] of its owner.
    pub institution: String,
    /// Six digits in the manner of GB/T 32847: class, subclass, kind.
    pub class: String,
    /// Who made it; an invented name.
    pub maker: String,
    /// The maker's model; an invented one.
    pub model: String,
    /// The current on its plate, in ampere.
    pub rated_current_a: f32,
    /// How its current behaves: what [`crate::signal::Signal`] plays.
    pub profile: SignalProfile,
}

/// A province's instruments and who owns them.
///
/// Made by [`Fleet::generate`]. An instrument depends on the seed and its own number only, so the first 100 of
/// 10,000 instruments are the same as 100 generated alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// All eleven cities of the province, largest first.
    pub cities: Vec<CitySpec>,
    /// The institutions that own at least one of the instruments, by city.
    pub institutions: Vec<InstitutionSpec>,
    /// The instruments, by id.
    pub instruments: Vec<InstrumentSpec>,
}
