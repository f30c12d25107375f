//! A speech endpoint of the company's choice that speaks as OpenAI's does: `POST {url}` with model, voice and text, sound comes back.

use axum::http::{Request, header};
use futures::future::BoxFuture;
use kernel::Secret;
use patchbay_kernel as kernel;
use patchbay_sound::{
    DecodeFault, Recording, decode,
    speech::{Saying, Speech, SpeechFault, Voice},
};

use crate::webhooks::{
    address::Address,
    post::{PostFault, Poster},
};

/// Bytes of sound that are taken.
const BYTES_MOST: usize = patchbay_sound::decode::BYTES_MOST;

/// The endpoint of one company.
pub struct Endpoint {
    /// Sends, where the address allows it.
    pub poster: Poster,
    /// Such as `https://api.openai.com/v1/audio/speech`.
    pub address: Address,
    /// Shown as bearer.
    pub key: Option<Secret<String>>,
    /// Such as `tts-1`.
    pub model: String,
    /// Who can be asked for.
    pub voices: Vec<String>,
}

impl Endpoint {
    async fn ask(&self, saying: &Saying) -> Result<Recording, SpeechFault> {
        let known = |wish: &&String| self.voices.contains(wish);
        let voice = match &saying.voice {
            Some(wish) => Some(wish).filter(known).ok_or(SpeechFault::Unknown)?,
            None => self.voices.first().ok_or(SpeechFault::NoVoice)?,
        };
        let body = serde_json::json!({
            "model": self.model, "voice": voice, "input": saying.text, "response_format": "wav",
            "speed": f64::from(saying.pace) / 100.0,
        });
        let mut request = Request::post(self.address.as_str())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "audio/wav");
        if let Some(key) = &self.key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", key.expose()));
        }
        let request = request.body(body.to_string().into_bytes());
        let request = request.map_err(|why| SpeechFault::Engine(why.to_string()))?;
        let answer = self.poster.fetch(request, BYTES_MOST).await.map_err(|why| match why {
            PostFault::Late(_) => SpeechFault::Late,
            other => SpeechFault::Engine(other.to_string()),
        })?;
        let status = answer.status();
        let bytes = answer.into_body();
        if !status.is_success() {
            return Err(SpeechFault::Engine(format!("the endpoint answered {status}")));
        }
        let decoded = tokio::task::spawn_blocking(move || decode(bytes)).await;
        decoded.unwrap_or(Err(DecodeFault::Damaged)).map_err(|why| SpeechFault::Engine(why.to_string()))
    }
}

impl Speech for Endpoint {
    fn engine(&self) -> &'static str {
        "endpoint"
    }
    fn mark(&self) -> String {
        format!("{} {}", self.address.as_str(), self.model)
    }
    fn voices(&self) -> Vec<Voice> {
        self.voices.iter().map(|name| Voice { name: name.clone(), language: String::new() }).collect()
    }
    fn speak<'a>(&'a self, saying: &'a Saying) -> BoxFuture<'a, Result<Recording, SpeechFault>> {
        Box::pin(self.ask(saying))
    }
}
