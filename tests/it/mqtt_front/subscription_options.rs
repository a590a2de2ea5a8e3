//! One copy for overlapping filters, ids, groups, and what a client does not want.

use super::bench::Bench;
use super::wire::{BOTH, Version, packet, text};

#[tokio::test]
async fn overlapping_filters_bring_one_copy_at_the_highest_qos() {
    let bench = Bench::new();
    for version in BOTH {
        let mut wire = bench.client(version, "svc-a").await;
        wire.subscribe(&["x/#"], 0).await;
        wire.subscribe(&["x/+", "+/y"], 1).await;
        bench.v4("svc-other").await.say("x/y", b"1").await;
        assert_eq!(wire.message().await, ("x/y".into(), b"1".to_vec(), 1));
        wire.puback(1).await;
        wire.nothing_more().await;
    }
}

#[tokio::test]
async fn a_copy_has_the_ids_of_all_filters_that_selected_it() {
    let bench = Bench::new();
    let mut wire = bench.v5("svc-a").await;
    for (filter, id) in [(&b"x"[..], 2), (b"x/#", 3), (b"y", 4)] {
        wire.send(&packet(0x82, &[&[0, 1, 2, 0x0b, id][..], &text(filter), &[0]].concat())).await;
        assert_eq!(wire.packet().await, Some((0x90, vec![0, 1, 0, 0])));
    }
    bench.v4("svc-other").await.say("x", b"1").await;
    let (_, body) = wire.packet().await.unwrap();
    assert_eq!(body[..4], [0, 1, b'x', 4]);
    let mut ids = [body[5], body[7]];
    ids.sort_unstable();
    assert_eq!((ids, body[4], body[6]), ([2, 3], 0x0b, 0x0b));
    wire.nothing_more().await;
}

#[tokio::test]
async fn each_message_goes_to_one_of_a_group() {
    let bench = Bench::new();
    for version in BOTH {
        let mut one = bench.client(version, "svc-one").await;
        let mut two = bench.client(version, "svc-two").await;
        for wire in [&mut one, &mut two] {
            assert_eq!(wire.subscribe(&["$share/g/x", "y"], 0).await, [0, 0]);
        }
        let mut other = bench.v4("svc-other").await;
        for n in 0..4_u8 {
            other.say("x", &[n]).await;
        }
        other.say("y", b"all").await;
        let mut got = Vec::new();
        for wire in [&mut one, &mut two] {
            loop {
                let (topic, payload, _) = wire.message().await;
                if topic == "y" {
                    break;
                }
                got.extend(payload);
            }
            wire.nothing_more().await;
        }
        got.sort_unstable();
        assert_eq!(got, [0, 1, 2, 3]);
        // Who has left gets no turn.
        one.leave().await;
        for n in 0..3 {
            other.say("x", &[n]).await;
            assert_eq!(two.message().await.1, [n]);
        }
        two.leave().await;
    }
}

#[tokio::test]
async fn a_group_that_excludes_its_own_breaks_the_protocol() {
    let bench = Bench::new();
    let mut wire = bench.v5("svc-a").await;
    wire.send(&packet(0x82, &[&[0, 1, 0][..], &text(b"$share/g/x"), &[4]].concat())).await;
    wire.closed(0x82).await;
}

#[tokio::test]
async fn a_wildcard_selects_no_topic_of_the_server() {
    let bench = Bench::with(|config| config.guests = true);
    for version in BOTH {
        let mut wire = bench.client(version, "stranger").await;
        wire.subscribe(&["#", "+/x"], 0).await;
        wire.say("$a/x", b"1").await;
        wire.nothing_more().await;
        wire.subscribe(&["$a/#"], 0).await;
        let mut other = bench.client(version, "other").await;
        other.say("$a/x", b"2").await;
        assert_eq!(wire.message().await.1, b"2");
        wire.leave().await;
        other.leave().await;
    }
}

#[tokio::test]
async fn a_request_carries_where_its_answer_goes() {
    let bench = Bench::new();
    let mut asks = bench.v5("svc-asks").await;
    asks.subscribe(&["answers"], 0).await;
    let mut answers = bench.v5("svc-answers").await;
    answers.subscribe(&["questions"], 0).await;
    let properties = [&[1, 1, 8][..], &text(b"answers"), &[9], &text(b"\x00\xff")].concat();
    let length = u8::try_from(properties.len()).unwrap();
    let body = [&text(b"questions")[..], &[length], &properties, b"?"].concat();
    asks.send(&packet(0x30, &body)).await;
    assert_eq!(answers.packet().await, Some((0x30, body)));
    let wildcard = [&text(b"questions")[..], &[4, 8], &text(b"#"), b"?"].concat();
    answers.send(&packet(0x30, &wildcard)).await;
    answers.closed(0x82).await;
}

#[tokio::test]
async fn a_filter_of_too_many_levels_is_refused() {
    let bench = Bench::new();
    for (version, code) in [(Version::V4, 0x80), (Version::V5, 0x8f)] {
        let mut wire = bench.client(version, "svc-a").await;
        assert_eq!(wire.subscribe(&["+/".repeat(20_000).as_str()], 0).await, [code]);
        wire.publish(&"/".repeat(60_000), b"", 1, 1).await;
        assert_eq!(wire.packet().await.unwrap().0, 0x40);
    }
}
