//! What things cost and who pays: the operator's price lists in versions, accounts of companies, calls turned into charges. A private
//! installation has none of it.

mod account_shapes;
pub mod accounts;
pub mod caps;
mod catalogue;
mod facts;
pub mod overview;
pub mod price_changes;
pub mod price_decks;
pub mod price_lists;
mod rater;
pub mod row;
mod shapes;
pub mod statements;
mod tariffs;
mod till;

pub use account_shapes::*;
pub(crate) use rater::work;
pub use rater::{again, rate_due};
pub use shapes::*;
pub use tariffs::{Tariff, Tariffs};
pub use till::{Refused, Spend, Till};

use crate::kit::{app::App, problem::Problem};

/// 404 where nothing is sold.
fn sold(app: &App) -> Result<(), Problem> {
    if app.settings.private { Err(Problem::not_found()) } else { Ok(()) }
}
