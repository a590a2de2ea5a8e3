use super::render::one_line;
use super::words::{self, Words};
use crate::domain::{AlertEvent, InstrumentId};
use crate::notify::model::Language;
use crate::notify::notice::{Notice, StateChange};
use crate::notify::port::{Named, Names};
use crate::notify::times::LocalTime;
use std::sync::Arc;

/// Puts notices into words.
#[derive(Clone)]
pub(in crate::notify) struct Writer {
    pub(in crate::notify) names: Arc<dyn Names>,
    pub(in crate::notify) zone: LocalTime,
    /// Where people reach the page, without a slash at its end.
    pub(in crate::notify) page: Option<Arc<str>>,
}

/// What people read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::notify) struct Message {
    pub(in crate::notify) title: String,
    pub(in crate::notify) language: Language,
    /// One a notice.
    pub(in crate::notify) parts: Vec<Part>,
}

/// What people read of one notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::notify) struct Part {
    pub(in crate::notify) title: String,
    /// What, and how it is.
    pub(in crate::notify) lines: Vec<(&'static str, String)>,
    /// The instrument's page.
    pub(in crate::notify) link: Option<String>,
}

impl Writer {
    /// What an instrument is called; by its id where the catalogue does not know it any more.
    pub(super) fn named(&self, instrument: &InstrumentId) -> Named {
        let unknown = || Named { name: instrument.to_string(), name_en: instrument.to_string(), ..Named::default() };
        self.names.named(instrument).unwrap_or_else(unknown)
    }

    /// The instrument's page.
    pub(super) fn link(&self, instrument: &InstrumentId) -> Option<String> {
        Some(format!("{}/instruments/{instrument}", self.page.as_deref()?))
    }

    /// What people read of these notices.
    pub(in crate::notify) fn message(&self, notices: &[Notice], language: Language) -> Message {
        let parts: Vec<Part> = notices.iter().map(|notice| self.part(notice, language)).collect();
        let title = match (parts.as_slice(), language) {
            ([part], _) => part.title.clone(),
            (parts, Language::Zh) => format!("【汇总】{} 条通知", parts.len()),
            (parts, Language::En) => format!("[Digest] {} notices", parts.len()),
        };
        Message { title, language, parts }
    }

    /// What people read when a way to them is tried.
    pub(in crate::notify) fn test(&self, now_ms: i64, language: Language) -> Message {
        let title = words::TEST.of(language).to_owned();
        let lines = vec![(words::AT.of(language), self.zone.show(now_ms))];
        let link = self.page.as_deref().map(str::to_owned);
        Message { title: title.clone(), language, parts: vec![Part { title, lines, link }] }
    }

    fn part(&self, notice: &Notice, language: Language) -> Part {
        let named = self.named(notice.instrument());
        let (name, institution) = match language {
            Language::Zh => (named.name, named.institution),
            Language::En => (named.name_en, named.institution_en),
        };
        let (label, what) = match notice {
            Notice::Alert(event) => (words::step(event.step), words::kind(event.alert.kind).of(language).to_owned()),
            Notice::State(change) => (words::STATE, states(change, language)),
        };
        let title = one_line(&match language {
            Language::Zh => format!("【{}】{name}：{what}", label.of(language)),
            Language::En => format!("[{}] {name}: {what}", label.of(language)),
        });
        let mut lines: Vec<(Words, String)> = vec![(words::INSTRUMENT, format!("{name} ({})", notice.instrument()))];
        if !institution.is_empty() {
            lines.push((words::INSTITUTION, institution));
        }
        match notice {
            Notice::Alert(event) => self.alert(event, language, &mut lines),
            Notice::State(change) => {
                lines.push((words::STATE, what));
                lines.push((words::AT, self.zone.show(change.at_ms)));
            }
        }
        Part {
            title,
            lines: lines.into_iter().map(|(label, value)| (label.of(language), value)).collect(),
            link: self.link(notice.instrument()),
        }
    }

    fn alert(&self, event: &AlertEvent, language: Language, lines: &mut Vec<(Words, String)>) {
        let alert = &event.alert;
        lines.push((words::WHAT, words::kind(alert.kind).of(language).into()));
        lines.push((words::SEVERITY, words::severity(alert.severity).of(language).into()));
        lines.push((words::SINCE, self.zone.show(alert.since_ms)));
        let until_ms = alert.cleared_ms.unwrap_or(event.at_ms);
        lines.push((words::LASTED, words::lasting(until_ms - alert.since_ms, language)));
        if let Some(cleared_ms) = alert.cleared_ms {
            lines.push((words::ENDED, self.zone.show(cleared_ms)));
        }
        lines.push((words::STATE, words::state(alert.state).of(language).into()));
    }
}

fn states(change: &StateChange, language: Language) -> String {
    format!("{} → {}", words::state(change.from).of(language), words::state(change.to).of(language))
}
