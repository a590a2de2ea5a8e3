use sea_orm::Value;

/// The catalogue's tables as the history joins them: `i` the instrument, `n` its institution. Folders do not import each
/// other; these two tables are read here in SQL, because the database can group what would be too much to load.
pub(super) const CATALOGUE: &str = "instrument i JOIN institution n ON n.id = i.institution_id";

/// Which instruments a question is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// The institution's id.
    pub(super) institution: Option<String>,
    /// The city, in Chinese or English.
    pub(super) city: Option<String>,
    /// The class.
    pub(super) class: Option<String>,
    /// The instrument's id.
    pub(super) instrument: Option<String>,
}

/// Conditions on [`CATALOGUE`] and the values they speak of.
pub(super) struct Conditions {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Scope {
    pub(super) fn conditions(&self) -> Conditions {
        let mut conditions = Conditions { sql: "1 = 1".into(), values: Vec::new() };
        let told = [
            ("n.id = ?", &self.institution),
            ("(n.city = ? OR n.city_en = ?)", &self.city),
            ("i.class = ?", &self.class),
            ("i.id = ?", &self.instrument),
        ];
        for (condition, value) in told {
            if let Some(value) = value {
                conditions.and(condition, value.as_str());
            }
        }
        conditions
    }
}

impl Conditions {
    /// Adds a condition in which `?` stands for the value.
    pub(super) fn and(&mut self, condition: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        let place = format!("${}", self.values.len());
        self.sql.push_str(" AND ");
        self.sql.push_str(&condition.replace('?', &place));
    }
}
