//! An INVITE of each box, in the spellings that boxes use, and what it is understood as.
#![expect(clippy::unwrap_used, reason = "a test fails where its table is wrong")]

use patchbay_gateway::{Called, Caller, Facts, Ingress, PortHint, ingress, name, profile};

/// An INVITE as a table row: Request-URI user with parameters, From, name of From as bytes, other headers.
struct Row {
    profile: &'static str,
    country: &'static str,
    request: &'static str,
    from: &'static str,
    name: &'static [u8],
    headers: &'static [(&'static str, &'static str)],
}

const ROW: Row = Row {
    profile: "falcon_e1",
    country: "US",
    request: "sip:+14155550142@us",
    from: "sip:+442079460018@gw",
    name: b"",
    headers: &[],
};

fn read(row: &Row) -> Ingress {
    let headers: Vec<_> = row.headers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let from_name = name::decode(row.name);
    let facts = Facts {
        request_uri: row.request,
        to_uri: "sip:+14155550199@us",
        from_uri: row.from,
        from_name: (!from_name.is_empty()).then_some(from_name.as_str()),
        headers: &headers,
    };
    ingress(profile(row.profile).unwrap(), &facts, row.country)
}

/// `called caller name port` in one line.
fn told(row: &Row) -> String {
    let seen = read(row);
    let called = match seen.called {
        Some(Called::Number(number)) => number.to_string(),
        Some(Called::Dialled(text)) => format!("dialled:{text}"),
        Some(Called::Line) => "line".into(),
        None => "nothing".into(),
    };
    let port = match seen.port_hint {
        Some(PortHint::Ordinal(place)) => format!("#{place}"),
        Some(PortHint::Group(group)) => format!("group:{group}"),
        None => "-".into(),
    };
    format!("{called} {} {} {port}", seen.caller.text(), seen.caller_name.as_deref().unwrap_or("-"))
}

#[track_caller]
fn expect(row: Row, wanted: &str) {
    assert_eq!(told(&row), wanted);
}

#[test]
fn an_e1_box_names_number_caller_and_span() {
    expect(ROW, "+14155550142 +442079460018 - -");
    expect(
        Row { headers: &[("contact", "<sip:x;tgrp=span2;trunk-context=box@gw>")], ..ROW },
        "+14155550142 +442079460018 - #2",
    );
    expect(
        Row { headers: &[("contact", "<sip:x;tgrp=west;trunk-context=box@gw>")], ..ROW },
        "+14155550142 +442079460018 - group:west",
    );
    expect(
        Row { headers: &[("p-asserted-identity", "\"Ren\u{e9}\" <sip:+4930123456@gw>")], name: b"Switchboard", ..ROW },
        "+14155550142 +4930123456 Ren\u{e9} -",
    );
    expect(Row { profile: "generic_e1", request: "sip:4155550142@us", ..ROW }, "+14155550142 +442079460018 - -");
    expect(Row { profile: "generic_e1", request: "sip:14155550142@us", ..ROW }, "+14155550142 +442079460018 - -");
    expect(
        Row { profile: "generic_t1", request: "sip:4155550142@us", from: "sip:2125550100@gw", ..ROW },
        "+14155550142 +12125550100 - -",
    );
}

#[test]
fn the_country_of_the_site_completes_national_numbers() {
    for (country, request, from, wanted) in [
        ("GB", "sip:02079460018@us", "sip:07700900123@gw", "+442079460018 +447700900123 - -"),
        ("GB", "sip:442079460018@us", "sip:0014155550132@gw", "+442079460018 +14155550132 - -"),
        ("DE", "sip:030123456@us", "sip:00442079460018@gw", "+4930123456 +442079460018 - -"),
        ("CN", "sip:01062345678@us", "sip:13800138000@gw", "+861062345678 +8613800138000 - -"),
        ("IT", "sip:0612345678@us", "sip:+393401234567@gw", "+390612345678 +393401234567 - -"),
        ("US", "sip:4155550142@us", "sip:011442079460018@gw", "+14155550142 +442079460018 - -"),
    ] {
        expect(Row { profile: "generic_e1", country, request, from, ..ROW }, wanted);
    }
}

