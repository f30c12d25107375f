//! One RTP end in software: says something, hears something, and measures it. Used by the people here and by test phones.

mod ear;
mod mouth;
mod task;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use patchbay_codec::CodecId;
use patchbay_kernel::{Clock, Entropy};
use patchbay_sdp::{Agreed, Author, LocalMedia, Policy, Refused, Security};
use tokio::{net::UdpSocket, sync::mpsc};

pub use ear::Heard;
pub use mouth::Saying;

use ear::Ear;
use task::Order;

/// Tries to find two UDP ports side by side.
const TRIES: u32 = 100;

/// The end. Its task ends when this is dropped.
#[derive(Debug)]
pub struct Talk {
    local: LocalMedia,
    policy: Policy,
    offered: Option<String>,
    agreed: Option<Agreed>,
    orders: mpsc::UnboundedSender<Order>,
    ear: Arc<Mutex<Ear>>,
}

impl Talk {
    /// Opens two UDP ports at `bind` (RTP even, RTCP above it) and starts listening. Nothing is sent before a description was
    /// agreed.
    ///
    /// # Errors
    /// When no pair of UDP ports is free.
    pub async fn open(
        bind: IpAddr,
        codecs: Vec<CodecId>,
        clock: Arc<dyn Clock>,
        chance: &mut dyn Entropy,
    ) -> std::io::Result<Self> {
        let (rtp, rtcp) = pair(bind).await?;
        let here = rtp.local_addr()?;
        let ssrc = chance.next_u64() as u32;
        let local = LocalMedia {
            address: here.ip(),
            udp_port: here.port(),
            rtcp_udp_port: Some(rtcp.local_addr()?.port()),
            security: Security::Plain,
            ssrc,
            cname: format!("sim-{ssrc:08x}"),
            author: Author::new(chance.next_u64()),
        };
        let ear = Arc::new(Mutex::new(Ear::default()));
        let (orders, inbox) = mpsc::unbounded_channel();
        let first = (chance.next_u64() as u16, chance.next_u64() as u32, ssrc);
        tokio::spawn(task::run((rtp, rtcp), first, clock, inbox, ear.clone()));
        Ok(Self { local, policy: Policy::new(codecs), offered: None, agreed: None, orders, ear })
    }

    /// Our offer; holding when `hold`.
    pub fn offer(&mut self, hold: bool) -> String {
        let direction = if hold { patchbay_sdp::Direction::SendOnly } else { patchbay_sdp::Direction::SendRecv };
        let policy = Policy { direction, ..self.policy.clone() };
        let text = patchbay_sdp::offer(&mut self.local, &policy);
        self.offered = Some(text.clone());
        text
    }

    /// Our answer, in force at once.
    ///
    /// # Errors
    /// When the two sides share nothing.
    pub fn answer(&mut self, offer: &[u8]) -> Result<String, Refused> {
        let (text, agreed) = patchbay_sdp::answer(&String::from_utf8_lossy(offer), &mut self.local, &self.policy)?;
        self.agree(agreed);
        Ok(text)
    }

    /// The answer to our offer, in force at once.
    ///
    /// # Errors
    /// When it declines.
    pub fn accept(&mut self, answer: &[u8]) -> Result<(), Refused> {
        let offered = self.offered.clone().ok_or(Refused::NoAudio)?;
        let agreed = patchbay_sdp::accept(&offered, &String::from_utf8_lossy(answer), &self.local, &self.policy)?;
        self.agree(agreed);
        Ok(())
    }

    /// What is agreed now.
    pub const fn agreed(&self) -> Option<&Agreed> {
        self.agreed.as_ref()
    }

    /// Says this from now on.
    pub fn say(&self, saying: Saying) {
        let _ = self.orders.send(Order::Say(saying));
    }

    /// Presses these keys one after the other, 100 ms each, as telephone events; as tones where those are not agreed.
    pub fn press(&self, keys: &str) {
        let _ = self.orders.send(Order::Press(keys.to_owned()));
    }

    /// What was heard in the last second, at this frequency.
    pub fn heard(&self, hz: u16) -> Heard {
        self.ear.lock().unwrap_or_else(PoisonError::into_inner).heard(hz)
    }

    /// Keys that were pressed at the other side so far.
    pub fn keys(&self) -> String {
        self.ear.lock().unwrap_or_else(PoisonError::into_inner).keys.clone()
    }

    /// Forgets what was heard: figures begin anew.
    pub fn listen_anew(&self) {
        self.ear.lock().unwrap_or_else(PoisonError::into_inner).forget();
    }

    /// Where audio is expected.
    pub const fn here(&self) -> SocketAddr {
        SocketAddr::new(self.local.address, self.local.udp_port)
    }

    fn agree(&mut self, agreed: Agreed) {
        let _ = self.orders.send(Order::Agree(Box::new(agreed.clone())));
        self.agreed = Some(agreed);
    }
}

async fn pair(bind: IpAddr) -> std::io::Result<(UdpSocket, UdpSocket)> {
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrInUse);
    for _ in 0..TRIES {
        let rtp = UdpSocket::bind((bind, 0)).await?;
        let number = rtp.local_addr()?.port();
        if !number.is_multiple_of(2) || number == u16::MAX {
            continue;
        }
        match UdpSocket::bind((bind, number + 1)).await {
            Ok(rtcp) => return Ok((rtp, rtcp)),
            Err(why) => last = why,
        }
    }
    Err(last)
}
