//! People: signing up, in and out, sessions, addresses, one's own affairs.

pub mod cookie;
pub mod email_check;
pub mod family;
pub mod first;
pub mod grant;
pub mod me;
pub mod my_second_factor;
pub mod page;
pub mod password_reset;
pub mod second_factor;
pub mod session;
pub mod sessions;
pub mod shapes;
pub mod sign_on;
pub mod sign_up;
pub mod totp;
