//! Single sign-on with OpenID Connect: a company names the provider that says who its people are.
//!
//! What a provider says is believed for that company alone. An account is one for all companies of a person, and whoever runs a
//! provider can say any address: so a session that a provider opened never leaves its company, shows nothing of others and makes
//! nobody a member who has an account elsewhere. The second factor is the provider's affair there. Owners keep their password as a
//! way back. Only owners set it up, because it lets somebody come in as any of them.

pub mod arrival;
pub mod attempt;
pub mod callback;
pub mod provider;
pub mod settings;
pub mod start;
