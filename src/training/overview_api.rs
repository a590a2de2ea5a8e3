use super::api::ApiState;
use super::model::Newest;
use super::overview::{Card, Need, Standing};
use crate::domain::{Caller, InstrumentId, Permission, Reach};
use crate::history::Drift;
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Problem, Query};
use axum::Json;
use axum::extract::State;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Which instruments' models.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Only those that need this of a person.
    #[param(inline)]
    needs: Option<Need>,
    /// Part of the instrument's id or of a name, in any case.
    q: Option<String>,
    /// Only instruments of the unit with this id, and of all below it.
    unit: Option<String>,
    /// Only instruments of this class.
    class: Option<String>,
    /// At most this many, up to 1000.
    #[serde(default = "default_limit")]
    limit: usize,
    /// Leaving out this many.
    #[serde(default)]
    offset: usize,
}

#[derive(Serialize, ToSchema)]
struct ModelOverview {
    /// Instruments that match, whatever they need.
    instruments: usize,
    /// Of these, those that a trained model serves.
    trained: usize,
    /// Of these, how many need what of a person: `name-levels`, `train`, `retrain`, `review`.
    counts: BTreeMap<String, usize>,
    /// How many are in the list in all.
    total: usize,
    /// Those that need something first, each part in the order of their ids.
    items: Vec<ModelStanding>,
}

/// How an instrument's model stands.
#[derive(Serialize, ToSchema)]
struct ModelStanding {
    #[schema(value_type = String, example = "i00001")]
    id: InstrumentId,
    name: String,
    name_en: String,
    class: String,
    /// Where it stands: the ids of units from the top down, each followed by a slash.
    unit: String,
    /// What it needs of a person, in the order in which that is done.
    needs: Vec<Need>,
    /// The version that serves; null is the instrument's own calibration.
    #[schema(required = true)]
    serving: Option<i64>,
    /// The newest version; null before the first.
    #[schema(required = true)]
    newest: Option<i64>,
    /// When the newest version was trained or imported, UTC milliseconds.
    #[schema(required = true)]
    trained_at: Option<i64>,
    /// The newest version's macro-F1 on labels that it was not trained on, 0 to 1; null where there were none.
    #[schema(required = true)]
    macro_f1: Option<f64>,
    /// When somebody last labelled it, UTC milliseconds.
    #[schema(required = true)]
    labelled_at: Option<i64>,
    /// When the model that serves was seen to drift, UTC milliseconds; null if it was not.
    #[schema(required = true)]
    drifted_at: Option<i64>,
}

pub(super) fn overview() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_model_standings))
}

/// How every instrument's model stands, and what it needs of a person.
#[utoipa::path(get, path = "/api/v1/models", operation_id = "list_model_standings", tag = "models", params(Asked),
    responses((status = 200, body = ModelOverview), (status = 400, body = Problem), (status = 503, body = Problem)))]
async fn list_model_standings(
    State(api): State<ApiState>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<ModelOverview>, Problem> {
    check_limit(asked.limit)?;
    let unavailable = |error| Problem::unavailable(&error);
    let reach = caller.reach(Permission::View);
    let cards = api.overlooked.cards().into_iter().filter(|card| asked.means(&api, &reach, card));
    let known = Known::read(&api).await.map_err(unavailable)?;
    let mut standings: Vec<_> = cards.map(|card| (known.of(&card.id), card)).map(needing).collect();
    let counts = Need::ALL.map(|need| standings.iter().filter(|(needs, ..)| needs.contains(&need)).count());
    let (instruments, trained) = (standings.len(), standings.iter().filter(|(_, it, _)| it.serving.is_some()).count());
    standings.retain(|(needs, ..)| asked.needs.is_none_or(|need| needs.contains(&need)));
    standings.sort_by_key(|(needs, ..)| needs.is_empty());
    let total = standings.len();
    let page: Vec<_> = standings.into_iter().skip(asked.offset).take(asked.limit).collect();
    let ids: Vec<_> = page.iter().map(|(_, _, card)| &card.id).collect();
    let scores = api.versions.newest_scores(&ids).await.map_err(unavailable)?;
    let items = page.into_iter().map(|standing| ModelStanding::of(standing, &scores)).collect();
    let names = ["name-levels", "train", "retrain", "review"].map(str::to_owned);
    Ok(Json(ModelOverview { instruments, trained, counts: names.into_iter().zip(counts).collect(), total, items }))
}

fn needing((standing, card): (Standing, Card)) -> (Vec<Need>, Standing, Card) {
    (standing.needs(), standing, card)
}

impl Asked {
    fn means(&self, api: &ApiState, reach: &Reach, card: &Card) -> bool {
        let in_unit = |id: &String| api.places.unit(id).is_some_and(|unit| unit.holds(&card.unit));
        let words = |q: &String| {
            let q = q.to_lowercase();
            [card.id.as_str(), &card.name, &card.name_en].iter().any(|word| word.to_lowercase().contains(&q))
        };
        reach.holds(&card.unit)
            && self.unit.as_ref().is_none_or(in_unit)
            && self.class.as_ref().is_none_or(|class| *class == card.class)
            && self.q.as_ref().is_none_or(words)
    }
}

/// What is known of all instruments' models.
struct Known {
    unnamed: std::collections::HashSet<InstrumentId>,
    labelled: HashMap<InstrumentId, i64>,
    newest: HashMap<InstrumentId, Newest>,
    serving: HashMap<InstrumentId, super::model::Promotion>,
    drifts: HashMap<InstrumentId, Vec<Drift>>,
}

impl Known {
    async fn read(api: &ApiState) -> Result<Self, DbErr> {
        let mut drifts: HashMap<_, Vec<_>> = HashMap::new();
        for drift in api.drifts.all().await? {
            drifts.entry(drift.instrument.clone()).or_default().push(drift);
        }
        Ok(Self {
            unnamed: api.overlooked.unnamed().await,
            labelled: api.overlooked.labelled().await?,
            newest: api.versions.newest().await?,
            serving: api.versions.serving().await?,
            drifts,
        })
    }

    fn of(&self, id: &InstrumentId) -> Standing {
        let promotion = self.serving.get(id);
        let serving = promotion.and_then(|promotion| promotion.version);
        let drifts = self.drifts.get(id).into_iter().flatten();
        let mut of_serving = drifts.filter(|drift| serving.is_some_and(|version| drift.is_of(version)));
        Standing {
            unnamed: self.unnamed.contains(id),
            labelled_ms: self.labelled.get(id).copied(),
            newest: self.newest.get(id).copied(),
            serving,
            decided_ms: promotion.map(|promotion| promotion.at_ms),
            drifted_ms: of_serving.next().map(|drift| drift.at_ms),
        }
    }
}

impl ModelStanding {
    fn of((needs, standing, card): (Vec<Need>, Standing, Card), scores: &HashMap<InstrumentId, f64>) -> Self {
        Self {
            needs,
            serving: standing.serving,
            newest: standing.newest.map(|newest| newest.version),
            trained_at: standing.newest.map(|newest| newest.at_ms),
            macro_f1: scores.get(&card.id).copied(),
            labelled_at: standing.labelled_ms,
            drifted_at: standing.drifted_ms,
            name: card.name,
            name_en: card.name_en,
            class: card.class,
            unit: card.unit.to_string(),
            id: card.id,
        }
    }
}
