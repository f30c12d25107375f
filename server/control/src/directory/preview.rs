//! What would be sent through a gateway port, for an operator who tries number rules: written by the very steps that calls take.

use kernel::{E164, GatewayPortId};
use patchbay_gateway::{Dial, NumberFormat, TrunkRules, Way};
use patchbay_kernel as kernel;
use patchbay_tenancy::StoreError;

use super::{Directory, trunk::Port};

/// An INVITE that never was, as far as numbers decide it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The Request-URI, as far as it is known: behind an account stands whatever it registered.
    pub request_uri: String,
    /// From.
    pub from: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The dialled number as the platform understands it; `None` for short codes, which pass as they are.
    pub understood: Option<E164>,
}

impl Directory {
    /// What an INVITE through this gateway port would say under these rules, or under its own. `Ok(None)`: there is no such
    /// gateway port, or it has no account to be reached by.
    pub async fn preview(
        &self,
        gateway_port: GatewayPortId,
        called: &kernel::DialString,
        displayed: Option<&E164>,
        rules: Option<TrunkRules>,
    ) -> Result<Option<Preview>, StoreError> {
        let system = self.core.database().system();
        let Some(port) = system.trunks(&[gateway_port.uuid()]).await?.pop().and_then(Port::of) else { return Ok(None) };
        let domain = &self.core.parts.sip_domain;
        let understood = NumberFormat::National.read(called.as_str(), port.plan().as_ref());
        let dial = understood.clone().map_or_else(|| Dial::Short(called.clone()), Dial::Number);
        let rules = rules.unwrap_or_else(|| port.rules());
        let Some(out) = port.written(domain, &dial, displayed, rules) else { return Ok(None) };
        let host = match &out.way {
            Way::Account(account) => format!("({account})"),
            Way::Address => port.row.host.clone().unwrap_or_default(),
        };
        let name = out.from_name.map(|name| format!("\"{name}\" ")).unwrap_or_default();
        let from_host = out.from_host.unwrap_or_else(|| domain.clone());
        Ok(Some(Preview {
            request_uri: format!("sip:{}{}@{host}", out.request_user, out.user_parameters),
            from: format!("{name}<sip:{}@{from_host}>", out.from_user),
            headers: out.headers,
            understood,
        }))
    }
}
