use super::document::Document;
use super::page::html;
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

/// Why a report was not written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file.
    #[error("the report cannot be written to {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something that JSON cannot say.
    #[error("the report cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Writes `name.json` with `results` and `name.html` into the folder, which is made, and returns the two files.
///
/// # Errors
/// When a file cannot be written.
pub fn write(
    folder: &Path,
    name: &str,
    results: &impl Serialize,
    document: &Document,
) -> Result<[PathBuf; 2], ReportError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ReportError::File { path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let (json, page) = (folder.join(format!("{name}.json")), folder.join(format!("{name}.html")));
    std::fs::write(&json, serde_json::to_string_pretty(results)? + "\n").map_err(failed(&json))?;
    std::fs::write(&page, html(document)).map_err(failed(&page))?;
    Ok([json, page])
}
