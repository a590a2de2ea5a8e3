use super::api::{ApiState, may_look_at};
use super::rules::{MOST_MIN, RuleBook, Said, Scope, Setting, Source, WATCHED};
use super::rules_store;
use crate::domain::{AlertKind, Caller, InstrumentId, Permission, Severity, UnitPath};
use crate::platform::audit::Changed;
use crate::platform::problem::{Json, Path, Problem, Query};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Whose rules: a unit's or an instrument's.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// The unit's id.
    unit: Option<String>,
    /// The instrument's id.
    instrument: Option<String>,
}

/// From when on something is an alert: one rule a kind.
#[derive(Serialize, ToSchema)]
struct AlertRules {
    items: Vec<AlertRule>,
}

/// From when on something is an alert of a kind.
#[derive(Serialize, ToSchema)]
struct AlertRule {
    #[schema(value_type = String, example = "standby-idle")]
    kind: AlertKind,
    /// What holds, the lowest severity first.
    holds: Vec<AlertLevel>,
    /// What was set here.
    own: AlertRuleOwn,
}

/// From when on something is an alert of a severity.
#[derive(Serialize, ToSchema)]
struct AlertLevel {
    #[schema(value_type = String, example = "notice")]
    severity: Severity,
    /// After so many minutes, or `off`. For `standby-idle` minutes within opening hours count, for `off-hours-on` minutes
    /// outside of them.
    after: Setting,
    /// Who says so: `default`, `unit` or `instrument`.
    #[schema(value_type = String, example = "unit")]
    from: &'static str,
    /// The unit that says so, as ids from the top down; null otherwise.
    #[schema(required = true)]
    unit: Option<String>,
}

/// What is set here, in minutes or `off`; null is inherited.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct AlertRuleOwn {
    notice: Option<Setting>,
    warning: Option<Setting>,
    serious: Option<Setting>,
    critical: Option<Setting>,
}

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(rules))
        .routes(routes!(set_of_unit, unset_of_unit))
        .routes(routes!(set_of_instrument, unset_of_instrument))
}

/// From when on something is an alert at a unit or an instrument, and who says so.
#[utoipa::path(get, path = "/api/v1/alert-rules", operation_id = "list_alert_rules", tag = "alerts", params(Whose),
    responses((status = 200, body = AlertRules), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 404, body = Problem)))]
async fn rules(
    State(api): State<ApiState>,
    caller: Caller,
    Query(whose): Query<Whose>,
) -> Result<axum::Json<AlertRules>, Problem> {
    let (scope, unit) = match (whose.unit, whose.instrument) {
        (Some(unit), None) => api.unit(unit)?,
        (None, Some(instrument)) => api.instrument(&instrument)?,
        _ => return Err(Problem::bad_request("name a unit or an instrument: one of both")),
    };
    // Who sees alerts below a unit sees by which rules.
    if !may_look_at(&caller, &unit) {
        return Err(scope.missing());
    }
    let book = api.handle.settings.rules.load();
    Ok(axum::Json(AlertRules { items: WATCHED.map(|kind| rule(&book, &scope, &unit, kind)).into() }))
}

