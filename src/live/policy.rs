use super::model::{Card, Row};
use crate::domain::{Caller, InstrumentId, InstrumentState, Permission, Reach, UnitPath};
use serde::Deserialize;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What a client asks to see: every condition that is there has to hold, and of each one value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Where {
    /// Units by id, with everything below them.
    pub(super) unit: Vec<String>,
    pub(super) class: Vec<String>,
    pub(super) state: Vec<InstrumentState>,
    pub(super) instrument: Vec<InstrumentId>,
    /// A part of a name, whatever its case.
    pub(super) q: Option<String>,
}

/// Why a subscription is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoView {
    #[error("you may not see any instrument")]
    Forbidden,
    #[error("there is no unit {0:?}")]
    Unit(String),
}

/// What one client sees: what it asked for, as far as it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    reach: Reach,
    alerts: Reach,
    units: Vec<UnitPath>,
    classes: Vec<String>,
    states: Vec<InstrumentState>,
    instruments: Vec<InstrumentId>,
    q: String,
    key: String,
}

impl View {
    /// What the caller sees of what it asks for; `unit` knows where the units stand.
    pub(super) fn new(wanted: Where, caller: &Caller, unit: impl Fn(&str) -> Option<UnitPath>) -> Result<Self, NoView> {
        let (mut reach, mut alerts) = (caller.reach(Permission::View), caller.reach(Permission::ViewAlerts));
        if reach.is_nowhere() {
            return Err(NoView::Forbidden);
        }
        let units = wanted.unit.into_iter().map(|id| match unit(&id) {
            // A unit that cannot be seen is as if there were none.
            Some(path) if touches(&reach, &path) => Ok(path),
            _ => Err(NoView::Unit(id)),
        });
        let mut view = Self {
            units: sorted(units.collect::<Result<_, _>>()?),
            classes: sorted(wanted.class),
            states: wanted.state,
            instruments: sorted(wanted.instrument),
            q: wanted.q.unwrap_or_default().trim().to_lowercase(),
            reach: Reach::Everything,
            alerts: Reach::Everything,
            key: String::new(),
        };
        view.states.sort_unstable_by_key(|state| state.code());
        view.states.dedup();
        for reach in [&mut reach, &mut alerts] {
            if let Reach::Within(units) = reach {
                units.sort_unstable();
            }
        }
        (view.reach, view.alerts) = (reach, alerts);
        // Every part prints unambiguously, so what prints the same is the same.
        view.key = format!("{view:?}");
        Ok(view)
    }

    /// The same for the same conditions within the same reach, and for no others.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The key in short, for clients to hand back.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.key.hash(&mut hasher);
        hasher.finish()
    }

    /// Whether the instrument is in the set.
    pub(super) fn holds(&self, row: &Row) -> bool {
        (self.states.is_empty() || self.states.contains(&row.state.state)) && self.covers(&row.card)
    }

    /// Whether alerts of this instrument are told, in whatever state it is.
    pub(super) fn tells_alerts(&self, card: &Card) -> bool {
        self.alerts.holds(&card.unit) && self.covers(card)
    }

    fn covers(&self, card: &Card) -> bool {
        self.reach.holds(&card.unit)
            && (self.units.is_empty() || self.units.iter().any(|unit| unit.holds(&card.unit)))
            && (self.classes.is_empty() || self.classes.contains(&card.class))
            && (self.instruments.is_empty() || self.instruments.binary_search(&card.id).is_ok())
            && (self.q.is_empty() || card.words.contains(&self.q))
    }
}

/// Whether the unit, or something below it, is within reach.
fn touches(reach: &Reach, unit: &UnitPath) -> bool {
    match reach {
        Reach::Everything => true,
        Reach::Within(within) => within.iter().any(|one| one.holds(unit) || unit.holds(one)),
    }
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort_unstable();
    values.dedup();
    values
}

