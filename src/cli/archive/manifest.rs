//! What a backup consists of. It is written last, in one go: where it is, the backup is whole.

use super::copying;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Component, Path};

/// The manifest's name in the backup's folder.
pub(super) const FILE: &str = "manifest.json";
/// The dump of a PostgreSQL database.
pub(super) const DUMP: &str = "database.dump";
/// The layout that this program writes, and the only one it knows.
const FORMAT: u32 = 1;

/// What a backup consists of.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The layout of the folder.
    format: u32,
    /// The version of dayi that wrote it.
    pub(super) version: String,
    /// When it was finished, UTC milliseconds.
    pub(super) made_ms: i64,
    /// Its files, in the order in which they were taken.
    pub(super) files: Vec<Entry>,
}

/// A file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Its path in the folder, with `/` in between.
    pub(super) path: String,
    /// Its size.
    bytes: u64,
    /// Its SHA-256, hexadecimal.
    sha256: String,
}

/// Why there is no backup in a folder.
#[derive(Debug, thiserror::Error)]
pub(super) enum ManifestError {
    #[error("there is no finished backup in {0}: it has no {FILE}")]
    None(String),
    #[error("{FILE} cannot be read: {0}")]
    Unreadable(String),
    #[error("the backup is of a newer version of dayi (layout {0}): restore it with that one")]
    Newer(u32),
    #[error("{path} cannot be read: {source}")]
    File { path: String, source: io::Error },
    #[error("{0} is damaged: its size or checksum is not the one in {FILE}")]
    Damaged(String),
}

impl Manifest {
    /// Looks at the files of `folder`, has each on the disk, and writes the manifest.
    pub(super) fn write(folder: &Path, paths: Vec<String>, made_ms: i64) -> io::Result<Self> {
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let whole = folder.join(&path);
            File::open(&whole)?.sync_all()?;
            let (sha256, bytes) = copying::sum(&whole, &path)?;
            files.push(Entry { path, bytes, sha256 });
        }
        let manifest = Self { format: FORMAT, version: env!("CARGO_PKG_VERSION").into(), made_ms, files };
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec_pretty(&manifest)?)?;
        file.as_file().sync_all()?;
        file.persist(folder.join(FILE)).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()?;
        Ok(manifest)
    }

    /// Reads the manifest of a backup and checks every file.
    pub(super) fn read(folder: &Path) -> Result<Self, ManifestError> {
        let text = match std::fs::read(folder.join(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ManifestError::None(folder.display().to_string()));
            }
            Err(error) => return Err(ManifestError::Unreadable(error.to_string())),
        };
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let unreadable = |error: serde_json::Error| ManifestError::Unreadable(error.to_string());
        let Head { format } = serde_json::from_slice(&text).map_err(unreadable)?;
        if format != FORMAT {
            return Err(ManifestError::Newer(format));
        }
        let manifest: Self = serde_json::from_slice(&text).map_err(unreadable)?;
        for entry in &manifest.files {
            entry.check(folder)?;
        }
        Ok(manifest)
    }

    /// The size of all files together.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|entry| entry.bytes).sum()
    }
}

impl Entry {
    fn check(&self, folder: &Path) -> Result<(), ManifestError> {
        let path = Path::new(&self.path);
        // What is restored stays in the data folder.
        if !path.components().all(|component| matches!(component, Component::Normal(_))) {
            return Err(ManifestError::Unreadable(format!("{:?} is no file of a backup", self.path)));
        }
        let found = copying::sum(&folder.join(path), &self.path);
        let (sha256, bytes) = found.map_err(|source| ManifestError::File { path: self.path.clone(), source })?;
        if (&sha256, bytes) == (&self.sha256, self.bytes) {
            Ok(())
        } else {
            Err(ManifestError::Damaged(self.path.clone()))
        }
    }
}
