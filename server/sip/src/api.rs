//! What goes into the [`Stack`](crate::Stack) besides bytes, and what comes out besides bytes.
//!
//! A leg is one INVITE session. Whoever places a call names its leg (top bit clear, from a counter of its own); the stack names
//! the legs of calls that arrive (top bit set). An order about a leg that is gone does nothing.

use std::sync::Arc;

use crate::{digest::ClientAuth, flow::FlowId, wire::message::Message};

/// One INVITE session, incoming or outgoing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u64);

impl LegId {
    /// Set in the ids that the stack gives to incoming calls.
    pub const INCOMING: u64 = 1 << 63;
}

/// A request outside of a session, ours or a peer's. Named like legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Where a request goes: over this flow, to this Request-URI, with these Route headers (loose routing).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Request-URI.
    pub request_uri: String,
    /// Over this flow.
    pub flow: FlowId,
    /// Values of Route, first hop first.
    pub routes: Vec<String>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A call arrives. 100 has been sent. Answer with [`Cmd::Ring`], [`Cmd::Answer`], [`Cmd::Refuse`].
    Invite {
        /// Its name from now on.
        leg: LegId,
        /// Where it came over.
        flow: FlowId,
        /// The whole request.
        message: Arc<Message>,
        /// It is to take the place of this leg (RFC 3891). One that names no leg of ours has been refused already.
        replaces: Option<LegId>,
    },
    /// A provisional answer (101-199) to our INVITE.
    Progress {
        /// Leg.
        leg: LegId,
        /// Status.
        code: u16,
        /// Early session description. When our INVITE had no offer and this response is reliable it is the peer's: answer with
        /// [`Cmd::Accept`], which the PRACK takes along.
        sdp: Option<Vec<u8>>,
    },
    /// Our INVITE was answered; the ACK has been sent.
    Answered {
        /// Leg.
        leg: LegId,
        /// The peer's session description, that of a reliable provisional answer included. When our INVITE had no offer it is
        /// the peer's: the ACK waits for [`Cmd::Accept`].
        sdp: Option<Vec<u8>>,
        /// The whole response.
        message: Arc<Message>,
    },
    /// Our INVITE failed for good. 408: nobody answered; 503 without a message: the flow broke.
    Refused {
        /// Leg.
        leg: LegId,
        /// Status.
        code: u16,
        /// The response, when one came.
        message: Option<Arc<Message>>,
    },
    /// The peer acknowledged our answer; with its session description when our 200 carried the offer. A PRACK that answers the
    /// offer in a reliable provisional response of ours is told likewise.
    Acked {
        /// Leg.
        leg: LegId,
        /// Answer to our offer.
        sdp: Option<Vec<u8>>,
    },
    /// The peer wants to change the session (re-INVITE, UPDATE, or the offer in a PRACK). Answer with [`Cmd::Accept`] or [`Cmd::Reject`].
    /// `sdp` is `None` for a re-INVITE without offer: accept with an offer of ours, the answer comes with [`Event::Acked`].
    Offer {
        /// Leg.
        leg: LegId,
        /// Its offer.
        sdp: Option<Vec<u8>>,
    },
    /// The peer answered a re-INVITE or UPDATE of ours.
    Accepted {
        /// Leg.
        leg: LegId,
        /// Its answer; its offer when our re-INVITE had none, and then the ACK waits for [`Cmd::Accept`].
        sdp: Option<Vec<u8>>,
    },
    /// The peer refused a re-INVITE or UPDATE of ours; the session goes on as it was.
    Rejected {
        /// Leg.
        leg: LegId,
        /// Status.
        code: u16,
    },
    /// INFO inside a session; answered with 200 already.
    Info {
        /// Leg.
        leg: LegId,
        /// Content-Type, empty when there is none.
        content_type: String,
        /// Body.
        body: Vec<u8>,
    },
    /// REFER inside a session: the peer asks us to transfer. Answered with 202 or a refusal by [`Cmd::Respond`] on `request`; after
    /// 202 the peer is told how it goes by [`Cmd::Notify`].
    Refer {
        /// Leg.
        leg: LegId,
        /// To respond to.
        request: RequestId,
        /// Refer-To as written.
        refer_to: String,
        /// The leg that the new call takes the place of: the transfer is attended.
        replaces: Replaced,
    },
    /// How a REFER of ours goes ([`Cmd::Refer`]).
    Referred {
        /// Leg.
        leg: LegId,
        /// Status of the call that the peer placed, or of its refusal to place one.
        code: u16,
        /// Nothing more will be said.
        last: bool,
    },
    /// The session is over and the leg is forgotten.
    Ended {
        /// Leg.
        leg: LegId,
        /// How.
        how: End,
        /// The Reason header (RFC 3326), when one came.
        reason: Option<String>,
    },
    /// A request outside of a session: REGISTER, OPTIONS, MESSAGE, SUBSCRIBE... Answer with [`Cmd::Respond`].
    Request {
        /// To respond to.
        request: RequestId,
        /// Where it came over.
        flow: FlowId,
        /// The whole request.
        message: Arc<Message>,
        /// The tag of the To in our answer, where the request has none: the name of a dialog that it begins.
        tag: String,
    },
    /// The final answer to a request of ours ([`Cmd::Send`], [`Cmd::Tell`]). 408: none came; 503 without a message: the flow broke.
    Reply {
        /// The request.
        request: RequestId,
        /// Status.
        code: u16,
        /// The response, when one came.
        message: Option<Arc<Message>>,
    },
    /// A connection is gone, or never came to be; registrations over it are gone too. Said after the legs' own events.
    FlowDown {
        /// Which.
        flow: FlowId,
    },
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// BYE of the peer.
    Bye,
    /// CANCEL of the peer before our final answer; 487 has been sent.
    Cancel,
    /// The peer never acknowledged our answer (64 * T1); BYE has been sent.
    NoAck,
    /// An in-dialog request of ours was answered with 481 or 408, or not at all.
    Broken,
    /// The flow of the session broke and no other is known.
    FlowLost,
    /// Nobody refreshed it within the agreed time (RFC 4028); BYE has been sent.
    Expired,
}

