//! People: signing up, in and out, sessions, addresses, one's own affairs.

pub mod cookie;
pub mod email_check;
pub mod family;
pub mod grant;
pub mod me;
pub mod page;
pub mod session;
pub mod shapes;
pub mod sign_up;
