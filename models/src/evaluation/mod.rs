//! How well a method does on recorded traces.
//!
//! Each trace is cut in time: the first 40 % calibrates or trains the method, the rest is judged
//! ([`run`]). What a method said is held against the reference labels, weighted by time
//! ([`score_levels`], [`Score`]); the same scorer takes transitions that came out of a running server
//! ([`score_transitions`]). A [`Report`] gathers all methods and traces, as JSON, as a text
//! table or as a page with plots.
//!
//! How the figures are defined: [`Confusion`] (accuracy, macro-F1), [`Score`] (false transitions, delays),
//! [`GAP_MS`] (gaps).

mod baseline;
mod confusion;
mod delay;
mod method;
mod page;
mod plots;
mod report;
mod runner;
mod score;
mod strip;
mod trained;
mod transitions;
mod units;
mod wrong;

pub use confusion::Confusion;
pub use delay::{Delays, PROMPT_S};
pub use method::{METHODS, Method, UnknownMethod, method};
pub use report::{MethodScore, Report, TraceScore};
pub use runner::{EvaluationError, run, run_files, split};
pub use score::{GAP_MS, Score, Tally, score_levels, score_transitions};
pub use strip::Strip;
pub use wrong::{WRONG_KEPT, WrongSpan};
