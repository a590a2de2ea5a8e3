//! The simulated province as it stands in the catalogue.

use crate::app::App;
use crate::catalog::{
    Addition, Contact, Details, Home, NewSensor, NewToken, PROVINCE, SensorBinding, Store, StoreError, Unit, UnitKind,
};
use crate::domain::{InstrumentId, OpenSpan, OpeningHours, UnitPath};
use crate::platform::fitting_id::city_id;
use dayi_loadtest::fleet::{Fleet, InstrumentSpec, RecordSpec};
use dayi_loadtest::mqtt::Secret;
use dayi_loadtest::simulator::{Device, Dialect};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// One simulated sensor in so many speaks Tasmota.
const TASMOTA_EVERY: usize = 50;

/// The department of science, which sees the whole province.
pub(super) const SCIENCE: &str = "dept-science";

/// Departments: id, Chinese and English name.
const DEPARTMENTS: [(&str, &str, &str); 4] = [
    (SCIENCE, "科学技术厅", "Department of Science and Technology"),
    ("dept-finance", "财政厅", "Department of Finance"),
    ("dept-education", "教育厅", "Department of Education"),
    ("dept-customs", "海关", "Customs"),
];

/// Puts the province into the catalogue where it is not there yet, and gives every sensor a new token.
pub(super) async fn settle(app: &App, fleet: Fleet) -> Result<Vec<Device>, StoreError> {
    let units = units(&app.store, &fleet);
    app.store.add_units(units).await?;
    let classes: BTreeMap<String, (String, String)> =
        fleet.instruments.iter().map(|spec| (spec.class.clone(), (spec.name.clone(), spec.name_en.clone()))).collect();
    app.store.set_classes(&classes).await?;
    let mut devices = Vec::with_capacity(fleet.instruments.len());
    let mut added = Vec::new();
    let mut tokens = Vec::with_capacity(fleet.instruments.len());
    for (number, (spec, record)) in fleet.instruments.into_iter().zip(fleet.records).enumerate() {
        let token = NewToken::generate();
        let dialect = if number % TASMOTA_EVERY == TASMOTA_EVERY - 1 { Dialect::Tasmota } else { Dialect::Dayi };
        tokens.push((spec.id.clone(), token.sha256.clone()));
        if let Some(id) = missing(&app.store, &spec) {
            let own = SensorBinding::own(&id);
            let binding = match dialect {
                Dialect::Dayi => own,
                Dialect::Tasmota => SensorBinding { dialect: "tasmota".into(), ..own },
            };
            let sensor = NewSensor { client_id: spec.id.clone(), token_sha256: token.sha256, binding };
            let home = Home::Unit(record.laboratory.clone());
            added.push(Addition { id, home, details: details(&spec, record), sensor });
        }
        devices.push(Device { client_id: spec.id.clone(), token: Secret::new(token.token), dialect, instrument: spec });
    }
    app.add_instruments(added).await?;
    app.store.set_tokens(&tokens).await?;
    Ok(devices)
}

fn missing(store: &Store, spec: &InstrumentSpec) -> Option<InstrumentId> {
    spec.id.parse().ok().filter(|id| store.catalog().get(id).is_none())
}

/// The units that are not there yet, each with its parent, those above first.
fn units(store: &Store, fleet: &Fleet) -> Vec<(String, Unit)> {
    let long = Arc::new(long_hours());
    let mut cities = BTreeMap::new();
    let mut all = Vec::new();
    for city in &fleet.cities {
        let id = city_id(&city.name, &city.name_en);
        all.push((PROVINCE.to_owned(), unit(&id, UnitKind::City, &city.name, &city.name_en)));
        cities.insert(city.id.as_str(), id);
    }
    let of_city = |city: &str| cities.get(city).cloned().unwrap_or_default();
    for county in &fleet.counties {
        all.push((of_city(&county.city), unit(&county.id, UnitKind::County, &county.name, &county.name_en)));
    }
    for spec in &fleet.institutions {
        all.push((spec.county.clone(), unit(&spec.id, UnitKind::Institution, &spec.name, &spec.name_en)));
    }
    for spec in &fleet.laboratories {
        let laboratory = unit(&spec.id, UnitKind::Laboratory, &spec.name, &spec.name_en);
        let opening = spec.long_hours.then(|| long.clone());
        all.push((spec.institution.clone(), Unit { opening, ..laboratory }));
    }
    let universities = fleet.institutions.iter().filter(|spec| spec.university).map(|spec| spec.id.clone());
    let universities: Vec<String> = universities.collect();
    let harbours = ["ningbo", "zhoushan", "hangzhou"].map(of_city).to_vec();
    let views = [vec![PROVINCE.to_owned()], vec![PROVINCE.to_owned()], universities, harbours];
    for ((id, name, name_en), mut views) in DEPARTMENTS.into_iter().zip(views) {
        views.sort_unstable();
        let department = unit(id, UnitKind::Department, name, name_en);
        all.push((PROVINCE.to_owned(), Unit { views, ..department }));
    }
    let known: HashSet<String> = store.catalog().units().iter().map(|unit| unit.id.clone()).collect();
    all.retain(|(_, unit)| !known.contains(&unit.id));
    all
}

fn unit(id: &str, kind: UnitKind, name: &str, name_en: &str) -> Unit {
    Unit {
        id: id.into(),
        kind,
        name: name.into(),
        name_en: name_en.into(),
        path: UnitPath::root(),
        opening: None,
        views: Vec::new(),
        version: 1,
    }
}

/// From 08:00 to 22:00, also on Saturdays.
fn long_hours() -> OpeningHours {
    let day: Vec<OpenSpan> = OpenSpan::new(8 * 60, 22 * 60).into_iter().collect();
    let weekly = std::array::from_fn(|weekday| if weekday < 6 { day.clone() } else { Vec::new() });
    OpeningHours::new(weekly, BTreeMap::new()).unwrap_or_default()
}

fn details(spec: &InstrumentSpec, record: RecordSpec) -> Details {
    let email = format!("{}@example.org", spec.id);
    Details {
        name: spec.name.clone(),
        name_en: spec.name_en.clone(),
        unit: record.laboratory,
        codes: [("asset".to_owned(), record.asset), ("sn".to_owned(), record.serial.clone())].into(),
        class: spec.class.clone(),
        maker: spec.maker.clone(),
        model: spec.model.clone(),
        serial: record.serial,
        rated_current_a: Some(spec.rated_current_a),
        value_yuan: Some(record.value_yuan),
        imported: Some(record.imported),
        purchased_on: record.purchased_on.parse().ok(),
        commissioned_on: record.commissioned_on.parse().ok(),
        building: record.building,
        room: record.room,
        opening: None,
        contacts: vec![Contact { name: record.contact, role: "管理员".into(), phone: record.phone, email }],
    }
}
