use crate::domain::InstrumentId;
use crate::history::Drifts;
use crate::labels::LabelStore;
use crate::training::{Selection, Versions};
use sea_orm::DbErr;

/// The instruments to train, in the order of their ids.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn pick(
    selection: Selection,
    labels: &LabelStore,
    versions: &Versions,
    drifts: &Drifts,
) -> Result<Vec<InstrumentId>, DbErr> {
    let mut picked: Vec<InstrumentId> = match selection {
        Selection::Instruments(instruments) => instruments,
        Selection::All => labels.labelled().await?.into_keys().collect(),
        Selection::Stale => {
            let trained = versions.newest_ms().await?;
            let drifted = drifts.all().await?;
            let is_stale = |id: &InstrumentId, labelled_ms: i64| {
                let Some(&trained_ms) = trained.get(id) else { return true };
                let drifted = drifted.iter().any(|drift| drift.instrument == *id && drift.at_ms > trained_ms);
                labelled_ms > trained_ms || drifted
            };
            labels.labelled().await?.into_iter().filter(|(id, at_ms)| is_stale(id, *at_ms)).map(|(id, _)| id).collect()
        }
    };
    picked.sort();
    picked.dedup();
    Ok(picked)
}
