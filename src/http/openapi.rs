use super::permissions::{Rule, rule};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr};

const NO_SCOPES: [&str; 0] = [];

/// Completes the document that the routes make: title, version, the one way to show who asks.
pub(super) fn complete(mut api: OpenApi) -> OpenApi {
    api.info.title = "dayi (大仪)".into();
    api.info.version = env!("CARGO_PKG_VERSION").into();
    api.info.description = Some(
        "The working states of a province's large scientific instruments. Times are UTC milliseconds since 1970, \
         currents ampere. Errors are application/problem+json (RFC 9457)."
            .into(),
    );
    open_parts(&mut api);
    say_who_may(&mut api);
    // utoipa puts its own author here.
    api.info.contact = None;
    api.info.license = Some(utoipa::openapi::License::new("Apache-2.0"));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    api.components.get_or_insert_default().security_schemes.insert("token".into(), SecurityScheme::Http(bearer));
    api
}

/// Writes at each operation what it asks for, as the guard does.
fn say_who_may(api: &mut OpenApi) {
    let paths = api.paths.paths.values_mut();
    let operations = paths.flat_map(|path| {
        [&mut path.get, &mut path.put, &mut path.post, &mut path.delete, &mut path.patch].into_iter().flatten()
    });
    for operation in operations {
        let rule = operation.operation_id.as_deref().and_then(rule);
        let asks = match rule {
            None | Some(Rule::Public) => continue,
            Some(Rule::SignedIn) => "Asks for somebody who is signed in, or a token.".to_owned(),
            Some(Rule::May(permission)) => format!("Asks for the permission `{}`.", permission.name()),
        };
        let said = operation.description.take();
        operation.description = Some(said.map_or(asks.clone(), |said| format!("{said}\n\n{asks}")));
        operation.security = Some(vec![SecurityRequirement::new("token", NO_SCOPES)]);
    }
}

/// A part of a whole (`allOf`) must not refuse the fields of the other parts, as serde's `deny_unknown_fields` has it refuse
/// them: nothing would fit both.
fn open_parts(api: &mut OpenApi) {
    let Some(components) = &mut api.components else { return };
    let parts: Vec<String> = components.schemas.values().flat_map(parts_of).collect();
    for part in parts {
        if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(&part) {
            object.additional_properties = None;
        }
    }
}

/// The names of the schemas that make up this one.
fn parts_of(schema: &RefOr<Schema>) -> Vec<String> {
    let RefOr::T(Schema::AllOf(whole)) = schema else { return Vec::new() };
    let name = |part: &RefOr<Schema>| match part {
        RefOr::Ref(part) => part.ref_location.rsplit('/').next().map(str::to_owned),
        RefOr::T(_) => None,
    };
    whole.items.iter().filter_map(name).collect()
}
