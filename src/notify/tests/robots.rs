use super::super::model::{Language, Target};
use super::super::outbox::State;
use super::bench::{AT, Bench, HOUR, MINUTE};
use super::receiver::{Receiver, Reply};
use crate::domain::AlertStep;

/// A bench whose robots are at the receiver.
async fn bench(receiver: &Receiver) -> Bench {
    let base = Some(format!("{}/vendor", receiver.url));
    Bench::with(|config| {
        (config.dingtalk, config.wecom, config.feishu) = (base.clone(), base.clone(), base);
        // Robots are the vendors' or the operator's: the guard is for addresses that anybody names.
        config.allow_networks.clear();
    })
    .await
}

fn targets() -> [Target; 3] {
    [
        Target::Dingtalk { token: "t-1".into(), secret: Some("SECabc".into()) },
        Target::Wecom { key: "k-1".into() },
        Target::Feishu { token: "f-1".into(), secret: Some("abc".into()) },
    ]
}

#[tokio::test]
async fn each_robot_gets_its_own_address_signature_and_body() {
    let receiver = Receiver::start(|_| Reply::says(r#"{"errcode":0,"code":0}"#)).await;
    let mut bench = bench(&receiver).await;
    for target in targets() {
        let channel = bench.channel(target).await;
        bench.subscribe(&channel).await;
    }
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(bench.states().await, [State::Delivered; 3]);
    let requests = receiver.requests();
    let at = |path: &str| requests.iter().find(|request| request.path.starts_with(path)).unwrap();

    let dingtalk = at("/vendor/robot/send?");
    // The signature of OpenSSL for this time and secret.
    assert_eq!(
        dingtalk.path,
        "/vendor/robot/send?access_token=t-1&timestamp=1700000000000&sign=jcUpW0QmtKduN03n4JqQ0PBosVjqnM8gU7fIIvsDmCM%3D"
    );
    let body = dingtalk.json();
    assert_eq!(
        (&body["msgtype"], &body["markdown"]["title"]),
        (&"markdown".into(), &"【告警】电镜 sem-1：待机过久".into())
    );
    let text = body["markdown"]["text"].as_str().unwrap();
    for part in [
        "### 【告警】电镜 sem-1：待机过久",
        "- 仪器: 电镜 sem-1 (sem-1)",
        "- 单位: 测试中心",
        "- 级别: 警告",
        "- 开始: 2023-11-15 05:43 (UTC+08:00)",
        "- 已持续: 30 分钟",
        "[查看仪器](https://dayi.example.org/instruments/sem-1)",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }

    let wecom = at("/vendor/cgi-bin/webhook/send?key=k-1");
    assert_eq!(wecom.json()["markdown"]["content"], text);

    let feishu = at("/vendor/open-apis/bot/v2/hook/f-1").json();
    assert_eq!((&feishu["timestamp"], &feishu["msg_type"]), (&(AT / 1_000).to_string().into(), &"interactive".into()));
    assert_eq!(feishu["sign"], "VIS10b0EBvzzSdFnuk4tznEmK5wHaruvf/WnViv2yR4=");
    assert_eq!(feishu["card"]["elements"][0]["content"], text);
}

#[tokio::test]
async fn their_words_beside_a_200_are_understood() {
    let receiver = Receiver::start(|_| Reply::says(r#"{"errcode":130101,"errmsg":"send too fast"}"#)).await;
    let mut bench = bench(&receiver).await;
    let [dingtalk, ..] = targets();
    let channel = bench.channel(dingtalk).await;
    let subscription = bench.subscribe(&channel).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    bench.turn_after(MINUTE - 1).await;
    assert_eq!((receiver.requests().len(), bench.states().await), (1, vec![State::Waiting]));
    receiver.now(|_| Reply::says(r#"{"errcode":310000,"errmsg":"sign not match"}"#));
    bench.turn_after(1).await;
    assert_eq!((receiver.requests().len(), bench.states().await), (2, vec![State::Dead]));
    assert!(bench.book().subscription(&subscription).unwrap().runs());
    receiver.now(|_| Reply::says(r#"{"errcode":400106,"errmsg":"robot does not exist"}"#));
    bench.happens("sem-1", AlertStep::Cleared);
    bench.turn().await;
    assert!(!bench.book().subscription(&subscription).unwrap().runs());
}

#[tokio::test]
async fn no_more_than_twenty_a_minute_and_the_rest_together() {
    let receiver = Receiver::start(|_| Reply::says(r#"{"errcode":0}"#)).await;
    let mut bench = bench(&receiver).await;
    let [_, wecom, _] = targets();
    let channel = bench.channel(wecom).await;
    bench.subscribe_with(Some(&channel), |settings| settings.language = Language::En).await;
    for number in 0..50 {
        bench.happens(&format!("sem-{number}"), AlertStep::Raised);
        bench.turn_after(1).await;
    }
    assert_eq!(receiver.requests().len(), 20);
    bench.turn_after(MINUTE).await;
    let requests = receiver.requests();
    assert_eq!((requests.len(), bench.states().await), (21, vec![State::Delivered; 50]));
    let text = requests[20].json()["markdown"]["content"].as_str().unwrap().to_owned();
    assert!(text.contains("[Alert] SEM sem-20: On standby for long".replace(['['], "［").replace(']', "］").as_str()));
    assert!(text.len() <= 4_096 && text.contains("Further notices that are not listed: "), "{text}");
    bench.turn_after(HOUR).await;
    assert_eq!(receiver.requests().len(), 21);
}

#[tokio::test]
async fn what_comes_at_once_is_one_message_for_people_and_many_for_programs() {
    let receiver = Receiver::start(|_| Reply::says(r#"{"errcode":0}"#)).await;
    let mut bench = Bench::with(|config| config.dingtalk = Some(receiver.url.clone())).await;
    let program = Receiver::good().await;
    let [dingtalk, ..] = targets();
    for channel in [bench.channel(dingtalk).await, bench.webhook(&program.url).await] {
        bench.subscribe(&channel).await;
    }
    for number in 0..30 {
        bench.happens(&format!("sem-{number}"), AlertStep::Raised);
    }
    bench.turn().await;
    assert_eq!((receiver.requests().len(), program.requests().len()), (1, 30));
    assert_eq!(receiver.last().json()["markdown"]["title"], "【汇总】30 条通知");
}
