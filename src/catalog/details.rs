use crate::domain::{DayiCode, LocalDay, OpeningHours};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The scheme of the codes that dayi gives itself.
pub(super) const OWN_SCHEME: &str = "dayi";
/// The longest text, in characters.
const LONGEST: usize = 200;
/// Contacts and codes at most.
const MOST: usize = 20;
/// The dearest instrument, in yuan.
const DEAREST: i64 = 100_000_000_000;

/// What people say of an instrument.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = InstrumentDetails)]
pub struct Details {
    /// Its Chinese name.
    #[schema(example = "场发射扫描电镜")]
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// The institution or laboratory it belongs to, by id.
    #[schema(example = "zju-materials")]
    pub unit: String,
    /// What it is numbered by: for each scheme (`sn` the maker's, `asset` the owner's, `gov` the state's, or others) one code,
    /// which no other instrument has in that scheme. `dayi` is given when it is left out.
    #[schema(example = json!({"asset": "20190812S"}))]
    pub codes: BTreeMap<String, String>,
    /// Its class: six digits of GB/T 32847 where known.
    #[schema(example = "010102")]
    pub class: String,
    /// Who made it.
    pub maker: String,
    /// The maker's model.
    pub model: String,
    /// The number on its plate.
    pub serial: String,
    /// The current on its plate, in ampere.
    pub rated_current_a: Option<f32>,
    /// What it cost, in whole yuan (元).
    pub value_yuan: Option<i64>,
    /// Whether it came from abroad.
    pub imported: Option<bool>,
    /// The day it was bought.
    #[schema(value_type = Option<String>, format = Date)]
    pub purchased_on: Option<LocalDay>,
    /// The day it began to work.
    #[schema(value_type = Option<String>, format = Date)]
    pub commissioned_on: Option<LocalDay>,
    /// The building it stands in.
    pub building: String,
    /// The room.
    pub room: String,
    /// When there is work at it, in local time; without, when there is at its laboratory or institution.
    #[schema(value_type = Option<OpeningView>)]
    pub opening: Option<OpeningHours>,
    /// Whom to ask about it.
    pub contacts: Vec<Contact>,
}

/// Somebody to ask about an instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The name.
    pub name: String,
    /// As what.
    #[serde(default)]
    #[schema(example = "管理员")]
    pub role: String,
    /// The telephone number.
    #[serde(default)]
    pub phone: String,
    /// The e-mail address.
    #[serde(default)]
    pub email: String,
}

/// Opening hours in local time.
#[derive(ToSchema)]
#[schema(as = OpeningHours)]
#[expect(dead_code, reason = "only described")]
pub(super) struct OpeningView {
    /// Monday first; each day's spans, such as `08:30-12:00`.
    #[schema(min_items = 7, max_items = 7, example = json!([["08:30-17:30"], ["08:30-17:30"], ["08:30-17:30"], ["08:30-17:30"], ["08:30-17:30"], [], []]))]
    weekly: Vec<Vec<String>>,
    /// Days on which it is otherwise: holidays without spans, working Saturdays with some.
    #[schema(example = json!({"2026-10-01": []}))]
    dates: Option<BTreeMap<String, Vec<String>>>,
}

impl Details {
    /// # Errors
    /// What is wrong with it, and in which field, for the person who entered it.
    pub(super) fn check(&self) -> Result<(), Wrong> {
        if self.name.trim().is_empty() {
            return Err(Wrong("name", "name is empty".into()));
        }
        let texts = [
            ("name", &self.name),
            ("name_en", &self.name_en),
            ("class", &self.class),
            ("maker", &self.maker),
            ("model", &self.model),
            ("serial", &self.serial),
            ("building", &self.building),
            ("room", &self.room),
        ];
        for (field, text) in texts {
            check_text(field, text)?;
        }
        if self.rated_current_a.is_some_and(|rated| !(rated.is_finite() && rated > 0.0 && rated <= 10_000.0)) {
            return Err(Wrong("rated_current_a", "rated_current_a is above 0 and at most 10000 ampere".into()));
        }
        if self.value_yuan.is_some_and(|value| !(0..=DEAREST).contains(&value)) {
            return Err(Wrong("value_yuan", format!("value_yuan is 0 to {DEAREST} yuan")));
        }
        if self.codes.len() > MOST || self.contacts.len() > MOST {
            return Err(Wrong("codes", format!("an instrument has at most {MOST} codes and {MOST} contacts")));
        }
        self.codes.iter().try_for_each(|(scheme, code)| check_code(scheme, code))?;
        self.contacts.iter().try_for_each(Contact::check)
    }

