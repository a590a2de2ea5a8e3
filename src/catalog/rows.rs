//! Instruments as rows.

use super::details::Details;
use super::entity::{code, instrument};
use super::model::Instrument;
use super::units::stored_opening;
use crate::domain::{InstrumentId, LocalDay};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use std::collections::BTreeMap;

pub(super) fn instrument_row(instrument: &Instrument) -> instrument::ActiveModel {
    let Instrument { id, details, version, retired_ms } = instrument;
    let json = |value: serde_json::Result<String>, usual: &str| value.unwrap_or_else(|_| usual.to_owned());
    let opening = details.opening.as_ref().map(|opening| json(serde_json::to_string(opening), "null"));
    instrument::ActiveModel {
        id: Set(id.to_string()),
        unit_id: Set(Some(details.unit.clone())),
        name: Set(details.name.clone()),
        name_en: Set(details.name_en.clone()),
        class: Set(details.class.clone()),
        maker: Set(details.maker.clone()),
        model: Set(details.model.clone()),
        serial: Set(details.serial.clone()),
        rated_current_a: Set(details.rated_current_a.map(f64::from)),
        value_yuan: Set(details.value_yuan),
        imported: Set(details.imported),
        purchased_on: Set(details.purchased_on.map(String::from)),
        commissioned_on: Set(details.commissioned_on.map(String::from)),
        building: Set(details.building.clone()),
        room: Set(details.room.clone()),
        opening: Set(opening),
        contacts: Set(json(serde_json::to_string(&details.contacts), "[]")),
        version: Set(*version),
        retired_ms: Set(*retired_ms),
    }
}

pub(super) fn code_rows(instrument: &Instrument) -> impl Iterator<Item = code::ActiveModel> {
    instrument.details.codes.iter().map(|(scheme, value)| code::ActiveModel {
        scheme: Set(scheme.clone()),
        value: Set(value.clone()),
        instrument_id: Set(instrument.id.to_string()),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "they were f32 before")]
pub(super) fn loaded(
    id: InstrumentId,
    codes: BTreeMap<String, String>,
    row: instrument::Model,
) -> Result<Instrument, DbErr> {
    let wrong = |what: &str| DbErr::Type(format!("instrument {id}: {what} cannot be read"));
    let day = |text: Option<String>| text.map(|text| text.parse::<LocalDay>()).transpose();
    let details = Details {
        name: row.name,
        name_en: row.name_en,
        unit: row.unit_id.unwrap_or_default(),
        codes,
        class: row.class,
        maker: row.maker,
        model: row.model,
        serial: row.serial,
        rated_current_a: row.rated_current_a.map(|ampere| ampere as f32),
        value_yuan: row.value_yuan,
        imported: row.imported,
        purchased_on: day(row.purchased_on).map_err(|_| wrong("purchased_on"))?,
        commissioned_on: day(row.commissioned_on).map_err(|_| wrong("commissioned_on"))?,
        building: row.building,
        room: row.room,
        opening: stored_opening(row.opening)?,
        contacts: serde_json::from_str(&row.contacts).map_err(|_| wrong("contacts"))?,
    };
    Ok(Instrument { id, details, version: row.version, retired_ms: row.retired_ms })
}
