//! Who may use and change whose channels and subscriptions.

use super::model::{Channel, Subscription};
use crate::domain::{Caller, Permission, Places, UnitPath};

/// Whether an account may be told by a channel: its own, or one of a unit in which it may subscribe.
pub(super) fn may_use(caller: &Caller, channel: &Channel, places: &dyn Places) -> bool {
    match &channel.unit {
        None => *channel.owner == *caller.account,
        Some(unit) => may_there(caller, Permission::Subscribe, unit, places),
    }
}

/// Whether an account may change a channel: its own, or one of a unit whose accounts it manages.
pub(super) fn may_change_channel(caller: &Caller, channel: &Channel, places: &dyn Places) -> bool {
    let over_it = match &channel.unit {
        None => *channel.owner == *caller.account,
        Some(unit) => may_there(caller, Permission::ManageAccounts, unit, places),
    };
    over_it || manages_everybody(caller)
}

/// Whether an account may see and change a subscription.
pub(super) fn may_change(caller: &Caller, subscription: &Subscription) -> bool {
    *subscription.owner == *caller.account || manages_everybody(caller)
}

fn may_there(caller: &Caller, permission: Permission, unit: &str, places: &dyn Places) -> bool {
    places.unit(unit).is_some_and(|unit| caller.may_at(permission, &unit))
}

fn manages_everybody(caller: &Caller) -> bool {
    caller.may_at(Permission::ManageAccounts, &UnitPath::root())
}
