use super::UnitPath;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a person or a program may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything, within its part of the tree.
    Administrator,
    /// A department of the government (science, finance, education, customs): reads across the tree.
    DepartmentViewer,
    /// Runs an institution.
    InstitutionManager,
    /// Runs a laboratory.
    LaboratoryManager,
    /// Keeps instruments and sensors working.
    Operator,
    /// Uses instruments.
    Researcher,
    /// A screen on a wall.
    WallScreen,
    /// A program of somebody else.
    Integration,
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// See instruments, their states, currents and hours.
    View,
    /// See alerts, and who is idle.
    ViewAlerts,
    /// Take data out as files.
    Export,
    /// Be told: subscriptions and channels of one's own.
    Subscribe,
    /// Acknowledge and silence alerts, plan maintenance.
    HandleAlerts,
    /// Set from when on something is an alert, and how hours are counted.
    SetRules,
    /// Say what an instrument did, train and promote its model.
    Train,
    /// Add, change and import instruments.
    EditCatalog,
    /// Tie sensors to instruments, renew their tokens, see what they sent and was refused.
    ManageSensors,
    /// Change the tree: cities, institutions, laboratories.
    EditUnits,
    /// Add people, and say what they may.
    ManageAccounts,
    /// Read who changed what.
    ReadAudit,
    /// See and mend the server itself.
    Operate,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::View,
        Self::ViewAlerts,
        Self::Export,
        Self::Subscribe,
        Self::HandleAlerts,
        Self::SetRules,
        Self::Train,
        Self::EditCatalog,
        Self::ManageSensors,
        Self::EditUnits,
        Self::ManageAccounts,
        Self::ReadAudit,
        Self::Operate,
    ];

    /// As in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::ViewAlerts => "view-alerts",
            Self::Export => "export",
            Self::Subscribe => "subscribe",
            Self::HandleAlerts => "handle-alerts",
            Self::SetRules => "set-rules",
            Self::Train => "train",
            Self::EditCatalog => "edit-catalog",
            Self::ManageSensors => "manage-sensors",
            Self::EditUnits => "edit-units",
            Self::ManageAccounts => "manage-accounts",
            Self::ReadAudit => "read-audit",
            Self::Operate => "operate",
        }
    }
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Administrator,
        Self::DepartmentViewer,
        Self::InstitutionManager,
        Self::LaboratoryManager,
        Self::Operator,
        Self::Researcher,
        Self::WallScreen,
        Self::Integration,
    ];

    /// As in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::DepartmentViewer => "department-viewer",
            Self::InstitutionManager => "institution-manager",
            Self::LaboratoryManager => "laboratory-manager",
            Self::Operator => "operator",
            Self::Researcher => "researcher",
            Self::WallScreen => "wall-screen",
            Self::Integration => "integration",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What the role may do in its part of the tree.
    #[must_use]
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission::{
            EditCatalog, EditUnits, Export, HandleAlerts, ManageAccounts, ManageSensors, ReadAudit, SetRules,
            Subscribe, Train, View, ViewAlerts,
        };
        match self {
            Self::Administrator => &Permission::ALL,
            Self::DepartmentViewer | Self::Integration => &[View, ViewAlerts, Export, Subscribe],
            Self::InstitutionManager => &[
                View,
                ViewAlerts,
                Export,
                Subscribe,
                HandleAlerts,
                SetRules,
                Train,
                EditCatalog,
                ManageSensors,
                EditUnits,
                ManageAccounts,
                ReadAudit,
            ],
            Self::LaboratoryManager => {
                &[View, ViewAlerts, Export, Subscribe, HandleAlerts, SetRules, Train, EditCatalog, ManageSensors]
            }
            Self::Operator => &[View, ViewAlerts, Export, Subscribe, HandleAlerts, Train, ManageSensors],
            Self::Researcher => &[View, Subscribe],
            Self::WallScreen => &[View, ViewAlerts],
        }
    }

    /// Whether the role may do this in its part of the tree.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}

/// A role in a part of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// As what.
    pub role: Role,
    /// Over what.
    pub unit: UnitPath,
}