/// What a Replaces inside a Refer-To names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// There is none.
    Nothing,
    /// A leg of ours.
    Leg(LegId),
    /// Something that we do not know, or know no more.
    Unknown,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Cmd {
    /// Place a call. Headers in `extra` are added as they are; a Call-ID among them takes the place of a fresh one.
    Dial {
        /// Its name from now on.
        leg: LegId,
        /// Where to.
        to: Route,
        /// From, without tag: `"Name" <sip:user@host>`.
        from: String,
        /// Further headers.
        extra: Vec<(String, String)>,
        /// Our offer; empty: the peer makes one, and the answer to it is owed by [`Cmd::Accept`].
        sdp: Vec<u8>,
        /// For a challenge.
        auth: Option<ClientAuth>,
    },
    /// 101-199 to an incoming call. Sent reliably (RFC 3262) when the caller requires it, or supports it and a description is
    /// sent along. The offer that an INVITE without one asks for goes to a caller that acknowledges it, or not at all.
    Ring {
        /// Leg.
        leg: LegId,
        /// Status.
        code: u16,
        /// Early session description.
        sdp: Option<Vec<u8>>,
        /// Further headers.
        extra: Vec<(String, String)>,
    },
    /// 200 to an incoming call. Waits for the PRACK of a description that was sent before; after that PRACK it goes without one.
    Answer {
        /// Leg.
        leg: LegId,
        /// Our answer (or offer, when the INVITE had none).
        sdp: Option<Vec<u8>>,
        /// Further headers.
        extra: Vec<(String, String)>,
    },
    /// 300-699 to an incoming call.
    Refuse {
        /// Leg.
        leg: LegId,
        /// Status.
        code: u16,
        /// Further headers.
        extra: Vec<(String, String)>,
    },
    /// End a leg in whatever state it is: CANCEL, BYE, or a refusal with `code` (480) when it came in and was not answered.
    /// No event follows but the leg is forgotten; a 200 that crosses our CANCEL is acknowledged and ended by the stack.
    Hangup {
        /// Leg.
        leg: LegId,
        /// Status for an unanswered incoming call.
        code: Option<u16>,
        /// Further headers (Reason).
        extra: Vec<(String, String)>,
    },
    /// re-INVITE with this offer; empty: the peer makes one. When it meets one of the peer's (491) it is tried again after the
    /// wait of RFC 3261 section 14.1.
    Offer {
        /// Leg.
        leg: LegId,
        /// Our offer.
        sdp: Vec<u8>,
    },
    /// UPDATE with this offer (RFC 3311): as [`Cmd::Offer`], and before the answer too, once both sides have agreed reliably.
    Update {
        /// Leg.
        leg: LegId,
        /// Our offer.
        sdp: Vec<u8>,
    },
    /// 200 to [`Event::Offer`]; the answer to an offer that came in a response.
    Accept {
        /// Leg.
        leg: LegId,
        /// Our answer (or offer).
        sdp: Option<Vec<u8>>,
    },
    /// Refuse [`Event::Offer`]; the session goes on as it was.
    Reject {
        /// Leg.
        leg: LegId,
        /// Status: 488, 491.
        code: u16,
    },
    /// Credentials for challenges inside a call that came in. Without an agreed realm they are for nobody.
    Prove {
        /// Leg.
        leg: LegId,
        /// Ours towards the carrier.
        auth: ClientAuth,
    },
    /// INFO inside a session.
    Info {
        /// Leg.
        leg: LegId,
        /// Content-Type.
        content_type: String,
        /// Body.
        body: Vec<u8>,
    },
    /// REFER inside a session; the answers come as [`Event::Referred`].
    Refer {
        /// Leg.
        leg: LegId,
        /// Refer-To: `<sip:bob@host>`.
        refer_to: String,
    },
    /// How the transfer that the peer asked for goes: a NOTIFY with this status. A final one ends the telling; a peer that asked
    /// for silence (RFC 4488) gets none.
    Notify {
        /// Leg.
        leg: LegId,
        /// Status of the new call.
        code: u16,
    },
    /// A request outside of a session: REGISTER to a carrier, OPTIONS to a gateway. A challenge is answered once with `auth`.
    Send {
        /// Its name from now on.
        request: RequestId,
        /// Method: `REGISTER`, `OPTIONS`.
        method: String,
        /// Where to.
        to: Route,
        /// From and To, without tag. For REGISTER both are the address of record.
        from: String,
        /// To.
        to_address: String,
        /// Call-ID to keep over refreshes, with the CSeq of this request; `None`: fresh.
        dialog: Option<(String, u32)>,
        /// Further headers (Contact, Expires).
        extra: Vec<(String, String)>,
        /// For a challenge.
        auth: Option<ClientAuth>,
    },
    /// NOTIFY outside of a session: news in the dialog of a SUBSCRIBE (RFC 6665), or such that nobody subscribed to.
    Tell {
        /// Its name from now on.
        request: RequestId,
        /// Where to.
        to: Route,
        /// From; with a tag inside a dialog, without one outside.
        from: String,
        /// To, likewise.
        to_address: String,
        /// Call-ID and CSeq inside a dialog; `None`: fresh.
        dialog: Option<(String, u32)>,
        /// Further headers (Event, Subscription-State).
        extra: Vec<(String, String)>,
        /// Content-Type and body.
        body: (String, Vec<u8>),
    },
    /// The final answer to [`Event::Request`] or [`Event::Refer`].
    Respond {
        /// Which.
        request: RequestId,
        /// Status.
        code: u16,
        /// Further headers.
        extra: Vec<(String, String)>,
    },
}

/// What the stack gives out; drain it with [`Stack::poll`](crate::Stack::poll) after every input.
#[derive(Debug)]
pub enum Output {
    /// Send these bytes.
    Send {
        /// Over this flow.
        flow: FlowId,
        /// One whole message.
        bytes: Arc<[u8]>,
    },
    /// Close this connection.
    Close {
        /// Which.
        flow: FlowId,
    },
    /// Tell the owner.
    Event(Event),
}
