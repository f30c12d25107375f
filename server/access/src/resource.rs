//! What permissions are about, and the marker types that handlers name them by.

macro_rules! resources {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// A kind of thing in a company.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Resource { $($(#[$doc])* $name,)* }

        impl Resource {
            /// Every resource, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$name),*];
            /// The word before the colon: `seats`.
            pub const fn code(self) -> &'static str { match self { $(Self::$name => $code),* } }
        }

        /// Marker types: `Write<of::Seat>` is the permission `seats:write`.
        pub mod of {
            /// A marker that stands for a resource.
            pub trait Marker: Send + Sync + 'static {
                /// Which.
                const RESOURCE: super::Resource;
            }
            $($(#[$doc])* #[derive(Clone, Copy, Debug)] pub struct $name;
            impl Marker for $name { const RESOURCE: super::Resource = super::Resource::$name; })*
        }
    };
}

resources! {
    /// The company's own settings.
    Company = "company";
    /// Whom the company trusts to say who its people are.
    SingleSignOn = "single_sign_on";
    /// What is left of setting up.
    Onboarding = "onboarding";
    /// People in the company.
    Member = "members";
    /// The tree of departments, and teams.
    Department = "departments";
    /// Roles that the company puts together itself.
    Role = "roles";
    /// Invitations on their way.
    Invitation = "invitations";
    /// Seats and who sits on them.
    Seat = "seats";
    /// SIP phones of a seat.
    Device = "devices";
    /// Queues with their members, skills, reason codes and dispositions.
    Queue = "queues";
    /// What agents do at the moment, and did.
    Agent = "agents";
    /// The company's numbers and the shop they come from.
    Number = "numbers";
    /// Scripts of calls, drawn and published.
    Flow = "flows";
    /// The company's gateway ports and the shop they come from.
    GatewayPort = "gateway_ports";
    /// What callers are played, and who speaks texts.
    Prompt = "prompts";
    /// What was said in calls, and when it is kept.
    Recording = "recordings";
    /// Messages that callers left.
    Voicemail = "voicemails";
    /// Calls back that callers were promised.
    Callback = "callbacks";
    /// What callers answered to surveys.
    Survey = "surveys";
    /// Calls, past and present.
    Call = "calls";
    /// Limits and their use.
    Capacity = "capacity";
    /// What calls cost, and what the company may spend.
    Billing = "billing";
    /// The event log.
    Event = "events";
    /// Who did what.
    Audit = "audit";
    /// Keys with which programs call the API.
    ApiKey = "api_keys";
    /// Short-lived credentials that make a browser the softphone of one seat.
    SeatToken = "seat_tokens";
    /// Servers of the company that are told of events.
    Webhook = "webhooks";
    /// The telephone in the page.
    Softphone = "softphone";
    /// The simulated carrier.
    Lab = "lab";
}
