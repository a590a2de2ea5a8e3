//! Robots in groups of DingTalk, WeCom and Feishu. They answer 200 to nearly everything and say in the body what they mean.

use super::outcome::{Heard, Outcome, why};
use super::{Parcel, SendError};
use crate::notify::policy::Verdict;
use crate::notify::text::markdown;
use crate::platform::config::NotifyConfig;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use reqwest::Url;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;

const DINGTALK: &str = "https://oapi.dingtalk.com";
const WECOM: &str = "https://qyapi.weixin.qq.com";
const FEISHU: &str = "https://open.feishu.cn";
/// Who is too fast waits as long as the limits count.
const TOO_FAST: Verdict = Verdict::Later(Some(Duration::from_secs(60)));

/// Sends to robots.
pub(in crate::notify) struct Robots {
    http: reqwest::Client,
    dingtalk: Url,
    wecom: Url,
    feishu: Url,
}

impl Robots {
    pub(super) fn new(config: &NotifyConfig, timeout: Duration) -> Result<Self, SendError> {
        let base = |name: &'static str, given: &Option<String>, usual: &str| {
            let text = given.as_deref().unwrap_or(usual);
            let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            url.ok_or_else(|| SendError::Base { name, given: text.to_owned() })
        };
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(timeout)
            .user_agent(concat!("dayi/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            http,
            dingtalk: base("dingtalk", &config.dingtalk, DINGTALK)?,
            wecom: base("wecom", &config.wecom, WECOM)?,
            feishu: base("feishu", &config.feishu, FEISHU)?,
        })
    }

    pub(super) async fn dingtalk(&self, token: &str, secret: Option<&str>, parcel: &Parcel<'_>) -> Outcome {
        let mut url = at(&self.dingtalk, &["robot", "send"]);
        url.query_pairs_mut().append_pair("access_token", token);
        if let Some(secret) = secret {
            let timestamp = parcel.now_ms;
            let sign = hmac(secret, &format!("{timestamp}\n{secret}"));
            url.query_pairs_mut().append_pair("timestamp", &timestamp.to_string()).append_pair("sign", &sign);
        }
        let text = markdown(parcel.message, 18_000);
        let body = json!({"msgtype": "markdown", "markdown": {"title": parcel.message.title, "text": text}});
        self.post(url, &body, dingtalk_verdict, parcel.now_ms).await
    }

    pub(super) async fn wecom(&self, key: &str, parcel: &Parcel<'_>) -> Outcome {
        let mut url = at(&self.wecom, &["cgi-bin", "webhook", "send"]);
        url.query_pairs_mut().append_pair("key", key);
        let body = json!({"msgtype": "markdown", "markdown": {"content": markdown(parcel.message, 4_096)}});
        self.post(url, &body, wecom_verdict, parcel.now_ms).await
    }

    pub(super) async fn feishu(&self, token: &str, secret: Option<&str>, parcel: &Parcel<'_>) -> Outcome {
        let url = at(&self.feishu, &["open-apis", "bot", "v2", "hook", token]);
        let mut body = json!({
            "msg_type": "interactive",
            "card": {
                "header": {"title": {"tag": "plain_text", "content": parcel.message.title}},
                "elements": [{"tag": "markdown", "content": markdown(parcel.message, 18_000)}],
            },
        });
        if let Some(secret) = secret {
            let timestamp = parcel.now_ms.div_euclid(1_000).to_string();
            body["sign"] = hmac(&format!("{timestamp}\n{secret}"), "").into();
            body["timestamp"] = timestamp.into();
        }
        self.post(url, &body, feishu_verdict, parcel.now_ms).await
    }

    async fn post(&self, url: Url, body: &Value, verdict: fn(&Said) -> Verdict, now_ms: i64) -> Outcome {
        match self.http.post(url).json(body).send().await {
            Ok(response) => judged(&Heard::of(response, now_ms).await, verdict),
            Err(error) => Outcome::unreached(&why(error)),
        }
    }
}

