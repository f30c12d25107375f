//! Floor 2: what things cost.
//!
//! [`Deck`] knows the rate of a number on a day; [`rate`] turns the facts of a leg into charge lines; [`import`] reads decks from
//! files row by row and [`compare`] tells two versions apart. [`Ledger`] keeps the books; [`Wallet`] and [`Meter`] see to it that
//! running calls spend no more than there is, [`Guard`] that they spend no more than was allowed. [`subscription`] says what having
//! things costs and what a change would, [`Invoice`] puts it all together. Every amount is a whole number of micro-units and every
//! rounding is [`round::share`].
//! Never here: rows, clocks, sockets, a payment provider, floating point.

pub mod amount;
pub mod charge;
pub mod compare;
pub mod day;
pub mod deck;
pub mod guard;
pub mod import;
pub mod invoice;
pub mod ledger;
pub mod meter;
pub mod price_list;
pub mod quote;
pub mod rate;
pub mod round;
pub mod subscription;
pub mod wallet;
mod words;

pub use charge::{Allowance, AllowanceKey, ChargeLine, Discount, Facts, Rated, Terms, Unrated, Used, rate, rerate};
pub use day::{Day, Zone};
pub use deck::Deck;
pub use guard::Guard;
pub use invoice::Invoice;
pub use ledger::Ledger;
pub use meter::Meter;
pub use price_list::{PriceList, PriceLists};
pub use quote::Quote;
pub use rate::{Direction, Increment, Prefix, Rate};
pub use wallet::Wallet;
pub use words::NotAWord;
