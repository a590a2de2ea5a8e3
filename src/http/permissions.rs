//! What each operation of the API asks for. An operation that is not here is refused; a test says so before.

use crate::domain::Permission::{
    self, EditCatalog, EditUnits, Export, HandleAlerts, ManageAccounts, ManageSensors, Operate, ReadAudit, SetRules,
    Subscribe, Train, View, ViewAlerts,
};
use Rule::{May, Public, SignedIn};

/// What an operation asks for. Where in the tree is asked by the guard, for an instrument named in the path, and else by the
/// operation itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Nothing: it is how one signs in, or how the server is.
    Public,
    /// Somebody, whoever it is: it is about oneself.
    SignedIn,
    /// Somebody who may do this.
    May(Permission),
}

/// Every operation.
pub(super) const RULES: &[(&str, Rule)] = &[
    // Signing in, and oneself.
    ("sign_in", Public),
    ("sign_out", Public),
    ("use_sign_in_link", Public),
    ("list_sign_in_methods", Public),
    ("begin_oidc", Public),
    ("finish_oidc", Public),
    ("get_session", SignedIn),
    ("set_password", SignedIn),
    ("list_sessions", SignedIn),
    ("end_session", SignedIn),
    ("list_tokens", SignedIn),
    ("add_token", SignedIn),
    ("revoke_token", SignedIn),
    // Accounts.
    ("list_accounts", May(ManageAccounts)),
    ("add_account", May(ManageAccounts)),
    ("get_account", May(ManageAccounts)),
    ("edit_account", May(ManageAccounts)),
    ("add_sign_in_link", May(ManageAccounts)),
    ("list_audit", May(ReadAudit)),
    ("export_audit", May(ReadAudit)),
    // The server itself.
    ("get_health", Public),
    ("get_readiness", Public),
    ("get_system", May(Operate)),
    ("get_influx", May(Operate)),
    ("list_influx_set_aside", May(Operate)),
    ("retry_influx_set_aside", May(Operate)),
    // Instruments and their sensors.
    ("list_instruments", May(View)),
    ("get_instrument", May(View)),
    ("add_instrument", May(EditCatalog)),
    ("add_instruments", May(EditCatalog)),
    ("change_instrument", May(EditCatalog)),
    ("retire_instrument", May(EditCatalog)),
    ("restore_instrument", May(EditCatalog)),
    ("list_units", May(View)),
    ("add_unit", May(EditUnits)),
    ("change_unit", May(EditUnits)),
    ("delete_unit", May(EditUnits)),
    ("list_classes", May(View)),
    ("put_classes", May(EditUnits)),
    ("get_import_template_csv", May(EditCatalog)),
    ("get_import_template_xlsx", May(EditCatalog)),
    ("list_imports", May(EditCatalog)),
    ("read_import", May(EditCatalog)),
    ("get_import", May(EditCatalog)),
    ("apply_import", May(EditCatalog)),
    ("undo_import", May(EditCatalog)),
    ("list_bindings", May(ManageSensors)),
    ("export_bindings", May(ManageSensors)),
    ("import_bindings", May(ManageSensors)),
    ("get_binding", May(ManageSensors)),
    ("put_binding", May(ManageSensors)),
    ("delete_binding", May(ManageSensors)),
    ("list_clients", May(ManageSensors)),
    ("add_client", May(ManageSensors)),
    ("remove_client", May(ManageSensors)),
    ("renew_token", May(ManageSensors)),
    ("list_sensor_problems", May(ManageSensors)),
    ("get_sensor_health", May(View)),
    ("summarize_refusals", May(ManageSensors)),
    ("list_refusals", May(ManageSensors)),
    ("list_strangers", May(ManageSensors)),
    // Who is told.
    ("list_channels", May(Subscribe)),
    ("add_channel", May(Subscribe)),
    ("change_channel", May(Subscribe)),
    ("remove_channel", May(Subscribe)),
    ("rotate_channel_secret", May(Subscribe)),
    ("test_channel", May(Subscribe)),
    ("list_subscriptions", May(Subscribe)),
    ("add_subscription", May(Subscribe)),
    ("get_subscription", May(Subscribe)),
    ("change_subscription", May(Subscribe)),
    ("remove_subscription", May(Subscribe)),
    ("replay_subscription", May(Subscribe)),
    ("list_deliveries", May(Subscribe)),
    ("list_delivery_attempts", May(Subscribe)),
    ("replay_delivery", May(Subscribe)),
    ("list_notifications", May(Subscribe)),
    // What they did and do.
    // Its own first frame says who asks.
    ("open_live", Public),
    ("list_readings", May(View)),
    ("list_recent_readings", May(View)),
    ("list_states", May(View)),
    ("list_states_at", May(View)),
    ("list_hours", May(View)),
    ("export_hours", May(Export)),
    ("get_hours_rules", May(View)),
    ("set_hours_rules", May(SetRules)),
    ("list_exports", May(Export)),
    ("add_export", May(Export)),
    ("get_export", May(Export)),
    ("get_export_file", May(Export)),
    ("delete_export", May(Export)),
    // Alerts, and who is idle.
    ("list_alerts", May(ViewAlerts)),
    ("export_alerts", May(Export)),
    ("get_alert", May(ViewAlerts)),
    ("acknowledge_alert", May(HandleAlerts)),
    ("acknowledge_alerts", May(HandleAlerts)),
    ("silence_alert", May(HandleAlerts)),
    ("unsilence_alert", May(HandleAlerts)),
    ("list_alert_rules", May(ViewAlerts)),
    ("set_unit_alert_rule", May(SetRules)),
    ("delete_unit_alert_rule", May(SetRules)),
    ("set_instrument_alert_rule", May(SetRules)),
    ("delete_instrument_alert_rule", May(SetRules)),
    ("list_maintenance", May(ViewAlerts)),
    ("plan_maintenance", May(HandleAlerts)),
    ("cancel_maintenance", May(HandleAlerts)),
    ("list_idle", May(ViewAlerts)),
    ("export_idle", May(Export)),
    ("summarise_idle", May(ViewAlerts)),
    // Labels and models.
    ("list_labels", May(View)),
    ("list_label_edits", May(View)),
    ("paint_labels", May(Train)),
    ("undo_label_edit", May(Train)),
    ("list_levels", May(View)),
    ("name_levels", May(Train)),
    ("list_model_standings", May(View)),
    ("list_models", May(View)),
    ("import_model", May(Train)),
    ("promote_model", May(Train)),
    ("export_model", May(Train)),
    ("list_drifts", May(Train)),
    ("list_training_jobs", May(Train)),
    ("start_training", May(Train)),
    ("get_training_job", May(Train)),
    ("cancel_training", May(Train)),
    ("list_training_log", May(Train)),
];

/// What the operation asks for.
pub(super) fn rule(operation: &str) -> Option<Rule> {
    RULES.iter().find(|(name, _)| *name == operation).map(|(_, rule)| *rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_operation_has_one_rule() {
        let names: BTreeSet<&str> = RULES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), RULES.len());
    }
}
