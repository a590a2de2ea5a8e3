use crate::notify::model::Target;
use crate::notify::send::{Sender, is_address, key, new_secret};
use crate::platform::problem::Problem;
use reqwest::Url;
use serde::Deserialize;
use utoipa::ToSchema;

/// Mail addresses of one channel.
const MOST_ADDRESSES: usize = 20;
/// The longest address, token or secret.
const LONGEST: usize = 2_000;

/// Where a channel leads.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[schema(as = ChannelTarget)]
pub(super) enum Wanted {
    /// A program, by Standard Webhooks.
    Webhook {
        #[schema(example = "https://example.org/hooks/dayi")]
        url: String,
        /// The secret that signs: `whsec_` and 24 to 64 bytes in base64. Without one dayi makes one, or keeps the one there is.
        #[serde(default)]
        secret: Option<String>,
    },
    /// Mail.
    Email {
        /// 1 to 20 addresses.
        to: Vec<String>,
    },
    /// A robot of DingTalk (钉钉).
    Dingtalk {
        /// Its access token, or the whole address that DingTalk shows. Without one the one there is is kept.
        #[serde(default)]
        token: Option<String>,
        /// The secret, if the robot is secured by signatures.
        #[serde(default)]
        secret: Option<String>,
    },
    /// A robot of WeCom (企业微信).
    Wecom {
        /// Its key: what stands after `key=` in the address that WeCom shows. Without one the one there is is kept.
        #[serde(default)]
        key: Option<String>,
    },
    /// A robot of Feishu (飞书).
    Feishu {
        /// Its token, or the whole address that Feishu shows. Without one the one there is is kept.
        #[serde(default)]
        token: Option<String>,
        /// The secret, if the robot is secured by signatures.
        #[serde(default)]
        secret: Option<String>,
    },
}

/// A target that can be kept, and the secret that dayi made for it, which is shown once.
pub(super) type Made = (Target, Option<String>);

impl Wanted {
    /// The target. What is left out is taken from the one `before`, if that is of the same kind.
    pub(super) fn made(self, before: Option<&Target>, sender: &Sender) -> Result<Made, Problem> {
        let wrong = |what: &str| Problem::unprocessable(what);
        Ok(match (self, before) {
            (Self::Webhook { url, secret }, before) => {
                let url = short(url)?;
                sender.check_url(&url).map_err(|forbidden| Problem::unprocessable(forbidden.to_string()))?;
                let secret = secret.map(|secret| match key(&secret) {
                    Some(_) => Ok(secret),
                    None => Err(wrong("secret is whsec_ and 24 to 64 bytes in base64")),
                });
                match (secret.transpose()?, before) {
                    (Some(secret), _) => (Target::Webhook { url, secret, old: None }, None),
                    (None, Some(Target::Webhook { secret, old, .. })) => {
                        (Target::Webhook { url, secret: secret.clone(), old: old.clone() }, None)
                    }
                    (None, _) => {
                        let secret = new_secret();
                        (Target::Webhook { url, secret: secret.clone(), old: None }, Some(secret))
                    }
                }
            }
            (Self::Email { to }, _) => {
                if !sender.has_mail() {
                    return Err(Problem::conflict("there is no mail server: the operator names one in [notify.smtp]"));
                }
                if !(1..=MOST_ADDRESSES).contains(&to.len()) || !to.iter().all(|one| is_address(one)) {
                    return Err(wrong("to is 1 to 20 mail addresses"));
                }
                (Target::Email { to }, None)
            }
            (Self::Dingtalk { token, secret }, before) => {
                let (old_token, old_secret) = match before {
                    Some(Target::Dingtalk { token, secret }) => (Some(token.clone()), secret.clone()),
                    _ => (None, None),
                };
                let token = token_of(token, "access_token")?.or(old_token).ok_or_else(|| wrong("token is missing"))?;
                (Target::Dingtalk { token, secret: secret_of(secret)?.or(old_secret) }, None)
            }
            (Self::Wecom { key }, before) => {
                let old = match before {
                    Some(Target::Wecom { key }) => Some(key.clone()),
                    _ => None,
                };
                if key.as_ref().is_some_and(|key| key.contains("://")) {
                    return Err(wrong(
                        "key is what stands after key= in the address that WeCom shows, not the address",
                    ));
                }
                let key = token_of(key, "key")?.or(old).ok_or_else(|| wrong("key is missing"))?;
                (Target::Wecom { key }, None)
            }
            (Self::Feishu { token, secret }, before) => {
                let (old_token, old_secret) = match before {
                    Some(Target::Feishu { token, secret }) => (Some(token.clone()), secret.clone()),
                    _ => (None, None),
                };
                let token = token_of(token, "")?.or(old_token).ok_or_else(|| wrong("token is missing"))?;
                (Target::Feishu { token, secret: secret_of(secret)?.or(old_secret) }, None)
            }
        })
    }
}

