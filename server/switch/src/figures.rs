//! What the switch holds now, for metrics and for the hunt after leaks: every figure is back where it was when calls are over.

use crate::exchange::Exchange;

/// What the switch holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Calls that are up or being set up.
    pub calls: usize,
    /// SIP legs of them.
    pub sip_legs: usize,
    /// User names of devices with a live contact.
    pub devices: usize,
    /// Accounts of gateways with a live contact.
    pub gateway_accounts: usize,
    /// WebSockets whose ticket was taken and that speak for a device.
    pub browsers: usize,
    /// Requests outside of calls that wait for their answer.
    pub requests: usize,
    /// Records that the control plane has not taken yet.
    pub unkept_records: usize,
}

impl Exchange {
    /// What the switch holds now.
    pub fn figures(&self) -> Figures {
        let (devices, gateway_accounts) = self.registrar.registered();
        let (browsers, requests) = self.waiting();
        Figures {
            calls: self.live.count(),
            sip_legs: self.sip_legs(),
            devices,
            gateway_accounts,
            browsers,
            requests,
            unkept_records: self.unkept_records(),
        }
    }
}
