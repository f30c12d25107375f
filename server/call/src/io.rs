//! What a call is told and what it wants done: the whole of its surface.

use patchbay_kernel::{Blame, EndCause, time::Span};

use crate::{
    shape::{Branch, LegNo},
    timeline::{MomentKind, Quiet, Unreached},
};

/// What happened. Feed it with [`crate::Call::handle`], then drain [`crate::Call::poll`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The company's and the caller's own slots were granted.
    Admitted,
    /// They were not; the text names the limit.
    NotAdmitted {
        /// The limit.
        label: String,
        /// `Congested`, or `Internal` when the store failed.
        cause: EndCause,
    },
    /// The start of the call is on disk.
    StartRecorded,
    /// It could not be written: no ringing without a record.
    StartNotRecorded,
    /// Something about one leg.
    Leg(LegNo, LegInput),
    /// A called party that has the caller, or has not answered yet, wants these rung, stage by stage, so that somebody takes the
    /// caller. It comes to [`Effect::JoinCaller`] or [`Effect::AnswerCaller`] with one of them, or to [`Effect::SoughtInVain`].
    Seek {
        /// For whom.
        by: LegNo,
        /// Counted on from the stages that were there.
        stages: Vec<Vec<Branch>>,
        /// For how long.
        within: Span,
        /// The party leaves when somebody answers; else it has the caller back when that one leaves ([`Effect::Returned`]).
        for_good: bool,
    },
    /// Nobody is to be rung any more.
    StopSeeking,
    /// Someone with the right to do so ends the call.
    HangUp(EndCause),
    /// Time has come; see [`crate::Call::deadline`].
    Deadline,
}

/// What happened to one leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegInput {
    /// Its channel slot was granted.
    SlotGranted,
    /// It was not; the text names the limit.
    SlotRefused {
        /// The limit.
        label: String,
        /// `Congested`, or `Internal` when the store failed.
        cause: EndCause,
    },
    /// A provisional answer of a called leg; `audio` when it carries early audio.
    Progress {
        /// It came with a session description.
        audio: bool,
    },
    /// The called leg answered.
    Answered,
    /// The called leg refused or failed.
    Failed {
        /// Why.
        cause: EndCause,
        /// SIP status, when one decided.
        sip_status: Option<u16>,
    },
    /// The party hung up, or its dialog broke.
    Ended {
        /// `None` for an ordinary hang-up or cancel.
        cause: Option<EndCause>,
    },
    /// The party was transferred out of the call, or hung up after it had sent the other party elsewhere: it leaves, the other one
    /// stays and talks to somebody outside of this call.
    Away,
    /// Somebody takes this party's place, as [`crate::Call::may_be_replaced`] allows.
    Replaced,
    /// Its device is gone without having hung up: the page was left, or nothing comes from it any more. The place of a party that
    /// talks is kept for [`crate::regain::GRACE`]; any other party has ended.
    Lost {
        /// Milliseconds without audio until now.
        silent_ms: u64,
    },
    /// Its device is back, on a leg that has answered: that one takes the place.
    Regained,
    /// Somebody at this party parks the other one: it leaves, and whoever picks up has its place, until [`Self::Regained`].
    Parked {
        /// Where it is parked, as people say it.
        slot: u16,
    },
    /// The party put us on hold.
    Held,
    /// The party took us off hold.
    Resumed,
    /// Somebody at this party put the other one on hold by an order, without its device's doing. It lasts until an order ends it,
    /// whatever the device says of its own holds.
    PutOnHold,
    /// An order ends that.
    TakenOffHold,
    /// A digit from this party.
    Digit(char),
    /// Its first audio packet.
    FirstAudio,
    /// No audio from it for so long.
    Silent {
        /// Since the last packet, or since the call is up.
        for_ms: u64,
        /// What is known of the reason.
        why: Quiet,
    },
    /// Audio again.
    Audible,
    /// Our audio does not reach it.
    Unheard {
        /// Milliseconds.
        for_ms: u64,
        /// How it is known.
        why: Unreached,
    },
    /// Our audio reaches it again.
    HeardAgain,
}

