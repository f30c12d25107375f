//! Recordings: both parties on their own channels, silence in a pause, through a hand-over; a disk that fails ends no call.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use patchbay_codec::{CodecId, measure};
use patchbay_kernel::{RecordingId, SeededEntropy, Wall};
use patchbay_plane::{Channel, RecordingEnd, RecordingFault, RecordingOut};

use crate::{
    party::Party,
    rig::{Rig, gateway, pass},
};

#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<(Vec<i16>, Option<RecordingEnd>)>>);

struct Out {
    shelf: Shelf,
    /// Samples that have room.
    room: usize,
    /// How long the first piece waits for the disk.
    wait: Duration,
}

impl RecordingOut for Out {
    fn write(&mut self, stereo: &[i16]) -> Result<(), RecordingFault> {
        std::thread::sleep(std::mem::take(&mut self.wait));
        let mut shelf = self.shelf.0.lock().unwrap();
        if shelf.0.len() + stereo.len() > self.room {
            return Err(RecordingFault::StoreFull);
        }
        shelf.0.extend(stereo);
        Ok(())
    }
    fn end(self: Box<Self>, how: RecordingEnd) {
        self.shelf.0.lock().unwrap().1 = Some(how);
    }
}

impl Shelf {
    fn out(&self, room: usize, wait_ms: u64) -> Box<Out> {
        Box::new(Out { shelf: self.clone(), room, wait: Duration::from_millis(wait_ms) })
    }
    async fn ended(&self) -> RecordingEnd {
        let started = Instant::now();
        loop {
            if let Some(how) = self.0.lock().unwrap().1 {
                return how;
            }
            assert!(started.elapsed() < Duration::from_secs(8), "the recording has no end");
            pass(20).await;
        }
    }
    /// Both channels from one moment to another.
    fn between(&self, from_ms: usize, to_ms: usize) -> [Vec<i16>; 2] {
        let shelf = self.0.lock().unwrap();
        let piece = &shelf.0[from_ms * 16..to_ms * 16];
        [0, 1].map(|side| piece.iter().skip(side).step_by(2).copied().collect())
    }
}

fn id(seed: u64) -> RecordingId {
    RecordingId::new(Wall::from_unix_ms(1), &mut SeededEntropy::new(seed))
}

#[tokio::test]
async fn each_party_is_on_its_channel_and_a_pause_is_silent() {
    let mut rig = Rig::new(3);
    let (caller, agent) = (Party::new(CodecId::Pcma), Party::new(CodecId::Opus));
    let colleague = Party::new(CodecId::Pcmu);
    let (leg_caller, to_caller) = rig.answered(gateway(), &caller, "8 101").await;
    let (leg_agent, to_agent) = rig.answered(gateway(), &agent, "111").await;
    let (leg_colleague, to_colleague) = rig.answered(gateway(), &colleague, "0").await;
    rig.engine.bridge(leg_caller, leg_agent).await.unwrap();
    caller.talk(to_caller, 440);
    agent.talk(to_agent, 1_000);
    pass(200).await;
    let (shelf, recording) = (Shelf::default(), id(3));
    rig.engine.record(recording, shelf.out(usize::MAX, 0));
    let began = Instant::now();
    let ms = || began.elapsed().as_millis() as usize;
    for _ in 0..2 {
        // Told twice it hears once.
        rig.engine.record_leg(recording, leg_caller, Channel::Left).await.unwrap();
        rig.engine.record_leg(recording, leg_agent, Channel::Right).await.unwrap();
    }
    pass(1_200).await;
    rig.engine.record_pause(recording);
    let paused = ms();
    caller.take();
    pass(800).await;
    let in_pause = caller.take();
    assert!(in_pause.len() > 30 && caller.usual(&in_pause, 1_000) > 0.9, "the parties hear each other in the pause");
    rig.engine.record_resume(recording);
    let resumed = ms();
    pass(900).await;
    // Handed over: a colleague takes the agent's place.
    rig.engine.bridge(leg_caller, leg_colleague).await.unwrap();
    rig.engine.record_leg(recording, leg_colleague, Channel::Right).await.unwrap();
    rig.engine.leg_close(leg_agent).await.unwrap();
    colleague.talk(to_colleague, 1_700);
    let handed = ms();
    pass(900).await;
    rig.engine.leg_close(leg_caller).await.unwrap();
    rig.engine.leg_close(leg_colleague).await.unwrap();
    let over = ms();
    let how = shelf.ended().await;
    assert_eq!((how.lost, how.fault), (0, None));
    assert!((how.ms as usize).abs_diff(over) < 250, "{} ms in {over}", how.ms);
    let share = |from: usize, to: usize, side: usize, hz| measure::share(&shelf.between(from, to)[side], hz);
    for (from, to, right) in
        [(300, paused - 100, 1_000), (resumed + 150, handed - 100, 1_000), (handed + 200, over - 100, 1_700)]
    {
        // Shares of looks of 200 ms, the middle one: a stalled machine spoils some.
        for (side, hz) in [(0, 440), (1, right)] {
            let mut looks: Vec<f32> = (from..to - 200).step_by(100).map(|at| share(at, at + 200, side, hz)).collect();
            looks.sort_by(f32::total_cmp);
            let middle = looks[looks.len() / 2];
            assert!(middle > 0.9, "{hz} Hz on side {side} from {from} to {to} ms: {looks:?}");
        }
    }
    for side in shelf.between(paused + 60, resumed - 60) {
        assert!(side.iter().all(|sample| *sample == 0), "nothing of the pause is kept");
    }
    rig.engine.stop().await;
}

