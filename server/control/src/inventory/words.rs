//! The closed lists of the inventory, as stored and as sent.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kit::words::words;

words! {
    /// What a gateway translates to SIP.
    GatewayKind {
        /// Analog lines.
        Analog = "analog",
        /// Digital spans.
        Trunk = "trunk",
        /// SIM cards.
        Wireless = "wireless",
        /// Another SIP network.
        Sip = "sip",
    }
    /// What a gateway port is.
    GatewayPortKind {
        /// One analog line.
        FxoPort = "fxo_port",
        /// One digital span.
        E1Span = "e1_span",
        /// One SIM card.
        SimSlot = "sim_slot",
        /// Channels of a SIP trunk.
        SipChannels = "sip_channels",
    }
    /// How a gateway and the platform know each other.
    GatewayConnection {
        /// By digest, it registers.
        RegistersWithUs = "registers_with_us",
        /// By address.
        IpPeer = "ip_peer",
        /// We register with it.
        WeRegister = "we_register",
    }
    /// State of a gateway or gateway port.
    Light {
        /// Not seen yet.
        Unknown = "unknown",
        /// There.
        Online = "online",
        /// Away.
        Offline = "offline",
        /// There, but failing.
        Fault = "fault",
    }
    /// Why a light is what it is.
    LightCode {
        /// Added, and expected to register.
        WaitingForRegistration = "waiting_for_registration",
        /// Added, and not probed yet.
        WaitingForProbe = "waiting_for_probe",
        /// Added, and we have not registered with it yet.
        WaitingForCarrier = "waiting_for_carrier",
        /// Nothing was seen of it since the platform started.
        NotSeen = "not_seen",
        /// It answers probes.
        Answers = "answers",
        /// It does not answer.
        Silent = "silent",
        /// Its account is registered.
        Registered = "registered",
        /// Its account is not registered.
        NotRegistered = "not_registered",
        /// Some of its gateway ports' accounts are registered.
        GatewayPortsRegistered = "gateway_ports_registered",
        /// We are registered with it.
        RegisteredWithIt = "registered_with_it",
        /// It refuses our registration.
        RegistrationRefused = "registration_refused",
        /// We gave our registration up.
        RegistrationGivenUp = "registration_given_up",
    }
    /// What went wrong with a gateway or gateway port.
    GatewayErrorCode {
        /// A call failed on the carrier's side.
        CallFailed = "call_failed",
        /// Our registration was refused.
        RegistrationRefused = "registration_refused",
    }
    /// Who may use a gateway port.
    Rental {
        /// Nobody but the operator's tests.
        NotForRent = "not_for_rent",
        /// One company alone.
        Exclusive = "exclusive",
        /// Every company that has a number on it.
        Shared = "shared",
    }
    /// Life of a number.
    NumberState {
        /// Can be claimed.
        Available = "available",
        /// Kept back by the operator.
        Reserved = "reserved",
        /// A company has it.
        Assigned = "assigned",
        /// On its way from another carrier.
        PortingIn = "porting_in",
        /// Rests after a release.
        Quarantined = "quarantined",
        /// Out of service for good.
        Retired = "retired",
    }
    /// Kind of number.
    NumberKind {
        /// Of an area.
        Local = "local",
        /// Of a mobile network.
        Mobile = "mobile",
        /// Free for the caller.
        TollFree = "toll_free",
    }
    /// What a carrier sells.
    LineKind {
        /// Analog line.
        AnalogLine = "analog_line",
        /// Digital trunk.
        DigitalTrunk = "digital_trunk",
        /// SIM card.
        SimLine = "sim_line",
        /// SIP trunk.
        SipTrunk = "sip_trunk",
    }
    /// Where calls to a number go.
    DestinationKind {
        /// Nowhere yet: callers hear that the number is not in service.
        Nowhere = "nowhere",
        /// To a seat.
        Seat = "seat",
    }
}

impl GatewayPortKind {
    /// The kind of line that arrives at such a gateway port.
    pub const fn line_kind(self) -> LineKind {
        match self {
            Self::FxoPort => LineKind::AnalogLine,
            Self::E1Span => LineKind::DigitalTrunk,
            Self::SimSlot => LineKind::SimLine,
            Self::SipChannels => LineKind::SipTrunk,
        }
    }

    /// How many numbers can live on one; `None`: as many as the carrier gives.
    pub const fn most_numbers(self) -> Option<usize> {
        match self {
            Self::FxoPort | Self::SimSlot => Some(1),
            Self::E1Span | Self::SipChannels => None,
        }
    }
}

impl From<patchbay_gateway::Kind> for GatewayKind {
    fn from(kind: patchbay_gateway::Kind) -> Self {
        Self::stored(kind.as_str())
    }
}

impl From<patchbay_gateway::PortKind> for GatewayPortKind {
    fn from(kind: patchbay_gateway::PortKind) -> Self {
        Self::stored(kind.as_str())
    }
}

impl From<patchbay_gateway::Connection> for GatewayConnection {
    fn from(connection: patchbay_gateway::Connection) -> Self {
        Self::stored(connection.as_str())
    }
}

impl From<GatewayConnection> for patchbay_gateway::Connection {
    fn from(connection: GatewayConnection) -> Self {
        match connection {
            GatewayConnection::RegistersWithUs => Self::RegistersWithUs,
            GatewayConnection::IpPeer => Self::IpPeer,
            GatewayConnection::WeRegister => Self::WeRegister,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_the_words_of_the_wire() {
        use utoipa::PartialSchema;
        let document = serde_json::to_value(NumberState::schema()).unwrap();
        assert_eq!(document["enum"], serde_json::to_value(NumberState::ALL).unwrap());
        assert_eq!(document["enum"][4], "quarantined");
    }

    #[test]
    fn the_words_are_those_of_the_gateway_profiles() {
        for kind in patchbay_gateway::Kind::ALL {
            assert_eq!(GatewayKind::from(*kind).as_str(), kind.as_str());
        }
        for kind in patchbay_gateway::PortKind::ALL {
            assert_eq!(GatewayPortKind::from(*kind).as_str(), kind.as_str());
        }
        for connection in patchbay_gateway::Connection::ALL {
            let here = GatewayConnection::from(*connection);
            assert_eq!(patchbay_gateway::Connection::from(here), *connection);
        }
    }
}
