//! Messages as a file that packet tools read: the libpcap format, each message in an IP and a UDP header that are made up from the
//! addresses it passed between. Source: draft-ietf-opsawg-pcap-04, RFC 791, RFC 8200, RFC 768.

use std::net::{IpAddr, SocketAddr};

use patchbay_kernel::Wall;

/// Microsecond times, little endian.
const MAGIC: u32 = 0xa1b2_c3d4;
/// Bytes begin with an IP header of either version.
const RAW_IP: u32 = 101;
/// No packet is longer: what an IP packet can say of itself.
const LONGEST: u32 = 65_535;
const UDP_HEADER: usize = 8;
const UDP: u8 = 17;

/// The head of a file.
pub fn head() -> Vec<u8> {
    let mut out = Vec::with_capacity(24);
    out.extend(MAGIC.to_le_bytes());
    out.extend(2u16.to_le_bytes());
    out.extend(4u16.to_le_bytes());
    // Time zone and accuracy are always zero.
    out.extend([0; 8]);
    out.extend(LONGEST.to_le_bytes());
    out.extend(RAW_IP.to_le_bytes());
    out
}

/// One message as a packet of the file. What was sent over TCP or TLS is shown in UDP too, since one message is one packet here. A
/// message that is longer than a packet can be is cut. Addresses of different families are both written as IPv6.
pub fn packet(at: Wall, from: SocketAddr, to: SocketAddr, message: &[u8]) -> Vec<u8> {
    let datagram = match (from.ip(), to.ip()) {
        (IpAddr::V4(source), IpAddr::V4(target)) => {
            let message = &message[..message.len().min(LONGEST as usize - 20 - UDP_HEADER)];
            let udp = udp(&source.octets(), &target.octets(), (from.port(), to.port()), message);
            let mut ip = Vec::with_capacity(20 + udp.len());
            ip.extend([0x45, 0]);
            ip.extend(short(20 + udp.len()));
            // No identification, not to be broken up, 64 hops.
            ip.extend([0, 0, 0x40, 0, 64, UDP, 0, 0]);
            ip.extend(source.octets());
            ip.extend(target.octets());
            let sum = checksum(&[&ip]).to_be_bytes();
            ip[10..12].copy_from_slice(&sum);
            ip.extend(udp);
            ip
        }
        (source, target) => {
            let message = &message[..message.len().min(LONGEST as usize - 40 - UDP_HEADER)];
            let (source, target) = (six(source), six(target));
            let udp = udp(&source, &target, (from.port(), to.port()), message);
            let mut ip = Vec::with_capacity(40 + udp.len());
            ip.extend([0x60, 0, 0, 0]);
            ip.extend(short(udp.len()));
            ip.extend([UDP, 64]);
            ip.extend(source);
            ip.extend(target);
            ip.extend(udp);
            ip
        }
    };
    let micros = u64::try_from(at.0).unwrap_or(0);
    let length = u32::try_from(datagram.len()).unwrap_or(LONGEST);
    let mut out = Vec::with_capacity(16 + datagram.len());
    out.extend(u32::try_from(micros / 1_000_000).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(u32::try_from(micros % 1_000_000).unwrap_or(0).to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(datagram);
    out
}

fn six(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

fn short(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}

fn udp(source: &[u8], target: &[u8], (from, to): (u16, u16), message: &[u8]) -> Vec<u8> {
    let length = short(UDP_HEADER + message.len());
    let mut out = Vec::with_capacity(UDP_HEADER + message.len());
    out.extend(from.to_be_bytes());
    out.extend(to.to_be_bytes());
    out.extend(length);
    out.extend([0, 0]);
    out.extend(message);
    // The pseudo header of either version sums up alike. A sum of zero would mean that there is none.
    let sum = match checksum(&[source, target, &[0, UDP], &length, &out]) {
        0 => u16::MAX,
        sum => sum,
    };
    out[6..8].copy_from_slice(&sum.to_be_bytes());
    out
}

/// RFC 1071. Every part but the last has an even number of bytes.
fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts
        .iter()
        .flat_map(|part| part.chunks(2))
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)])));
    let mut sum: u64 = words.map(u64::from).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &[u8] = b"INVITE sip:a@b SIP/2.0\r\nVia: x\r\n\r\n";

    #[test]
    fn the_head_is_the_one_of_the_format() {
        let head = head();
        assert_eq!(head.len(), 24);
        assert_eq!(head[..8], [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]);
        assert_eq!(head[20..], [101, 0, 0, 0]);
    }

    #[test]
    fn a_message_is_a_packet_between_its_addresses() {
        let (from, to) = ("192.0.2.7:5060".parse().unwrap(), "198.51.100.1:5080".parse().unwrap());
        let packet = packet(Wall(1_700_000_000_123_456), from, to, INVITE);
        let number = |at: usize| u32::from_le_bytes(packet[at..at + 4].try_into().unwrap());
        assert_eq!((number(0), number(4)), (1_700_000_000, 123_456));
        assert_eq!((number(8), number(12)), (28 + INVITE.len() as u32, 28 + INVITE.len() as u32));
        let ip = &packet[16..];
        assert_eq!((ip[0], ip[9], &ip[12..20]), (0x45, 17, &[192, 0, 2, 7, 198, 51, 100, 1][..]));
        assert_eq!(checksum(&[&ip[..20]]), 0, "a right header sums up to nothing");
        let (udp, length) = (&ip[20..], short(8 + INVITE.len()));
        assert_eq!((&udp[..4], &udp[4..6]), (&[0x13, 0xc4, 0x13, 0xd8][..], &length[..]));
        assert_eq!(&udp[8..], INVITE);
        assert_eq!(checksum(&[&ip[12..20], &[0, 17], &length, udp]), 0);
    }

    #[test]
    fn the_newer_protocol_and_a_mixture_are_written_too() {
        for (from, to) in [("[2001:db8::1]:5060", "[2001:db8::2]:5061"), ("192.0.2.7:5060", "[2001:db8::2]:5061")] {
            let packet = packet(Wall(1), from.parse().unwrap(), to.parse().unwrap(), &INVITE[..33]);
            let ip = &packet[16..];
            assert_eq!((ip[0], ip[6], ip.len()), (0x60, 17, 40 + 8 + 33));
            assert_eq!(checksum(&[&ip[8..40], &[0, 17], &ip[44..46], &ip[40..]]), 0);
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_every_length_is_right() {
        let (from, to) = ("192.0.2.7:5060".parse().unwrap(), "192.0.2.8:5060".parse().unwrap());
        let packet = packet(Wall(1), from, to, &vec![b'x'; 80_000]);
        assert_eq!(packet.len(), 16 + 65_535);
        assert_eq!(packet[18..20], [0xff, 0xff]);
    }
}
