//! Floor 5: simulated gateways and the people behind them.
//!
//! Boxes that look like the real ones from outside: a 16-port FXO box whose ports register with the platform, an E1 box known
//! by its address, a GSM box with SIM slots; with their capacity, their way of writing numbers, real SIP and real RTP. Behind
//! them live [`Persona`]s who answer, echo, speak, press keys, are busy or never pick up. For the demo, for tests and for
//! `patchbay simulate`. Never here: anything that a real installation needs.

pub mod audio;
pub mod config;
mod dialect;
mod gateway;
mod lab;
mod lines;
mod person;
pub mod persona;
mod place;
mod register;
mod simulator;

pub use config::{Account, ConfigError, GatewayConfig, Kind, SimulatorConfig};
pub use persona::{Outcome, Persona, Speech};
pub use simulator::Simulator;
