use super::writer::Writer;
use crate::notify::notice::Notice;
use crate::notify::times::rfc3339;
use serde_json::{Value, json};

/// A notice for programs: what a webhook is sent, documented in `docs/notifications.md`.
pub(in crate::notify) fn event(writer: &Writer, notice: &Notice) -> Value {
    let id = notice.instrument();
    let named = writer.named(id);
    let instrument = json!({
        "id": id,
        "name": named.name,
        "name_en": named.name_en,
        "institution": named.institution,
        "institution_en": named.institution_en,
        "url": writer.link(id),
    });
    let data = match notice {
        Notice::Alert(event) => {
            let alert = &event.alert;
            json!({
                "number": event.number,
                "instrument": instrument,
                "alert": {
                    "id": alert.id,
                    "kind": alert.kind,
                    "severity": alert.severity,
                    "since": alert.since_ms,
                    "raised": alert.raised_ms,
                    "cleared": alert.cleared_ms,
                    "reopened": alert.reopened,
                    "state": alert.state,
                },
            })
        }
        Notice::State(change) => json!({
            "number": change.number,
            "instrument": instrument,
            "seq": change.seq,
            "from": change.from,
            "to": change.to,
        }),
    };
    json!({"type": notice.kind(), "timestamp": rfc3339(notice.at_ms()), "data": data})
}
