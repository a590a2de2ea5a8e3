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

/// A county of a city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountySpec {
    /// Names it everywhere, such as `hangzhou-xihu`.
    pub id: String,
    /// Its Chinese name, such as 西湖区.
    pub name: String,
    /// Its English name, such as Xihu.
    pub name_en: String,
    /// The [`CitySpec::id`] of its city.
    pub city: String,
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
    /// The [`CountySpec::id`] of its county.
    pub county: String,
    /// Whether it is a university.
    pub university: bool,
}

/// A laboratory of an institution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaboratorySpec {
    /// Names it everywhere, such as `hangzhou-03-l1`.
    pub id: String,
    /// Its Chinese name, such as 电镜实验室.
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// The [`InstitutionSpec::id`] of its institution.
    pub institution: String,
    /// Whether there is work in the evenings and on Saturdays too.
    pub long_hours: bool,
}

/// What the books say of an instrument; everything is invented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSpec {
    /// The [`LaboratorySpec::id`] of its laboratory.
    pub laboratory: String,
    /// Its number with its owner.
    pub asset: String,
    /// The number on its plate.
    pub serial: String,
    /// What it cost, in yuan.
    pub value_yuan: i64,
    /// Whether it came from abroad.
    pub imported: bool,
    /// The day it was bought, such as `2019-08-12`.
    pub purchased_on: String,
    /// The day it began to work.
    pub commissioned_on: String,
    /// The building it stands in.
    pub building: String,
    /// The room.
    pub room: String,
    /// Whom to ask.
    pub contact: String,
    /// The telephone number; nobody's.
    pub phone: String,
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
    /// Counties of every city.
    pub counties: Vec<CountySpec>,
    /// The institutions that own at least one of the instruments, by city.
    pub institutions: Vec<InstitutionSpec>,
    /// Their laboratories.
    pub laboratories: Vec<LaboratorySpec>,
    /// The instruments, by id.
    pub instruments: Vec<InstrumentSpec>,
    /// What the books say of each, in the same order.
    pub records: Vec<RecordSpec>,
}
