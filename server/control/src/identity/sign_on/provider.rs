//! The talk with a provider, and the only file that names `openidconnect`. Every address that a provider mentions is asked through
//! the same guard as webhooks: nothing inside, no redirects, an end to time and size.
//!
//! Sources: OpenID Connect Core 1.0 (sections 3.1.2 and 3.1.3.7), Discovery 1.0, RFC 7636 (PKCE).

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, UNIX_EPOCH},
};

use kernel::{Secret, Wall};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreUserInfoClaims,
    },
};
use patchbay_kernel as kernel;

use crate::webhooks::post::{PostFault, Poster};

/// A key set of a large provider has some ten keys with certificates.
const ANSWER_BYTES: usize = 256 * 1_024;
/// So much of a provider's own words is shown.
const WORDS: usize = 200;

/// With keys that only the provider has: what anybody can sign (`none`) or what the client secret signs (`HS256`) proves nothing.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What a company and its provider agreed on.
pub struct Terms {
    /// The provider.
    pub issuer: String,
    /// What the provider calls us.
    pub client_id: String,
    /// What we prove that with.
    pub client_secret: Secret<String>,
    /// Where the browser comes back to.
    pub back: String,
}

/// What only we know of a question, and the answer must fit.
pub struct Question {
    /// Comes back with the browser.
    pub state: Secret<String>,
    /// Comes back in the signed answer.
    pub nonce: Secret<String>,
    /// Proves that who asked redeems the code.
    pub verifier: Secret<String>,
}

/// Who somebody is, as the provider says and signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The provider's name of them; it stays.
    pub subject: String,
    /// Address.
    pub email: Option<String>,
    /// Whether the provider checked it.
    pub email_verified: bool,
    /// For people.
    pub name: Option<String>,
}

/// Why nobody knows who it is.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The issuer may not be asked, is not there, or is no provider.
    #[error("{0}")]
    Provider(String),
    /// The provider took the code back, or gave none.
    #[error("{0}")]
    Code(String),
    /// What it signed is not for us, not now, or not signed by it.
    #[error("{0}")]
    Token(String),
}

/// A provider that was found.
pub struct Provider {
    outside: Poster,
    metadata: CoreProviderMetadata,
}

/// Asks through the guard.
fn http(
    outside: &Poster,
) -> impl Fn(HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpResponse, PostFault>> + Send>> {
    let outside = outside.clone();
    move |request| {
        let outside = outside.clone();
        Box::pin(async move { outside.fetch(request, ANSWER_BYTES).await })
    }
}

/// Finds out where the provider wants to be asked, and with which keys it signs.
pub async fn found(outside: &Poster, issuer: &str) -> Result<Provider, Fault> {
    let bad = |why: String| Fault::Provider(cut(&why));
    let plain = issuer.starts_with("http://");
    let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|why| bad(why.to_string()))?;
    let metadata = CoreProviderMetadata::discover_async(issuer, &http(outside)).await;
    let metadata = metadata.map_err(|why| bad(told(&why)))?;
    if metadata.token_endpoint().is_none() {
        return Err(bad("It names no token endpoint.".into()));
    }
    // The page goes there: a `javascript:` address would run on our own origin, and plain HTTP only where the issuer itself is so.
    match metadata.authorization_endpoint().url().scheme() {
        "https" => {}
        "http" if plain => {}
        _ => return Err(bad("Its authorization endpoint is no HTTPS address.".into())),
    }
    Ok(Provider { outside: outside.clone(), metadata })
}

impl Provider {
    /// Where to send the browser.
    pub fn address(&self, terms: &Terms, question: &Question, hint: Option<&str>) -> Result<String, Fault> {
        let client = CoreClient::from_provider_metadata(
            self.metadata.clone(),
            ClientId::new(terms.client_id.clone()),
            Some(ClientSecret::new(terms.client_secret.expose().clone())),
        );
        let client = client.set_redirect_uri(back(terms)?);
        let (state, nonce) = (question.state.expose().clone(), question.nonce.expose().clone());
        let verifier = PkceCodeVerifier::new(question.verifier.expose().clone());
        let mut ask = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || CsrfToken::new(state), || Nonce::new(nonce))
            .add_scope(Scope::new("email".into()))
            .add_scope(Scope::new("profile".into()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        if let Some(hint) = hint {
            ask = ask.add_extra_param("login_hint", hint);
        }
        let (address, _, _) = ask.url();
        Ok(address.to_string())
    }

    /// Redeems the code that the browser brought, and reads who it is for.
    pub async fn proven(&self, terms: &Terms, question: &Question, code: &str, now: Wall) -> Result<Proven, Fault> {
        let client = CoreClient::from_provider_metadata(
            self.metadata.clone(),
            ClientId::new(terms.client_id.clone()),
            Some(ClientSecret::new(terms.client_secret.expose().clone())),
        );
        let client = client.set_redirect_uri(back(terms)?);
        let http = http(&self.outside);
        let redeem = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let redeem = redeem.map_err(|why| Fault::Provider(cut(&why.to_string())))?;
        let redeem = redeem.set_pkce_verifier(PkceCodeVerifier::new(question.verifier.expose().clone()));
        let answer = redeem.request_async(&http).await.map_err(|why| match why {
            RequestTokenError::ServerResponse(why) => Fault::Code(cut(&why.to_string())),
            other => Fault::Provider(cut(&told(&other))),
        })?;
        let token = answer.id_token().ok_or_else(|| Fault::Token("There is no ID token in the answer.".into()))?;
        let at = UNIX_EPOCH + Duration::from_secs(u64::try_from(now.unix_s()).unwrap_or(0));
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || at.into());
        let bad = |why: &dyn std::error::Error| Fault::Token(cut(&why.to_string()));
        let nonce = Nonce::new(question.nonce.expose().clone());
        let claims: &CoreIdTokenClaims = token.claims(&verifier, &nonce).map_err(|why| bad(&why))?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = token.signing_alg().map_err(|why| bad(&why))?;
            let key = token.signing_key(&verifier).map_err(|why| bad(&why))?;
            let actual = AccessTokenHash::from_token(answer.access_token(), algorithm, key).map_err(|why| bad(&why))?;
            if actual != *expected {
                return Err(Fault::Token("The access token is not the one that was signed.".into()));
            }
        }
        let mut proven = Proven {
            subject: claims.subject().as_str().to_owned(),
            email: claims.email().map(|email| email.as_str().to_owned()),
            email_verified: claims.email_verified().unwrap_or(false),
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned()),
        };
        // Some say no more than the subject in the token, and the rest where one asks for it.
        if proven.email.is_none()
            && let Ok(ask) = client.user_info(answer.access_token().clone(), Some(claims.subject().clone()))
        {
            let more: CoreUserInfoClaims = ask.request_async(&http).await.map_err(|why| bad(&why))?;
            proven.email = more.email().map(|email| email.as_str().to_owned());
            proven.email_verified = more.email_verified().unwrap_or(false);
            let name = more.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
            proven.name = proven.name.or(name);
        }
        Ok(proven)
    }
}

fn back(terms: &Terms) -> Result<RedirectUrl, Fault> {
    RedirectUrl::new(terms.back.clone()).map_err(|why| Fault::Provider(cut(&why.to_string())))
}

/// An error with what caused it.
fn told(why: &dyn std::error::Error) -> String {
    match why.source() {
        None => why.to_string(),
        Some(cause) => format!("{why}: {}", told(cause)),
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(WORDS).collect()
}
