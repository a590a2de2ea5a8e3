//! One row of a file: what it wants of which instrument.

use super::columns::Column;
use crate::domain::{DayiCode, InstrumentId, LocalDay, OpenSpan, OpeningHours};
use crate::platform::spreadsheet::as_it_was;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a row wants.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Wanted {
    /// The instrument's id, where the row names one.
    pub(super) id: Option<InstrumentId>,
    /// What the instrument is called if it is new and the row names no id: its own code without dashes, in small letters.
    pub(super) fresh: String,
    /// The institution by name or id.
    pub(super) institution: String,
    /// Its laboratory by name or id.
    pub(super) laboratory: String,
    /// What is said of the first contact.
    pub(super) contact: BTreeMap<String, String>,
    /// The rest, as a merge patch of the details.
    pub(super) patch: Map<String, Value>,
    /// What of the row cannot be read.
    pub(super) mistakes: Vec<Mistake>,
}

/// What is wrong in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportMistake)]
pub(super) struct Mistake {
    /// The column; empty where it is the row as a whole.
    #[schema(example = "purchased_on")]
    pub(super) column: String,
    /// What is wrong, in words.
    pub(super) message: String,
}

impl Mistake {
    pub(super) fn new(column: impl Into<String>, message: impl Into<String>) -> Self {
        Self { column: column.into(), message: message.into() }
    }
}

/// A cell that says: nothing, rather than no change.
const NOTHING: &str = "-";

impl Wanted {
    /// Reads the cells of a row. An empty cell leaves what is there; a dash empties it.
    pub(super) fn read(columns: &[Option<Column>], cells: &[String], fresh: &DayiCode) -> Self {
        let mut wanted = Self { fresh: fresh.as_str().to_lowercase(), ..Self::default() };
        for (column, cell) in columns.iter().zip(cells) {
            let (Some(column), cell) = (column, as_it_was(cell.trim())) else { continue };
            if cell.is_empty() {
                continue;
            }
            if let Err(message) = wanted.take(column, cell) {
                wanted.mistakes.push(Mistake::new(column.name(), message));
            }
        }
        wanted
    }

    fn take(&mut self, column: &Column, cell: &str) -> Result<(), String> {
        let text = || if cell == NOTHING { Value::Null } else { Value::from(cell) };
        match column {
            Column::Id => self.id = Some(cell.parse().map_err(|error| format!("{error}"))?),
            Column::Institution => cell.clone_into(&mut self.institution),
            Column::Laboratory => cell.clone_into(&mut self.laboratory),
            Column::Unit => self.set("unit", Value::from(cell)),
            Column::Text(field) => self.set(field, text()),
            Column::Contact(part) => {
                self.contact.insert((*part).to_owned(), cell.to_owned());
            }
            Column::Code(scheme) => {
                let codes = self.patch.entry("codes").or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(codes) = codes {
                    codes.insert(scheme.clone(), text());
                }
            }
            _ if cell == NOTHING => self.set(&column.name(), Value::Null),
            Column::RatedCurrent => self.set("rated_current_a", number(cell)?.into()),
            Column::Value => {
                let yuan = number(cell)?.round();
                if !(0.0..=1e11).contains(&yuan) {
                    return Err(format!("{cell:?} is no value in yuan"));
                }
                #[expect(clippy::cast_possible_truncation, reason = "it was checked")]
                self.set("value_yuan", (yuan as i64).into());
            }
            Column::Imported => self.set("imported", truth(cell)?.into()),
            Column::Day(field) => self.set(field, day(cell)?.to_string().into()),
            Column::Opening => {
                let opening = serde_json::to_value(opening(cell)?).map_err(|error| error.to_string())?;
                self.set("opening", opening);
            }
        }
        Ok(())
    }

    fn set(&mut self, field: &str, value: Value) {
        self.patch.insert(field.to_owned(), value);
    }
}

fn number(cell: &str) -> Result<f64, String> {
    let digits: String = cell.chars().filter(|c| !matches!(c, ',' | '，' | ' ' | '¥' | '￥' | '元' | 'A')).collect();
    let number = digits.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| format!("{cell:?} is no number"))
}

fn truth(cell: &str) -> Result<bool, String> {
    match cell.to_lowercase().as_str() {
        "是" | "进口" | "yes" | "y" | "true" | "1" => Ok(true),
        "否" | "国产" | "no" | "n" | "false" | "0" => Ok(false),
        _ => Err(format!("{cell:?} is neither 是 (yes) nor 否 (no)")),
    }
}