    /// The same without blanks around what was entered, the English name filled in, and dayi's own code as it is kept.
    pub(super) fn tidy(mut self) -> Self {
        for text in [
            &mut self.name,
            &mut self.name_en,
            &mut self.class,
            &mut self.maker,
            &mut self.model,
            &mut self.serial,
            &mut self.building,
            &mut self.room,
        ] {
            let trimmed = text.trim();
            if trimmed.len() < text.len() {
                *text = trimmed.to_owned();
            }
        }
        if self.name_en.is_empty() {
            self.name_en = self.name.clone();
        }
        self.codes = self.codes.into_iter().map(|(scheme, code)| (scheme, code.trim().to_owned())).collect();
        self.codes.retain(|_, code| !code.is_empty());
        if let Some(code) = self.codes.get_mut(OWN_SCHEME)
            && let Ok(own) = code.parse::<DayiCode>()
        {
            *code = own.as_str().to_owned();
        }
        self
    }

    /// What it becomes by a JSON merge patch (RFC 7396).
    ///
    /// # Errors
    /// When the patch has fields that there are not, or values that cannot be.
    pub(super) fn merged(&self, patch: &Value) -> Result<Self, String> {
        let Value::Object(_) = patch else { return Err("the patch is a JSON object".into()) };
        let mut details = serde_json::to_value(self).map_err(|error| error.to_string())?;
        merge(&mut details, patch);
        serde_json::from_value(details).map_err(|error| error.to_string())
    }
}

/// A field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{1}")]
pub(super) struct Wrong(pub(super) &'static str, pub(super) String);

impl Contact {
    fn check(&self) -> Result<(), Wrong> {
        if self.name.trim().is_empty() {
            return Err(Wrong("contacts", "a contact has a name".into()));
        }
        [&self.name, &self.role, &self.phone, &self.email].into_iter().try_for_each(|text| check_text("contacts", text))
    }
}

fn check_text(field: &'static str, text: &str) -> Result<(), Wrong> {
    if text.chars().count() > LONGEST {
        return Err(Wrong(field, format!("{field} is longer than {LONGEST} characters")));
    }
    if text.contains('\0') {
        return Err(Wrong(field, format!("{field} holds a NUL")));
    }
    Ok(())
}

fn check_code(scheme: &str, code: &str) -> Result<(), Wrong> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=20).contains(&scheme.len()) || !scheme.bytes().all(fits) {
        return Err(Wrong("codes", "a scheme of codes is 1 to 20 of the characters a-z 0-9 -".into()));
    }
    if scheme == OWN_SCHEME && !code.trim().is_empty() {
        code.parse::<DayiCode>().map_err(|error| Wrong("codes", error.to_string()))?;
    }
    check_text("codes", code)
}

/// RFC 7396: what is null goes, objects are merged, everything else takes its place.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (key, change) in changes {
        if change.is_null() {
            fields.remove(key);
        } else {
            merge(fields.entry(key).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_patch_changes_what_it_names_and_null_empties() {
        let details = Details {
            name: "电镜".into(),
            class: "010102".into(),
            codes: [("sn".to_owned(), "1".to_owned()), ("asset".to_owned(), "2".to_owned())].into(),
            value_yuan: Some(3),
            ..Details::default()
        };
        let patch =
            json!({"class": null, "codes": {"sn": null, "gov": "4"}, "value_yuan": 5, "purchased_on": "2026-01-02"});
        let merged = details.merged(&patch).unwrap();
        assert_eq!((merged.name.as_str(), merged.class.as_str(), merged.value_yuan), ("电镜", "", Some(5)));
        assert_eq!(merged.codes, [("asset".to_owned(), "2".to_owned()), ("gov".to_owned(), "4".to_owned())].into());
        assert_eq!(merged.purchased_on, "2026-01-02".parse().ok());
        for wrong in [json!({"colour": "red"}), json!({"value_yuan": "a"}), json!([]), json!({"purchased_on": "soon"})]
        {
            assert!(details.merged(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_is_said() {
        let named = Details { name: "a".into(), ..Details::default() };
        assert_eq!(named.check(), Ok(()));
        let wrong = [
            Details { rated_current_a: Some(f32::NAN), ..named.clone() },
            Details { value_yuan: Some(-1), ..named.clone() },
            Details { codes: [("No".to_owned(), "1".to_owned())].into(), ..named.clone() },
            Details { codes: [("dayi".to_owned(), "1".to_owned())].into(), ..named.clone() },
            Details { contacts: vec![Contact::default()], ..named.clone() },
            Details { room: "x".repeat(201), ..named.clone() },
            Details::default(),
        ];
        for details in wrong {
            assert!(details.check().is_err(), "{details:?}");
        }
        let tidy = Details { name: " a ".into(), codes: [("sn".to_owned(), " ".to_owned())].into(), ..named }.tidy();
        assert_eq!((tidy.name.as_str(), tidy.name_en.as_str(), tidy.codes.len()), ("a", "a", 0));
    }

    proptest! {
        #[test]
        fn a_patch_of_its_own_fields_changes_nothing(name in ".{1,20}", value in proptest::option::of(any::<i64>()), room in ".{0,9}") {
            let details = Details { name, value_yuan: value, room, ..Details::default() };
            let whole = serde_json::to_value(&details).unwrap();
            prop_assert_eq!(details.merged(&whole).unwrap(), details.clone());
            prop_assert_eq!(details.merged(&json!({})).unwrap(), details);
        }
    }
}
