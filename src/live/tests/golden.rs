use super::super::book::{Book, News, What};
use super::super::frame::{ClientFrame, Delta, Format, Listed, PROTOCOL, ServerFrame, SnapshotPage, Subscribe, text};
use super::super::reader::Reader;
use super::super::sample::row;
use super::super::seen::Seen;
use super::fleet::{TestFleet, alert};
use crate::domain::{AlertStep, Event, InstrumentState};
use axum::extract::ws::Message;

fn subscribe(json: &str) -> Option<Subscribe> {
    match serde_json::from_str(json) {
        Ok(ClientFrame::Subscribe(subscribe)) => Some(*subscribe),
        _ => None,
    }
}

/// One frame of each kind, as documented; `dashboards/web/tests` reads the same files.
#[test]
fn the_wire_format_is_the_documented_one() {
    let (json, hex) = frames();
    let golden = include_str!("../../../tests/fixtures/live-frames.jsonl");
    assert_eq!(json.join("\n"), golden.trim_end());
    let golden = include_str!("../../../tests/fixtures/live-frames.hex");
    assert_eq!(hex.join("\n"), golden.trim_end());
}

#[test]
fn both_forms_say_the_same() {
    let (json, hex) = frames();
    let mut reader = Reader::default();
    let mut compared = 0;
    for line in json {
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        if ["snapshot", "delta", "reading"].iter().any(|kind| json["type"] == *kind) {
            let frame = hex::decode(&hex[compared]).unwrap();
            assert_eq!(reader.read(&frame).unwrap(), json);
            compared += 1;
        }
    }
    assert_eq!(compared, hex.len());
}

/// All frames as JSON, and those that have a compact form in that.
fn frames() -> (Vec<String>, Vec<String>) {
    let (mut json, mut hex) = (Vec::new(), Vec::new());
    let mut say = |frame: ServerFrame<'_>| json.push(text(&frame).into_text().unwrap().to_string());
    say(ServerFrame::Hello { protocol: PROTOCOL, server_time: 1, name: "Li Na" });
    say(ServerFrame::Subscribed { epoch: "E", recovered: false, offset: 7 });
    let first = row("i1", "zj/hz/zju", InstrumentState::On);
    let second = row("i2", "zj/nb", InstrumentState::Unknown);
    let page = SnapshotPage {
        epoch: "E",
        offset: 7,
        page: 0,
        pages: 1,
        institutions: &[&first.card.institution],
        instruments: &[
            Listed { number: 0, row: &first, current_a: Some(1.25) },
            Listed { number: 300, row: &second, current_a: None },
        ],
    };
    let fleet = TestFleet::of(2);
    let mut book = Book::new(fleet.all(), 10);
    let changed = News::now(fleet.change(1, InstrumentState::Offline).unwrap(), &*fleet);
    let changed = book.apply(changed).unwrap();
    let raised = alert(1, AlertStep::Raised);
    let Event::AlertRaised(event) = &raised else { panic!("{raised:?}") };
    let What::Row { after: Some(after), .. } = &changed.what else { panic!("{changed:?}") };
    let changes = [
        Seen::State { number: 0, from: InstrumentState::Off, row: after },
        Seen::Row { number: 301, row: &second },
        Seen::Left { number: 300, id: &second.card.id },
        Seen::Alert { event },
    ];
    let delta = Delta { after: 7, offset: 300, coalesced: 0, changes: &changes };
    let coalesced = Delta { after: 300, offset: 500, coalesced: 130, changes: &changes[..1] };
    for format in [Format::Json, Format::Binary] {
        let large = [
            format.page(&page),
            format.delta(&delta),
            format.delta(&coalesced),
            format.readings("i1", &[(1_700_000_000_000, 1.5), (1_700_000_001_000, 0.0)]),
        ];
        for frame in large {
            match frame {
                Message::Binary(bytes) => hex.push(hex::encode(bytes)),
                frame => json.push(frame.into_text().unwrap().to_string()),
            }
        }
    }
    let mut say = |frame: ServerFrame<'_>| json.push(text(&frame).into_text().unwrap().to_string());
    say(ServerFrame::Heartbeat { after: Some(500), offset: Some(512), server_time: 2 });
    say(ServerFrame::Error { code: "bad-filter", detail: "there is no unit \"x\"" });
    (json, hex)
}

#[test]
fn client_frames_are_read_and_strange_ones_refused() {
    let read = |text| serde_json::from_str::<ClientFrame>(text);
    assert_eq!(read(r#"{"type":"auth"}"#).unwrap(), ClientFrame::Auth { token: None });
    assert_eq!(read(r#"{"type":"watch","instrument":"i1"}"#).unwrap(), ClientFrame::Watch { instrument: "i1".into() });
    let all = subscribe(r#"{"type":"subscribe"}"#).unwrap();
    assert_eq!((all.format, all.resume), (Format::Json, None));
    let some = r#"{"type":"subscribe","where":{"unit":["hz"],"state":["standby"],"q":"x"},"format":"binary",
        "resume":{"epoch":"E","offset":3}}"#;
    let some = subscribe(some).unwrap();
    assert_eq!((some.format, some.wanted.state), (Format::Binary, vec![InstrumentState::Standby]));
    for strange in [
        "[]",
        "",
        r#"{"type":"watch"}"#,
        r#"{"type":"subscribe","where":{"city":["x"]}}"#,
        r#"{"type":"subscribe","where":{"state":["asleep"]}}"#,
        r#"{"type":"subscribe","resume":{"epoch":"E","offset":-1}}"#,
    ] {
        assert!(read(strange).is_err(), "{strange}");
    }
}