/// A path below an address, whose own path is kept.
fn at(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    // It has a host, so it has a path.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

fn hmac(key: &str, text: &str) -> String {
    // A key of any length does.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    mac.map(|mac| STANDARD.encode(mac.chain_update(text).finalize().into_bytes())).unwrap_or_default()
}

/// What a robot says in the body.
struct Said {
    code: i64,
    words: String,
}

impl Said {
    fn read(body: &str) -> Option<Self> {
        let said: Value = serde_json::from_str(body).ok()?;
        // Feishu says it under two names at once.
        let code = ["errcode", "code", "StatusCode"].iter().find_map(|name| said.get(name)?.as_i64())?;
        let words = ["errmsg", "msg"].iter().find_map(|name| said.get(name)?.as_str()).unwrap_or_default();
        Some(Self { code, words: words.to_ascii_lowercase() })
    }
}

fn judged(heard: &Heard, verdict: fn(&Said) -> Verdict) -> Outcome {
    let verdict = match (heard.status, Said::read(&heard.body)) {
        // Feishu says what it means beside a 400, too.
        (200 | 400, Some(said)) => verdict(&said),
        // Something stands between that is no robot.
        (200..=299, None) => Verdict::Later(None),
        (status, _) => Verdict::of_status(status, heard.retry_after),
    };
    Outcome::new(verdict, Some(heard.status), &heard.body)
}

fn dingtalk_verdict(said: &Said) -> Verdict {
    match said.code {
        0 => Verdict::Delivered,
        130_101 | 410_100 => TOO_FAST,
        -1 => Verdict::Later(None),
        // No such token or robot, the robot is switched off, or the group is gone.
        300_001 | 400_013 | 400_101 | 400_102 | 400_106 => Verdict::Gone,
        // 310000: the signature, the keyword or the address is not the robot's.
        _ => Verdict::Refused,
    }
}

fn wecom_verdict(said: &Said) -> Verdict {
    match said.code {
        0 => Verdict::Delivered,
        45_009 | 45_033 => TOO_FAST,
        -1 => Verdict::Later(None),
        93_000 => Verdict::Gone,
        _ => Verdict::Refused,
    }
}

fn feishu_verdict(said: &Said) -> Verdict {
    match said.code {
        0 => Verdict::Delivered,
        11_232 | 11_233 => TOO_FAST,
        9_499 if said.words.contains("too many") => TOO_FAST,
        19_001 if said.words.contains("token") => Verdict::Gone,
        // 19021: the signature or the clock; 19022: the address; 19024: the keyword.
        _ => Verdict::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_robots_words_have_their_consequence() {
        let later = Verdict::Later(None);
        type Judge = fn(&Said) -> Verdict;
        let [dingtalk, wecom, feishu]: [Judge; 3] = [dingtalk_verdict, wecom_verdict, feishu_verdict];
        for (judge, status, body, verdict) in [
            (dingtalk, 200, r#"{"errcode":0,"errmsg":"ok"}"#, Verdict::Delivered),
            (dingtalk, 200, r#"{"errcode":310000,"errmsg":"sign not match"}"#, Verdict::Refused),
            (dingtalk, 200, r#"{"errcode":130101,"errmsg":"send too fast"}"#, TOO_FAST),
            (dingtalk, 200, r#"{"errcode":-1,"errmsg":"system busy"}"#, later),
            (dingtalk, 200, r#"{"errcode":400106,"errmsg":"robot does not exist"}"#, Verdict::Gone),
            (wecom, 200, r#"{"errcode":0,"errmsg":"ok"}"#, Verdict::Delivered),
            (wecom, 200, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, TOO_FAST),
            (wecom, 200, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, Verdict::Gone),
            (wecom, 200, r#"{"errcode":40058,"errmsg":"markdown.content exceed max length"}"#, Verdict::Refused),
            (feishu, 200, r#"{"code":0,"msg":"success","data":{}}"#, Verdict::Delivered),
            (
                feishu,
                200,
                r#"{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}"#,
                Verdict::Delivered,
            ),
            (
                feishu,
                200,
                r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}"#,
                Verdict::Refused,
            ),
            (feishu, 200, r#"{"code":19024,"msg":"Key Words Not Found"}"#, Verdict::Refused),
            (feishu, 200, r#"{"code":11232,"msg":"frequency limited psm"}"#, TOO_FAST),
            (feishu, 200, r#"{"code":9499,"msg":"too many request"}"#, TOO_FAST),
            (feishu, 400, r#"{"code":9499,"msg":"Bad Request"}"#, Verdict::Refused),
            (
                feishu,
                400,
                r#"{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}"#,
                Verdict::Gone,
            ),
            (feishu, 200, "<html>sign in to the network</html>", later),
            (feishu, 502, "", later),
            (wecom, 403, "", Verdict::Refused),
        ] {
            let heard = Heard { status, retry_after: None, body: body.into() };
            assert_eq!(judged(&heard, judge).verdict, verdict, "{body}");
        }
    }

    #[test]
    fn signatures_are_those_of_the_vendors() {
        // As OpenSSL makes them.
        assert_eq!(hmac("SECabc", "1700000000000\nSECabc"), "jcUpW0QmtKduN03n4JqQ0PBosVjqnM8gU7fIIvsDmCM=");
        assert_eq!(hmac("1700000000\nabc", ""), "VIS10b0EBvzzSdFnuk4tznEmK5wHaruvf/WnViv2yR4=");
    }
}
