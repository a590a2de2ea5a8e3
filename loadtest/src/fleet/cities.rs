//! The eleven prefecture-level cities of Zhejiang, and some of their counties.

/// A city and how many institutions with large instruments it has.
pub(super) struct City {
    pub(super) id: &'static str,
    /// Chinese, without 市.
    pub(super) short: &'static str,
    /// English.
    pub(super) name_en: &'static str,
    /// Institutions, 200 over the province; roughly in the order of what the cities spend on research.
    pub(super) institutions: usize,
    /// Counties: id within the city, Chinese and English.
    pub(super) counties: &'static [(&'static str, &'static str, &'static str)],
}

const fn city(
    (id, short, name_en): (&'static str, &'static str, &'static str),
    institutions: usize,
    counties: &'static [(&'static str, &'static str, &'static str)],
) -> City {
    City { id, short, name_en, institutions, counties }
}

pub(super) const CITIES: [City; 11] = [
    city(
        ("hangzhou", "杭州", "Hangzhou"),
        58,
        &[("xihu", "西湖区", "Xihu"), ("binjiang", "滨江区", "Binjiang"), ("yuhang", "余杭区", "Yuhang")],
    ),
    city(
        ("ningbo", "宁波", "Ningbo"),
        38,
        &[("haishu", "海曙区", "Haishu"), ("yinzhou", "鄞州区", "Yinzhou"), ("zhenhai", "镇海区", "Zhenhai")],
    ),
    city(("wenzhou", "温州", "Wenzhou"), 19, &[("lucheng", "鹿城区", "Lucheng"), ("ouhai", "瓯海区", "Ouhai")]),
    city(("jiaxing", "嘉兴", "Jiaxing"), 17, &[("nanhu", "南湖区", "Nanhu"), ("xiuzhou", "秀洲区", "Xiuzhou")]),
    city(("shaoxing", "绍兴", "Shaoxing"), 16, &[("yuecheng", "越城区", "Yuecheng"), ("keqiao", "柯桥区", "Keqiao")]),
    city(("jinhua", "金华", "Jinhua"), 14, &[("wucheng", "婺城区", "Wucheng"), ("yiwu", "义乌市", "Yiwu")]),
    city(
        ("taizhou", "台州", "Taizhou"),
        12,
        &[("jiaojiang", "椒江区", "Jiaojiang"), ("huangyan", "黄岩区", "Huangyan")],
    ),
    city(("huzhou", "湖州", "Huzhou"), 10, &[("wuxing", "吴兴区", "Wuxing"), ("deqing", "德清县", "Deqing")]),
    city(("quzhou", "衢州", "Quzhou"), 6, &[("kecheng", "柯城区", "Kecheng"), ("qujiang", "衢江区", "Qujiang")]),
    city(("zhoushan", "舟山", "Zhoushan"), 5, &[("dinghai", "定海区", "Dinghai"), ("putuo", "普陀区", "Putuo")]),
    city(("lishui", "丽水", "Lishui"), 5, &[("liandu", "莲都区", "Liandu"), ("qingtian", "青田县", "Qingtian")]),
];
