//! Which addresses a name stands for, in which order to try them (RFC 3263 section 4, RFC 2782). Pure: it asks questions, somebody
//! else asks the DNS.

use std::{
    collections::VecDeque,
    net::{IpAddr, SocketAddr},
};

use patchbay_kernel::Entropy;
use patchbay_sip::Net;

/// More targets and more questions than this no honest name needs.
const MOST: usize = 32;

/// Where to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Over this transport.
    pub net: Net,
    /// To this address and port.
    pub address: SocketAddr,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Host name, or an address; IPv6 with or without brackets.
    pub host: String,
    /// Port, when one is written: then no SRV record is asked for.
    pub port: Option<u16>,
    /// Transport, when one is written: then no NAPTR record is asked for.
    pub net: Option<Net>,
}

/// What to ask the DNS. Names have no dot at their end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    Naptr(String),
    Srv(String),
    /// A and AAAA.
    Addresses(String),
}

/// One NAPTR record, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Naptr {
    pub order: u16,
    pub preference: u16,
    pub service: String,
    pub replacement: String,
}

/// One SRV record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Srv {
    pub priority: u16,
    pub weight: u16,
    pub port: u16,
    pub target: String,
}

/// What the DNS said; empty where there is no such record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Records {
    Naptr(Vec<Naptr>),
    Srv(Vec<Srv>),
    Addresses(Vec<IpAddr>),
}

#[derive(Clone, Debug)]
enum Step {
    Naptr,
    Srv(String, Net),
    Addresses(String, u16, Net),
}

/// A search under way: ask [`Self::question`], tell [`Self::answer`], until there is no question.
#[derive(Debug)]
pub(crate) struct Search {
    host: String,
    wanted: Wanted,
    steps: VecDeque<Step>,
    asked: usize,
    fell_back: bool,
    found: Vec<Target>,
}

impl Search {
    /// Begins.
    pub fn new(wanted: &Wanted) -> Self {
        let host = wanted.host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
        let mut search = Self {
            wanted: wanted.clone(),
            steps: VecDeque::new(),
            asked: 0,
            fell_back: false,
            found: Vec::new(),
            host,
        };
        let net = wanted.net.unwrap_or(Net::Udp);
        if let Ok(address) = search.host.parse::<IpAddr>() {
            let port = wanted.port.unwrap_or(usual(net));
            search.found.push(Target { net, address: SocketAddr::new(address, port) });
            return search;
        }
        let step = match (wanted.port, wanted.net) {
            (Some(port), _) => Step::Addresses(search.host.clone(), port, net),
            (None, Some(net)) => service(&search.host, net).map_or(Step::Naptr, |name| Step::Srv(name, net)),
            (None, None) => Step::Naptr,
        };
        search.steps.push_back(step);
        search
    }

    /// The next question; `None`: [`Self::found`] is complete.
    pub fn question(&mut self) -> Option<Question> {
        if self.steps.is_empty() && self.found.is_empty() && !self.fell_back && self.wanted.port.is_none() {
            // Neither NAPTR nor SRV: the name itself (RFC 3263 section 4.2, last paragraph but one).
            self.fell_back = true;
            let net = self.wanted.net.unwrap_or(Net::Udp);
            self.steps.push_back(Step::Addresses(self.host.clone(), usual(net), net));
        }
        if self.asked >= MOST || self.found.len() >= MOST {
            return None;
        }
        Some(match self.steps.front()? {
            Step::Naptr => Question::Naptr(self.host.clone()),
            Step::Srv(name, _) => Question::Srv(name.clone()),
            Step::Addresses(host, ..) => Question::Addresses(host.clone()),
        })
    }

    /// The answer to the last question.
    pub fn answer(&mut self, records: Records, chance: &mut dyn Entropy) {
        self.asked += 1;
        match (self.steps.pop_front(), records) {
            (Some(Step::Naptr), Records::Naptr(records)) => self.services(records),
            (Some(Step::Srv(_, net)), Records::Srv(records)) => {
                for srv in in_order(records, chance).into_iter().rev() {
                    self.steps.push_front(Step::Addresses(srv.target, srv.port, net));
                }
            }
            (Some(Step::Addresses(_, port, net)), Records::Addresses(addresses)) => {
                for address in addresses {
                    let target = Target { net, address: SocketAddr::new(address, port) };
                    if self.found.len() < MOST && !self.found.contains(&target) {
                        self.found.push(target);
                    }
                }
            }
            _ => {}
        }
    }

