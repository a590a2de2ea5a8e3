//! Every metric is in the list, on the page about metrics, and nowhere else.

use crate::harness::Server;
use dayi::platform::metric_list::{METRICS, document};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] }).collect()
}

/// The names in `counter!("…"`, `gauge!("…"` and `histogram!("…"`.
fn names_in_code() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in rust_files(&root().join("src")) {
        let text = fs::read_to_string(file).unwrap();
        for call in ["counter!(", "gauge!(", "histogram!("] {
            for rest in text.split(call).skip(1) {
                if let Some(name) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                    names.insert(name.to_owned());
                }
            }
        }
    }
    names
}

#[test]
fn the_list_has_what_the_code_counts() {
    let listed: BTreeSet<String> = METRICS.iter().map(|metric| metric.name.to_owned()).collect();
    assert_eq!(listed.len(), METRICS.len(), "a name twice");
    let counted = names_in_code();
    let missing: Vec<_> = counted.symmetric_difference(&listed).collect();
    assert!(missing.is_empty(), "in the code or in the list alone: {missing:?}");
}

#[test]
fn the_page_says_what_the_list_says() {
    let page = root().join("docs/metrics.md");
    if std::env::var_os("DAYI_UPDATE_OPENAPI").is_some() {
        fs::write(&page, document()).unwrap();
    }
    assert!(fs::read_to_string(page).unwrap() == document(), "the list of metrics changed: run `make openapi`");
}

#[tokio::test]
async fn what_is_counted_is_answered_with_its_explanation() {
    let server = Server::start().await;
    server.add("sem-1").await.draw(6.0, crate::harness::now_ms() - 60_000, 60).await;
    server.app.settled().await;
    let text = server.client.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for part in [
        "# HELP dayi_readings_received_total",
        "# TYPE dayi_http_request_seconds histogram",
        "dayi_instruments{state=\"unknown\"}",
        "dayi_build_info{version=",
        "process_resident_memory_bytes",
        "route=\"/api/v1/instruments\"",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    server.app.stop().await;
}
