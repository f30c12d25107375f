//! Recorded sound that parties are played: prompts, announcements, music on hold. Decoded once, shared by all that hear it.

use std::{collections::VecDeque, fmt, sync::Arc};

use patchbay_codec::{FRAME, RATE};

use crate::api::MediaEventKind;

/// Over so many samples a beginning, an end and a cut are faded, so that none of them clicks: 4 ms.
const EDGE: usize = RATE as usize / 250;
/// Bounds of the gain, dB: below it nothing is heard, above it everything is clipped.
const GAIN_DB: (f32, f32) = (-60.0, 12.0);

/// Mono samples at 8 kHz. Cloning shares them.
#[derive(Clone, PartialEq, Eq)]
pub struct Clip(Arc<[i16]>);

impl Clip {
    /// These samples.
    pub fn new(samples: impl Into<Arc<[i16]>>) -> Self {
        Self(samples.into())
    }
    /// So much silence, for a pause between two others.
    pub fn silence(ms: u32) -> Self {
        Self::new(vec![0; samples_of(ms)])
    }
    /// Its length in milliseconds.
    pub fn ms(&self) -> u32 {
        ms_of(self.0.len())
    }
    /// The samples.
    pub fn samples(&self) -> &[i16] {
        &self.0
    }
}

impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clip({} ms)", self.ms())
    }
}

/// Names one item of a party's queue in the news about it; chosen by who plays it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlayId(pub u64);

/// How often an item is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// So many times; 0 counts as once.
    Times(u32),
    /// Until it is stopped or something else is played: music on hold.
    Forever,
}

/// One thing to play.
#[derive(Clone, Debug)]
pub struct PlayItem {
    /// Its name in the news.
    pub id: PlayId,
    /// What is heard.
    pub clip: Clip,
    /// How often.
    pub repeat: Repeat,
    /// Louder or quieter, dB; held within -60 and 12.
    pub gain_db: f32,
    /// Where in the clip it begins, milliseconds: music goes on where it was left. Beyond the end: at the beginning.
    pub from_ms: u32,
}

impl PlayItem {
    /// Once, from the beginning, as loud as it is.
    pub const fn once(id: PlayId, clip: Clip) -> Self {
        Self { id, clip, repeat: Repeat::Times(1), gain_db: 0.0, from_ms: 0 }
    }
    /// Over and over.
    pub const fn forever(id: PlayId, clip: Clip) -> Self {
        Self { id, clip, repeat: Repeat::Forever, gain_db: 0.0, from_ms: 0 }
    }
}

/// Why an item is no longer heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayEnd {
    /// It was heard to its end.
    Finished,
    /// Somebody stopped it, played something else, or joined the leg to another one.
    Stopped,
}

/// An item that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Which.
    pub item: PlayId,
    /// Why.
    pub why: PlayEnd,
    /// Where in the clip, milliseconds.
    pub at_ms: u32,
}

impl From<Ended> for MediaEventKind {
    fn from(ended: Ended) -> Self {
        Self::PlayEnded { item: ended.item, why: ended.why, at_ms: ended.at_ms }
    }
}

#[derive(Clone, Debug)]
struct Item {
    id: PlayId,
    clip: Clip,
    /// Rounds to go after this one; `None`: no end to them.
    more: Option<u32>,
    gain: f32,
    at: usize,
}

impl Item {
    fn new(item: PlayItem) -> Self {
        let from = samples_of(item.from_ms);
        Self {
            id: item.id,
            more: match item.repeat {
                Repeat::Times(times) => Some(times.saturating_sub(1)),
                Repeat::Forever => None,
            },
            gain: 10f32.powf(item.gain_db.clamp(GAIN_DB.0, GAIN_DB.1) / 20.0),
            at: if from < item.clip.0.len() { from } else { 0 },
            clip: item.clip,
        }
    }

    fn rounds_to_go(&self) -> bool {
        self.more != Some(0) && !self.clip.0.is_empty()
    }

    const fn ended(&self, why: PlayEnd) -> Ended {
        Ended { item: self.id, why, at_ms: ms_of(self.at) }
    }
}

/// What one party is to hear, one after the other without a gap.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    items: VecDeque<Item>,
    /// Samples since the beginning, as far as the beginning is faded.
    risen: usize,
}

impl Queue {
    /// Puts these behind what waits already.
    pub fn push(&mut self, items: Vec<PlayItem>) {
        self.items.extend(items.into_iter().map(Item::new));
    }

    /// Whether nothing is left to be heard.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Fills the whole slice with what comes next, silence after the last; what ended on the way is put into `ended`.
    pub fn fill(&mut self, samples: &mut [i16], ended: &mut Vec<Ended>) {
        let mut filled = 0;
        loop {
            let alone = self.items.len() == 1;
            let Some(item) = self.items.front_mut() else { break };
            let left = item.clip.0.len() - item.at;
            let piece = left.min(samples.len() - filled);
            let last = alone && !item.rounds_to_go();
            for (offset, sample) in samples[filled..filled + piece].iter_mut().enumerate() {
                let rising = edge(self.risen);
                self.risen = (self.risen + 1).min(EDGE);
                let falling = if last { edge(left - offset - 1) } else { 1.0 };
                *sample = scaled(item.clip.0[item.at + offset], item.gain * rising * falling);
            }
            item.at += piece;
            filled += piece;
            if item.at < item.clip.0.len() {
                break;
            }
            if item.rounds_to_go() {
                item.at = 0;
                item.more = item.more.map(|more| more - 1);
            } else {
                ended.push(item.ended(PlayEnd::Finished));
                self.items.pop_front();
            }
            if filled == samples.len() {
                break;
            }
        }
        samples[filled..].fill(0);
    }