    /// RFC 3263 section 4.1. Without NAPTR, each transport's SRV record is asked for.
    fn services(&mut self, mut records: Vec<Naptr>) {
        records.sort_by_key(|naptr| (naptr.order, naptr.preference));
        for naptr in &records {
            let net = match naptr.service.to_ascii_uppercase().as_str() {
                "SIP+D2U" => Net::Udp,
                "SIP+D2T" => Net::Tcp,
                "SIPS+D2T" => Net::Tls,
                _ => continue,
            };
            self.steps.push_back(Step::Srv(naptr.replacement.clone(), net));
        }
        if self.steps.is_empty() {
            let services = [Net::Udp, Net::Tcp].into_iter();
            self.steps.extend(services.filter_map(|net| Some(Step::Srv(service(&self.host, net)?, net))));
        }
    }

    /// Targets, best first.
    pub fn found(self) -> Vec<Target> {
        self.found
    }
}

/// The name of a transport's SRV record.
fn service(host: &str, net: Net) -> Option<String> {
    match net {
        Net::Udp => Some(format!("_sip._udp.{host}")),
        Net::Tcp => Some(format!("_sip._tcp.{host}")),
        Net::Tls => Some(format!("_sips._tcp.{host}")),
        Net::Ws => None,
    }
}

/// The port of a transport where none is written (RFC 3261 section 19.1.2).
const fn usual(net: Net) -> u16 {
    match net {
        Net::Tls => 5061,
        Net::Udp | Net::Tcp | Net::Ws => 5060,
    }
}

