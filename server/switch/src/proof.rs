//! Who is speaking: a trusted connection, an agreed address, or a digest; in this order.

mod pace;

use std::net::IpAddr;

use patchbay_kernel::EndCause;
use patchbay_plane::{Credential, Principal};
use patchbay_sip::{
    FlowId, Message, Method, Name,
    digest::{Credentials, Rejected},
};

use crate::{exchange::Exchange, identity, perform::refusal_headers};

pub(crate) use pace::Pace;
pub use pace::PaceLimits;

/// Proven.
#[derive(Clone, Debug)]
pub(crate) struct Proven {
    /// SIP user name; `None` for a gateway known by its address.
    pub username: Option<String>,
    /// Who.
    pub principal: Principal,
}

/// Not proven: the answer. The same for a user who does not exist as for a wrong password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unproven {
    /// Status.
    pub code: u16,
    /// Headers.
    pub extra: Vec<(String, String)>,
}

impl Exchange {
    /// Finds out who sent this request, and whether they may begin another call now.
    pub(crate) async fn prove(&self, message: &Message, flow: FlowId) -> Result<Proven, Unproven> {
        let proven = self.identify(message, flow).await?;
        if message.method() == Some(&Method::Invite)
            && let Err(whose) = self.pace.take(&proven.principal, self.now())
        {
            return Err(Unproven { code: 503, extra: refusal_headers(EndCause::Overloaded, Some(whose)) });
        }
        Ok(proven)
    }

    async fn identify(&self, message: &Message, flow: FlowId) -> Result<Proven, Unproven> {
        if let Some(credential) = self.trusted(flow) {
            return Ok(proven(&credential));
        }
        // An address never registers anybody, and who brings a digest wants it checked.
        if message.method() != Some(&Method::Register)
            && message.get(Name::Authorization).is_none()
            && let Some((gateway, gateway_port)) = self.gateways.speaking_from(flow, &message.request_uri())
        {
            return Ok(Proven { username: None, principal: Principal::Gateway { gateway, gateway_port } });
        }
        self.check_digest(message, flow.peer().ip()).await
    }

    async fn check_digest(&self, message: &Message, source: IpAddr) -> Result<Proven, Unproven> {
        let claimed = message
            .all(Name::Authorization)
            .filter_map(Credentials::parse)
            .find(|claimed| claimed.realm == self.realm.name());
        let Some(claimed) = claimed else { return Err(self.challenge(message, source, false)) };
        if !self.guard.looks_at(source) {
            return Err(later());
        }
        let known = match self.outside.directory.credential(&claimed.username).await {
            Ok(known) => known,
            Err(why) => {
                tracing::warn!(error = %why, "Nobody could be signed in: the directory does not answer");
                return Err(later());
            }
        };
        let stored = known.as_ref().map(identity::stored);
        let method = message.method().map_or("", Method::as_str);
        let now_s = self.wall().unix_s();
        let checked =
            self.realm.verify(&claimed, stored.as_ref().unwrap_or(self.guard.dummy()), (method, source), now_s);
        match (checked, known) {
            (Ok(()), Some(known)) if self.guard.first_use(&claimed.response, self.now()) => Ok(proven(&known)),
            (Ok(()), Some(_)) | (Err(Rejected::Stale), Some(_)) => Err(self.challenge(message, source, true)),
            _ => Err(self.refuse_guess(message, source, &claimed.username).await),
        }
    }

    async fn refuse_guess(&self, message: &Message, source: IpAddr, username: &str) -> Unproven {
        if let Some(wait) = self.guard.failed(source, username, self.now()) {
            tokio::time::sleep(wait).await;
            self.guard.answered_late(source);
        }
        self.challenge(message, source, false)
    }

    fn challenge(&self, message: &Message, source: IpAddr, stale: bool) -> Unproven {
        let mut challenges = self.realm.challenges(source, self.wall().unix_s(), stale);
        if knows_only_md5(message) {
            challenges.truncate(1);
        }
        Unproven { code: 401, extra: challenges.into_iter().map(|it| ("WWW-Authenticate".to_owned(), it)).collect() }
    }
}

/// Programs that give up at the first algorithm that they do not know, instead of passing over it (RFC 8760 section 2.4): they
/// get the first challenge, MD5, alone. Seen with baresip 1.0 of Debian 12 and 11.
fn knows_only_md5(message: &Message) -> bool {
    let agent = message.get_text(Name::UserAgent).unwrap_or_default();
    ["baresip v0.", "baresip v1."].iter().any(|old| agent.starts_with(old))
}

fn proven(credential: &Credential) -> Proven {
    Proven { username: Some(credential.username.clone()), principal: credential.principal.clone() }
}

fn later() -> Unproven {
    Unproven { code: 503, extra: vec![("Retry-After".to_owned(), "5".to_owned())] }
}