#[test]
fn an_analog_line_stands_for_its_number() {
    let fxo = Row { profile: "kestrel_fxo", request: "sip:hotline@us", from: "sip:4155550177@box", ..ROW };
    expect(Row { name: b"Ren\xe9 M\xfcller", ..fxo }, "line +14155550177 Ren\u{e9} M\u{fc}ller -");
    let fxo = Row { profile: "kestrel_fxo", request: "sip:hotline@us", from: "sip:kestrel-line-7@box", ..ROW };
    expect(Row { name: b"MULLER RENE", ..fxo }, "line anonymous MULLER RENE -");
    let peer = Row { profile: "generic_analog", request: "sip:07100@us", from: "sip:4155550177@box", ..ROW };
    expect(Row { name: b"4155550177", ..peer }, "line +14155550177 - #7");
}

#[test]
fn a_gsm_box_names_its_slot() {
    let wren = Row { profile: "wren_gsm", request: "sip:80216465550102@us", ..ROW };
    expect(wren, "+16465550102 +442079460018 - #2");
    expect(Row { profile: "wren_gsm", request: "sip:gsm@us", ..ROW }, "line +442079460018 - -");
    expect(
        Row { profile: "generic_wireless", request: "sip:gsm@us", headers: &[("x-sim-slot", "3")], ..ROW },
        "line +442079460018 - #3",
    );
    expect(
        Row {
            profile: "generic_wireless",
            request: "sip:gsm@us",
            headers: &[("p-called-party-id", "<sip:+16465550103@box>")],
            ..ROW
        },
        "+16465550103 +442079460018 - -",
    );
}

#[test]
fn a_trunk_that_we_register_with_says_the_number_elsewhere() {
    let trunk = Row { profile: "generic_sip_trunk", request: "sip:our-account@us:5060", ..ROW };
    expect(trunk, "+14155550199 +442079460018 - -");
    let row = Row { profile: "generic_sip_trunk", request: "sip:our-account@us", ..ROW };
    expect(Row { headers: &[("p-called-party-id", "<tel:+1-415-555-0143>")], ..row }, "+14155550143 +442079460018 - -");
    let row = Row { profile: "generic_sip_trunk", from: "sip:account@carrier", ..ROW };
    expect(
        Row { headers: &[("remote-party-id", "\"Ann\" <sip:+442079460018@c>;party=calling;privacy=off")], ..row },
        "+14155550142 +442079460018 Ann -",
    );
}

#[test]
fn whoever_hides_is_anonymous() {
    let hidden: &[Row] = &[
        Row { from: "sip:anonymous@anonymous.invalid", name: b"Anonymous", ..ROW },
        Row { from: "sip:Restricted@gw", ..ROW },
        Row {
            headers: &[("privacy", "id;critical"), ("p-asserted-identity", "<sip:+442079460018@gw>")],
            name: b"Ann",
            ..ROW
        },
        Row {
            profile: "generic_sip_trunk",
            headers: &[("remote-party-id", "<sip:+442079460018@c>;party=calling;privacy=full")],
            ..ROW
        },
        Row { profile: "kestrel_fxo", from: "sip:unknown@box", name: b"Unavailable", ..ROW },
    ];
    for row in hidden {
        let seen = read(row);
        assert_eq!((seen.caller, seen.caller_name), (Caller::Anonymous, None), "{}", row.from);
    }
    expect(Row { headers: &[("privacy", "none")], ..ROW }, "+14155550142 +442079460018 - -");
}

#[test]
fn short_and_broken_numbers_are_not_taken_for_public_ones() {
    expect(Row { request: "sip:100@us", from: "sip:101@gw", ..ROW }, "dialled:100 101 - -");
    expect(Row { request: "sip:box@us", from: "nonsense", ..ROW }, "nothing anonymous - -");
    expect(Row { request: "", from: "", ..ROW }, "nothing anonymous - -");
}
