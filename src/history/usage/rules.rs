use super::calendar::Zone;
use super::policy::Rules;
use super::roll_up::recount;
use crate::domain::InstrumentId;
use crate::history::entity::hours_rule;
use crate::platform::db::Db;
use sea_orm::ActiveValue::Set;
use sea_orm::FromQueryResult;
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most minutes a rule may say: a day.
const MOST_MIN: i64 = 24 * 60;

/// Which standby belongs to the work beside it, as one instrument says it; what it does not say is inherited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, FromQueryResult)]
#[serde(default, deny_unknown_fields)]
pub(in crate::history) struct OwnRules {
    /// Minutes: standby between two runs that is no longer is work as a whole.
    #[schema(example = 10, minimum = 0, maximum = 1440)]
    gap_min: Option<i64>,
    /// Minutes: the most that counts of the standby directly before a run.
    #[schema(example = 30, minimum = 0, maximum = 1440)]
    preparation_min: Option<i64>,
    /// Minutes: the most that counts of the standby directly after a run.
    #[schema(example = 10, minimum = 0, maximum = 1440)]
    post_processing_min: Option<i64>,
}

/// What instruments inherit, each the first that says something: today that is the province alone.
const INHERITED: OwnRules = OwnRules { gap_min: Some(10), preparation_min: Some(30), post_processing_min: Some(10) };

impl OwnRules {
    /// These where they say something, else those.
    pub(super) fn over(self, inherited: Self) -> Self {
        Self {
            gap_min: self.gap_min.or(inherited.gap_min),
            preparation_min: self.preparation_min.or(inherited.preparation_min),
            post_processing_min: self.post_processing_min.or(inherited.post_processing_min),
        }
    }

    /// What holds for an instrument that says this.
    pub(super) fn that_hold(self) -> Self {
        self.over(INHERITED)
    }

    /// The same in milliseconds.
    pub(in crate::history) fn rules(self) -> Rules {
        let holds = self.that_hold();
        let ms = |minutes: Option<i64>| minutes.unwrap_or(0).clamp(0, MOST_MIN) * 60_000;
        Rules {
            gap_ms: ms(holds.gap_min),
            preparation_ms: ms(holds.preparation_min),
            post_processing_ms: ms(holds.post_processing_min),
        }
    }

    /// Why these cannot be, if they cannot.
    pub(super) fn wrong(self) -> Option<String> {
        let said = [
            ("gap_min", self.gap_min),
            ("preparation_min", self.preparation_min),
            ("post_processing_min", self.post_processing_min),
        ];
        let (name, minutes) = said
            .into_iter()
            .filter_map(|(name, minutes)| Some((name, minutes?)))
            .find(|(_, minutes)| !(0..=MOST_MIN).contains(minutes))?;
        Some(format!("{name} is 0 to {MOST_MIN} minutes, not {minutes}; leave it out to inherit it"))
    }
}

/// What an instrument says itself.
pub(in crate::history) async fn own_rules(
    db: &impl ConnectionTrait,
    instrument: &InstrumentId,
) -> Result<OwnRules, DbErr> {
    let row = hours_rule::Entity::find_by_id(instrument.as_str()).into_model().one(db).await?;
    Ok(row.unwrap_or_default())
}

/// Sets what an instrument says itself, and counts its days anew, in one transaction.
pub(super) async fn set(db: &Db, instrument: &InstrumentId, own: OwnRules, zone: Zone) -> Result<(), DbErr> {
    let transaction = db.begin().await?;
    let row = hours_rule::ActiveModel {
        instrument_id: Set(instrument.to_string()),
        gap_min: Set(own.gap_min),
        preparation_min: Set(own.preparation_min),
        post_processing_min: Set(own.post_processing_min),
    };
    let replace = OnConflict::column(hours_rule::Column::InstrumentId)
        .update_columns([
            hours_rule::Column::GapMin,
            hours_rule::Column::PreparationMin,
            hours_rule::Column::PostProcessingMin,
        ])
        .to_owned();
    hours_rule::Entity::insert(row).on_conflict(replace).exec_without_returning(&transaction).await?;
    recount(&transaction, instrument, zone).await?;
    transaction.commit().await
}
