//! Closed lists, as stored and as sent. The variants of one list are declared once, here or with the resource.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Declares enums whose words are the same in the database, in JSON and in the API document.
// `tt`, not `literal`: a captured literal is hidden from the derive that writes the document.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$item:meta])* $variant:ident = $word:tt,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        pub enum $name { $($(#[$item])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// The word in the database and on the wire.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $word),* } }
            /// From the database. A word that no migration ever allowed reads as the first of the list.
            pub fn stored(word: &str) -> Self { match word { $($word => Self::$variant,)* _ => Self::ALL[0] } }
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
        }
    )*};
}

pub(crate) use words;

words! {
    /// What a member is in a company, weakest first.
    Role {
        /// Telephones from a seat of their own.
        Agent = "agent",
        /// Sees what calls touch.
        Supervisor = "supervisor",
        /// Everything but owners.
        Admin = "admin",
        /// Everything.
        Owner = "owner",
    }
    /// How far somebody sees, narrowest first.
    Scope {
        /// What is their own.
        Own = "own",
        /// What is their teams'.
        Team = "team",
        /// What is their department's and of those below it.
        Subtree = "subtree",
        /// Everything of the company.
        All = "all",
    }
    /// Whether a second factor is asked for.
    SecondFactorState {
        /// No.
        Off = "off",
        /// There is a secret that was not confirmed yet.
        Begun = "begun",
        /// Yes.
        On = "on",
    }
    /// Whether a member may come in.
    MemberState {
        /// Not for now.
        Suspended = "suspended",
        /// Yes.
        Active = "active",
    }
    /// How somebody is told by mail of a message that a caller left.
    VoicemailNotice {
        /// That there is one, and where it can be heard.
        Link = "link",
        /// That there is one.
        Notice = "notice",
        /// Not at all.
        Off = "off",
    }
    /// Whether a seat is paid for.
    SeatState {
        /// No longer.
        Released = "released",
        /// Yes.
        Active = "active",
    }
    /// Whether a key works.
    ApiKeyState {
        /// Whoever answered for it has left or is suspended.
        Orphaned = "orphaned",
        /// Its time is over.
        Expired = "expired",
        /// Taken back.
        Revoked = "revoked",
        /// Yes.
        Active = "active",
    }
    /// What there is a quota of.
    QuotaKind {
        /// Seats.
        Seats = "seats",
        /// Calls at once.
        Calls = "calls",
        /// Numbers.
        Numbers = "numbers",
        /// Gateway ports of its own.
        GatewayPorts = "gateway_ports",
        /// Members.
        Members = "members",
        /// Keys that were not revoked.
        ApiKeys = "api_keys",
        /// Requests of all its programs in a minute.
        ProgramRequests = "program_requests",
    }
    /// What rings on a seat.
    DeviceKind {
        /// The telephone in the page.
        Browser = "browser",
        /// A phone or program with SIP credentials.
        SipPhone = "sip_phone",
    }
    /// Direction of a call as the company sees it.
    Direction {
        /// From a number to a seat.
        Inbound = "inbound",
        /// From a seat to a number.
        Outbound = "outbound",
        /// From seat to seat.
        Internal = "internal",
        /// An operator's test.
        Test = "test",
    }
    /// Whose doing it was that a call ended.
    Blame {
        /// The platform's.
        Us = "us",
        /// The one that dialled.
        Caller = "caller",
        /// The one that was dialled.
        Callee = "callee",
        /// A gateway, a line or the network behind it.
        Carrier = "carrier",
        /// A rule or setting of the company.
        Tenant = "tenant",
    }
    /// Which side of a call a leg is.
    LegRole {
        /// The one that dialled.
        Caller = "caller",
        /// One that was rung.
        Called = "called",
    }
    /// What a leg runs on.
    LegKind {
        /// Browser softphone.
        Browser = "browser",
        /// SIP phone.
        SipPhone = "sip_phone",
        /// Gateway port.
        Gateway = "gateway",
        /// The platform itself.
        Service = "service",
    }
    /// Where a live call stands.
    LiveState {
        /// Not answered yet.
        Ringing = "ringing",
        /// Talking.
        Talking = "talking",
        /// One side holds.
        Held = "held",
        /// The page of one side was left, crashed or lost its network; its place is kept.
        Reconnecting = "reconnecting",
    }
    /// A step of setting up.
    OnboardingStep {
        /// The address is checked.
        VerifyEmail = "verify_email",
        /// Microphone and loudspeaker work.
        MicTest = "mic_test",
        /// A number is there.
        ClaimNumber = "claim_number",
        /// A seat is there.
        AddSeat = "add_seat",
        /// A call was heard.
        TestCall = "test_call",
        /// Somebody else is coming.
        Invite = "invite",
    }
}

impl From<Role> for patchbay_access::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Admin => Self::Admin,
            Role::Supervisor => Self::Supervisor,
            Role::Agent => Self::Agent,
        }
    }
}

impl From<Scope> for patchbay_access::Scope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Own => Self::Own,
            Scope::Team => Self::Team,
            Scope::Subtree => Self::Subtree,
            Scope::All => Self::All,
        }
    }
}

impl From<patchbay_access::Scope> for Scope {
    fn from(scope: patchbay_access::Scope) -> Self {
        Self::stored(scope.code())
    }
}

impl From<patchbay_access::Role> for Role {
    fn from(role: patchbay_access::Role) -> Self {
        match role {
            patchbay_access::Role::Owner => Self::Owner,
            patchbay_access::Role::Admin => Self::Admin,
            patchbay_access::Role::Supervisor => Self::Supervisor,
            patchbay_access::Role::Agent => Self::Agent,
        }
    }
}
