//! Many browser tabs on one UDP port, each with a tone of its own both ways: `tabs HTTP_PORT`. The browser test drives it.
//!
//! `POST /offer/N/HZ` with a description answers it and plays HZ to that leg; `GET /heard/N/HZ` tells which share of what the leg
//! sent lately is HZ; `GET /udp` lists the UDP ports of the descriptions. Ends with its input.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    time::{Instant, UNIX_EPOCH},
};

use patchbay_kernel::{CallId, Clock, LegId, SeededEntropy, Tick, Wall};
use patchbay_media::{Engine, EngineConfig, LegOpen, MediaLegKind, MediaPolicy, Play};
use patchbay_plane::Codec;

type Failure = Box<dyn std::error::Error>;

struct Real(Instant);

impl Clock for Real {
    fn tick(&self) -> Tick {
        Tick(self.0.elapsed().as_micros() as u64)
    }
    fn wall(&self) -> Wall {
        Wall(UNIX_EPOCH.elapsed().unwrap_or_default().as_micros() as i64)
    }
}

struct Tabs {
    engine: Engine,
    runtime: tokio::runtime::Runtime,
    chance: SeededEntropy,
    legs: HashMap<String, LegId>,
}

impl Tabs {
    fn offer(&mut self, tab: &str, hz: u16, offer: &str) -> Result<String, Failure> {
        let leg = LegId::new(Wall::from_unix_ms(1), &mut self.chance);
        let call = CallId::new(Wall::from_unix_ms(1), &mut self.chance);
        self.legs.insert(tab.to_owned(), leg);
        let open = LegOpen { leg, call, kind: MediaLegKind::Browser, near: None };
        let engine = &self.engine;
        self.runtime.block_on(async {
            engine.leg_open(open).await?;
            let answer = engine.leg_answer(leg, offer, &MediaPolicy::new(vec![Codec::Pcmu])).await?;
            engine.play(leg, Play::Tone { hz }).await?;
            Ok(answer)
        })
    }

    fn heard(&self, tab: &str, hz: u16) -> f32 {
        let Some(leg) = self.legs.get(tab) else { return 0.0 };
        self.runtime.block_on(self.engine.hear(*leg, hz)).map_or(0.0, |heard| heard.share)
    }

    fn serve(&mut self, stream: TcpStream) -> Result<(), Failure> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let (mut first, mut length) = (String::new(), 0);
        reader.read_line(&mut first)?;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let path: Vec<&str> = first.split(' ').nth(1).unwrap_or_default().split('/').skip(1).collect();
        let said = match *path {
            ["offer", tab, hz] => self.offer(tab, hz.parse()?, &String::from_utf8(body)?)?,
            ["heard", tab, hz] => self.heard(tab, hz.parse()?).to_string(),
            ["udp"] => format!("{:?}", self.engine.browser_udp_ports()),
            _ => "<!doctype html><title>tab</title>".to_owned(),
        };
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
        write!(&stream, "{head}Content-Length: {}\r\n\r\n{said}", said.len())?;
        Ok(())
    }
}

fn main() -> Result<(), Failure> {
    let http: u16 = std::env::args().nth(1).ok_or("tabs HTTP_PORT")?.parse()?;
    let config = EngineConfig {
        bind: [127, 0, 0, 1].into(),
        advertised: [127, 0, 0, 1].into(),
        browser_udp_port: 0,
        rtp_first: 0,
        rtp_last: 0,
        workers: 1,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (engine, _news) = Engine::start(config, Arc::new(Real(Instant::now())), [5; 32])?;
    let mut tabs = Tabs { engine, runtime, chance: SeededEntropy::new(1), legs: HashMap::new() };
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], http)))?;
    std::thread::spawn(|| {
        // The test that started us has ended.
        drop(std::io::stdin().read_to_end(&mut Vec::new()));
        std::process::exit(0);
    });
    // Whoever started us waits for this line.
    writeln!(std::io::stdout(), "ready")?;
    for stream in listener.incoming() {
        if let Err(why) = tabs.serve(stream?) {
            eprintln!("{why}");
        }
    }
    Ok(())
}