#[tokio::test]
async fn a_disk_that_is_full_ends_the_recording_and_not_the_call() {
    let mut rig = Rig::new(2);
    let (a, b) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu));
    let (leg_a, to_a) = rig.answered(gateway(), &a, "0").await;
    let (leg_b, _) = rig.answered(gateway(), &b, "0").await;
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    a.talk(to_a, 440);
    let (shelf, recording) = (Shelf::default(), id(4));
    rig.engine.record(recording, shelf.out(16_000, 0));
    rig.engine.record_leg(recording, leg_a, Channel::Left).await.unwrap();
    let how = shelf.ended().await;
    assert_eq!((how.fault, how.ms), (Some(RecordingFault::StoreFull), 1_000));
    b.take();
    pass(400).await;
    let heard = b.take();
    assert!(heard.len() > 15 && b.usual(&heard, 440) > 0.9, "the call goes on");
    // Another one may begin, ends when it is told to, and when the engine stops.
    let (second, third) = (Shelf::default(), Shelf::default());
    rig.engine.record(id(5), second.out(usize::MAX, 0));
    rig.engine.record_leg(id(5), leg_a, Channel::Left).await.unwrap();
    pass(300).await;
    rig.engine.record_stop(id(5));
    assert!((200..600).contains(&second.ended().await.ms));
    rig.engine.record(id(6), third.out(usize::MAX, 0));
    rig.engine.record_leg(id(6), leg_a, Channel::Left).await.unwrap();
    pass(300).await;
    rig.engine.stop().await;
    assert_eq!(third.ended().await.fault, None);
}

#[tokio::test]
async fn a_slow_disk_loses_nothing_and_holds_up_nobody() {
    let mut rig = Rig::new(2);
    let (a, b) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu));
    let (leg_a, to_a) = rig.answered(gateway(), &a, "0").await;
    let (leg_b, _) = rig.answered(gateway(), &b, "0").await;
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    a.talk(to_a, 440);
    // One recording waits four seconds for its disk, longer than a tap has room; another one hears the same party.
    let (slow, other) = (Shelf::default(), Shelf::default());
    for (number, out) in [(7, slow.out(usize::MAX, 4_000)), (8, other.out(usize::MAX, 0))] {
        rig.engine.record(id(number), out);
        rig.engine.record_leg(id(number), leg_a, Channel::Left).await.unwrap();
    }
    b.take();
    pass(4_500).await;
    let heard = b.take();
    assert!(heard.len() > 200 && b.usual(&heard, 440) > 0.9, "the call goes on");
    rig.engine.leg_close(leg_a).await.unwrap();
    for shelf in [slow, other] {
        let how = shelf.ended().await;
        assert_eq!((how.lost, how.fault), (0, None));
        assert!((4_300..5_500).contains(&how.ms), "{} ms", how.ms);
        assert!(measure::share(&shelf.between(500, 4_200)[0], 440) > 0.9);
    }
    rig.engine.stop().await;
}

#[tokio::test]
async fn two_pauses_in_a_row_are_both_silent_and_a_late_order_is_refused() {
    let mut rig = Rig::new(1);
    let a = Party::new(CodecId::Pcmu);
    let (leg, to) = rig.answered(gateway(), &a, "0").await;
    a.talk(to, 440);
    let (shelf, twice, late) = (Shelf::default(), Shelf::default(), Shelf::default());
    rig.engine.record(id(9), shelf.out(usize::MAX, 0));
    rig.engine.record(id(9), twice.out(usize::MAX, 0));
    assert_eq!(twice.ended().await.fault, Some(RecordingFault::Recorder));
    rig.engine.record_leg(id(9), leg, Channel::Left).await.unwrap();
    for _ in 0..2 {
        pass(600).await;
        rig.engine.record_pause(id(9));
        pass(200).await;
        rig.engine.record_resume(id(9));
    }
    pass(300).await;
    rig.engine.leg_close(leg).await.unwrap();
    let ms = shelf.ended().await.ms as usize;
    let silent = shelf.between(0, ms)[0].chunks(80).filter(|piece| piece.iter().all(|it| *it == 0)).count();
    assert!((36..50).contains(&silent), "{silent} pieces of 10 ms are silent");
    rig.engine.stop().await;
    rig.engine.record(id(10), late.out(usize::MAX, 0));
    assert_eq!(late.ended().await.fault, Some(RecordingFault::Recorder));
}
