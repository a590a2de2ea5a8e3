//! The import rules of docs/ARCHITECTURE.md, and the size of files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Who may import whom. What is not listed here is not allowed; a new folder needs a line.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("platform", &["domain"]),
    ("bus", &["domain"]),
    ("account", &["domain", "platform"]),
    ("audit", &["domain", "platform"]),
    ("journal", &["domain", "platform"]),
    ("instrument", &["bus", "domain", "journal", "platform"]),
    ("ingest", &["domain", "platform"]),
    ("history", &["bus", "domain", "journal", "platform"]),
    ("catalog", &["bus", "domain", "history", "platform"]),
    ("alert", &["bus", "domain", "history", "platform"]),
    ("idle", &["bus", "domain", "history", "platform"]),
    ("live", &["bus", "domain", "history", "platform"]),
    ("labels", &["bus", "domain", "history", "platform"]),
    ("training", &["bus", "domain", "history", "platform"]),
    ("export", &["domain", "history", "platform"]),
    ("notify", &["bus", "domain", "history", "platform"]),
    // Of the journal, what was measured.
    ("influx", &["bus", "domain", "history", "journal", "platform"]),
    (
        "http",
        &[
            "account",
            "audit",
            "alert",
            "catalog",
            "domain",
            "export",
            "history",
            "idle",
            "influx",
            "ingest",
            "instrument",
            "labels",
            "live",
            "notify",
            "platform",
            "training",
        ],
    ),
    (
        "app",
        &[
            "account",
            "audit",
            "alert",
            "bus",
            "catalog",
            "domain",
            "export",
            "history",
            "http",
            "idle",
            "influx",
            "ingest",
            "instrument",
            "journal",
            "labels",
            "live",
            "notify",
            "platform",
            "training",
        ],
    ),
    (
        "cli",
        &[
            "account",
            "app",
            "catalog",
            "domain",
            "export",
            "history",
            "ingest",
            "influx",
            "instrument",
            "journal",
            "labels",
            "platform",
            "training",
        ],
    ),
];

/// Crates of ours that only some folders may see.
const MAY_SEE: &[(&str, &[&str])] = &[("dayi_models", &["cli", "instrument"]), ("dayi_loadtest", &["cli"])];

/// A file longer than this holds more than one idea.
const MOST_LINES: usize = 400;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The top folder of `src/` a file belongs to; `None` for lib.rs and main.rs.
fn module_of(file: &Path) -> Option<String> {
    let inside = file.strip_prefix(root().join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    match first.strip_suffix(".rs") {
        Some("lib" | "main") => None,
        Some(module) => Some(module.to_owned()),
        None => Some(first.to_owned()),
    }
}

/// The words that follow `prefix` in code (comments left out), `use crate::{a, b}` included.
fn words_after(text: &str, prefix: &str) -> BTreeSet<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut words = BTreeSet::new();
    for part in code.split(prefix).skip(1) {
        let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match part.strip_prefix('{') {
            Some(list) => {
                let list = list.split("};").next().unwrap();
                words.extend(list.split(',').map(|item| word(item.trim())).filter(|item| !item.is_empty()));
            }
            None => {
                words.insert(word(part));
            }
        }
    }
    words
}

#[test]
fn folders_import_only_what_they_may() {
    let mut broken = Vec::new();
    for file in rust_files(&root().join("src")) {
        let Some(module) = module_of(&file) else { continue };
        let text = fs::read_to_string(&file).unwrap();
        let allowed = MAY_IMPORT.iter().find(|(name, _)| *name == module).map(|(_, allowed)| *allowed);
        let Some(allowed) = allowed else {
            broken.push(format!("{}: the folder {module} has no rule", file.display()));
            continue;
        };
        for imported in words_after(&text, "crate::") {
            if imported != module && !allowed.contains(&imported.as_str()) {
                broken.push(format!("{}: {module} must not import {imported}", file.display()));
            }
        }
        for (krate, folders) in MAY_SEE {
            if text.contains(krate) && !folders.contains(&module.as_str()) {
                broken.push(format!("{}: {module} must not see {krate}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_file_holds_one_idea() {
    let folders = ["src", "models/src", "loadtest/src", "tests"];
    let long: Vec<String> = folders
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .filter_map(|file| {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            (lines > MOST_LINES).then(|| format!("{} has {lines} lines", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn a_folders_mod_file_tells_its_story_and_holds_no_logic() {
    let with_logic: Vec<String> = rust_files(&root().join("src"))
        .into_iter()
        .filter(|file| file.ends_with("mod.rs"))
        .filter(|file| fs::read_to_string(file).unwrap().lines().any(|line| line.trim_start().starts_with("fn ")))
        .map(|file| file.display().to_string())
        .collect();
    assert!(with_logic.is_empty(), "{}", with_logic.join("\n"));
}
