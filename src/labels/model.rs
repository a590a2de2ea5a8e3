use crate::domain::InstrumentState;

/// A stretch of time, `[start_ms, end_ms)` in UTC milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Inclusive.
    pub start_ms: i64,
    /// Exclusive.
    pub end_ms: i64,
}

/// One stroke of the brush.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Counts the instrument's edits from 1.
    pub number: i64,
    /// Where.
    pub span: Span,
    /// `off`, `standby` or `on`; `None` erases what was painted there.
    pub state: Option<InstrumentState>,
    /// Who painted.
    pub author: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// Who took it back, and when (UTC milliseconds).
    pub undone: Option<(String, i64)>,
}

/// What holds over a span, and which edit says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// `off`, `standby` or `on`.
    pub state: InstrumentState,
    /// The edit that painted it.
    pub edit: i64,
    /// Who painted it.
    pub author: String,
    /// When it was painted, UTC milliseconds.
    pub at_ms: i64,
}
