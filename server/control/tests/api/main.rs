//! The API as strangers, agents, owners and operators meet it, each case on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[macro_use]
mod rig;
mod agents;
mod announcing;
mod audit;
mod callbacks;
mod calls;
mod console;
mod doors;
mod events;
mod fakes;
mod flows;
mod keys;
mod live;
mod mail;
mod money;
mod once;
mod organisation;
mod overheard;
mod own_gateways;
mod people;
mod prices;
mod private;
mod prompts;
mod provider;
mod queues;
mod recordings;
mod roles;
mod scale;
mod seat_tokens;
mod seats;
mod sessions;
mod sign_on;
mod surveys;
mod till;
mod two_companies;
mod views;
mod voicemails;
mod walk;
mod wallboard;
mod ways_in;
mod webhooks;
#[cfg(debug_assertions)]
mod whole_company;
mod without_filters;
