use super::super::model::Target;
use super::super::outbox::State;
use super::super::send::key;
use super::bench::{AT, Bench, HOUR, MINUTE, SECRET, hook};
use super::receiver::{Receiver, Reply, Request};
use crate::domain::{AlertStep, Clock};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

/// What Standard Webhooks asks a receiver to check, for a secret.
fn signed_with(request: &Request, secret: &str) -> bool {
    let (id, timestamp) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    let mut mac = Hmac::<Sha256>::new_from_slice(&key(secret).unwrap()).unwrap();
    mac.update(format!("{id}.{timestamp}.{}", request.body).as_bytes());
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    request.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

fn ids(receiver: &Receiver) -> Vec<String> {
    receiver.requests().iter().map(|request| request.header("webhook-id").to_owned()).collect()
}

#[tokio::test]
async fn a_program_gets_a_signed_event_and_can_check_it() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
    let channel = bench.webhook(&format!("{}/hook?x=1", receiver.url)).await;
    bench.subscribe(&channel).await;
    let number = bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    let request = receiver.last();
    assert_eq!((receiver.requests().len(), request.path.as_str()), (1, "/hook?x=1"));
    assert!(signed_with(&request, SECRET));
    assert_eq!(request.header("webhook-timestamp"), (AT / 1_000).to_string());
    assert_eq!(request.header("content-type"), "application/json");
    let body = request.json();
    assert_eq!(
        body,
        json!({
            "type": "alert.raised",
            "timestamp": "2023-11-14T22:13:20.000Z",
            "data": {
                "number": number,
                "instrument": {
                    "id": "sem-1", "name": "电镜 sem-1", "name_en": "SEM sem-1", "institution": "测试中心",
                    "institution_en": "Test Centre", "url": "https://dayi.example.org/instruments/sem-1",
                },
                "alert": {
                    "id": "alert of sem-1", "kind": "standby-idle", "severity": "warning", "since": AT - 30 * MINUTE,
                    "raised": AT, "cleared": null, "reopened": 0, "state": "standby",
                },
            },
        })
    );
    assert_eq!(bench.states().await, [State::Delivered]);
    bench.turn_after(HOUR).await;
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn for_a_day_after_a_rotation_both_secrets_are_good() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
    let old = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let target =
        Target::Webhook { url: receiver.url.clone(), secret: SECRET.into(), old: Some((old.into(), AT + 24 * HOUR)) };
    let channel = bench.channel(target).await;
    bench.subscribe(&channel).await;
    for good in [true, false] {
        bench.happens("sem-1", AlertStep::Raised);
        bench.turn().await;
        let request = receiver.last();
        assert!(signed_with(&request, SECRET));
        assert_eq!(signed_with(&request, old), good);
        bench.clock.advance(24 * HOUR);
    }
}

#[tokio::test]
async fn what_fails_is_tried_again_with_the_same_id_and_holds_back_only_its_own() {
    let (mut bench, bad, good) =
        (Bench::new().await, Receiver::start(|_| Reply::status(500)).await, Receiver::good().await);
    for receiver in [&bad, &good] {
        let channel = bench.webhook(&receiver.url).await;
        bench.subscribe(&channel).await;
    }
    bench.happens("sem-1", AlertStep::Raised);
    bench.happens("sem-2", AlertStep::Raised);
    bench.turn().await;
    assert_eq!((bad.requests().len(), good.requests().len()), (1, 2));
    bench.turn_after(7_000).await;
    assert_eq!(bad.requests().len(), 1, "not yet");
    bench.turn_after(6_000).await;
    assert_eq!(bad.requests().len(), 2);
    bad.now(|_| Reply::Close);
    bench.turn_after(MINUTE).await;
    bad.now(|_| Reply::status(202));
    bench.turn_after(2 * MINUTE).await;
    let requests = bad.requests();
    assert_eq!(requests.len(), 5);
    let id = |number: usize| requests[number].header("webhook-id");
    assert!((1..4).all(|number| id(number) == id(0)) && id(4) != id(0));
    assert!(requests[3].header("webhook-timestamp") > requests[0].header("webhook-timestamp"));
    assert_eq!(requests[3].body, requests[0].body);
    assert!(requests[4].body.contains("sem-2"));
    assert_eq!(bench.states().await, [State::Delivered; 4]);
    let first = bench.deliveries().await.into_iter().find(|one| one.attempts == 4).unwrap();
    let attempts = bench.notifier.api.outbox.attempts(&first.message.unwrap()).await.unwrap();
    let log: Vec<_> = attempts.iter().rev().map(|one| (one.outcome.as_str(), one.status)).collect();
    assert_eq!(log, [("later", Some(500)), ("later", Some(500)), ("later", None), ("delivered", Some(202))]);
}

