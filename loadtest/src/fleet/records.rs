//! What an institution's books say of an instrument: where it stands, what it cost, whom to ask.

use super::institutions::Owner;
use super::spec::{LaboratorySpec, RecordSpec};
use crate::seed::Chance;

const LABORATORIES: [(&str, &str); 6] = [
    ("电镜实验室", "Electron Microscopy Laboratory"),
    ("质谱与色谱实验室", "Mass Spectrometry and Chromatography Laboratory"),
    ("光谱与结构分析实验室", "Spectroscopy and Structure Laboratory"),
    ("生物与医学仪器实验室", "Life Science Instruments Laboratory"),
    ("材料性能测试实验室", "Materials Testing Laboratory"),
    ("加工与封装实验室", "Fabrication and Packaging Laboratory"),
];
const SURNAMES: [&str; 12] = ["王", "李", "张", "陈", "吴", "林", "徐", "沈", "周", "郑", "胡", "叶"];
const BUILDINGS: [&str; 6] = ["实验楼A", "实验楼B", "理科楼", "工程楼", "科研楼", "分析测试楼"];

/// The two to four laboratories of an institution.
pub(super) fn laboratories(seed: u64, owner: &Owner) -> Vec<LaboratorySpec> {
    let mut chance = Chance::new(seed, 0x1AB5, crate::seed::hash_text(seed, &owner.spec.id));
    let first = (chance.unit() * LABORATORIES.len() as f32) as usize;
    let count = 2 + (chance.unit() * 3.0) as usize;
    let named = LABORATORIES.iter().cycle().skip(first).take(count);
    named
        .enumerate()
        .map(|(number, (name, name_en))| LaboratorySpec {
            id: format!("{}-l{}", owner.spec.id, number + 1),
            name: (*name).into(),
            name_en: (*name_en).into(),
            institution: owner.spec.id.clone(),
            long_hours: chance.happens(0.25),
        })
        .collect()
}

/// What is known of the instrument of this index; `laboratories` are its owner's.
pub(super) fn record(seed: u64, index: usize, rated_a: f32, laboratories: &[LaboratorySpec]) -> RecordSpec {
    let mut chance = Chance::new(seed, 0xB00C, index as u64);
    let laboratory = chance.pick(laboratories).map(|laboratory| laboratory.id.clone()).unwrap_or_default();
    // The more it draws the dearer, roughly; from half a million yuan on it counts as large.
    let value = (chance.around(60_000.0 * rated_a.max(8.0), 0.5) / 10_000.0).max(50.0) as i64 * 10_000;
    let year = 2008 + (chance.unit() * 17.0) as i32;
    let (month, day) = (1 + (chance.unit() * 12.0) as u32, 1 + (chance.unit() * 28.0) as u32);
    let surname = chance.pick(&SURNAMES).copied().unwrap_or_default();
    RecordSpec {
        laboratory,
        asset: format!("{year}{:06}", index + 1),
        serial: format!("SN{:06}{:04X}", index + 1, chance.next() as u16),
        value_yuan: value,
        imported: chance.happens(0.7),
        purchased_on: format!("{year}-{month:02}-{day:02}"),
        commissioned_on: format!("{}-{month:02}-{day:02}", year + 1),
        building: chance.pick(&BUILDINGS).copied().unwrap_or_default().into(),
        room: format!("{}{:02}", 1 + (chance.unit() * 6.0) as u32, 1 + (chance.unit() * 20.0) as u32),
        contact: format!("{surname}老师"),
        // Nobody's: no local number begins with a zero.
        phone: format!("0571-0000{:04}", (chance.unit() * 10_000.0) as u32),
    }
}
