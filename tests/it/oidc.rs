//! Signing in through a real OpenID Connect provider (`tests/oidc/provider.mjs`), step by step as a browser would.

use crate::harness::{Server, config};
use dayi::account::{AccountGrant, NewAccount};
use dayi::domain::Role;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// What the browser is told to call dayi; it stands for where it listens.
const PUBLIC: &str = "http://dayi.test";

struct Provider {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    input: ChildStdin,
    issuer: String,
}

impl Provider {
    async fn start() -> Self {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
        assert!(folder.join("node_modules").is_dir(), "`make tools` installs the provider (npm ci in tests/oidc)");
        let mut child = Command::new("node")
            .arg("provider.mjs")
            .arg(format!("{PUBLIC}/api/v1/session/oidc/callback"))
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let issuer = lines.next_line().await.unwrap().expect("the provider did not start");
        Self { input: child.stdin.take().unwrap(), _child: child, lines, issuer }
    }

    /// Who signs in next.
    async fn next_is(&mut self, name: &str) {
        self.input.write_all(format!("{name}\n").as_bytes()).await.unwrap();
        // It has notices of its own between.
        while self.lines.next_line().await.unwrap().unwrap() != format!("next is {name}") {}
    }
}

/// A browser, as far as it is needed: it follows redirections one by one and keeps cookies, each for its host.
struct Browser {
    client: reqwest::Client,
    cookies: BTreeMap<(String, String), String>,
    dayi: String,
}

impl Browser {
    fn of(server: &Server) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, cookies: BTreeMap::new(), dayi: format!("http://{}", server.app.http) }
    }

    async fn get(&mut self, url: &str) -> reqwest::Response {
        let url = url.replace(PUBLIC, &self.dayi);
        let host = url.split('/').nth(2).unwrap().to_owned();
        let own = self.cookies.iter().filter(|((of, _), _)| *of == host);
        let cookies: Vec<String> = own.map(|((_, name), value)| format!("{name}={value}")).collect();
        let response = self.client.get(&url).header(COOKIE, cookies.join("; ")).send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert((host.clone(), name.to_owned()), value.to_owned());
        }
        response
    }

    /// Goes where it is sent, until it is back on dayi's page: which.
    async fn follow(&mut self, url: &str) -> String {
        let mut url = url.to_owned();
        for _ in 0..10 {
            let response = self.get(&url).await;
            let base = url.split('/').take(3).collect::<Vec<_>>().join("/");
            let next = response.headers().get(LOCATION).map(|next| next.to_str().unwrap().to_owned());
            let next = next.unwrap_or_else(|| panic!("{url} answered {}", response.status()));
            url = if next.starts_with('/') { format!("{base}{next}") } else { next };
            if let Some(page) = url.replace(PUBLIC, &self.dayi).strip_prefix(&self.dayi)
                && !page.starts_with("/api/")
            {
                return page.to_owned();
            }
        }
        panic!("it goes round in circles");
    }
}

async fn server(provider: &Provider) -> Server {
    let data = tempfile::tempdir().unwrap();
    let mut config = config(data.path());
    config.http.public_url = Some(PUBLIC.into());
    config.oidc.issuer = Some(provider.issuer.clone());
    config.oidc.client_secret = Some("a secret of the test".into());
    config.oidc.name = "统一身份认证".into();
    Server::start_with(data, config).await
}

async fn add(server: &Server, login: &str, email: &str) -> String {
    let grants = vec![AccountGrant { role: Role::Researcher, unit: "province".into() }];
    let (login, email) = (login.to_owned(), Some(email.to_owned()));
    let new = NewAccount { name: login.clone(), login, email, language: "zh".into(), grants };
    server.app.accounts.add(new, 0).await.unwrap().id
}

#[tokio::test]
async fn the_provider_lets_in_whose_verified_address_an_account_has() {
    let mut provider = Provider::start().await;
    let server = server(&provider).await;
    let (_, methods) = server.get("/api/v1/session/methods").await;
    assert_eq!(methods["oidc"], "统一身份认证");
    let id = add(&server, "wang", "Wang@example.cn").await;
    add(&server, "unverified", "unverified@example.cn").await;
    let begin = format!("{PUBLIC}/api/v1/session/oidc");

    provider.next_is("wang").await;
    let mut browser = Browser::of(&server);
    assert_eq!(browser.follow(&begin).await, "/");
    let me: Value = browser.get(&format!("{PUBLIC}/api/v1/session")).await.json().await.unwrap();
    assert_eq!((&me["account"], &me["login"]), (&Value::from(id.as_str()), &"wang".into()));

    // From now on it is the provider's name for them that counts, not the address.
    let path = server.url(&format!("/api/v1/accounts/{id}"));
    let edited = server.client.patch(path).json(&serde_json::json!({"email": "new@example.cn"})).send().await.unwrap();
    assert_eq!(edited.status(), 200);
    assert_eq!(Browser::of(&server).follow(&begin).await, "/");

    for (stranger, why) in [("nobody", "unknown"), ("unverified", "unknown")] {
        provider.next_is(stranger).await;
        assert_eq!(Browser::of(&server).follow(&begin).await, format!("/sign-in?failed={why}"), "{stranger}");
    }
    server.app.stop().await;
}

#[tokio::test]
async fn a_way_back_that_was_not_begun_here_leads_nowhere() {
    let provider = Provider::start().await;
    let server = server(&provider).await;
    let mut browser = Browser::of(&server);
    let back = format!("{PUBLIC}/api/v1/session/oidc/callback");
    assert_eq!(browser.follow(&format!("{back}?error=access_denied")).await, "/sign-in?failed=provider");
    assert_eq!(browser.follow(&format!("{back}?code=a&state=b")).await, "/sign-in?failed=expired");
    // Begun by somebody else: the state is known, but not this browser's.
    let there = Browser::of(&server).get(&format!("{PUBLIC}/api/v1/session/oidc")).await;
    let there = there.headers()[LOCATION].to_str().unwrap().to_owned();
    let state = there.split('&').find_map(|part| part.strip_prefix("state=")).unwrap();
    assert_eq!(browser.follow(&format!("{back}?code=a&state={state}")).await, "/sign-in?failed=expired");
    // A code that the provider never gave.
    let there = browser.get(&format!("{PUBLIC}/api/v1/session/oidc")).await;
    let there = there.headers()[LOCATION].to_str().unwrap().to_owned();
    let state = there.split('&').find_map(|part| part.strip_prefix("state=")).unwrap();
    assert_eq!(browser.follow(&format!("{back}?code=a&state={state}")).await, "/sign-in?failed=provider");
    server.app.stop().await;
}

#[tokio::test]
async fn a_provider_that_is_away_or_not_configured_is_said() {
    let data = tempfile::tempdir().unwrap();
    let mut config = config(data.path());
    config.http.public_url = Some(PUBLIC.into());
    config.oidc.issuer = Some("http://127.0.0.1:1".into());
    let server = Server::start_with(data, config).await;
    let (status, problem) = server.get("/api/v1/session/oidc").await;
    assert_eq!(status, 503, "{problem}");
    server.app.stop().await;
    let server = Server::start().await;
    assert_eq!(server.get("/api/v1/session/oidc").await.0, 404);
    server.app.stop().await;
}