/// Sets from when on something is an alert of this kind at a unit and all below it; null is inherited.
#[utoipa::path(put, path = "/api/v1/alert-rules/units/{unit}/{kind}", operation_id = "set_unit_alert_rule", tag = "alerts",
    params(("unit" = String, Path), ("kind" = String, Path)), request_body = AlertRuleOwn,
    responses((status = 200, body = AlertRule), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn set_of_unit(
    State(api): State<ApiState>,
    caller: Caller,
    Path((unit, kind)): Path<(String, String)>,
    Json(own): Json<AlertRuleOwn>,
) -> Result<(Changed, axum::Json<AlertRule>), Problem> {
    let whose = api.unit(unit)?;
    api.set(&caller, whose, &kind, own).await
}

/// Sets from when on something is an alert of this kind at an instrument; null is inherited.
#[utoipa::path(put, path = "/api/v1/alert-rules/instruments/{instrument}/{kind}",
    operation_id = "set_instrument_alert_rule", tag = "alerts",
    params(("instrument" = String, Path), ("kind" = String, Path)), request_body = AlertRuleOwn,
    responses((status = 200, body = AlertRule), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn set_of_instrument(
    State(api): State<ApiState>,
    caller: Caller,
    Path((instrument, kind)): Path<(String, String)>,
    Json(own): Json<AlertRuleOwn>,
) -> Result<(Changed, axum::Json<AlertRule>), Problem> {
    let whose = api.instrument(&instrument)?;
    api.set(&caller, whose, &kind, own).await
}

/// Forgets what a unit says of a kind: all of it is inherited.
#[utoipa::path(delete, path = "/api/v1/alert-rules/units/{unit}/{kind}", operation_id = "delete_unit_alert_rule",
    tag = "alerts", params(("unit" = String, Path), ("kind" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn unset_of_unit(
    State(api): State<ApiState>,
    caller: Caller,
    Path((unit, kind)): Path<(String, String)>,
) -> Result<(Changed, StatusCode), Problem> {
    let whose = api.unit(unit)?;
    let (changed, _) = api.set(&caller, whose, &kind, AlertRuleOwn::default()).await?;
    Ok((changed, StatusCode::NO_CONTENT))
}

/// Forgets what an instrument says of a kind: all of it is inherited.
#[utoipa::path(delete, path = "/api/v1/alert-rules/instruments/{instrument}/{kind}",
    operation_id = "delete_instrument_alert_rule", tag = "alerts",
    params(("instrument" = String, Path), ("kind" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn unset_of_instrument(
    State(api): State<ApiState>,
    caller: Caller,
    Path((instrument, kind)): Path<(String, String)>,
) -> Result<(Changed, StatusCode), Problem> {
    let whose = api.instrument(&instrument)?;
    let (changed, _) = api.set(&caller, whose, &kind, AlertRuleOwn::default()).await?;
    Ok((changed, StatusCode::NO_CONTENT))
}

fn rule(book: &RuleBook, scope: &Scope, unit: &UnitPath, kind: AlertKind) -> AlertRule {
    let instrument = match scope {
        Scope::Instrument(id) => Some(id),
        Scope::Unit(_) => None,
    };
    let holds = Severity::ALL.into_iter().zip(book.holds(instrument, unit, kind)).map(|(severity, (after, source))| {
        let (from, unit) = match source {
            Source::Usual => ("default", None),
            Source::Unit(unit) => ("unit", Some(unit.to_string())),
            Source::Instrument => ("instrument", None),
        };
        AlertLevel { severity, after, from, unit }
    });
    AlertRule { kind, holds: holds.collect(), own: book.said(scope, kind).into() }
}

impl ApiState {
    pub(super) fn unit(&self, id: String) -> Result<(Scope, UnitPath), Problem> {
        let unit = self.places.unit(&id);
        let scope = Scope::Unit(id);
        unit.map(|unit| (scope.clone(), unit)).ok_or_else(|| scope.missing())
    }

    pub(super) fn instrument(&self, id: &str) -> Result<(Scope, UnitPath), Problem> {
        let missing = || Problem::not_found(format!("there is no instrument {id:?}"));
        let instrument: InstrumentId = id.parse().map_err(|_| missing())?;
        let place = self.places.place(&instrument).ok_or_else(missing)?;
        Ok((Scope::Instrument(instrument), place.unit))
    }

    async fn set(
        &self,
        caller: &Caller,
        (scope, unit): (Scope, UnitPath),
        kind: &str,
        own: AlertRuleOwn,
    ) -> Result<(Changed, axum::Json<AlertRule>), Problem> {
        caller.check(Permission::SetRules, &unit, &scope.missing_text())?;
        let kind = AlertKind::named(kind).filter(|kind| WATCHED.contains(kind));
        let kind = kind.ok_or_else(|| {
            Problem::not_found(format!(
                "there is no such kind of alert; there are {}",
                WATCHED.map(AlertKind::name).join(", ")
            ))
        })?;
        let said = own.checked()?;
        let before = rules_store::set(&self.db, &self.handle.settings, &scope, kind, said).await;
        let before = AlertRuleOwn::from(before.map_err(|error| Problem::unavailable(&error))?);
        self.handle.settings_changed().await;
        let rule = rule(&self.handle.settings.rules.load(), &scope, &unit, kind);
        Ok((Changed::new(Some(&before), Some(&own)), axum::Json(rule)))
    }
}

impl Scope {
    pub(super) fn missing_text(&self) -> String {
        match self {
            Self::Unit(id) => format!("there is no unit {id:?}"),
            Self::Instrument(id) => format!("there is no instrument {:?}", id.as_str()),
        }
    }

    pub(super) fn missing(&self) -> Problem {
        Problem::not_found(self.missing_text())
    }
}

impl AlertRuleOwn {
    fn checked(self) -> Result<Said, Problem> {
        let said = [self.notice, self.warning, self.serious, self.critical];
        for minutes in said.into_iter().flatten().filter_map(Setting::minutes) {
            if !(0..=MOST_MIN).contains(&minutes) {
                return Err(Problem::unprocessable(format!("after 0 to {MOST_MIN} minutes or \"off\", not {minutes}")));
            }
        }
        Ok(said)
    }
}

impl From<Said> for AlertRuleOwn {
    fn from([notice, warning, serious, critical]: Said) -> Self {
        Self { notice, warning, serious, critical }
    }
}
