//! The HTTP API as a program sees it.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

/// A client, signed in or not.
#[derive(Clone, Debug)]
pub struct Api {
    base: String,
    token: Option<String>,
    http: Client,
}

impl Api {
    /// Nobody yet.
    ///
    /// # Panics
    /// When no client can be made.
    pub fn new(base: &str) -> Self {
        let http = Client::builder().cookie_store(true).build().expect("a plain HTTP client");
        Self { base: base.to_owned(), token: None, http }
    }

    /// The same client as somebody else, with cookies of its own.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..Self::new(&self.base) }
    }

    /// The access token, when signed in.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// One request: status and body (null when empty).
    ///
    /// # Panics
    /// When the server cannot be reached or answers with something that is not JSON.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).header("X-Patchbay", "1");
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("the server answers");
        let status = answer.status();
        let text = answer.text().await.expect("the body arrives");
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") };
        (status, body)
    }

    /// GET that must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert!(status.is_success(), "GET {path}: {status} {body}");
        body
    }

    /// POST that must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(Method::POST, path, Some(&body)).await;
        assert!(status.is_success(), "POST {path}: {status} {answer}");
        answer
    }

    /// PATCH that must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub async fn patch(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(Method::PATCH, path, Some(&body)).await;
        assert!(status.is_success(), "PATCH {path}: {status} {answer}");
        answer
    }

    /// A new company and its owner, signed in.
    pub async fn sign_up(&self, company: &str, email: &str) -> Self {
        let body = json!({"company": company, "name": "Olive Owner", "email": email, "password": "correct horse 42", "country": "US"});
        let session = self.post("/v1/sign-up", body).await;
        self.with_token(session["access_token"].as_str().expect("a session has a token"))
    }

    /// The operator, signed in.
    pub async fn operator(&self, password: &str) -> Self {
        let body = json!({"email": "operator@patchbay.local", "password": password});
        let session = self.post("/v1/operator/sign-in", body).await;
        self.with_token(session["access_token"].as_str().expect("a session has a token"))
    }
}