/// Whether a page of this origin is one of the host's own: a browser sends its cookies with requests of other pages, too.
pub(super) fn same_origin(origin: Option<&str>, host: Option<&str>) -> bool {
    let origin = origin.and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    matches!((origin, host), (Some(origin), Some(host)) if origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{card, row};
    use super::*;
    use crate::domain::{Grant, Role};

    fn path(ids: &str) -> UnitPath {
        ids.split('/').fold(UnitPath::root(), |path, id| path.child(id))
    }

    fn caller(role: Role, unit: UnitPath) -> Caller {
        Caller { account: "a".into(), name: "A".into(), grants: [Grant { role, unit }].into(), only: None }
    }

    fn view(json: &str, caller: &Caller) -> Result<View, NoView> {
        let units = [path("zj"), path("zj/hz"), path("zj/hz/zju"), path("zj/nb")];
        View::new(serde_json::from_str(json).unwrap(), caller, |id| units.iter().find(|unit| unit.id() == id).cloned())
    }

    #[test]
    fn conditions_hold_together_and_one_value_of_each_is_enough() {
        let all = Caller::configured();
        let row = row("i1", "zj/hz/zju", InstrumentState::Standby);
        let holds = |json| view(json, &all).unwrap().holds(&row);
        assert!(holds("{}") && holds(r#"{"unit":["zj"]}"#) && holds(r#"{"unit":["nb","zju"],"state":["standby"]}"#));
        assert!(!holds(r#"{"unit":["nb"]}"#) && !holds(r#"{"unit":["zju"],"state":["on","off"]}"#));
        assert!(holds(r#"{"class":["030101"],"instrument":["x","i1"]}"#) && !holds(r#"{"class":["x"]}"#));
        assert!(holds(r#"{"q":" SEM"}"#) && !holds(r#"{"q":"laser"}"#) && !holds(r#"{"instrument":["x"]}"#));
    }

    #[test]
    fn reach_bounds_every_condition() {
        let manager = caller(Role::LaboratoryManager, path("zj/hz"));
        let (inside, outside) = (row("a", "zj/hz/zju", InstrumentState::On), row("b", "zj/nb", InstrumentState::On));
        for json in ["{}", r#"{"unit":["zj"]}"#, r#"{"instrument":["a","b"]}"#] {
            let view = view(json, &manager).unwrap();
            assert!(view.holds(&inside) && !view.holds(&outside), "{json}");
        }
        // What cannot be seen is answered like what is not there.
        assert_eq!(view(r#"{"unit":["nb"]}"#, &manager), Err(NoView::Unit("nb".into())));
        assert_eq!(view(r#"{"unit":["no"]}"#, &manager), Err(NoView::Unit("no".into())));
        let nobody = Caller { grants: [].into(), ..manager };
        assert_eq!(view("{}", &nobody), Err(NoView::Forbidden));
    }

    #[test]
    fn alerts_need_their_own_permission_and_ask_for_no_state() {
        let card = card("a", "zj/hz/zju");
        let tells = |role, json| view(json, &caller(role, path("zj"))).unwrap().tells_alerts(&card);
        assert!(tells(Role::Operator, r#"{"state":["standby"]}"#) && !tells(Role::Researcher, "{}"));
        assert!(!tells(Role::Operator, r#"{"unit":["nb"]}"#));
    }

    #[test]
    fn the_same_view_has_the_same_key() {
        let all = Caller::configured();
        let key = |json, caller| view(json, caller).unwrap().key().to_owned();
        assert_eq!(key(r#"{"class":["b","a","a"],"q":"X "}"#, &all), key(r#"{"q":"x","class":["a","b"]}"#, &all));
        assert_ne!(key("{}", &all), key(r#"{"q":"x"}"#, &all));
        assert_ne!(key("{}", &all), key("{}", &caller(Role::Administrator, path("zj"))));
    }

    #[test]
    fn only_the_hosts_own_pages_may_use_its_cookies() {
        let same = |origin, host| same_origin(origin, Some(host));
        assert!(same(Some("https://dayi.example"), "dayi.example") && same(Some("http://[::1]:8080"), "[::1]:8080"));
        assert!(!same(Some("https://evil.example"), "dayi.example") && !same(Some("null"), "dayi.example"));
        assert!(!same(None, "dayi.example") && !same(Some("https://dayi.example.evil"), "dayi.example"));
        assert!(!same_origin(Some("https://a"), None));
    }
}