/// `2019-08-12`, `2019/8/12`, `2019.8.12`, `2019年8月12日` or `20190812`, also with a time behind it.
fn day(cell: &str) -> Result<LocalDay, String> {
    let wrong = || format!("{cell:?} is no date: write 2019-08-12");
    let date = cell.split([' ', 'T']).next().unwrap_or_default();
    if date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]).parse().map_err(|_| wrong());
    }
    let dashed: String = date.chars().map(|c| if matches!(c, '/' | '.' | '年' | '月') { '-' } else { c }).collect();
    dashed.trim_end_matches(['日', '-']).parse().map_err(|_| wrong())
}

/// Such as `1-5 08:30-12:00 13:30-17:30; 6 09:00-12:00`: weekdays from 1, Monday, to 7, and their spans.
fn opening(cell: &str) -> Result<OpeningHours, String> {
    let wrong = || format!("{cell:?} are no opening hours: write 1-5 08:30-12:00 13:30-17:30; 6 09:00-12:00");
    let mut weekly: [Vec<OpenSpan>; 7] = Default::default();
    for part in cell.split([';', '；']).map(str::trim).filter(|part| !part.is_empty()) {
        let mut words = part.split_whitespace();
        let days = words.next().ok_or_else(wrong)?;
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let weekday = |text: &str| text.parse::<usize>().ok().filter(|day| (1..=7).contains(day)).ok_or_else(wrong);
        let (first, last) = (weekday(first)?, weekday(last)?);
        let spans = words.map(|word| word.parse::<OpenSpan>().map_err(|error| error.to_string()));
        let spans = spans.collect::<Result<Vec<_>, _>>()?;
        for day in weekly.get_mut(first - 1..last).ok_or_else(wrong)? {
            day.extend(&spans);
        }
    }
    OpeningHours::new(weekly, BTreeMap::new()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(cells: &[(&str, &str)]) -> Wanted {
        let columns: Vec<_> = cells.iter().map(|(name, _)| Column::named(name)).collect();
        let cells: Vec<_> = cells.iter().map(|(_, cell)| (*cell).to_owned()).collect();
        let fresh = (0..).find_map(DayiCode::from_number).unwrap();
        Wanted::read(&columns, &cells, &fresh)
    }

    #[test]
    fn cells_are_read_as_people_write_them() {
        let wanted = read(&[
            ("名称", " 电镜 "),
            ("原值（元）", "¥1,234,567.50"),
            ("是否进口", "是"),
            ("购置日期", "2019年8月12日"),
            ("启用日期", "2020/1/2 00:00:00"),
            ("资产编号", "'=12"),
            ("房间", "-"),
            ("厂家", ""),
            ("开放时间", "1-5 08:30-12:00 13:30-17:30；6 9:00-12:00"),
            ("颜色", "红"),
        ]);
        assert_eq!(wanted.mistakes, []);
        let mut patch = wanted.patch;
        let opening: OpeningHours = serde_json::from_value(patch.remove("opening").unwrap()).unwrap();
        assert_eq!((opening.weekday(0).len(), opening.weekday(5).len(), opening.weekday(6).len()), (2, 1, 0));
        let expected = json!({"name": "电镜", "value_yuan": 1_234_568, "imported": true, "purchased_on": "2019-08-12",
            "commissioned_on": "2020-01-02", "codes": {"asset": "=12"}, "room": null});
        assert_eq!(Value::Object(patch), expected);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_column() {
        let wanted = read(&[
            ("id", "a b"),
            ("额定电流", "many"),
            ("原值", "-5"),
            ("进口", "perhaps"),
            ("购置日期", "2019-02-30"),
            ("开放时间", "8-9 1:00-2:00"),
        ]);
        let columns: Vec<_> = wanted.mistakes.iter().map(|mistake| mistake.column.as_str()).collect();
        assert_eq!(columns, ["id", "rated_current_a", "value_yuan", "imported", "purchased_on", "opening"]);
    }

    proptest! {
        #[test]
        fn no_cell_is_more_than_refused(cell in ".{0,30}") {
            for name in ["id", "额定电流", "原值", "进口", "购置日期", "开放时间", "房间", "联系人"] {
                let wanted = read(&[(name, &cell)]);
                let json = serde_json::to_string(&wanted).unwrap();
                prop_assert_eq!(serde_json::from_str::<Wanted>(&json).unwrap(), wanted);
            }
        }
    }
}
