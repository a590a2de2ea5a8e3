//! An instrument that somebody wants to add.

use super::api::ApiState;
use super::details::Details;
use super::model::{Addition, Home, Institution, NewSensor, SensorBinding};
use super::units::{PROVINCE, Units, for_instruments};
use crate::domain::{Caller, InstrumentId, Permission, Places, UnitPath};
use crate::platform::fitting_id::fitting_id;
use crate::platform::problem::Problem;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// An instrument to be added, with the sensor clamped on it. It belongs to a `unit` that is there, or to an `institution`,
/// which is added with its city if it is not there.
#[derive(Deserialize, ToSchema)]
#[serde(try_from = "Map<String, Value>")]
pub(super) struct NewInstrument {
    #[schema(value_type = String, example = "sem-3")]
    pub(super) id: InstrumentId,
    institution: Option<Institution>,
    /// How its sensor speaks; without it, dayi's own dialect.
    sensor: Option<SensorBinding>,
    #[serde(flatten)]
    details: Details,
}

impl TryFrom<Map<String, Value>> for NewInstrument {
    type Error = String;

    fn try_from(mut fields: Map<String, Value>) -> Result<Self, String> {
        let id = taken(&mut fields, "id")?.ok_or("id is missing")?;
        let (institution, sensor) = (taken(&mut fields, "institution")?, taken(&mut fields, "sensor")?);
        let details = serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())?;
        Ok(Self { id, institution, sensor, details })
    }
}

fn taken<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str) -> Result<Option<T>, String> {
    let value = fields.remove(name).unwrap_or(Value::Null);
    serde_json::from_value(value).map_err(|error| format!("{name}: {error}"))
}

impl NewInstrument {
    /// # Errors
    /// What is wrong with it.
    pub(super) fn check(&self) -> Result<(), Problem> {
        self.details.check().map_err(|wrong| Problem::unprocessable(wrong.to_string()))?;
        if let Some(sensor) = &self.sensor {
            sensor.check().map_err(Problem::unprocessable)?;
        }
        match &self.institution {
            Some(_) if !self.details.unit.is_empty() => {
                Err(Problem::unprocessable("an instrument belongs to a unit or an institution, not to both"))
            }
            Some(Institution { id, name, city, .. }) if [id, name, city].iter().any(|text| text.trim().is_empty()) => {
                Err(Problem::unprocessable("institution needs an id, a name and a city"))
            }
            None if self.details.unit.is_empty() => {
                Err(Problem::unprocessable("unit is missing: the institution or laboratory it belongs to"))
            }
            _ => Ok(()),
        }
    }

    /// What its sensor is bound by.
    pub(super) fn binding(&self) -> SensorBinding {
        self.sensor.clone().unwrap_or_else(|| SensorBinding::own(&self.id))
    }

    /// Lets pass who may add it.
    ///
    /// # Errors
    /// When the caller may not, or there is no such unit.
    pub(super) fn allowed(&self, caller: &Caller, api: &ApiState) -> Result<(), Problem> {
        match &self.institution {
            None => may_stand_in(caller, &api.store.catalog().units(), &self.details.unit),
            Some(institution) => match api.store.catalog().unit(&fitting_id(&institution.id)) {
                Some(unit) => caller.check(Permission::EditCatalog, &unit, "there is no such institution"),
                None => caller.check(
                    Permission::EditUnits,
                    &UnitPath::root().child(PROVINCE),
                    "there is no such institution; name a unit",
                ),
            },
        }
    }

    pub(super) fn with(self, sensor: NewSensor) -> Addition {
        let Self { id, institution, details, .. } = self;
        let home = institution.map_or_else(|| Home::Unit(details.unit.clone()), Home::Institution);
        Addition { id, home, details: details.tidy(), sensor }
    }
}

/// Lets pass who may put instruments into the unit.
///
/// # Errors
/// When the caller may not, there is no such unit, or no instruments stand in it.
pub(super) fn may_stand_in(caller: &Caller, units: &Units, id: &str) -> Result<(), Problem> {
    let missing = format!("there is no unit {:?}", id.chars().take(100).collect::<String>());
    let unit = units.get(id).ok_or_else(|| Problem::not_found(missing.as_str()))?;
    caller.check(Permission::EditCatalog, &unit.path, &missing)?;
    for_instruments(units, id).map_err(|wrong| Problem::unprocessable(wrong.to_string()))?;
    Ok(())
}