/// What must be done now, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Take the company's and the caller's slots; answer with [`Input::Admitted`] or [`Input::NotAdmitted`].
    Admit,
    /// Write the start durably; answer with [`Input::StartRecorded`] or [`Input::StartNotRecorded`].
    RecordStart,
    /// Take the slot of this branch.
    TakeSlot {
        /// The new leg.
        leg: LegNo,
        /// Stage.
        stage: usize,
        /// Branch inside the stage.
        branch: usize,
    },
    /// Give that slot back: the leg failed before it talked.
    GiveSlotBack {
        /// The leg.
        leg: LegNo,
    },
    /// Dial this branch.
    Dial {
        /// The new leg.
        leg: LegNo,
        /// Stage.
        stage: usize,
        /// Branch inside the stage.
        branch: usize,
    },
    /// Tell the caller that it rings; with the early audio of `audio` when set, with our ringback when `ringback`.
    RingCaller {
        /// Whose early audio the caller hears.
        audio: Option<LegNo>,
        /// We make the ringback.
        ringback: bool,
    },
    /// This leg, dialled by us and answered, is the caller from now on: it goes by [`LegNo::CALLER`], with its slot.
    TakeCaller {
        /// Which.
        leg: LegNo,
    },
    /// Answer the caller, unless it was us who dialled it, and join it to this leg.
    AnswerCaller {
        /// The winner.
        leg: LegNo,
    },
    /// Join the caller, who has been answered, to this leg: it takes the place of the party for which it was rung.
    JoinCaller {
        /// The winner.
        leg: LegNo,
    },
    /// Nobody took the caller, and nobody rings any more: tell the party for which they were rung.
    SoughtInVain {
        /// What most tells why.
        cause: EndCause,
    },
    /// This leg, which talked with the caller, has left: the party for which it was rung has the caller back.
    Returned {
        /// Who left.
        leg: LegNo,
        /// Its device was lost and has not come back: it would have talked on.
        lost: bool,
    },
    /// Refuse the caller.
    RefuseCaller {
        /// Why.
        cause: EndCause,
        /// SIP status that the far side gave, when one decided.
        sip_status: Option<u16>,
        /// In words, when the cause alone says too little.
        detail: Option<String>,
    },
    /// End this leg, in whatever state SIP has it.
    HangUpLeg {
        /// Which, the caller too.
        leg: LegNo,
        /// For the Reason header.
        cause: EndCause,
    },
    /// End this leg and give its place, number and slot to the one who takes over.
    Replace {
        /// Whose place.
        leg: LegNo,
        /// For the Reason header.
        cause: EndCause,
    },
    /// Silence both directions: this party's device is gone, and its place is kept.
    Lose {
        /// Which.
        leg: LegNo,
    },
    /// End this party's session: it has parked the other one, who hears music.
    Park {
        /// Which.
        leg: LegNo,
    },
    /// It takes a while: music for the other party.
    Comfort {
        /// Who is away.
        leg: LegNo,
    },
    /// Ring the device of this party again, where it can be reached and is not being rung.
    Recall {
        /// Whose.
        leg: LegNo,
    },
    /// The party is back.
    Regain {
        /// Which.
        leg: LegNo,
        /// On another leg, which takes the old one's place, number and slot; else on the one that it had.
        anew: bool,
    },
    /// Silence both directions: this party holds.
    Hold {
        /// Who holds.
        leg: LegNo,
    },
    /// Audio flows again.
    Unhold {
        /// Who held.
        leg: LegNo,
    },
    /// Pass a digit to the other side (where it does not travel inside the audio stream).
    PassDigit {
        /// To whom.
        to: LegNo,
        /// Which.
        digit: char,
    },
    /// An entry for the timeline.
    Note {
        /// About which leg.
        leg: Option<LegNo>,
        /// What.
        kind: MomentKind,
    },
    /// The last effect: give back all slots, write the record, forget the call.
    Close {
        /// Why it ended.
        cause: EndCause,
        /// Whose doing.
        blame: Blame,
        /// SIP status that decided.
        sip_status: Option<u16>,
        /// In words.
        detail: Option<String>,
    },
}
