//! The eleven prefecture-level cities of Zhejiang.

/// A city and how many institutions with large instruments it has.
pub(super) struct City {
    pub(super) id: &'static str,
    /// Chinese, without 市.
    pub(super) short: &'static str,
    /// English.
    pub(super) name_en: &'static str,
    /// Institutions, 200 over the province; roughly in the order of what the cities spend on research.
    pub(super) institutions: usize,
}

const fn city(id: &'static str, short: &'static str, name_en: &'static str, institutions: usize) -> City {
    City { id, short, name_en, institutions }
}

pub(super) const CITIES: [City; 11] = [
    city("hangzhou", "杭州", "Hangzhou", 58),
    city("ningbo", "宁波", "Ningbo", 38),
    city("wenzhou", "温州", "Wenzhou", 19),
    city("jiaxing", "嘉兴", "Jiaxing", 17),
    city("shaoxing", "绍兴", "Shaoxing", 16),
    city("jinhua", "金华", "Jinhua", 14),
    city("taizhou", "台州", "Taizhou", 12),
    city("huzhou", "湖州", "Huzhou", 10),
    city("quzhou", "衢州", "Quzhou", 6),
    city("zhoushan", "舟山", "Zhoushan", 5),
    city("lishui", "丽水", "Lishui", 5),
];
