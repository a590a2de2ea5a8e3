//! The institutions of a province: invented, plausible, a few large ones and many small ones.

use super::cities::{CITIES, City};
use super::spec::InstitutionSpec;
use crate::seed::Chance;

/// What an institution is, for what it owns and when it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sector {
    University,
    Institute,
    Hospital,
    Company,
}

/// An institution and its share of the province's instruments.
pub(super) struct Owner {
    pub(super) spec: InstitutionSpec,
    pub(super) sector: Sector,
    /// In proportion to the instruments it owns.
    pub(super) weight: f32,
}

type Words = (&'static str, &'static str);

const UNIVERSITIES: [Words; 8] = [
    ("理工大学", "University of Technology"),
    ("农林科技大学", "University of Agricultural Science"),
    ("海洋工程大学", "University of Ocean Engineering"),
    ("医药大学", "Medical and Pharmaceutical University"),
    ("科技师范学院", "Normal College of Science and Technology"),
    ("电子工程学院", "College of Electronic Engineering"),
    ("材料科学技术大学", "University of Materials Science"),
    ("应用技术学院", "College of Applied Technology"),
];
const CENTRES: [Words; 7] = [
    ("材料分析测试中心", "Materials Characterisation Centre"),
    ("生命科学公共平台", "Life Science Core Facility"),
    ("化学工程实验中心", "Chemical Engineering Laboratory"),
    ("物理与微纳加工平台", "Physics and Nanofabrication Platform"),
    ("环境与资源实验室", "Environment and Resources Laboratory"),
    ("药学实验教学中心", "Pharmacy Laboratory"),
    ("机械与能源实验中心", "Mechanics and Energy Laboratory"),
];
const INSTITUTES: [Words; 9] = [
    ("计量与质量检测研究院", "Institute of Metrology and Quality"),
    ("新材料技术研究院", "Institute of Advanced Materials"),
    ("农业技术研究所", "Institute of Agricultural Technology"),
    ("海洋渔业技术研究所", "Institute of Marine Fishery Technology"),
    ("环境监测技术中心", "Centre for Environmental Monitoring Technology"),
    ("食品药品安全研究所", "Institute for Food and Drug Safety"),
    ("智能装备研究院", "Institute of Intelligent Equipment"),
    ("生物医药创新研究院", "Institute of Biomedical Innovation"),
    ("化工技术研究所", "Institute of Chemical Technology"),
];
const HOSPITALS: [Words; 6] = [
    ("市立医院中心实验室", "Municipal Hospital, Central Laboratory"),
    ("人民医院检验科", "People's Hospital, Clinical Laboratory"),
    ("肿瘤专科医院转化医学中心", "Cancer Hospital, Translational Medicine"),
    ("妇幼专科医院精准诊断中心", "Women's and Children's Hospital, Precision Diagnostics"),
    ("中医院药学实验室", "Hospital of Chinese Medicine, Pharmacy Laboratory"),
    ("疾病防控检测中心", "Centre for Disease Control, Laboratory"),
];
const BRANDS: [Words; 10] = [
    ("恒远", "Hengyuan"),
    ("汇泽", "Huize"),
    ("锐测", "Ruice"),
    ("新澜", "Xinlan"),
    ("启明", "Qiming"),
    ("瑞禾", "Ruihe"),
    ("致衡", "Zhiheng"),
    ("云谷", "Yungu"),
    ("海拓", "Haituo"),
    ("正晟", "Zhengsheng"),
];
const TRADES: [Words; 7] = [
    ("检测技术有限公司", "Testing Co., Ltd."),
    ("半导体科技有限公司", "Semiconductor Co., Ltd."),
    ("生物医药有限公司", "Biopharma Co., Ltd."),
    ("新能源材料有限公司", "New Energy Materials Co., Ltd."),
    ("精密制造有限公司", "Precision Manufacturing Co., Ltd."),
    ("化工新材料有限公司", "Chemical Materials Co., Ltd."),
    ("光电仪器有限公司", "Photonics Co., Ltd."),
];

/// Every institution of the province, by city, for this seed.
pub(super) fn all(seed: u64) -> Vec<Owner> {
    CITIES.iter().enumerate().flat_map(|(index, city)| of_city(seed, index as u64, city)).collect()
}

fn of_city(seed: u64, index: u64, city: &'static City) -> Vec<Owner> {
    let mut chance = Chance::new(seed, 0x1157, index);
    let mut names: Vec<(String, String)> = Vec::with_capacity(city.institutions);
    let mut owners = Vec::with_capacity(city.institutions);
    while owners.len() < city.institutions {
        // The first ones are the city's universities, so that every city has one.
        let sector = match chance.unit() {
            _ if owners.len() < 1 + city.institutions / 6 => Sector::University,
            share if share < 0.35 => Sector::University,
            share if share < 0.58 => Sector::Institute,
            share if share < 0.75 => Sector::Hospital,
            _ => Sector::Company,
        };
        let name = invent(&mut chance, city, sector);
        if names.contains(&name) {
            continue;
        }
        let number = owners.len() + 1;
        // By number, so that the draws of names stay what they were.
        let county = city.counties.get(owners.len() % city.counties.len().max(1));
        owners.push(Owner {
            spec: InstitutionSpec {
                id: format!("{}-{number:02}", city.id),
                name: name.0.clone(),
                name_en: name.1.clone(),
                city: city.id.into(),
                county: county.map(|(county, ..)| format!("{}-{county}", city.id)).unwrap_or_default(),
                university: sector == Sector::University,
            },
            sector,
            weight: weight(&mut chance, city, sector),
        });
        names.push(name);
    }
    owners
}

/// Log-normal, so that the largest tenth owns about a third; universities and the large cities more.
fn weight(chance: &mut Chance, city: &City, sector: Sector) -> f32 {
    let sector = match sector {
        Sector::University => 1.6,
        Sector::Institute => 1.1,
        Sector::Hospital => 0.7,
        Sector::Company => 0.6,
    };
    chance.around(1.0, 0.8) * sector * (city.institutions as f32 / 15.0).powf(0.25)
}

fn invent(chance: &mut Chance, city: &City, sector: Sector) -> (String, String) {
    let mut word = |of: &[Words]| chance.pick(of).copied().unwrap_or_default();
    let (city, city_en) = (city.short, city.name_en);
    match sector {
        Sector::University => {
            let ((university, university_en), (centre, centre_en)) = (word(&UNIVERSITIES), word(&CENTRES));
            (format!("{city}{university}{centre}"), format!("{city_en} {university_en}, {centre_en}"))
        }
        Sector::Institute => {
            let (institute, institute_en) = word(&INSTITUTES);
            (format!("{city}{institute}"), format!("{city_en} {institute_en}"))
        }
        Sector::Hospital => {
            let (hospital, hospital_en) = word(&HOSPITALS);
            (format!("{city}{hospital}"), format!("{city_en} {hospital_en}"))
        }
        Sector::Company => {
            let ((brand, brand_en), (trade, trade_en)) = (word(&BRANDS), word(&TRADES));
            (format!("{city}{brand}{trade}"), format!("{city_en} {brand_en} {trade_en}"))
        }
    }
}
