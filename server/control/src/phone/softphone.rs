//! The telephone in the page.

use kernel::{DeviceId, SeatId, TenantId};
use patchbay_kernel as kernel;

/// What a softphone ticket is good for: one WebSocket flow that is trusted as this device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftphoneGrant {
    /// Company.
    pub tenant: TenantId,
    /// Seat.
    pub seat: SeatId,
    /// Browser device of the seat.
    pub device: DeviceId,
    /// Its SIP user name.
    pub username: String,
}
