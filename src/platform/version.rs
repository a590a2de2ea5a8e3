//! Versions of what several people change: the entity tag that was read is named in `If-Match` when it is changed.

use super::problem::Problem;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// The header that tells a version.
#[must_use]
pub fn tag(version: i64) -> [(HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"0\""));
    [(header::ETAG, value)]
}

/// The version that the client believes to change; `present` is what it is now.
///
/// # Errors
/// 428 when it does not say, 412 when it is another one.
pub fn expected(headers: &HeaderMap, present: i64) -> Result<i64, Problem> {
    let Some(told) = headers.get(header::IF_MATCH) else {
        return Err(Problem::precondition_required(
            "send the header If-Match with the version that you read (the header ETag, or the field `version` in quotes)",
        ));
    };
    // A proxy that compresses makes a tag a weak one.
    let told = told.to_str().unwrap_or_default().trim().trim_start_matches("W/").trim_matches('"');
    if told == "*" || told.parse() == Ok(present) {
        return Ok(present);
    }
    Err(Problem::precondition_failed("somebody else changed it meanwhile: load it again"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[test]
    fn only_the_present_version_is_changed() {
        let status = |told: Option<&'static str>| {
            let told = told.map(|told| (header::IF_MATCH, HeaderValue::from_static(told)));
            expected(&told.into_iter().collect(), 3).map_err(|problem| problem.into_response().status().as_u16())
        };
        assert_eq!((status(Some("\"3\"")), status(Some("W/\"3\"")), status(Some("*"))), (Ok(3), Ok(3), Ok(3)));
        assert_eq!((status(Some("\"2\"")), status(Some("x")), status(None)), (Err(412), Err(412), Err(428)));
    }
}
