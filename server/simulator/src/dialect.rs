//! How each kind of box writes and reads calls: pure text.

use patchbay_sip::{ClientAuth, Uri};

use crate::config::{GatewayConfig, Kind};

/// Calls that a span of an E1 carries: 32 time slots less frame alignment and signalling.
pub(crate) const SPAN: u16 = 30;

/// A call that the platform sends to the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Called {
    /// Line, span or slot, from 0.
    pub line: usize,
    /// The number dialled, as the line gets it.
    pub number: String,
}

/// A call from the line to the platform.
#[derive(Clone, Debug)]
pub(crate) struct Placing {
    /// Line, span or slot, from 0.
    pub line: usize,
    /// Request-URI.
    pub request_uri: String,
    /// From.
    pub from: String,
    /// Further headers.
    pub extra: Vec<(String, String)>,
    /// The account that speaks.
    pub auth: Option<ClientAuth>,
}

/// An account that registers.
#[derive(Clone, Debug)]
pub(crate) struct Signing {
    pub username: String,
    pub password: String,
    /// URI parameters of the contact.
    pub parameters: String,
}

impl GatewayConfig {
    /// Lines and what each carries.
    pub(crate) fn lines(&self) -> (usize, u16) {
        match &self.kind {
            Kind::Analog { lines } => (lines.len(), 1),
            Kind::Trunk { spans, .. } => (usize::from(*spans), SPAN),
            Kind::Wireless { numbers, .. } => (numbers.len(), 1),
        }
    }

    /// Accounts that register with the platform.
    pub(crate) fn accounts(&self) -> Vec<Signing> {
        match &self.kind {
            Kind::Analog { lines } => lines
                .iter()
                .enumerate()
                .map(|(at, line)| Signing {
                    username: line.username.clone(),
                    password: line.password.expose().clone(),
                    parameters: format!(";line={}", at + 1),
                })
                .collect(),
            Kind::Trunk { .. } => Vec::new(),
            Kind::Wireless { username, password, .. } => vec![Signing {
                username: username.clone(),
                password: password.expose().clone(),
                parameters: String::new(),
            }],
        }
    }

    /// Which line a call of the platform goes to, and the number on it. `None` when the box cannot tell.
    pub(crate) fn called(&self, request_uri: &str) -> Option<Called> {
        let uri: Uri = request_uri.parse().ok()?;
        let user = uri.user_text()?;
        let mut parts = user.split(';');
        let number = parts.next()?.to_owned();
        let (line, number) = match &self.kind {
            // The contact that each line registered names it.
            Kind::Analog { .. } => (uri.param("line")?.parse::<usize>().ok()?, number),
            Kind::Trunk { .. } => {
                let group = parts.find_map(|part| part.strip_prefix("tgrp=")).or_else(|| uri.param("tgrp"));
                (group.and_then(|group| group.strip_prefix("span")?.parse().ok()).unwrap_or(1), number)
            }
            // 801 and the number: slot 1.
            Kind::Wireless { .. } => {
                let slot = number.strip_prefix('8').and_then(|rest| rest.get(..2))?.parse().ok()?;
                (slot, number.get(3..)?.to_owned())
            }
        };
        let line = line.checked_sub(1).filter(|line| *line < self.lines().0)?;
        (!number.is_empty()).then_some(Called { line, number })
    }

    /// The line, from 0, on which this number lives.
    pub(crate) fn line_of(&self, number: &str) -> Option<usize> {
        match &self.kind {
            Kind::Analog { lines } => lines.iter().position(|line| line.number == number),
            Kind::Trunk { numbers, spans } => {
                let at = numbers.iter().position(|known| known == number)?;
                Some(at % usize::from((*spans).max(1)))
            }
            Kind::Wireless { numbers, .. } => numbers.iter().position(|known| known == number),
        }
    }