#[tokio::test]
async fn a_wish_to_wait_is_followed() {
    let mut bench = Bench::new().await;
    let receiver = Receiver::start(|_| Reply::Status(429, "retry-after: 120\r\n", "slow down".into())).await;
    let channel = bench.webhook(&receiver.url).await;
    bench.subscribe(&channel).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    bench.turn_after(119_000).await;
    assert_eq!(receiver.requests().len(), 1);
    bench.turn_after(1_000).await;
    assert_eq!(receiver.requests().len(), 2);
}

#[tokio::test]
async fn what_is_never_taken_is_set_aside_and_can_be_sent_once_more() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::start(|_| Reply::status(400)).await);
    let channel = bench.webhook(&receiver.url).await;
    let subscription = bench.subscribe(&channel).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.happens("sem-1", AlertStep::Cleared);
    bench.turn().await;
    assert_eq!(bench.states().await, [State::Dead; 2]);
    receiver.now(|_| Reply::status(204));
    bench.turn_after(HOUR).await;
    assert_eq!(receiver.requests().len(), 2);
    let outbox = bench.notifier.api.outbox.clone();
    assert_eq!(outbox.replay(&subscription, None, AT + HOUR).await.unwrap(), 2);
    bench.turn().await;
    assert_eq!(bench.states().await, [State::Delivered; 2]);
    let ids = ids(&receiver);
    assert_eq!(ids[..2], ids[2..], "the ids stay, and the order");
}

#[tokio::test]
async fn after_three_days_it_is_given_up() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::start(|_| Reply::status(503)).await);
    let channel = bench.webhook(&receiver.url).await;
    bench.subscribe(&channel).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    for _ in 0..70 {
        bench.turn_after(HOUR + HOUR / 2).await;
        if bench.states().await == [State::Dead] {
            let waited = bench.clock.now_ms() - AT;
            assert!((72 * HOUR..74 * HOUR).contains(&waited), "{waited}");
            return;
        }
    }
    panic!("it never ends");
}

#[tokio::test]
async fn who_is_gone_stops_the_subscription() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::start(|_| Reply::status(410)).await);
    let channel = bench.webhook(&receiver.url).await;
    let subscription = bench.subscribe(&channel).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.happens("sem-2", AlertStep::Raised);
    bench.turn().await;
    bench.happens("sem-3", AlertStep::Raised);
    bench.turn().await;
    assert_eq!((receiver.requests().len(), bench.states().await), (1, vec![State::Dead; 2]));
    let stopped = bench.book().subscription(&subscription).unwrap().stopped.clone().unwrap();
    assert!(stopped.contains("gone (410)"), "{stopped}");
    bench.restart().await;
    assert!(!bench.book().subscription(&subscription).unwrap().runs());
}

