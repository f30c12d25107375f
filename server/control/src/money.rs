//! What things cost and who pays: the operator's price lists in versions. A private installation has none of it.

mod catalogue;
pub mod price_changes;
pub mod price_decks;
pub mod price_lists;
mod shapes;

pub use shapes::*;

use crate::kit::{app::App, problem::Problem};

/// 404 where nothing is sold.
fn sold(app: &App) -> Result<(), Problem> {
    if app.settings.private { Err(Problem::not_found()) } else { Ok(()) }
}
