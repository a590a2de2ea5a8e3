//! An account a role for the demo, so that everybody's view can be tried.

use super::command::Failure;
use super::province::SCIENCE;
use crate::account::{AccountError, AccountGrant, NewAccount, Store};
use crate::app::App;
use crate::catalog::{PROVINCE, UnitKind};
use crate::domain::{Clock, Role, SystemClock};
use std::collections::BTreeMap;

/// Login, name, role, and over what.
const PEOPLE: [(&str, &str, Role, UnitKind); 8] = [
    ("admin", "省平台管理员", Role::Administrator, UnitKind::Province),
    ("viewer", "科技厅查看员", Role::DepartmentViewer, UnitKind::Department),
    ("manager", "单位管理员", Role::InstitutionManager, UnitKind::Institution),
    ("lab", "实验室主任", Role::LaboratoryManager, UnitKind::Laboratory),
    ("operator", "仪器操作员", Role::Operator, UnitKind::Laboratory),
    ("researcher", "科研人员", Role::Researcher, UnitKind::City),
    ("wall", "大屏", Role::WallScreen, UnitKind::Province),
    ("integration", "预约系统", Role::Integration, UnitKind::Province),
];

/// Adds who is missing, and returns login, role and a link that lets each in once.
pub(super) async fn accounts(app: &App) -> Result<Vec<(&'static str, &'static str, String)>, Failure> {
    let now_ms = SystemClock.now_ms();
    let known: BTreeMap<_, _> =
        app.accounts.door().accounts().iter().map(|account| (account.login.clone(), account.id.clone())).collect();
    let mut links = Vec::new();
    for (login, name, role, kind) in PEOPLE {
        let id = match known.get(login) {
            Some(id) => id.clone(),
            None => add(&app.accounts, login, name, AccountGrant { role, unit: unit(app, kind) }, now_ms).await?,
        };
        let (token, _) = app.accounts.add_link(&id, now_ms).await?;
        links.push((login, role.name(), format!("http://{}/sign-in#{token}", app.http)));
    }
    Ok(links)
}

async fn add(store: &Store, login: &str, name: &str, grant: AccountGrant, now_ms: i64) -> Result<String, AccountError> {
    let new =
        NewAccount { login: login.into(), name: name.into(), email: None, language: "zh".into(), grants: vec![grant] };
    Ok(store.add(new, now_ms).await?.id)
}

/// The unit of this kind that the first instrument stands in, or else the province.
fn unit(app: &App, kind: UnitKind) -> String {
    if kind == UnitKind::Department {
        return SCIENCE.into();
    }
    let catalog = app.store.catalog();
    let first = catalog.in_service().into_iter().next();
    let units = catalog.units();
    let unit = first.and_then(|first| units.above(&first.details.unit, kind).map(|unit| unit.id.clone()));
    unit.unwrap_or_else(|| PROVINCE.into())
}