#[tokio::test]
async fn redirects_lead_nowhere_and_long_answers_are_cut() {
    let mut bench = Bench::new().await;
    let secret = Receiver::good().await;
    let location = format!("location: {}/admin\r\n", secret.url);
    let location: &'static str = Box::leak(location.into_boxed_str());
    let receiver = Receiver::start(move |_| Reply::Status(302, location, "x".repeat(3_000_000))).await;
    let channel = bench.webhook(&receiver.url).await;
    bench.subscribe(&channel).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(bench.states().await, [State::Dead]);
    assert!(secret.requests().is_empty());
    let message = bench.deliveries().await.remove(0).message.unwrap();
    let attempt = bench.notifier.api.outbox.attempts(&message).await.unwrap().remove(0);
    assert_eq!((attempt.status, attempt.answer.len()), (Some(302), 500));
}

#[tokio::test]
async fn nothing_is_sent_to_where_only_this_machine_reaches() {
    let mut bench = Bench::with(|config| config.allow_networks.clear()).await;
    let receiver = Receiver::good().await;
    let port = receiver.url.rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let channel = bench.webhook(&format!("http://{host}:{port}/")).await;
        bench.subscribe(&channel).await;
    }
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(bench.states().await, [State::Dead; 2]);
    assert!(receiver.requests().is_empty());
    for one in bench.deliveries().await {
        assert!(one.why.unwrap().contains("is not a public address"));
    }
}

#[tokio::test]
async fn who_hangs_holds_nobody_up() {
    let bench = Bench::with(|config| config.concurrency = 8).await;
    let (hanging, good) = (Receiver::start(|_| Reply::Hang).await, Receiver::good().await);
    for receiver in [&hanging, &good] {
        let channel = bench.webhook(&receiver.url).await;
        bench.subscribe(&channel).await;
    }
    for number in 0..5 {
        bench.happens(&format!("sem-{number}"), AlertStep::Raised);
    }
    let bus = crate::bus::Bus::default();
    let running = tokio::spawn(bench.notifier.run(bus.latest_wins()));
    hanging.has(1).await;
    good.has(5).await;
    running.abort();
    assert_eq!(hanging.requests().len(), 1);
}

#[tokio::test]
async fn who_takes_too_long_is_asked_again() {
    let mut bench = Bench::with(|config| config.timeout_s = 1).await;
    let receiver = Receiver::start(|_| Reply::Hang).await;
    let channel = bench.webhook(&receiver.url).await;
    bench.subscribe(&channel).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(bench.states().await, [State::Waiting]);
    receiver.now(|_| Reply::status(200));
    bench.turn_after(MINUTE).await;
    assert_eq!(bench.states().await, [State::Delivered]);
    let ids = ids(&receiver);
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_process_that_ends_between_sending_and_keeping_sends_twice_with_the_same_id() {
    let mut bench = Bench::new().await;
    let receiver = Receiver::start(|_| Reply::Hang).await;
    let channel = bench.channel(hook(&receiver.url)).await;
    bench.subscribe(&channel).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.happens("sem-2", AlertStep::Raised);
    bench.read().await;
    tokio::select! {
        () = bench.notifier.dispatcher.send_due() => panic!("it answers"),
        () = receiver.has(1) => {}
    }
    bench.restart().await;
    receiver.now(|_| Reply::status(204));
    bench.turn().await;
    let ids = ids(&receiver);
    assert_eq!(ids.len(), 3);
    assert!(ids[0] == ids[1] && ids[1] != ids[2]);
    assert_eq!(bench.states().await, [State::Delivered; 2]);
}

#[tokio::test]
async fn what_is_read_again_after_a_crash_is_there_once() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
    let channel = bench.webhook(&receiver.url).await;
    bench.subscribe(&channel).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    // As if the place had not been kept.
    bench.notifier.reader.at.alerts = 0;
    bench.turn().await;
    assert_eq!(receiver.requests().len(), 1);
    // A new process goes on where the old one was, and a subscription does not hear of what was before it.
    bench.happens("sem-2", AlertStep::Raised);
    let late = bench.webhook(&format!("{}/late", receiver.url)).await;
    bench.subscribe(&late).await;
    bench.restart().await;
    bench.turn().await;
    let paths: Vec<_> = receiver.requests().iter().map(|request| request.path.clone()).collect();
    assert_eq!(paths, ["/", "/"]);
}
