//! The columns of a file of instruments, by the names that people give them.

/// What a column says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Column {
    Id,
    /// A text field of the details, by its name.
    Text(&'static str),
    Unit,
    Institution,
    Laboratory,
    RatedCurrent,
    Value,
    Imported,
    /// A day of the details, by its name.
    Day(&'static str),
    Opening,
    /// A part of the first contact, by its name.
    Contact(&'static str),
    /// A code of this scheme.
    Code(String),
}

/// A column, its name in templates in English and Chinese, other names it goes by, and an example.
struct Known {
    column: fn() -> Column,
    name: &'static str,
    name_zh: &'static str,
    others: &'static [&'static str],
    example: &'static str,
}

const fn known(
    column: fn() -> Column,
    (name, name_zh): (&'static str, &'static str),
    others: &'static [&'static str],
    example: &'static str,
) -> Known {
    Known { column, name, name_zh, others, example }
}

const KNOWN: [Known; 25] = [
    known(|| Column::Id, ("id", "仪器编号"), &["编号", "仪器id"], "sem-3"),
    known(|| Column::Text("name"), ("name", "仪器名称"), &["名称", "设备名称", "中文名称"], "场发射扫描电镜"),
    known(|| Column::Text("name_en"), ("name_en", "英文名称"), &["英文名"], "Field-emission SEM"),
    known(|| Column::Unit, ("unit", "单位代码"), &["单位编号", "单位id", "机构代码"], ""),
    known(|| Column::Institution, ("institution", "单位名称"), &["单位", "所属单位", "机构"], "材料分析测试中心"),
    known(|| Column::Laboratory, ("laboratory", "实验室"), &["实验室名称", "lab"], ""),
    known(|| Column::Code("asset".into()), ("asset", "资产编号"), &["固定资产编号", "code:asset"], "20190812S"),
    known(|| Column::Code("gov".into()), ("gov", "统一编号"), &["国家编号", "code:gov"], ""),
    known(|| Column::Code("sn".into()), ("sn", "序列号"), &["code:sn", "s/n"], "M-1234"),
    known(|| Column::Code("dayi".into()), ("dayi", "大仪编号"), &["code:dayi"], ""),
    known(|| Column::Text("class"), ("class", "分类代码"), &["分类", "类别", "仪器分类"], "010102"),
    known(|| Column::Text("maker"), ("maker", "生产厂商"), &["厂商", "厂家", "生产厂家", "制造商", "manufacturer"], ""),
    known(|| Column::Text("model"), ("model", "型号"), &["规格型号", "型号规格"], ""),
    known(|| Column::Text("serial"), ("serial", "出厂编号"), &["出厂号"], ""),
    known(|| Column::RatedCurrent, ("rated_current_a", "额定电流"), &["额定电流(a)", "额定电流a"], "16"),
    known(|| Column::Value, ("value_yuan", "原值"), &["原值(元)", "价值", "金额", "value"], "2350000"),
    known(|| Column::Imported, ("imported", "是否进口"), &["进口"], "是"),
    known(|| Column::Day("purchased_on"), ("purchased_on", "购置日期"), &["购入日期", "购买日期"], "2019-08-12"),
    known(|| Column::Day("commissioned_on"), ("commissioned_on", "启用日期"), &["投用日期"], ""),
    known(|| Column::Text("building"), ("building", "楼宇"), &["楼栋", "安装地点", "所在楼"], ""),
    known(|| Column::Text("room"), ("room", "房间号"), &["房间"], ""),
    known(|| Column::Opening, ("opening", "开放时间"), &[], "1-5 08:30-12:00 13:30-17:30; 6 09:00-12:00"),
    known(|| Column::Contact("name"), ("contact", "联系人"), &["负责人", "管理员"], ""),
    known(|| Column::Contact("phone"), ("phone", "联系电话"), &["电话", "手机"], ""),
    known(|| Column::Contact("email"), ("email", "电子邮箱"), &["邮箱", "e-mail", "mail"], ""),
];

impl Column {
    /// The column of this name, however it is written.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = plain(name);
        let found = KNOWN
            .iter()
            .find(|known| known.name == name || known.name_zh == name || known.others.contains(&name.as_str()));
        found
            .map(|known| (known.column)())
            .or_else(|| name.strip_prefix("code:").map(|scheme| Self::Code(scheme.into())))
    }

    /// Its name in English.
    pub(super) fn name(&self) -> String {
        match KNOWN.iter().find(|known| (known.column)() == *self) {
            Some(known) => known.name.to_owned(),
            None => match self {
                Self::Code(scheme) => format!("code:{scheme}"),
                other => format!("{other:?}"),
            },
        }
    }
}

/// Without blanks, stars and letters' case; brackets as in English.
fn plain(name: &str) -> String {
    let kept = name.chars().filter(|c| !c.is_whitespace() && *c != '*' && *c != '\u{feff}');
    let kept = kept.map(|c| match c {
        '（' => '(',
        '）' => ')',
        '：' => ':',
        c => c,
    });
    kept.collect::<String>().to_lowercase()
}

/// The header of a template and one row as an example.
pub(super) fn template(chinese: bool) -> [Vec<&'static str>; 2] {
    let name = |known: &Known| if chinese { known.name_zh } else { known.name };
    [KNOWN.iter().map(name).collect(), KNOWN.iter().map(|known| known.example).collect()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_is_of_one_column() {
        let mut names = HashSet::new();
        for known in &KNOWN {
            for name in [known.name, known.name_zh].iter().chain(known.others) {
                assert_eq!(plain(name), **name);
                assert!(names.insert(*name), "{name}");
                assert_eq!(Column::named(name), Some((known.column)()));
            }
        }
        assert_eq!(Column::named(" 原值（元） *"), Some(Column::Value));
        assert_eq!(Column::named("code:ring"), Some(Column::Code("ring".into())));
        assert_eq!(Column::named("颜色"), None);
        assert_eq!(Column::Code("ring".into()).name(), "code:ring");
    }
}
