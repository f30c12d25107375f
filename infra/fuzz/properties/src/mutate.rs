//! Mutants without libFuzzer: what CI tries for some seconds on any toolchain.

use patchbay_kernel::{Entropy, SeededEntropy};

/// Pieces that have broken parsers before.
const PIECES: [&[u8]; 24] = [
    b"\r\n",
    b"\n",
    b"\n\r\n",
    b"\r\n\r\n",
    b"\r\n ",
    b";",
    b",",
    b"<",
    b">",
    b"\"",
    b"\\\"",
    b"%",
    b"%+1",
    b"@",
    b":",
    b"+5",
    b"=",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\0\x25\0\0",
    b"\0\x08\0\x14",
    b"\x81\xfe\xff\xff",
    b"\x80\xc9\0\x01",
];

/// Longest mutant.
const LONGEST: usize = 8_192;

/// One of the seeds, bent one to six times; the same for the same chance.
pub fn mutant(seeds: &[Vec<u8>], chance: &mut SeededEntropy) -> Vec<u8> {
    let pick = |chance: &mut SeededEntropy, bound: usize| chance.below(bound as u64) as usize;
    let mut bytes = seeds.get(pick(chance, seeds.len())).cloned().unwrap_or_default();
    for _ in 0..=pick(chance, 6) {
        let at = pick(chance, bytes.len() + 1);
        match pick(chance, 7) {
            0 if at < bytes.len() => bytes[at] = chance.next_u64() as u8,
            1 if at < bytes.len() => bytes[at] ^= 1 << pick(chance, 8),
            2 => bytes.truncate(at),
            3 => {
                let end = (at + pick(chance, 40)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let end = (at + pick(chance, 200)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = pick(chance, bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            5 => {
                let other = seeds.get(pick(chance, seeds.len())).map(Vec::as_slice).unwrap_or_default();
                bytes.truncate(at);
                bytes.extend(&other[pick(chance, other.len() + 1)..]);
            }
            _ => {
                let piece = PIECES[pick(chance, PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
    bytes.truncate(LONGEST);
    bytes
}