    /// Ends everything: what was heard or waited.
    pub fn stop(&mut self, ended: &mut Vec<Ended>) {
        ended.extend(self.items.drain(..).map(|item| item.ended(PlayEnd::Stopped)));
    }
}

/// The last sound of something that was cut: fades within one frame.
#[derive(Clone, Copy, Debug)]
pub struct Tail([i16; FRAME]);

impl Tail {
    /// Of the frame that would have come next.
    pub fn of(mut next: [i16; FRAME]) -> Self {
        for (at, sample) in next.iter_mut().enumerate() {
            *sample = scaled(*sample, edge((2 * EDGE).saturating_sub(at) / 2));
        }
        Self(next)
    }
    /// Adds it to what is heard instead.
    pub fn mix(&self, samples: &mut [i16]) {
        for (sample, ours) in samples.iter_mut().zip(self.0) {
            *sample = sample.saturating_add(ours);
        }
    }
}

/// Share of the full level so many samples from an edge.
fn edge(distance: usize) -> f32 {
    distance.min(EDGE) as f32 / EDGE as f32
}

fn scaled(sample: i16, by: f32) -> i16 {
    // A cast saturates.
    (f32::from(sample) * by).round() as i16
}

const fn ms_of(samples: usize) -> u32 {
    (samples / (RATE as usize / 1_000)) as u32
}

const fn samples_of(ms: u32) -> usize {
    ms as usize * (RATE as usize / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: u64, clip: &[i16]) -> PlayItem {
        PlayItem::once(PlayId(name), Clip::new(clip))
    }

    fn play(queue: &mut Queue, frames: usize) -> (Vec<i16>, Vec<Ended>) {
        let (mut heard, mut ended) = (Vec::new(), Vec::new());
        for _ in 0..frames {
            let mut frame = [77; FRAME];
            queue.fill(&mut frame, &mut ended);
            heard.extend(frame);
        }
        (heard, ended)
    }

    #[test]
    fn items_follow_each_other_to_the_sample_and_only_the_ends_are_faded() {
        let mut queue = Queue::default();
        queue.push(vec![id(1, &[1_000; 250]), id(2, &[2_000; 250])]);
        let (heard, ended) = play(&mut queue, 4);
        assert!(queue.is_empty());
        assert_eq!((heard[0], heard[EDGE]), (0, 1_000), "rises");
        assert!(heard[EDGE..250].iter().all(|it| *it == 1_000));
        assert!(heard[250..500 - EDGE].iter().all(|it| *it == 2_000), "no gap and no dip between two");
        assert_eq!(heard[499], 0, "and falls");
        assert!(heard[500..].iter().all(|it| *it == 0));
        let finished = |item, at_ms| Ended { item: PlayId(item), why: PlayEnd::Finished, at_ms };
        assert_eq!(ended, [finished(1, 31), finished(2, 31)]);
    }

    #[test]
    fn a_loop_goes_round_and_a_number_of_rounds_ends() {
        let ramp: Vec<i16> = (0..100).collect();
        let mut queue = Queue::default();
        queue.push(vec![PlayItem { from_ms: 5, ..PlayItem::forever(PlayId(1), Clip::new(ramp.clone())) }]);
        let (heard, ended) = play(&mut queue, 20);
        assert!((EDGE..heard.len()).all(|at| heard[at] == ((at + 40) % 100) as i16), "begins at 5 ms and has no end");
        assert_eq!(ended, []);
        let mut stopped = Vec::new();
        queue.stop(&mut stopped);
        assert!(queue.is_empty() && stopped[0].why == PlayEnd::Stopped);
        queue.push(vec![PlayItem { repeat: Repeat::Times(3), ..id(2, &ramp) }]);
        let (heard, ended) = play(&mut queue, 3);
        assert_eq!((heard[199], heard[299], heard[300]), (99, 0, 0));
        assert_eq!(ended.len(), 1);
    }

    #[test]
    fn gain_is_bounded_and_clips_do_not_wrap() {
        let mut queue = Queue::default();
        queue.push(vec![PlayItem { gain_db: 200.0, ..id(1, &[20_000; 400]) }]);
        assert_eq!(play(&mut queue, 1).0[100], i16::MAX);
        let mut queue = Queue::default();
        queue.push(vec![PlayItem { gain_db: -6.0206, ..id(1, &[20_000; 400]) }]);
        assert_eq!(play(&mut queue, 1).0[100], 10_000);
    }

    #[test]
    fn nothing_in_a_clip_ends_at_once_whatever_it_is_told() {
        let mut queue = Queue::default();
        queue.push(vec![PlayItem::forever(PlayId(1), Clip::new(vec![])), id(2, &[])]);
        let (heard, ended) = play(&mut queue, 1);
        assert!(queue.is_empty() && heard.iter().all(|it| *it == 0));
        assert_eq!(ended.len(), 2);
    }

    #[test]
    fn a_cut_fades_within_a_frame() {
        let mut frame = [0; FRAME];
        Tail::of([8_000; FRAME]).mix(&mut frame);
        assert_eq!((frame[0], frame[2 * EDGE]), (8_000, 0));
        assert!(frame.windows(2).all(|pair| pair[0] >= pair[1] && pair[0] - pair[1] <= 300));
    }
}
