//! The profiles that come with the platform.

use std::sync::LazyLock;

use crate::profile::Profile;

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("profiles/", $name, ".toml")))),*] };
}

/// One line per file of `profiles/`, in the order in which they are offered.
const FILES: &[(&str, &str)] = files!(
    "generic_analog",
    "generic_e1",
    "generic_t1",
    "generic_wireless",
    "generic_sip_trunk",
    "kestrel_fxo",
    "falcon_e1",
    "wren_gsm",
);

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|(name, text)| Profile::parse(text).unwrap_or_else(|error| panic!("profiles/{name}.toml: {error}")))
        .collect()
});

/// All of them.
pub fn profiles() -> &'static [Profile] {
    &PROFILES
}

/// The one with this key.
pub fn profile(key: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_profile_with_its_own_key() {
        let keys: Vec<_> = profiles().iter().map(|profile| profile.key.as_str()).collect();
        let names: Vec<_> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(keys, names);
    }

    #[test]
    fn a_profile_survives_its_toml() {
        for profile in profiles() {
            let text = toml::to_string(profile).unwrap();
            assert_eq!(Profile::parse(&text).as_ref(), Ok(profile));
        }
    }
}
