//! An account a role for the demo, so that everybody's view can be tried.

use super::command::Failure;
use crate::account::{AccountError, AccountGrant, NewAccount, Store};
use crate::app::App;
use crate::domain::{Clock, Places, Role, SystemClock, UnitPath};
use std::collections::BTreeMap;

/// Login, name, role, and how deep in the tree: 1 the province, 2 a city, and so on; as deep as there is.
const PEOPLE: [(&str, &str, Role, usize); 8] = [
    ("admin", "省平台管理员", Role::Administrator, 1),
    ("viewer", "科技厅查看员", Role::DepartmentViewer, 1),
    ("manager", "单位管理员", Role::InstitutionManager, 3),
    ("lab", "实验室主任", Role::LaboratoryManager, 4),
    ("operator", "仪器操作员", Role::Operator, 4),
    ("researcher", "科研人员", Role::Researcher, 2),
    ("wall", "大屏", Role::WallScreen, 1),
    ("integration", "预约系统", Role::Integration, 1),
];

/// Adds who is missing, and returns login, role and a link that lets each in once.
pub(super) async fn accounts(app: &App) -> Result<Vec<(&'static str, &'static str, String)>, Failure> {
    let now_ms = SystemClock.now_ms();
    let known: BTreeMap<_, _> =
        app.accounts.door().accounts().iter().map(|account| (account.login.clone(), account.id.clone())).collect();
    let mut links = Vec::new();
    for (login, name, role, depth) in PEOPLE {
        let id = match known.get(login) {
            Some(id) => id.clone(),
            None => add(&app.accounts, login, name, AccountGrant { role, unit: unit(app, depth) }, now_ms).await?,
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

/// The unit this deep above the first instrument.
fn unit(app: &App, depth: usize) -> String {
    let catalog = app.store.catalog();
    let first = catalog.instruments().into_iter().next();
    let path = first.and_then(|first| catalog.place(&first)).map_or_else(UnitPath::root, |place| place.unit);
    let ids: Vec<_> = path.ids().collect();
    ids.get(depth - 1).or(ids.last()).map_or_else(|| "province".into(), |id| (*id).to_owned())
}
