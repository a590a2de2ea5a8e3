use std::fmt;

/// What a check found, in words that say what to do.
#[derive(Debug)]
pub(super) enum Finding {
    /// A server can run with it.
    Ok(String),
    /// A server can run with it, but somebody should look.
    Warn(String),
    /// A server would not start, or not do what it is for.
    Fail(String),
}

impl Finding {
    pub(super) fn ok(says: impl Into<String>) -> Self {
        Self::Ok(says.into())
    }

    pub(super) fn warn(says: impl Into<String>) -> Self {
        Self::Warn(says.into())
    }

    pub(super) fn fail(says: impl fmt::Display) -> Self {
        Self::Fail(says.to_string())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (level, says) = match self {
            Self::Ok(says) => ("ok", says),
            Self::Warn(says) => ("warn", says),
            Self::Fail(says) => ("FAIL", says),
        };
        write!(f, "{level:<4}  {says}")
    }
}
