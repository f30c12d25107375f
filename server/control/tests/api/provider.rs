//! A small OpenID Connect provider with keys of its own, which signs what a test wants it to sign.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

pub const CLIENT: &str = "patchbay-client";
/// With what a form of a request cannot bear as it is.
pub const SECRET: &str = "s3cret of the client: a+b/c%d";

/// What is wrong with what it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    Nothing,
    /// Signed with an elliptic curve.
    Curve,
    WrongNonce,
    NoNonce,
    WrongAudience,
    TwoAudiences,
    Expired,
    None,
    /// Signed with the client secret, which others may know.
    Shared,
    ForeignIssuer,
    /// Signed by somebody else under this provider's key id.
    Stranger,
    ChangedBody,
    Unverified,
    NoIdToken,
    /// An answer that has no end.
    Huge,
    Elsewhere,
    /// The address is told at the user-info endpoint alone.
    Thin,
    /// There for somebody else.
    ThinOfAnother,
}

struct Asked {
    challenge: String,
    nonce: String,
    person: Value,
}

struct Inner {
    at: SocketAddr,
    twist: Mutex<Twist>,
    now_s: Mutex<i64>,
    asked: Mutex<BTreeMap<String, Asked>>,
    tokens: Mutex<BTreeMap<String, Value>>,
    rsa: EncodingKey,
    curve: EncodingKey,
    stranger: EncodingKey,
}

#[derive(Clone)]
pub struct Provider(Arc<Inner>);

impl Provider {
    pub async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let curve = || {
            let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
            EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap()
        };
        let inner = Inner {
            at: listener.local_addr().unwrap(),
            twist: Mutex::new(Twist::Nothing),
            now_s: Mutex::new(0),
            asked: Mutex::default(),
            tokens: Mutex::default(),
            rsa: EncodingKey::from_rsa_pem(include_bytes!("provider_key.pem")).unwrap(),
            curve: curve(),
            stranger: curve(),
        };
        let this = Self(Arc::new(inner));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/user", get(user))
            .with_state(this.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        this
    }
    pub fn issuer(&self) -> String {
        format!("http://{}", self.0.at)
    }
    pub fn twist(&self, twist: Twist) {
        *self.0.twist.lock().unwrap() = twist;
    }
    fn twisted(&self) -> Twist {
        *self.0.twist.lock().unwrap()
    }

    /// Somebody signs in on its page: what the browser goes back with, a code and the state.
    pub fn sign_in(&self, address: &str, now_s: i64, person: Value) -> (String, String) {
        let url = Url::parse(address).unwrap();
        let of = |name: &str| {
            let found = url.query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned()).unwrap_or_else(|| panic!("no {name} in {address}"))
        };
        assert_eq!(
            (url.path(), of("response_type").as_str(), of("client_id").as_str()),
            ("/authorize", "code", CLIENT)
        );
        assert_eq!(of("redirect_uri"), "https://calls.example.com/v1/sign-in/single-sign-on/callback");
        assert_eq!(of("code_challenge_method"), "S256");
        assert!(of("scope").split(' ').any(|scope| scope == "openid") && of("scope").contains("email"));
        *self.0.now_s.lock().unwrap() = now_s;
        let mut asked = self.0.asked.lock().unwrap();
        let code = format!("code{}", asked.len());
        asked.insert(code.clone(), Asked { challenge: of("code_challenge"), nonce: of("nonce"), person });
        (code, of("state"))
    }

    fn signed(&self, asked: &Asked) -> String {
        let twist = self.twisted();
        let now_s = *self.0.now_s.lock().unwrap();
        let mut claims =
            json!({ "iss": self.issuer(), "aud": CLIENT, "iat": now_s, "exp": now_s + 300, "nonce": asked.nonce });
        let thin = matches!(twist, Twist::Thin | Twist::ThinOfAnother);
        for (name, value) in asked.person.as_object().unwrap() {
            if name == "sub" || !thin {
                claims[name] = value.clone();
            }
        }
        match twist {
            Twist::WrongNonce => claims["nonce"] = json!("another"),
            Twist::NoNonce => drop(claims.as_object_mut().unwrap().remove("nonce")),
            Twist::WrongAudience => claims["aud"] = json!("another-client"),
            Twist::TwoAudiences => claims["aud"] = json!([CLIENT, "another-client"]),
            Twist::Expired => claims["exp"] = json!(now_s - 1),
            Twist::ForeignIssuer => claims["iss"] = json!("https://login.elsewhere.example"),
            Twist::Unverified => claims["email_verified"] = json!(false),
            _ => {}
        }
        let by = |algorithm, key: &EncodingKey| {
            let kid = Some(if algorithm == Algorithm::RS256 { "rsa" } else { "curve" }.to_owned());
            jsonwebtoken::encode(&Header { kid, ..Header::new(algorithm) }, &claims, key).unwrap()
        };
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        match twist {
            Twist::Curve => by(Algorithm::ES256, &self.0.curve),
            Twist::Stranger => by(Algorithm::ES256, &self.0.stranger),
            Twist::Shared => by(Algorithm::HS256, &EncodingKey::from_secret(SECRET.as_bytes())),
            Twist::None => format!("{}.{}.", part(&json!({ "alg": "none" })), part(&claims)),
            Twist::ChangedBody => {
                let good = by(Algorithm::RS256, &self.0.rsa);
                claims["sub"] = json!("somebody else");
                let parts: Vec<&str> = good.split('.').collect();
                format!("{}.{}.{}", parts[0], part(&claims), parts[2])
            }
            _ => by(Algorithm::RS256, &self.0.rsa),
        }
    }
}

