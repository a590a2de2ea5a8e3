use crate::domain::{Places, Reach, UnitPath};
use sea_orm::Value;

/// The catalogue's tables as the history joins them: `i` the instrument. Folders do not import each other; these two tables
/// are read here in SQL, because the database can group what would be too much to load.
pub(super) const INSTRUMENTS: &str = "instrument i";
/// The same with `p`, the laboratory or institution it belongs to.
pub(super) const WITH_LABORATORIES: &str = "instrument i JOIN unit p ON p.id = i.unit_id";
/// The same with `n`, its institution: its unit, or that of its laboratory.
pub(super) const WITH_INSTITUTIONS: &str = "instrument i JOIN unit p ON p.id = i.unit_id
    JOIN unit n ON n.id = CASE p.kind WHEN 'laboratory' THEN p.parent_id ELSE p.id END";
/// The same with `a`, its institution's county, or its city where no county is between them.
pub(super) const WITH_COUNTIES: &str = "instrument i JOIN unit p ON p.id = i.unit_id
    JOIN unit n ON n.id = CASE p.kind WHEN 'laboratory' THEN p.parent_id ELSE p.id END
    JOIN unit a ON a.id = n.parent_id";
/// The same with `c`, its institution's city, with or without a county between them.
pub(super) const WITH_CITIES: &str = "instrument i JOIN unit p ON p.id = i.unit_id
    JOIN unit n ON n.id = CASE p.kind WHEN 'laboratory' THEN p.parent_id ELSE p.id END
    JOIN unit a ON a.id = n.parent_id
    JOIN unit c ON c.id = CASE a.kind WHEN 'county' THEN a.parent_id ELSE a.id END";

/// Which instruments a question is about.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// Where whoever asks may look.
    pub(super) reach: Reach,
    /// A part of the tree; [`Part::Nowhere`] for one that is not there.
    pub(super) part: Part,
    /// The institution's id.
    pub(super) institution: Option<String>,
    /// The city, in Chinese or English.
    pub(super) city: Option<String>,
    /// The class.
    pub(super) class: Option<String>,
    /// The instrument's id.
    pub(super) instrument: Option<String>,
    /// Leaving out those that were retired before, UTC milliseconds.
    pub(super) since_ms: i64,
}

/// A part of the tree.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// All of it.
    Everything,
    /// A unit and what is below it.
    Below(UnitPath),
    /// Nothing.
    Nowhere,
}

impl Part {
    /// The part that a unit's id names.
    pub(super) fn of(places: &dyn Places, unit: Option<&str>) -> Self {
        match unit.map(|id| places.unit(id)) {
            None => Self::Everything,
            Some(Some(path)) => Self::Below(path),
            Some(None) => Self::Nowhere,
        }
    }

    fn reach(&self) -> Reach {
        match self {
            Self::Everything => Reach::Everything,
            Self::Below(path) => Reach::Within(vec![path.clone()]),
            Self::Nowhere => Reach::Within(Vec::new()),
        }
    }
}

/// Conditions on the instruments and the values they speak of.
pub(super) struct Conditions {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Scope {
    pub(super) fn conditions(&self) -> Conditions {
        let mut conditions = Conditions { sql: "1 = 1".into(), values: Vec::new() };
        conditions.within(&self.reach);
        conditions.within(&self.part.reach());
        // Units are few: the database finds those that are meant once, and looks instruments up among them.
        let institution = "i.unit_id IN (SELECT x.id FROM unit x JOIN unit y ON x.id = y.id OR x.parent_id = y.id
            WHERE y.id = ? AND y.kind = 'institution')";
        let city = "i.unit_id IN (SELECT x.id FROM unit x JOIN unit y ON substr(x.path, 1, length(y.path)) = y.path
            WHERE y.kind = 'city' AND (y.name = ? OR y.name_en = ?))";
        let told = [
            (institution, &self.institution),
            (city, &self.city),
            ("i.class = ?", &self.class),
            ("i.id = ?", &self.instrument),
        ];
        for (condition, value) in told {
            if let Some(value) = value {
                conditions.and(condition, value.as_str());
            }
        }
        conditions.and("(i.retired_ms IS NULL OR i.retired_ms > ?)", self.since_ms);
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

    fn within(&mut self, reach: &Reach) {
        if *reach == Reach::Everything {
            return;
        }
        let condition = reach.condition("x.path", &mut self.values);
        self.sql.push_str(&format!(" AND i.unit_id IN (SELECT x.id FROM unit x WHERE {condition})"));
    }
}
