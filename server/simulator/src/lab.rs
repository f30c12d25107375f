//! Orders of the platform to the people.

use patchbay_plane::{Lab, Later, PlaneError};

use crate::{place, simulator::Simulator};

/// Area and exchange of the people's own numbers; the last two digits are their suffix.
const HOME: &str = "+120255501";

impl Lab for Simulator {
    fn ring<'a>(&'a self, number: &'a str, persona: &'a str) -> Later<'a, Result<(), PlaneError>> {
        Box::pin(async move {
            let no = |why: String| PlaneError(why);
            let persona = self.people().named(persona).ok_or_else(|| no(format!("nobody is called {persona}")))?;
            let gateway = self.gateways().iter().find(|gateway| gateway.config.owns(number));
            let gateway = gateway.ok_or_else(|| no(format!("no simulated line has the number {number}")))?;
            let caller = format!("{HOME}{}", persona.suffixes.first().map_or("43", String::as_str));
            let placing = gateway.config.placing(number, &caller, &persona.shown(), &gateway.domain);
            let placing = placing.ok_or_else(|| no(format!("no simulated line has the number {number}")))?;
            place::place(gateway.clone(), placing, persona.clone()).await.map_err(no)
        })
    }

    fn personas(&self) -> Vec<(String, String)> {
        self.people().all().iter().map(|persona| (persona.key.clone(), persona.does.clone())).collect()
    }

    fn echo_number(&self) -> String {
        self.echo().to_owned()
    }
}