async fn configuration(State(provider): State<Provider>) -> Response {
    let at = provider.issuer();
    if provider.twisted() == Twist::Elsewhere {
        return (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:9/")]).into_response();
    }
    let mut answer = json!({ "issuer": at, "authorization_endpoint": format!("{at}/authorize"),
        "token_endpoint": format!("{at}/token"), "jwks_uri": format!("{at}/keys"), "userinfo_endpoint": format!("{at}/user"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"] });
    if provider.twisted() == Twist::Huge {
        answer["filling"] = json!("x".repeat(1 << 20));
    }
    Json(answer).into_response()
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let of = |key: &EncodingKey, algorithm, kid: &str| {
        let mut key = serde_json::to_value(Jwk::from_encoding_key(key, algorithm).unwrap()).unwrap();
        key["kid"] = json!(kid);
        key["use"] = json!("sig");
        key
    };
    let (rsa, curve) = (of(&provider.0.rsa, Algorithm::RS256, "rsa"), of(&provider.0.curve, Algorithm::ES256, "curve"));
    Json(json!({ "keys": [rsa, curve] }))
}

/// As RFC 6749 writes name and password: each as in a form, then in base 64.
fn proof(headers: &HeaderMap) -> Option<(String, String)> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let (name, secret) = text.split_once(':')?;
    let plain = |text: &str| {
        let found =
            url::form_urlencoded::parse(format!("x={text}").as_bytes()).next().map(|(_, value)| value.into_owned());
        found.unwrap_or_default()
    };
    Some((plain(name), plain(secret)))
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(ask): Form<BTreeMap<String, String>>,
) -> Response {
    let refused = |why: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response();
    if proof(&headers) != Some((CLIENT.to_owned(), SECRET.to_owned())) {
        return refused("invalid_client");
    }
    let found = provider.0.asked.lock().unwrap().remove(&ask["code"]);
    let Some(asked) = found else { return refused("invalid_grant") };
    let proven = URL_SAFE_NO_PAD.encode(Sha256::digest(ask["code_verifier"].as_bytes()));
    if proven != asked.challenge || ask["grant_type"] != "authorization_code" {
        return refused("invalid_grant");
    }
    let access = format!("access{}", proven);
    provider.0.tokens.lock().unwrap().insert(access.clone(), asked.person.clone());
    let mut answer = json!({ "access_token": access, "token_type": "Bearer", "expires_in": 300 });
    if provider.twisted() != Twist::NoIdToken {
        answer["id_token"] = json!(provider.signed(&asked));
    }
    Json(answer).into_response()
}

async fn user(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    let bearer = headers[header::AUTHORIZATION].to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    let Some(mut person) = provider.0.tokens.lock().unwrap().get(&bearer).cloned() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    if provider.twisted() == Twist::ThinOfAnother {
        person["sub"] = json!("another");
    }
    Json(person).into_response()
}
