//! The API's description is a contract: a change of it is seen here, and the page's client is made from it.

use crate::harness::Server;
use std::path::Path;

#[tokio::test]
async fn the_document_is_the_one_the_pages_client_was_made_from() {
    let server = Server::start().await;
    let (status, document) = server.get("/api/openapi.json").await;
    assert_eq!(status, 200);
    server.app.stop().await;
    let mut served = serde_json::to_string_pretty(&document).unwrap();
    served.push('\n');
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards/web/openapi.json");
    if std::env::var_os("DAYI_UPDATE_OPENAPI").is_some() {
        std::fs::write(&kept, &served).unwrap();
    }
    let kept = std::fs::read_to_string(&kept).unwrap();
    assert!(kept == served, "the API changed: run `make openapi`, look at the difference and commit it");
}
