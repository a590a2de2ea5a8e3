//! What classes of instruments are called: GB/T 32847, or a list of one's own.

use super::api::ApiState;
use super::entity::class;
use super::import::Sheet;
use super::store::{ROWS, StoreError};
use super::units::PROVINCE;
use crate::domain::{Caller, Permission, UnitPath};
use crate::platform::audit::Changed;
use crate::platform::problem::Problem;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, put))
}

/// A class of instruments.
#[derive(Serialize, ToSchema)]
struct Class {
    #[schema(example = "010102")]
    code: String,
    name: String,
    name_en: String,
}

#[derive(Serialize, ToSchema)]
struct Classes {
    /// Ordered by code.
    items: Vec<Class>,
}

impl From<class::Model> for Class {
    fn from(row: class::Model) -> Self {
        Self { code: row.code, name: row.name, name_en: row.name_en }
    }
}

/// The list of classes; empty until one is put there.
#[utoipa::path(get, path = "/api/v1/classes", operation_id = "list_classes", tag = "instruments",
    responses((status = 200, body = Classes)))]
async fn list(State(api): State<ApiState>) -> Result<axum::Json<Classes>, Problem> {
    let rows = class::Entity::find().order_by_asc(class::Column::Code).all(api.store.db.reader()).await;
    let rows = rows.map_err(|error| Problem::unavailable(&error))?;
    Ok(axum::Json(Classes { items: rows.into_iter().map(Class::from).collect() }))
}

/// Puts a list of classes in the place of the one there is: CSV or Excel with the columns `code` (分类代码), `name` (名称) and
/// `name_en` (英文名称).
#[utoipa::path(put, path = "/api/v1/classes", operation_id = "put_classes", tag = "instruments",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Classes), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 413, body = Problem)))]
async fn put(
    State(api): State<ApiState>,
    caller: Caller,
    file: Result<Bytes, BytesRejection>,
) -> Result<(Changed, axum::Json<Classes>), Problem> {
    caller.check(Permission::EditUnits, &UnitPath::root().child(PROVINCE), "the list of classes is the province's")?;
    let file = file.map_err(|rejection| Problem::too_large(rejection.body_text()))?;
    let sheet = tokio::task::spawn_blocking(move || Sheet::read(&file)).await;
    let sheet = sheet.map_err(|_| Problem::bad_request("the file cannot be read: it is damaged"))?;
    let sheet = sheet.map_err(|error| Problem::bad_request(error.to_string()))?;
    let classes = classes(&sheet).map_err(Problem::bad_request)?;
    let before = list(State(api.clone())).await?.0.items.len();
    api.store.set_classes(&classes).await?;
    let items = classes.into_iter().map(|(code, (name, name_en))| Class { code, name, name_en }).collect();
    let after = Classes { items };
    // The list itself would fill the log.
    Ok((Changed::new(Some(&before), Some(&after.items.len())), axum::Json(after)))
}

type Named = BTreeMap<String, (String, String)>;

fn classes(sheet: &Sheet) -> Result<Named, String> {
    let column = |names: &[&str]| {
        let found = sheet.header.iter().position(|name| names.contains(&name.trim().to_lowercase().as_str()));
        found.ok_or_else(|| format!("the column {} is missing", names[0]))
    };
    let code = column(&["code", "class", "分类代码", "代码", "编码"])?;
    let name = column(&["name", "名称", "分类名称"])?;
    let name_en = column(&["name_en", "英文名称", "英文名"]).ok();
    let mut classes = Named::new();
    for (line, cells) in &sheet.rows {
        let cell = |at: usize| cells.get(at).map(|cell| cell.trim().chars().take(200).collect()).unwrap_or_default();
        let (code, name): (String, String) = (cell(code), cell(name));
        if code.is_empty() || name.is_empty() {
            return Err(format!("line {line}: a class has a code and a name"));
        }
        if classes.insert(code, (name, name_en.map(cell).unwrap_or_default())).is_some() {
            return Err(format!("line {line}: its code is there twice"));
        }
    }
    Ok(classes)
}

impl super::store::Store {
    /// Puts a list of classes, by code, in the place of the one there is.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn set_classes(&self, classes: &BTreeMap<String, (String, String)>) -> Result<(), StoreError> {
        let transaction = self.db.begin().await?;
        class::Entity::delete_many().exec(&transaction).await?;
        let rows: Vec<_> = classes
            .iter()
            .map(|(code, (name, name_en))| class::ActiveModel {
                code: Set(code.clone()),
                name: Set(name.clone()),
                name_en: Set(name_en.clone()),
            })
            .collect();
        for part in rows.chunks(ROWS) {
            class::Entity::insert_many(part.to_vec()).exec_without_returning(&transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_classes_has_each_code_once() {
        let read = |file: &str| classes(&Sheet::read(file.as_bytes()).unwrap());
        let expected: Named = [("010102".to_owned(), ("扫描电镜".to_owned(), "SEM".to_owned()))].into();
        assert_eq!(read("分类代码,名称,英文名称\n010102,扫描电镜,SEM\n"), Ok(expected));
        assert!(read("code,name\n1,a\n1,b\n").unwrap_err().contains("line 3"));
        assert!(read("code,name\n,a\n").is_err() && read("code\n1\n").unwrap_err().contains("name"));
    }
}
