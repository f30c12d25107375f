//! One call through each box, as each box wants to see it.
#![expect(clippy::unwrap_used, reason = "a test fails where its table is wrong")]

use patchbay_gateway::{
    Ask, Connection, Dial, Egress, PortFacts, Presentation, TrunkRules, Way, egress, profile, profiles,
};

fn port(connection: Connection) -> PortFacts {
    PortFacts {
        connection,
        ordinal: 2,
        account: None,
        gateway_account: Some("box".into()),
        rules: TrunkRules::default(),
    }
}

fn dialled(text: &str) -> Dial {
    text.parse().map_or_else(|_| Dial::Short(text.parse().unwrap()), Dial::Number)
}

struct Row {
    profile: &'static str,
    country: &'static str,
    connection: Connection,
    called: &'static str,
    name: Option<&'static str>,
    presentation: Presentation,
}

const ROW: Row = Row {
    profile: "falcon_e1",
    country: "US",
    connection: Connection::IpPeer,
    called: "+442079460018",
    name: None,
    presentation: Presentation::Shown,
};

fn write(row: &Row) -> Egress {
    let profile = profile(row.profile).unwrap();
    let mut port = port(row.connection);
    port.account = profile.account_per_port(row.connection).then(|| "line-2".into());
    let displayed = "+14155550142".parse().unwrap();
    let called = dialled(row.called);
    let ask = Ask {
        called: &called,
        displayed: Some(&displayed),
        name: row.name,
        presentation: row.presentation,
        domain: "us.example",
        country: row.country,
    };
    egress(profile, &port, &ask).unwrap()
}

/// `way request-user[;parameters] from`.
#[track_caller]
fn expect(row: Row, wanted: &str) {
    let out = write(&row);
    let way = match &out.way {
        Way::Account(account) => account.as_str(),
        Way::Address => "address",
    };
    assert_eq!(
        format!("{way} {}{} {}", out.request_user, out.user_parameters, out.from_user),
        wanted,
        "{}",
        row.profile
    );
}

#[test]
fn every_profile_writes_home_and_abroad_in_its_own_way() {
    use Connection::*;
    for (profile, country, connection, home, abroad) in [
        ("generic_analog", "US", RegistersWithUs, "line-2 14155550177 4155550142", "line-2 011442079460018 4155550142"),
        ("generic_analog", "US", IpPeer, "address 0214155550177 4155550142", "address 02011442079460018 4155550142"),
        (
            "generic_analog",
            "GB",
            IpPeer,
            "address 020014155550177 0014155550142",
            "address 0202079460018 0014155550142",
        ),
        ("kestrel_fxo", "US", RegistersWithUs, "line-2 14155550177 4155550142", "line-2 011442079460018 4155550142"),
        (
            "generic_e1",
            "US",
            IpPeer,
            "address 14155550177;tgrp=span2;trunk-context=us.example 14155550142",
            "address 442079460018;tgrp=span2;trunk-context=us.example 14155550142",
        ),
        (
            "generic_e1",
            "GB",
            RegistersWithUs,
            "box 14155550177;tgrp=span2;trunk-context=us.example 14155550142",
            "box 442079460018;tgrp=span2;trunk-context=us.example 14155550142",
        ),
        (
            "generic_t1",
            "US",
            IpPeer,
            "address 14155550177;tgrp=span2;trunk-context=us.example 4155550142",
            "address 011442079460018;tgrp=span2;trunk-context=us.example 4155550142",
        ),
        (
            "falcon_e1",
            "US",
            IpPeer,
            "address +14155550177;tgrp=span2;trunk-context=us.example +14155550142",
            "address +442079460018;tgrp=span2;trunk-context=us.example +14155550142",
        ),
        ("generic_wireless", "US", RegistersWithUs, "box +14155550177 +14155550142", "box +442079460018 +14155550142"),
        ("wren_gsm", "US", RegistersWithUs, "box 8020014155550177 +14155550142", "box 80200442079460018 +14155550142"),
        (
            "generic_sip_trunk",
            "US",
            WeRegister,
            "address +14155550177 +14155550142",
            "address +442079460018 +14155550142",
        ),
    ] {
        expect(Row { profile, country, connection, called: "+14155550177", ..ROW }, home);
        expect(Row { profile, country, connection, ..ROW }, abroad);
    }
}

#[test]
fn short_codes_go_out_as_dialled() {
    for (profile, connection, wanted) in [
        ("kestrel_fxo", Connection::RegistersWithUs, "line-2 911 4155550142"),
        ("wren_gsm", Connection::RegistersWithUs, "box 802911 +14155550142"),
        ("generic_sip_trunk", Connection::IpPeer, "address *21# +14155550142"),
    ] {
        let called = wanted.split(' ').nth(1).unwrap().trim_start_matches("802");
        expect(Row { profile, connection, called, ..ROW }, wanted);
    }
}

#[test]
fn names_and_identities_go_where_the_box_looks() {
    let out = write(&Row { name: Some("Ren\u{e9} \"R\" M\u{fc}ller"), ..ROW });
    assert_eq!(out.from_name.as_deref(), Some("Ren\u{e9} \"R\" M\u{fc}ller"));
    let identity = "\"Ren\u{e9} \\\"R\\\" M\u{fc}ller\" <sip:+14155550142@us.example;user=phone>";
    assert_eq!(out.headers, [("P-Asserted-Identity".to_owned(), identity.to_owned())]);
    let fxo = Row { profile: "kestrel_fxo", connection: Connection::RegistersWithUs, name: Some("Ren\u{e9}"), ..ROW };
    assert_eq!((write(&fxo).from_name.as_deref(), write(&fxo).headers.len()), (Some("Rene"), 0));
    let gsm = Row { profile: "generic_wireless", connection: Connection::RegistersWithUs, name: Some("Ann"), ..ROW };
    assert_eq!((write(&gsm).from_name, write(&gsm).headers), (None, vec![("X-Sim-Slot".to_owned(), "2".to_owned())]));
}

#[test]
fn a_private_call_shows_nobody_and_tells_the_carrier() {
    let out = write(&Row { presentation: Presentation::Withheld, name: Some("Ann"), ..ROW });
    assert_eq!((out.from_user.as_str(), out.from_host.as_deref()), ("anonymous", Some("anonymous.invalid")));
    assert_eq!(out.from_name.as_deref(), Some("Anonymous"));
    assert_eq!(out.headers[0].1, "<sip:+14155550142@us.example;user=phone>");
    assert_eq!(out.headers[1], ("Privacy".to_owned(), "id".to_owned()));
}

#[test]
fn an_account_that_is_missing_is_an_error_not_a_wrong_line() {
    let called = dialled("+442079460018");
    let ask = Ask {
        called: &called,
        displayed: None,
        name: None,
        presentation: Presentation::Shown,
        domain: "d",
        country: "US",
    };
    for profile in profiles().iter().filter(|profile| profile.connections.contains(&Connection::RegistersWithUs)) {
        let nobody = PortFacts { account: None, gateway_account: None, ..port(Connection::RegistersWithUs) };
        assert!(egress(profile, &nobody, &ask).is_err(), "{}", profile.key);
    }
}

#[test]
fn without_a_displayed_number_the_account_stands_in_from() {
    let called = dialled("+442079460018");
    let ask = Ask {
        called: &called,
        displayed: None,
        name: None,
        presentation: Presentation::Shown,
        domain: "d",
        country: "US",
    };
    let out = egress(profile("generic_sip_trunk").unwrap(), &port(Connection::WeRegister), &ask).unwrap();
    assert_eq!((out.from_user.as_str(), out.headers.len()), ("box", 0));
}
