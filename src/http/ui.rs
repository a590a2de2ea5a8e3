//! The page, embedded in the binary. Paths that are no file are the page's own and get `index.html`.

use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "dashboards/web/dist"]
struct Assets;

pub(super) async fn serve(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") {
        return crate::platform::problem::Problem::not_found(format!("there is no /{path}")).into_response();
    }
    match Assets::get(path) {
        Some(file) => answer(path, file),
        None if is_file_name(path) => (StatusCode::NOT_FOUND, "not found").into_response(),
        None => match Assets::get("index.html") {
            Some(file) => answer("index.html", file),
            None => (StatusCode::NOT_FOUND, "the page was not built").into_response(),
        },
    }
}

/// A missing script must be a 404: as `text/html` it would break the page in a way nobody understands.
fn is_file_name(path: &str) -> bool {
    path.starts_with("assets/")
}

fn answer(path: &str, file: rust_embed::EmbeddedFile) -> Response {
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    // Vite puts a hash of the content into the names under assets/.
    let keep = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = file.data.into_response();
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(kind.as_ref()) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}
