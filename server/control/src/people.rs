//! Who belongs to a company, who is asked to, and how far it has come with setting up.

pub mod company;
pub mod departments;
pub mod invitation_token;
pub mod invitations;
pub mod leaving;
pub mod lost_factor;
pub mod member_exit;
pub mod member_view;
pub mod members;
pub mod onboarding;
pub mod organisation_row;
pub mod roles;
pub mod row;
pub mod teams;
pub mod tree;
