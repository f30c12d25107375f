//! Asks the DNS. The resolver keeps answers for as long as their TTL says, those that say no included.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{NameServerConfig, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::{Name, RData, Record, RecordType},
};
use patchbay_kernel::{Entropy, Tick};

use crate::{
    health::Health,
    locate::{Naptr, Question, Records, Search, Srv, Target, Wanted},
};

/// One question is answered within this time.
const WITHIN: Duration = Duration::from_secs(2);
/// Names whose last targets are kept for the time when the DNS does not answer.
const MOST_KEPT: usize = 1_024;

/// Finds the targets of names.
pub(crate) struct Locator {
    resolver: OnceLock<Option<TokioResolver>>,
    last: Mutex<HashMap<Wanted, Vec<Target>>>,
    chance: Mutex<Box<dyn Entropy>>,
    /// Which of them answer.
    pub health: Health,
}

impl Locator {
    /// With the system's name servers, unless [`Self::use_server`] comes first.
    pub fn new(chance: Box<dyn Entropy>) -> Self {
        Self {
            resolver: OnceLock::new(),
            last: Mutex::default(),
            chance: Mutex::new(chance),
            health: Health::default(),
        }
    }

    /// Asks this name server and no other.
    pub fn use_server(&self, server: SocketAddr) {
        let mut config = NameServerConfig::udp_and_tcp(server.ip());
        config.connections.iter_mut().for_each(|connection| connection.port = server.port());
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![config]);
        let resolver = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).build();
        let _ = self.resolver.set(resolver.ok());
    }

    fn resolver(&self) -> Option<&TokioResolver> {
        let system = || match TokioResolver::builder_tokio().and_then(hickory_resolver::ResolverBuilder::build) {
            Ok(resolver) => Some(resolver),
            Err(why) => {
                tracing::warn!(error = %why, "The system's name servers cannot be read: only addresses can be called");
                None
            }
        };
        self.resolver.get_or_init(system).as_ref()
    }

    /// Where to send, best first; those that were silent lately last. A name that cannot be asked for now keeps its last targets.
    pub async fn locate(&self, wanted: &Wanted, now: Tick) -> Vec<Target> {
        let (mut search, mut failed) = (Search::new(wanted), false);
        while let Some(question) = search.question() {
            let records = self.ask(&question).await;
            failed |= records.is_none();
            let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
            search.answer(records.unwrap_or_else(|| question.nothing()), chance.as_mut());
        }
        let mut found = search.found();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if found.is_empty() && failed {
            found = last.get(wanted).cloned().unwrap_or_default();
        } else if last.len() < MOST_KEPT || last.contains_key(wanted) {
            last.insert(wanted.clone(), found.clone());
        }
        drop(last);
        for target in &found {
            self.health.watch(target.address);
        }
        found.sort_by_key(|target| self.health.is_avoided(target.address, now));
        found
    }

    /// `None`: the DNS did not answer.
    async fn ask(&self, question: &Question) -> Option<Records> {
        let resolver = self.resolver()?;
        let asked = async {
            let (name, kind) = match question {
                Question::Naptr(name) => (name, RecordType::NAPTR),
                Question::Srv(name) => (name, RecordType::SRV),
                Question::Addresses(host) => {
                    // The system's hosts file may know it.
                    let found = resolver.lookup_ip(host.as_str()).await?;
                    return Ok(Records::Addresses(found.iter().collect()));
                }
            };
            let mut name = Name::from_utf8(name)?;
            name.set_fqdn(true);
            let found = resolver.lookup(name, kind).await?;
            Ok(read(kind, found.answers()))
        };
        match tokio::time::timeout(WITHIN, asked).await {
            Ok(Ok(records)) => Some(records),
            Ok(Err(why)) => {
                let why: NetError = why;
                why.is_no_records_found().then(|| question.nothing())
            }
            Err(_) => None,
        }
    }
}

impl Question {
    fn nothing(&self) -> Records {
        match self {
            Self::Naptr(_) => Records::Naptr(Vec::new()),
            Self::Srv(_) => Records::Srv(Vec::new()),
            Self::Addresses(_) => Records::Addresses(Vec::new()),
        }
    }
}

fn read(kind: RecordType, answers: &[Record]) -> Records {
    let host = |name: &Name| name.to_ascii().trim_end_matches('.').to_owned();
    if kind == RecordType::SRV {
        let srv = |record: &Record| match &record.data {
            RData::SRV(srv) => {
                Some(Srv { priority: srv.priority, weight: srv.weight, port: srv.port, target: host(&srv.target) })
            }
            _ => None,
        };
        return Records::Srv(answers.iter().filter_map(srv).collect());
    }
    let naptr = |record: &Record| match &record.data {
        RData::NAPTR(naptr) => Some(Naptr {
            order: naptr.order,
            preference: naptr.preference,
            service: String::from_utf8_lossy(&naptr.services).into_owned(),
            replacement: host(&naptr.replacement),
        }),
        _ => None,
    };
    Records::Naptr(answers.iter().filter_map(naptr).collect())
}
