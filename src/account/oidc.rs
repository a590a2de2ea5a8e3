use crate::platform::config::OidcConfig;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse, reqwest,
};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long somebody may take at the provider, in milliseconds.
const PENDING_MS: i64 = 10 * 60_000;
/// Sign-ins that may be under way at a time.
const MOST_PENDING: usize = 1_000;
/// How long what the provider says of itself is believed, in milliseconds: its keys change.
const BELIEVED_MS: i64 = 60 * 60_000;
/// How long the provider may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sign-in through an OpenID Connect provider: authorization code with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636).
pub struct Oidc {
    config: OidcConfig,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    http: reqwest::Client,
    provider: tokio::sync::Mutex<Option<(CoreProviderMetadata, i64)>>,
    pending: Mutex<HashMap<String, Pending>>,
}

struct Pending {
    verifier: PkceCodeVerifier,
    nonce: Nonce,
    began_ms: i64,
}

/// Why nobody can sign in through the provider.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// What is configured cannot be.
    #[error("[oidc] {0}")]
    Config(String),
    /// The provider does not answer, or not as it should.
    #[error("the sign-in provider does not answer as it should: {0}")]
    Provider(String),
    /// The browser came back with something else than it went with.
    #[error("this sign-in was not begun here, or took longer than ten minutes: begin again")]
    Stranger,
}

/// Whom the provider says it is.
pub(super) struct Subject {
    /// The provider's name for them, unique among all providers.
    pub(super) subject: String,
    /// Their e-mail address, if the provider has verified it.
    pub(super) email: Option<String>,
}

impl Oidc {
    /// Reads the configuration; `None` when no provider is configured.
    ///
    /// # Errors
    /// When an address cannot be, or `public_url` is missing.
    pub fn new(config: &OidcConfig, public_url: Option<&str>) -> Result<Option<Self>, OidcError> {
        let Some(issuer) = &config.issuer else { return Ok(None) };
        let wrong = |what: &str, error: &dyn std::fmt::Display| OidcError::Config(format!("{what}: {error}"));
        let public = public_url.ok_or_else(|| {
            OidcError::Config("needs [http] public_url: the address that browsers reach this server at".into())
        })?;
        let redirect = format!("{}/api/v1/session/oidc/callback", public.trim_end_matches('/'));
        let http = reqwest::ClientBuilder::new()
            // A provider that redirects could send the server to addresses of its choice.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| wrong("client", &error))?;
        Ok(Some(Self {
            issuer: IssuerUrl::new(issuer.clone()).map_err(|error| wrong("issuer", &error))?,
            redirect: RedirectUrl::new(redirect).map_err(|error| wrong("public_url", &error))?,
            config: config.clone(),
            http,
            provider: tokio::sync::Mutex::default(),
            pending: Mutex::default(),
        }))
    }

    /// What the button says.
    pub(super) fn name(&self) -> &str {
        &self.config.name
    }

    /// What the provider says of itself, asked anew now and then.
    async fn provider(&self, now_ms: i64) -> Result<CoreProviderMetadata, OidcError> {
        let mut provider = self.provider.lock().await;
        if let Some((known, at_ms)) = &*provider
            && now_ms - at_ms < BELIEVED_MS
        {
            return Ok(known.clone());
        }
        let found = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await;
        let found = found.map_err(|error| OidcError::Provider(error.to_string()))?;
        *provider = Some((found.clone(), now_ms));
        Ok(found)
    }

    fn credentials(&self) -> (ClientId, Option<ClientSecret>) {
        let secret = self.config.client_secret.clone().filter(|secret| !secret.is_empty());
        (ClientId::new(self.config.client_id.clone()), secret.map(ClientSecret::new))
    }

    /// Where to send the browser, and the state that it has to come back with.
    pub(super) async fn begin(&self, now_ms: i64) -> Result<(String, String), OidcError> {
        let provider = self.provider(now_ms).await?;
        let (id, secret) = self.credentials();
        let client = CoreClient::from_provider_metadata(provider, id, secret).set_redirect_uri(self.redirect.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let code = CoreAuthenticationFlow::AuthorizationCode;
        let (url, state, nonce) = client
            .authorize_url(code, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".into()))
            .add_scope(Scope::new("profile".into()))
            .set_pkce_challenge(challenge)
            .url();
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|_, pending| now_ms - pending.began_ms < PENDING_MS);
        if pending.len() >= MOST_PENDING {
            // Whoever begins many and ends none pushes out their own.
            let oldest = pending.iter().min_by_key(|(_, pending)| pending.began_ms).map(|(state, _)| state.clone());
            oldest.and_then(|state| pending.remove(&state));
        }
        pending.insert(state.secret().clone(), Pending { verifier, nonce, began_ms: now_ms });
        Ok((url.to_string(), state.into_secret()))
    }

    /// Who came back with this code and state.
    pub(super) async fn finish(&self, code: String, state: &str, now_ms: i64) -> Result<Subject, OidcError> {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(state);
        let pending = pending.filter(|pending| now_ms - pending.began_ms < PENDING_MS).ok_or(OidcError::Stranger)?;
        let said = |error: &dyn std::fmt::Display| OidcError::Provider(error.to_string());
        let provider = self.provider(now_ms).await?;
        let (id, secret) = self.credentials();
        let client = CoreClient::from_provider_metadata(provider, id, secret).set_redirect_uri(self.redirect.clone());
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| said(&error))?
            .set_pkce_verifier(pending.verifier)
            .request_async(&self.http)
            .await
            .map_err(|error| said(&error))?;
        let id_token = tokens.id_token().ok_or_else(|| said(&"it sent no ID token"))?;
        let verifier = client.id_token_verifier();
        let claims = id_token.claims(&verifier, &pending.nonce).map_err(|error| said(&error))?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = id_token.signing_alg().map_err(|error| said(&error))?;
            let key = id_token.signing_key(&verifier).map_err(|error| said(&error))?;
            let hash = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
            if hash.map_err(|error| said(&error))? != *expected {
                return Err(said(&"the access token is not the one of the ID token"));
            }
        }
        let email = claims.email().filter(|_| claims.email_verified() == Some(true));
        Ok(Subject {
            subject: format!("{} {}", self.issuer.as_str(), claims.subject().as_str()),
            email: email.map(|email| email.to_string()),
        })
    }
}
