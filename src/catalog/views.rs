//! Instruments as the API shows them.

use super::api::LiveStatus;
use super::details::{Contact, Details, OWN_SCHEME, OpeningView};
use super::model::{Institution, Instrument};
use super::units::{UnitKind, Units};
use crate::domain::{Cause, DayiCode, InstrumentId, InstrumentState, LocalDay, OpeningHours};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An instrument and what it does now.
#[derive(Serialize, ToSchema)]
pub(super) struct InstrumentView {
    #[schema(value_type = String, example = "i00001")]
    id: InstrumentId,
    /// The number that dayi gave it, to be printed on a label and typed.
    #[schema(example = "4K7P-92QX-M")]
    code: String,
    name: String,
    name_en: String,
    institution: Institution,
    /// Its laboratory; null where it belongs to the institution alone.
    #[schema(required = true)]
    laboratory: Option<UnitName>,
    unit: UnitRef,
    class: String,
    maker: String,
    model: String,
    /// The current on its plate, in ampere.
    #[schema(required = true)]
    rated_current_a: Option<f32>,
    /// Since when it is out of service, UTC milliseconds; null in service.
    #[schema(required = true)]
    retired_at: Option<i64>,
    state: StateView,
    sensor: SensorView,
}

/// A unit by its names.
#[derive(Serialize, ToSchema)]
pub(super) struct UnitName {
    id: String,
    name: String,
    name_en: String,
}

/// A unit and where it stands.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct UnitRef {
    #[schema(example = "zju-materials")]
    id: String,
    /// The ids from the province down, each followed by a slash.
    #[schema(example = "province/city-hangzhou/zju-materials/")]
    path: String,
}

/// The state an instrument is in.
#[derive(Serialize, ToSchema)]
struct StateView {
    #[schema(value_type = String, example = "on")]
    state: InstrumentState,
    /// UTC milliseconds; 0 before the first verdict.
    since: i64,
    /// Counts the instrument's transitions.
    seq: u64,
    /// 0 to 1.
    confidence: f32,
    #[schema(value_type = String, example = "model")]
    cause: Cause,
    /// The model that decided.
    #[schema(example = "threshold-v1")]
    model: String,
}

/// What its sensor last said.
#[derive(Serialize, ToSchema)]
struct SensorView {
    /// UTC milliseconds; null before the first reading since the server started.
    #[schema(required = true)]
    last_reading_at: Option<i64>,
    /// Ampere.
    #[schema(required = true)]
    current_a: Option<f32>,
}

/// An instrument, what it does now, and all that people say of it.
#[derive(Serialize, ToSchema)]
pub(super) struct InstrumentDetail {
    #[serde(flatten)]
    instrument: InstrumentView,
    /// What it is numbered by, for each scheme.
    codes: BTreeMap<String, String>,
    /// The number on its plate.
    serial: String,
    /// What it cost, in whole yuan (元).
    #[schema(required = true)]
    value_yuan: Option<i64>,
    /// Whether it came from abroad.
    #[schema(required = true)]
    imported: Option<bool>,
    #[schema(value_type = Option<String>, format = Date, required = true)]
    purchased_on: Option<LocalDay>,
    #[schema(value_type = Option<String>, format = Date, required = true)]
    commissioned_on: Option<LocalDay>,
    building: String,
    room: String,
    /// When there is work at it, in local time; null where it is as at its unit.
    #[schema(value_type = Option<OpeningView>, required = true)]
    opening: Option<OpeningHours>,
    opening_holds: OpeningHolds,
    contacts: Vec<Contact>,
    /// Counts its changes; also the entity tag, for `If-Match`.
    version: i64,
}

/// The opening hours that hold, and whose they are.
#[derive(Serialize, ToSchema)]
struct OpeningHolds {
    /// The unit that they are set on; null where they are the instrument's own, or the usual ones.
    #[schema(required = true)]
    unit: Option<String>,
    #[schema(value_type = OpeningView)]
    hours: OpeningHours,
}

pub(super) fn view(units: &Units, instrument: &Instrument, status: &LiveStatus) -> InstrumentView {
    let Instrument { id, details, retired_ms, .. } = instrument;
    let state = &status.state;
    let laboratory = units.get(&details.unit).filter(|unit| unit.kind == UnitKind::Laboratory);
    let own = details.codes.get(OWN_SCHEME);
    InstrumentView {
        id: id.clone(),
        code: own
            .map(|own| own.parse::<DayiCode>().map_or_else(|_| own.clone(), |own| own.to_string()))
            .unwrap_or_default(),
        name: details.name.clone(),
        name_en: details.name_en.clone(),
        institution: units.institution(&details.unit),
        laboratory: laboratory.map(|unit| UnitName {
            id: unit.id.clone(),
            name: unit.name.clone(),
            name_en: unit.name_en.clone(),
        }),
        unit: UnitRef {
            id: details.unit.clone(),
            path: units.get(&details.unit).map(|unit| unit.path.to_string()).unwrap_or_default(),
        },
        class: details.class.clone(),
        maker: details.maker.clone(),
        model: details.model.clone(),
        rated_current_a: details.rated_current_a,
        retired_at: *retired_ms,
        state: StateView {
            state: state.state,
            since: state.since_ms,
            seq: state.seq,
            confidence: state.confidence,
            cause: state.cause,
            model: state.model.to_string(),
        },
        sensor: SensorView {
            last_reading_at: status.last_reading.map(|reading| reading.0),
            current_a: status.last_reading.map(|reading| reading.1),
        },
    }
}

pub(super) fn detail(units: &Units, instrument: &Instrument, status: &LiveStatus) -> InstrumentDetail {
    let details = Details::clone(&instrument.details);
    let holds = match (&details.opening, units.opening(&details.unit)) {
        (Some(own), _) => OpeningHolds { unit: None, hours: own.clone() },
        (None, Some((hours, unit))) => OpeningHolds { unit: Some(unit.to_owned()), hours: OpeningHours::clone(&hours) },
        (None, None) => OpeningHolds { unit: None, hours: OpeningHours::default() },
    };
    InstrumentDetail {
        instrument: view(units, instrument, status),
        codes: details.codes,
        serial: details.serial,
        value_yuan: details.value_yuan,
        imported: details.imported,
        purchased_on: details.purchased_on,
        commissioned_on: details.commissioned_on,
        building: details.building,
        room: details.room,
        opening: details.opening,
        opening_holds: holds,
        contacts: details.contacts,
        version: instrument.version,
    }
}