/// RFC 2782: by priority, and by chance within one, the heavier ones more often first.
fn in_order(mut records: Vec<Srv>, chance: &mut dyn Entropy) -> Vec<Srv> {
    // A lone root as target: decidedly no such service.
    records.retain(|srv| !srv.target.is_empty() && srv.target != ".");
    records.truncate(MOST);
    // Those of weight 0 stand first, so that they are chosen rarely but not never.
    records.sort_by_key(|srv| (srv.priority, srv.weight != 0));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.first().map(|srv| srv.priority) {
        let same = records.iter().take_while(|srv| srv.priority == priority).count();
        let total: u64 = records[..same].iter().map(|srv| u64::from(srv.weight)).sum();
        let drawn = chance.below(total + 1);
        let mut sum = 0;
        let at = records[..same].iter().position(|srv| {
            sum += u64::from(srv.weight);
            sum >= drawn
        });
        ordered.push(records.remove(at.unwrap_or_default()));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use patchbay_kernel::SeededEntropy;

    use super::*;

    /// A DNS of a few records.
    fn dns(question: &Question) -> Records {
        let srv = |priority, weight, port, target: &str| Srv { priority, weight, port, target: target.into() };
        let naptr = |order, preference, service: &str, replacement: &str| Naptr {
            order,
            preference,
            service: service.into(),
            replacement: replacement.into(),
        };
        match question {
            Question::Naptr(name) => Records::Naptr(match name.as_str() {
                "carrier.example" => vec![
                    naptr(90, 50, "SIP+D2T", "_sip._tcp.carrier.example"),
                    naptr(50, 50, "SIPS+D2T", "_sips._tcp.carrier.example"),
                    naptr(50, 60, "E2U+email", "nothing.example"),
                ],
                _ => Vec::new(),
            }),
            Question::Srv(name) => Records::Srv(match name.as_str() {
                "_sips._tcp.carrier.example" => vec![srv(1, 0, 5061, "a.example")],
                "_sip._tcp.carrier.example" => vec![srv(2, 0, 5070, "b.example"), srv(1, 0, 5060, "a.example")],
                "_sip._udp.plain.example" => vec![srv(1, 10, 5080, "b.example")],
                "_sip._udp.closed.example" => vec![srv(0, 0, 0, ".")],
                _ => Vec::new(),
            }),
            Question::Addresses(host) => Records::Addresses(match host.as_str() {
                "a.example" => vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
                "b.example" => vec!["192.0.2.2".parse().unwrap()],
                "alone.example" | "closed.example" => vec!["192.0.2.3".parse().unwrap()],
                _ => Vec::new(),
            }),
        }
    }

    fn locate(host: &str, port: Option<u16>, net: Option<Net>) -> Vec<String> {
        let mut search = Search::new(&Wanted { host: host.into(), port, net });
        let mut chance = SeededEntropy::new(1);
        while let Some(question) = search.question() {
            search.answer(dns(&question), &mut chance);
        }
        search.found().iter().map(|it| format!("{} {}", it.net.parameter(), it.address)).collect()
    }

    #[test]
    fn naptr_names_the_transport_and_srv_the_hosts() {
        assert_eq!(
            locate("Carrier.Example.", None, None),
            [
                "tls 192.0.2.1:5061",
                "tls [2001:db8::1]:5061",
                "tcp 192.0.2.1:5060",
                "tcp [2001:db8::1]:5060",
                "tcp 192.0.2.2:5070"
            ]
        );
    }

    #[test]
    fn each_thing_that_is_written_spares_a_question() {
        assert_eq!(locate("192.0.2.9", None, None), ["udp 192.0.2.9:5060"]);
        assert_eq!(locate("[2001:db8::9]", None, Some(Net::Tls)), ["tls [2001:db8::9]:5061"]);
        assert_eq!(locate("b.example", Some(5099), Some(Net::Tcp)), ["tcp 192.0.2.2:5099"]);
        assert_eq!(locate("carrier.example", None, Some(Net::Tcp)).len(), 3);
        assert_eq!(locate("plain.example", None, None), ["udp 192.0.2.2:5080"]);
    }

    #[test]
    fn without_records_the_name_itself_is_meant() {
        assert_eq!(locate("alone.example", None, None), ["udp 192.0.2.3:5060"]);
        assert_eq!(locate("alone.example", None, Some(Net::Tls)), ["tls 192.0.2.3:5061"]);
        assert_eq!(locate("nowhere.example", None, None), Vec::<String>::new());
    }

    #[test]
    fn weights_are_shares_of_the_first_place() {
        let record = |weight, target: &str| Srv { priority: 1, weight, port: 1, target: target.into() };
        let mut chance = SeededEntropy::new(7);
        let mut first = [0_u32; 3];
        for _ in 0..10_000 {
            let ordered = in_order(vec![record(60, "0"), record(40, "1"), record(0, "2")], &mut chance);
            assert_eq!(ordered.len(), 3);
            first[ordered[0].target.parse::<usize>().unwrap()] += 1;
        }
        assert!((5_600..6_300).contains(&first[0]) && (3_600..4_300).contains(&first[1]), "{first:?}");
        assert!((1..400).contains(&first[2]), "{first:?}");
    }

    #[test]
    fn a_name_that_answers_without_end_has_an_end() {
        let mut search = Search::new(&Wanted { host: "evil.example".into(), port: None, net: None });
        let (mut chance, mut questions) = (SeededEntropy::new(1), 0);
        while let Some(question) = search.question() {
            questions += 1;
            let many = 0..1_000_u16;
            search.answer(
                match question {
                    Question::Naptr(_) => Records::Naptr(
                        many.map(|n| Naptr {
                            order: n,
                            preference: 0,
                            service: "SIP+D2U".into(),
                            replacement: format!("{n}.evil.example"),
                        })
                        .collect(),
                    ),
                    Question::Srv(_) => Records::Srv(
                        many.map(|n| Srv { priority: n, weight: 0, port: n, target: format!("{n}.evil.example") })
                            .collect(),
                    ),
                    Question::Addresses(_) => Records::Addresses(Vec::new()),
                },
                &mut chance,
            );
        }
        assert!(questions <= MOST && search.found().is_empty());
    }
}