/// Who asks: an account, through a session or a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account's id.
    pub account: Arc<str>,
    /// The name to show.
    pub name: Arc<str>,
    /// What it was given.
    pub grants: Arc<[Grant]>,
    /// What a token is limited to; `None` for all that the grants allow.
    pub only: Option<Arc<[Permission]>>,
}

/// The part of the tree over which somebody may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of it.
    Everything,
    /// These units and what is below them; nowhere when there are none.
    Within(Vec<UnitPath>),
}

impl Reach {
    /// Whether the unit is in it.
    #[must_use]
    pub fn holds(&self, unit: &UnitPath) -> bool {
        match self {
            Self::Everything => true,
            Self::Within(units) => units.iter().any(|one| one.holds(unit)),
        }
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_nowhere(&self) -> bool {
        matches!(self, Self::Within(units) if units.is_empty())
    }
}

impl Caller {
    /// Whoever shows the configured administrator's token: everything, everywhere.
    #[must_use]
    pub fn configured() -> Self {
        let grant = Grant { role: Role::Administrator, unit: UnitPath::root() };
        Self { account: "configured".into(), name: "configured token".into(), grants: [grant].into(), only: None }
    }

    fn limited_to(&self, permission: Permission) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&permission))
    }

    /// Whether it may do this anywhere.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.limited_to(permission) && self.grants.iter().any(|grant| grant.role.may(permission))
    }

    /// Whether it may do this to what belongs to the unit.
    #[must_use]
    pub fn may_at(&self, permission: Permission, unit: &UnitPath) -> bool {
        self.limited_to(permission)
            && self.grants.iter().any(|grant| grant.role.may(permission) && grant.unit.holds(unit))
    }

    /// Where it may do this.
    #[must_use]
    pub fn reach(&self, permission: Permission) -> Reach {
        if !self.limited_to(permission) {
            return Reach::Within(Vec::new());
        }
        let mut units: Vec<UnitPath> = Vec::new();
        for grant in self.grants.iter().filter(|grant| grant.role.may(permission)) {
            if grant.unit == UnitPath::root() {
                return Reach::Everything;
            }
            if !units.iter().any(|unit| unit.holds(&grant.unit)) {
                units.retain(|unit| !grant.unit.holds(unit));
                units.push(grant.unit.clone());
            }
        }
        Reach::Within(units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(ids: &[&str]) -> UnitPath {
        ids.iter().fold(UnitPath::root(), |path, id| path.child(id))
    }

    fn caller(grants: &[(Role, UnitPath)]) -> Caller {
        let grants = grants.iter().map(|(role, unit)| Grant { role: *role, unit: unit.clone() }).collect();
        Caller { account: "a".into(), name: "A".into(), grants, only: None }
    }

    #[test]
    fn a_role_counts_only_in_its_part_of_the_tree() {
        let caller =
            caller(&[(Role::InstitutionManager, path(&["zj", "hz", "zju"])), (Role::Researcher, path(&["zj", "hz"]))]);
        let other = path(&["zj", "hz", "other"]);
        assert!(caller.may_at(Permission::EditCatalog, &path(&["zj", "hz", "zju", "lab"])));
        assert!(!caller.may_at(Permission::EditCatalog, &other) && caller.may_at(Permission::View, &other));
        assert!(!caller.may_at(Permission::View, &path(&["zj", "nb"])));
        assert_eq!(caller.reach(Permission::View), Reach::Within(vec![path(&["zj", "hz"])]));
        assert_eq!(caller.reach(Permission::EditCatalog), Reach::Within(vec![path(&["zj", "hz", "zju"])]));
        assert!(caller.reach(Permission::Operate).is_nowhere());
        assert_eq!(Caller::configured().reach(Permission::Operate), Reach::Everything);
    }

    #[test]
    fn names_are_those_of_the_wire() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
            assert_eq!(Role::named(role.name()), Some(role));
        }
        for permission in Permission::ALL {
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.name());
        }
    }

    #[test]
    fn a_token_may_no_more_than_it_is_limited_to() {
        let token = Caller { only: Some([Permission::View].into()), ..Caller::configured() };
        assert!(token.may(Permission::View) && !token.may(Permission::Export));
        assert!(!token.may_at(Permission::Export, &path(&["zj"])) && token.reach(Permission::Export).is_nowhere());
    }
}
