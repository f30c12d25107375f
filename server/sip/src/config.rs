//! What a [`Stack`](crate::Stack) is told at birth.

use patchbay_kernel::time::Span;

use crate::{flow::FlowId, flow::Net, wire::uri::host_port};

/// Names and bounds of one stack.
#[derive(Clone, Debug)]
pub struct StackConfig {
    /// Domain of the installation.
    pub domain: String,
    /// `User-Agent` and `Server`.
    pub user_agent: String,
    /// Host of our Via and Contact, with the UDP and TCP port when it is not 5060; IPv6 in brackets.
    pub contact_host: String,
    /// TCP port of TLS in our Via and Contact; `None`: 5061.
    pub tls_port: Option<u16>,
    /// Most sessions at once; INVITEs beyond get 503 with Retry-After.
    pub most_legs: usize,
    /// Most server transactions at once; new requests beyond get 503 with Retry-After.
    pub most_transactions: usize,
    /// How long an established session waits after its WebSocket broke for the peer to come back over a new one.
    pub flow_grace: Span,
    /// Session-Expires that our INVITEs ask for, seconds, and the most that we agree to; 0: we do not ask (RFC 4028).
    pub session_expires: u32,
    /// The least that we agree to (Min-SE), seconds.
    pub min_se: u32,
}

impl StackConfig {
    /// With the usual bounds: 20,000 sessions, 400,000 server transactions, a minute of grace, sessions refreshed every 15 minutes
    /// with a peer that can.
    pub fn new(domain: &str, contact_host: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            user_agent: "Patchbay".to_owned(),
            contact_host: contact_host.to_owned(),
            tls_port: None,
            most_legs: 20_000,
            most_transactions: 400_000,
            flow_grace: Span::secs(60),
            session_expires: 1_800,
            min_se: 90,
        }
    }

    /// Host alone, as it stands in URIs.
    fn host(&self) -> String {
        host_port(&self.contact_host).map_or_else(|_| self.contact_host.clone(), |(host, _)| host)
    }

    fn sent_by(&self, net: Net) -> String {
        match net {
            Net::Udp | Net::Tcp => self.contact_host.clone(),
            Net::Tls => format!("{}:{}", self.host(), self.tls_port.unwrap_or(5061)),
            Net::Ws => self.host(),
        }
    }

    /// Our Via for a request over this flow (RFC 3261 section 18.1.1, RFC 3581).
    pub(crate) fn via(&self, flow: FlowId, branch: &str) -> String {
        format!("SIP/2.0/{} {};branch={branch};rport", flow.net().via(), self.sent_by(flow.net()))
    }

    /// Our Contact towards the peer of this flow.
    pub(crate) fn contact(&self, flow: FlowId, user: Option<&str>) -> String {
        let net = flow.net();
        let (user, at) = user.map_or(("", ""), |user| (user, "@"));
        match net {
            Net::Udp => format!("<sip:{user}{at}{}>", self.contact_host),
            // RFC 5626 section 4.3: what comes to this URI comes over the flow it was given on.
            Net::Ws => format!("<sip:{user}{at}{};transport=ws;ob>", self.host()),
            Net::Tcp | Net::Tls => format!("<sip:{user}{at}{};transport={}>", self.sent_by(net), net.parameter()),
        }
    }
}
