//! Floor 3: the only contract between the control plane and the media plane.
//!
//! Plain values and a handful of traits. `control` implements [`Directory`] and [`Sink`] (it answers "what is to be done with
//! this call?" and keeps the records); `switch` implements [`Switch`] (it obeys). Neither ever sees the other; `node` joins
//! them. A tenant is known here only as an opaque id stamped on a plan.

pub mod capacity;
pub mod directory;
pub mod event;
pub mod flow;
pub mod lab;
pub mod ladder;
pub mod queue;
pub mod record;
pub mod recording;
pub mod route;
pub mod switch;

pub use capacity::{Capacity, CapacityError, LimitHit, Resource};
pub use directory::{Credential, Directory, GatewayPeer, HeldRegistration, Principal, RegistrationState};
pub use event::{CallEvent, CallEventKind, ContactState, GatewayState, Sink};
pub use flow::{CallBackPromise, FlowRecord, FlowTarget, RingAsk, Samples, SurveyAnswer};
pub use lab::{Lab, LabBox};
pub use ladder::{CaptureAsk, CaptureState, Figure, Ladder, LadderLeg, LadderMessage, Observer};
pub use patchbay_acd as acd;
pub use patchbay_call::{Moment, MomentKind, Quiet, Unreached};
pub use queue::{
    AgentLine, AgentNews, CallbackDue, CallbackStep, FloorDevice, QueueBoard, QueueFloor, QueueLine, QueueNews,
    QueueSheet, QueueVisit, WaitingLine,
};
pub use record::{CallRecord, CallStarted, Direction, Figures, LegKind, LegRecord, LegRole};
pub use recording::{
    Channel, Keep, KeepAsk, Keeper, Kept, MessageAsk, RecordOrder, RecordingEnd, RecordingFault, RecordingOut, Waiting,
};
pub use route::{
    Codec, Destination, DeviceKind, DeviceTarget, DtmfMode, EarlyMedia, InviteFacts, Party, Placed, Refusal, RouteAsk,
    RoutePlan, Service, Source, SrtpMode, Stage, Target, TrunkTarget,
};
pub use switch::{
    CallOrder, First, Hearer, KeyedCode, LiveCall, LiveState, Nearness, Neighbour, OrderAsk, ParkedCall, PlaceAsk,
    Signal, Speaker, Switch, TestCallAsk, TestStep, TestVerdict, TestVerdictKind, Unobeyed,
};

/// A boxed future: what makes an asynchronous trait usable behind `dyn` without a runtime.
pub type Later<'a, T> = std::pin::Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;

/// A fault of the other plane: storage or network, in words for the log, never for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlaneError(pub String);
