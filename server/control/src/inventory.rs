//! What the platform has and rents out: sites, gateways, gateway ports, lines and numbers.
//!
//! Operators enter it and see who uses it; companies claim numbers and rent gateway ports out of it. Rules are pure where they
//! can be (`block`, `gateway_new`, `check`), transitions run in one transaction, and races are decided by the database.

pub mod account;
pub mod block;
pub mod caller_rules;
pub mod capture;
pub mod check;
pub mod demo;
pub mod gateway_new;
pub mod gateway_port_routes;
pub mod gateway_ports;
pub mod gateway_routes;
pub mod gateways;
pub mod import_rows;
pub mod imports;
pub mod number_check_routes;
pub mod number_checks;
pub mod number_holds;
pub mod number_story;
pub mod numbers;
pub mod overview;
pub mod own_demo;
pub mod own_gateway_routes;
pub mod own_gateways;
pub mod own_sites;
pub mod port_rules;
pub mod reason;
pub mod released;
pub mod rentals;
pub mod shapes;
pub mod shop;
pub mod sims;
pub mod sites;
pub mod stock;
pub mod stock_routes;
pub mod view;
pub mod words;

#[cfg(test)]
mod rig;
#[cfg(test)]
mod tests;
