//! Orders to the media engine. Each wait for an answer costs two changes of threads, so that only descriptions are waited for.
//!
//! Failure of the others changes nothing: the leg is gone, and its end is on the way. A leg's orders are obeyed in the order in
//! which they are given.

use patchbay_call::LegNo;
use patchbay_kernel::{EndCause, LegId};
use patchbay_media::{LegOpen, MediaError, MediaLegKind, MediaPolicy, Play, PlayId, PlayItem};
use patchbay_plane::{Codec, DtmfMode, SrtpMode};

use crate::{call_task::CallTask, exchange::Exchange};

/// Length of a digit that we make, milliseconds.
const DIGIT_MS: u32 = 160;

/// Why a call ends of which two descriptions do not agree.
pub(crate) const fn cause(why: &MediaError) -> EndCause {
    match why {
        MediaError::Srtp => EndCause::NoSecureMedia,
        _ => EndCause::NoCommonMedia,
    }
}

/// Why a call ends whose leg could not be opened with this description.
pub(crate) const fn unopened(why: &MediaError) -> EndCause {
    match why {
        MediaError::NoUdpPort | MediaError::Io(_) | MediaError::Stopped => EndCause::Overloaded,
        _ => cause(why),
    }
}

/// The same when the far end says so itself: who was offered nothing but encrypted audio declines that.
pub(crate) const fn declined(cause: EndCause, kind: MediaLegKind) -> EndCause {
    match (cause, kind) {
        (EndCause::NoCommonMedia, MediaLegKind::Rtp { srtp: SrtpMode::Required, .. }) => EndCause::NoSecureMedia,
        (cause, _) => cause,
    }
}

/// Puts a codec first that is in use already: what both sides speak needs no transcoding, and a change without need changes nothing.
pub(crate) fn prefer(codecs: &mut Vec<Codec>, first: Codec) {
    codecs.retain(|codec| *codec != first);
    codecs.insert(0, first);
}

impl CallTask {
    /// Our offer for this side; opens its leg when it is not yet.
    pub(crate) async fn media_offer(&mut self, no: LegNo, policy: &MediaPolicy) -> Result<String, MediaError> {
        match self.opening(no) {
            Ok(open) => self.exchange.media.leg_open_offer(open, policy).await,
            Err(leg) => self.exchange.media.leg_offer(leg.ok_or(MediaError::NoLeg)?, policy).await,
        }
    }

    /// Our answer to this side's offer; opens its leg when it is not yet.
    pub(crate) async fn media_answer(
        &mut self,
        no: LegNo,
        offer: &str,
        policy: &MediaPolicy,
    ) -> Result<String, MediaError> {
        match self.opening(no) {
            Ok(open) => self.exchange.media.leg_open_answer(open, offer, policy).await,
            Err(leg) => self.exchange.media.leg_answer(leg.ok_or(MediaError::NoLeg)?, offer, policy).await,
        }
    }

    /// What opens the side's leg; the leg itself when it is open.
    fn opening(&mut self, no: LegNo) -> Result<LegOpen, Option<LegId>> {
        let near = self.sides.iter().find(|side| side.media_open).map(|side| side.leg).or(self.near);
        let call = self.plan.call;
        let Some(side) = self.side(no) else { return Err(None) };
        if side.media_open {
            return Err(Some(side.leg));
        }
        side.media_open = true;
        let (leg, kind) = (side.leg, side.kind.with_tones(side.dtmf == DtmfMode::Inband));
        self.exchange.live.own_leg(leg, &self.door);
        Ok(LegOpen { leg, call, kind, near })
    }

    /// Closes the media of a side; its last figures are waited for at the end of the call.
    pub(crate) fn close_media(&mut self, no: LegNo) {
        let Some(side) = self.side(no).filter(|side| side.media_open) else { return };
        side.media_open = false;
        let leg = side.leg;
        let closing = self.exchange.media.leg_close(leg);
        self.exchange.live.disown_leg(leg);
        self.closing.push((leg, closing));
    }

    /// Keeps the last figures of all legs that were closed.
    pub(crate) async fn closed_media(&mut self) {
        for (leg, closing) in std::mem::take(&mut self.closing) {
            let closed = closing.await.ok();
            let codec = closed.as_ref().and_then(|closed| closed.codec);
            self.book.figures(leg, codec.map(|codec| format!("{codec:?}").to_uppercase()), closed.map(|it| it.figures));
        }
    }
}

impl Exchange {
    /// Returns when the order is given; only legs of two workers are waited for.
    pub(crate) async fn media_bridge(&self, one: LegId, other: LegId) {
        let _ = self.media.bridging(one, other).await;
    }

    pub(crate) fn media_unbridge(&self, leg: LegId) {
        drop(self.media.unbridge(leg));
    }

    pub(crate) fn media_echo(&self, leg: LegId) {
        drop(self.media.echo(leg));
    }

    pub(crate) fn media_play(&self, leg: LegId, what: Play) {
        drop(self.media.play(leg, what));
    }

    pub(crate) fn media_stop_play(&self, leg: LegId) {
        drop(self.media.stop_play(leg));
    }

    /// Failure leaves everybody in silence, which is told as such.
    pub(crate) async fn media_mix(&self, legs: &[LegId]) {
        if let Err(why) = self.media.mix(legs).await {
            tracing::warn!(error = %why, "A conference could not be made");
        }
    }

    pub(crate) fn media_hold_music(&self, leg: LegId) {
        let music = PlayItem::forever(PlayId(0), crate::music::on_hold());
        drop(self.media.play_clips(leg, vec![music]));
    }

    pub(crate) fn media_send_digit(&self, leg: LegId, digit: char) {
        drop(self.media.send_digit(leg, digit, DIGIT_MS));
    }
}
