//! The audit log over HTTP: a company reads its own, an operator the platform's. Writing it is nobody's duty here: transactions do
//! (`patchbay_tenancy::audit`).

pub mod company;
pub mod export;
pub mod platform;
pub mod view;
