use crate::platform::config::{Config, ConfigError};
use clap::Args;
use std::path::PathBuf;

/// Which server's data a command works on.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// The configuration file; without one the built-in defaults hold
    #[arg(long, short, env = "DAYI_CONFIG")]
    config: Option<PathBuf>,
    /// The folder that holds everything the server keeps
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

impl Source {
    /// The configuration, with what was given put over the configured.
    pub(super) fn load(&self) -> Result<Config, ConfigError> {
        let mut config = Config::load(self.config.as_deref())?;
        if let Some(data) = &self.data {
            config.data_dir.clone_from(data);
        }
        Ok(config)
    }
}