impl Target {
    /// For people, without what is secret.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Webhook { url, .. } => match Url::parse(url) {
                Ok(mut url) => {
                    let hidden = url.query().is_some();
                    url.set_query(None);
                    url.set_fragment(None);
                    if hidden { format!("{url}?…") } else { url.into() }
                }
                Err(_) => String::new(),
            },
            Self::Email { to } => to.join(", "),
            Self::Dingtalk { token, .. } | Self::Feishu { token, .. } => ending(token),
            Self::Wecom { key } => ending(key),
        }
    }

    /// Whether what is sent is signed.
    pub(super) fn is_signed(&self) -> bool {
        match self {
            Self::Webhook { .. } => true,
            Self::Email { .. } | Self::Wecom { .. } => false,
            Self::Dingtalk { secret, .. } | Self::Feishu { secret, .. } => secret.is_some(),
        }
    }
}

/// The end of a token, by which its owner knows it again.
fn ending(token: &str) -> String {
    let count = token.chars().count();
    let shown = if count >= 16 { 4 } else { 0 };
    format!("…{}", token.chars().skip(count - shown).collect::<String>())
}

fn short(text: String) -> Result<String, Problem> {
    match text.len() {
        1..=LONGEST => Ok(text),
        _ => Err(Problem::unprocessable("an address, token or secret is 1 to 2000 bytes")),
    }
}

fn secret_of(secret: Option<String>) -> Result<Option<String>, Problem> {
    secret.filter(|secret| !secret.is_empty()).map(short).transpose()
}

/// The token in what a vendor shows: an address with it in this parameter, or without a name at its end.
fn token_of(given: Option<String>, parameter: &str) -> Result<Option<String>, Problem> {
    let Some(given) = given else { return Ok(None) };
    let given = short(given.trim().to_owned())?;
    let token = match Url::parse(&given) {
        Ok(url) if parameter.is_empty() => url.path_segments().and_then(|mut path| path.next_back().map(str::to_owned)),
        Ok(url) => url.query_pairs().find(|(name, _)| name == parameter).map(|(_, value)| value.into_owned()),
        Err(_) => Some(given),
    };
    let token = token.filter(|token| token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)));
    match token.filter(|token| !token.is_empty()) {
        Some(token) => Ok(Some(token)),
        None => Err(Problem::unprocessable("this is no token, and no address with one")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_what_vendors_show() {
        let found = |given: &str, parameter| token_of(Some(given.into()), parameter).unwrap_or_default();
        let token = Some("693a91f6-7xxx_A".to_owned());
        assert_eq!(found("https://oapi.dingtalk.com/robot/send?access_token=693a91f6-7xxx_A", "access_token"), token);
        assert_eq!(found("https://open.feishu.cn/open-apis/bot/v2/hook/693a91f6-7xxx_A", ""), token);
        assert_eq!(found(" 693a91f6-7xxx_A ", "key"), token);
        for wrong in ["https://example.org/", "a b", "../..", "", "a/b"] {
            assert_eq!(found(wrong, "key"), None, "{wrong}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let secret = new_secret();
        let hook = Target::Webhook { url: "https://example.org/h?token=abc#x".into(), secret, old: None };
        assert_eq!(hook.shown(), "https://example.org/h?…");
        assert_eq!(Target::Wecom { key: "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa".into() }.shown(), "…5aaa");
        assert_eq!(Target::Wecom { key: "short".into() }.shown(), "…");
    }
}