    /// How the box reports that somebody at `caller` calls `number` (both with plus), which lives on this line.
    pub(crate) fn placing(
        &self,
        line: usize,
        number: &str,
        (caller, name): (&str, &str),
        domain: &str,
    ) -> Option<Placing> {
        let address = |user: &str| format!("\"{name}\" <sip:{user}@{domain}>");
        match &self.kind {
            Kind::Analog { lines } => {
                let account = lines.get(line)?;
                Some(Placing {
                    line,
                    request_uri: format!("sip:hotline@{domain}"),
                    from: address(national(caller)),
                    extra: Vec::new(),
                    auth: Some(auth(&account.username, account.password.expose(), domain)),
                })
            }
            Kind::Trunk { .. } => {
                let identity = format!("<sip:{caller}@{domain}>");
                Some(Placing {
                    line,
                    request_uri: format!("sip:{number};tgrp=span{}@{domain}", line + 1),
                    from: address(caller),
                    extra: vec![("P-Asserted-Identity".to_owned(), identity)],
                    auth: None,
                })
            }
            Kind::Wireless { username, password, .. } => Some(Placing {
                line,
                request_uri: format!("sip:8{:02}{}@{domain}", line + 1, number.trim_start_matches('+')),
                from: format!("<sip:{caller}@{domain}>"),
                extra: Vec::new(),
                auth: Some(auth(username, password.expose(), domain)),
            }),
        }
    }

    /// What a full line answers: a telephone line is busy, a trunk is congested. With the Q.850 cause.
    pub(crate) const fn full(&self) -> (u16, u8) {
        match self.kind {
            Kind::Analog { .. } => (486, 17),
            Kind::Trunk { .. } | Kind::Wireless { .. } => (503, 34),
        }
    }

    /// Whether the line itself is heard before the answer.
    pub(crate) const fn has_early_audio(&self) -> bool {
        matches!(self.kind, Kind::Analog { .. } | Kind::Wireless { .. })
    }
}

fn auth(username: &str, password: &str, domain: &str) -> ClientAuth {
    ClientAuth { username: username.to_owned(), password: password.to_owned(), realm: Some(domain.to_owned()) }
}

/// As a North American line shows it: ten digits, no country.
fn national(number: &str) -> &str {
    number.strip_prefix("+1").unwrap_or_else(|| number.trim_start_matches('+'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SimulatorConfig;

    fn boxes() -> Vec<GatewayConfig> {
        SimulatorConfig::parse(SimulatorConfig::EXAMPLE).unwrap().gateways
    }

    fn called(line: usize, number: &str) -> Option<Called> {
        Some(Called { line, number: number.to_owned() })
    }

    #[test]
    fn each_box_finds_line_and_number_in_its_own_way() {
        let [analog, trunk, wireless] = <[GatewayConfig; 3]>::try_from(boxes()).unwrap();
        assert_eq!(analog.called("sip:2025550143@127.0.0.1:5070;line=2"), called(1, "2025550143"));
        assert_eq!(analog.called("sip:2025550143@127.0.0.1:5070"), None);
        assert_eq!(analog.called("sip:2025550143@127.0.0.1:5070;line=3"), None);
        assert_eq!(trunk.called("sip:+12025550143;tgrp=span1@127.0.0.1:5072"), called(0, "+12025550143"));
        assert_eq!(trunk.called("sip:+12025550143;tgrp=span2@127.0.0.1"), None);
        assert_eq!(wireless.called("sip:8020012025550143@127.0.0.1"), called(1, "0012025550143"));
        assert_eq!(wireless.called("sip:9010012025550143@127.0.0.1"), None);
        assert_eq!(wireless.called("sip:8é1@127.0.0.1"), None);
    }

    #[test]
    fn each_box_reports_a_call_in_its_own_way() {
        let [analog, trunk, wireless] = <[GatewayConfig; 3]>::try_from(boxes()).unwrap();
        let placing = |it: &GatewayConfig, number: &str, name: &str| {
            it.placing(it.line_of(number)?, number, ("+12025550143", name), "pbx")
        };
        let placed = placing(&analog, "+12125550102", "Echo").unwrap();
        assert_eq!((placed.line, &*placed.from), (1, "\"Echo\" <sip:2025550143@pbx>"));
        assert_eq!(placed.auth.unwrap().username, "line2");
        let placed = placing(&trunk, "+14155550101", "Echo").unwrap();
        assert_eq!(placed.request_uri, "sip:+14155550101;tgrp=span1@pbx");
        assert!(placed.auth.is_none());
        let placed = placing(&wireless, "+16465550102", "Echo").unwrap();
        assert_eq!(placed.request_uri, "sip:80216465550102@pbx");
        assert!(placing(&analog, "+14155550101", "").is_none());
    }
}
