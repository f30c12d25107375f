//! Orders to the media engine whose failure changes nothing: the leg is gone, and its end is on the way.

use patchbay_kernel::{EndCause, LegId};
use patchbay_media::{MediaError, MediaLegKind, Play};
use patchbay_plane::SrtpMode;

use crate::exchange::Exchange;

/// Length of a digit that we make, milliseconds.
const DIGIT_MS: u32 = 160;

/// Why a call ends of which two descriptions do not agree.
pub(crate) const fn cause(why: &MediaError) -> EndCause {
    match why {
        MediaError::Srtp => EndCause::NoSecureMedia,
        _ => EndCause::NoCommonMedia,
    }
}

/// The same when the far end says so itself: who was offered nothing but encrypted audio declines that.
pub(crate) const fn declined(cause: EndCause, kind: MediaLegKind) -> EndCause {
    match (cause, kind) {
        (EndCause::NoCommonMedia, MediaLegKind::Rtp { srtp: SrtpMode::Required, .. }) => EndCause::NoSecureMedia,
        (cause, _) => cause,
    }
}

impl Exchange {
    pub(crate) async fn media_bridge(&self, one: LegId, other: LegId) {
        let _ = self.media.bridge(one, other).await;
    }

    pub(crate) async fn media_unbridge(&self, leg: LegId) {
        let _ = self.media.unbridge(leg).await;
    }

    pub(crate) async fn media_echo(&self, leg: LegId) {
        let _ = self.media.echo(leg).await;
    }

    pub(crate) async fn media_play(&self, leg: LegId, what: Play) {
        let _ = self.media.play(leg, what).await;
    }

    pub(crate) async fn media_stop_play(&self, leg: LegId) {
        let _ = self.media.stop_play(leg).await;
    }

    pub(crate) async fn media_send_digit(&self, leg: LegId, digit: char) {
        let _ = self.media.send_digit(leg, digit, DIGIT_MS).await;
    }
}
