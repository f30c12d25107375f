//! Orders of the platform to the people.

use patchbay_plane::{Lab, LabBox, Later, PlaneError};

use crate::{
    config::{Account, Kind},
    gateway::lock,
    place,
    simulator::Simulator,
};

/// Area and exchange of the people's own numbers; the last two digits are their suffix.
const HOME: &str = "+120255501";

impl Lab for Simulator {
    fn ring<'a>(&'a self, number: &'a str, persona: &'a str) -> Later<'a, Result<(), PlaneError>> {
        Box::pin(async move {
            let no = |why: String| PlaneError(why);
            let persona = self.people().named(persona).ok_or_else(|| no(format!("nobody is called {persona}")))?;
            let found = self.gateways().into_iter().find_map(|gateway| Some((gateway.line_of(number)?, gateway)));
            let (line, gateway) = found.ok_or_else(|| no(format!("no simulated line has the number {number}")))?;
            let caller = format!("{HOME}{}", persona.suffixes.first().map_or("43", String::as_str));
            let placing = gateway.config.placing(line, number, (&caller, &persona.shown()), &gateway.domain);
            let placing = placing.ok_or_else(|| no(format!("no simulated line has the number {number}")))?;
            place::place(gateway, placing, persona.clone()).await.map_err(no)
        })
    }

    fn personas(&self) -> Vec<(String, String)> {
        self.people().all().iter().map(|persona| (persona.key.clone(), persona.does.clone())).collect()
    }

    fn echo_number(&self) -> String {
        self.echo().to_owned()
    }

    fn rack(&self, racked: LabBox) -> Later<'_, Result<(), PlaneError>> {
        Box::pin(async move {
            let nowhere = String::new;
            let mut accounts = racked.accounts.into_iter();
            let kind = match (racked.slots, accounts.len()) {
                (Some(slots), 1..) => {
                    let (username, password) = accounts.next().ok_or_else(|| PlaneError("no account".into()))?;
                    Kind::Wireless { username, password, numbers: vec![nowhere(); slots] }
                }
                _ => {
                    let line = |(username, password)| Account { username, password, number: nowhere() };
                    Kind::Analog { lines: accounts.map(line).collect() }
                }
            };
            Simulator::rack(self, &racked.key, kind, &racked.label).await.map_err(|why| PlaneError(why.to_string()))
        })
    }

    fn unrack(&self, key: &str) {
        Simulator::unrack(self, key);
    }

    fn move_in(&self, key: &str, place: usize, number: &str) {
        if let Some(gateway) = self.named(key) {
            gateway.move_in(number, place);
        }
    }

    fn keys_in(&self, number: &str, keys: &str) {
        lock(self.keyed()).insert(number.to_owned(), keys.to_owned());
    }
}
