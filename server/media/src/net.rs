//! Sockets and the wait for them: what the workers ask of the system.

use std::{
    array,
    io::{self, IoSlice},
    net::{IpAddr, SocketAddr, UdpSocket},
    os::fd::{AsFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::AcqRel},
    },
    time::Duration,
};

use rustix::{
    event::{EventfdFlags, Timespec, epoll, eventfd},
    net::{
        MMsgHdr, RecvFlags, SendAncillaryBuffer, SendFlags, SocketAddrAny, addr::SocketAddrArg, recvfrom, sendmmsg,
        sendto, sockopt,
    },
    thread::{CpuSet, sched_setaffinity},
};

/// A non-blocking UDP socket; UDP port 0 lets the system choose.
pub fn udp(ip: IpAddr, udp_port: u16, receive_buffer: usize) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(SocketAddr::new(ip, udp_port))?;
    socket.set_nonblocking(true)?;
    // The system may grant less; that is no reason to refuse calls.
    let _ = sockopt::set_socket_recv_buffer_size(&socket, receive_buffer);
    // Never cut into fragments (RFC 8085 section 3.2), which also spares the system a hash for each packet's identification.
    let _ = match ip {
        IpAddr::V4(_) => sockopt::set_ip_mtu_discover(&socket, sockopt::Ipv4PathMtuDiscovery::PROBE),
        IpAddr::V6(_) => sockopt::set_ipv6_mtu_discover(&socket, sockopt::Ipv6PathMtuDiscovery::PROBE),
    };
    Ok(socket)
}

/// Reads one datagram into `packet`, up to its capacity. `None`: nothing is there, or it has no sender that we can name.
pub fn receive(socket: &UdpSocket, packet: &mut Vec<u8>) -> Option<SocketAddr> {
    packet.clear();
    let (_, _, from) = recvfrom(socket, rustix::buffer::spare_capacity(packet), RecvFlags::empty()).ok()?;
    SocketAddr::try_from(from?).ok()
}

/// Sends one datagram; `false`: the system did not take it.
pub fn send(socket: &UdpSocket, packet: &[u8], to: SocketAddr) -> bool {
    sendto(socket, packet, SendFlags::empty(), &to).is_ok()
}

/// Most datagrams that [`send_together`] takes.
pub const TOGETHER: usize = 32;

/// Sends up to [`TOGETHER`] datagrams from one socket by one call; bit n: the system took number n.
pub fn send_together<'a>(socket: &UdpSocket, packets: impl Iterator<Item = (&'a [u8], SocketAddr)> + Clone) -> u32 {
    let count = packets.clone().take(TOGETHER).count();
    if count <= 1 {
        return packets.fold(0, |_, (packet, to)| u32::from(send(socket, packet, to)));
    }
    let (mut sizes, mut targets) = (packets.clone(), packets);
    let slices: [IoSlice<'_>; TOGETHER] = array::from_fn(|_| IoSlice::new(sizes.next().map_or(&[], |it| it.0)));
    let nowhere = SocketAddr::from(([0; 4], 0));
    let targets: [SocketAddrAny; TOGETHER] = array::from_fn(|_| targets.next().map_or(nowhere, |(_, to)| to).as_any());
    let mut nothing: [SendAncillaryBuffer<'_, '_, '_>; TOGETHER] = array::from_fn(|_| SendAncillaryBuffer::default());
    let mut places = slices.iter().zip(&targets);
    let mut messages = nothing.each_mut().map(|nothing| {
        let (slice, target) = places.next().unwrap_or((&slices[0], &targets[0]));
        MMsgHdr::new_with_addr(target, std::slice::from_ref(slice), nothing)
    });
    let (mut done, mut taken) = (0, 0);
    while done < count {
        // A call ends at the first datagram that the system refuses; that one is lost, as on a full wire.
        let sent = sendmmsg(socket, &mut messages[done..count], SendFlags::empty()).unwrap_or(0);
        for at in done..done + sent {
            taken |= 1 << at;
        }
        done += sent.max(1);
    }
    taken
}

/// The set of sockets that a worker waits for, and the bell that other threads ring.
pub struct Poll {
    epoll: OwnedFd,
    bell: Bell,
}

/// Room for what one wait reports; stays on the thread that waits.
pub struct Found(Vec<epoll::Event>);

impl Found {
    /// Empty.
    pub fn new() -> Self {
        Self(Vec::with_capacity(BATCH))
    }
    /// Tokens of what can be read.
    pub fn tokens(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().map(|event| {
            let data = event.data;
            data.u64()
        })
    }
}

/// Most sockets reported by one wait.
const BATCH: usize = 256;

impl Poll {
    /// An empty set whose bell reports `bell_token`.
    pub fn new(bell_token: u64) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let wakes = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let poll = Self { epoll, bell: Bell { wakes, rings: Arc::default() } };
        poll.add(&*poll.bell.wakes, bell_token)?;
        Ok(poll)
    }
    /// The bell, for other threads.
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }
    /// Reports `token` when `socket` can be read.
    pub fn add(&self, socket: impl AsFd, token: u64) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, socket, epoll::EventData::new_u64(token), epoll::EventFlags::IN)?)
    }
    /// No longer waits for `socket`.
    pub fn remove(&self, socket: impl AsFd) {
        let _ = epoll::delete(&self.epoll, socket);
    }
    /// Waits for at most `patience` (`None`: for ever); an interrupted wait finds nothing.
    pub fn wait(&self, patience: Option<Duration>, found: &mut Found) -> io::Result<()> {
        found.0.clear();
        let patience = patience.map(|p| Timespec { tv_sec: p.as_secs() as i64, tv_nsec: i64::from(p.subsec_nanos()) });
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut found.0), patience.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
    /// Silences the bell. What was brought before is there to be taken afterwards; what comes later rings again.
    pub fn hush(&self) {
        let _ = rustix::io::read(&*self.bell.wakes, &mut [0u8; 8]);
        self.bell.rings.swap(false, AcqRel);
    }
}

/// Wakes a worker.
#[derive(Clone)]
pub struct Bell {
    wakes: Arc<OwnedFd>,
    /// Rung and not heard yet: a second ring would be a system call for nothing.
    rings: Arc<AtomicBool>,
}

impl Bell {
    /// Wakes it.
    pub fn ring(&self) {
        if !self.rings.swap(true, AcqRel) {
            let _ = rustix::io::write(&*self.wakes, &1u64.to_ne_bytes());
        }
    }
}

/// Binds the calling thread to one processor; where the system refuses, it stays where it is.
pub fn pin(processor: usize) {
    let mut set = CpuSet::new();
    set.set(processor);
    let _ = sched_setaffinity(None, &set);
}
