//! How long a decision takes with 2,000 callers, 1,000 agents and 50 skills: prints the p99 in microseconds, of decisions that find
//! a pair and of those that find none, and of wait estimates.

use std::{io::Write as _, time::Instant};

use patchbay_acd::{Busy, Floor, Idle, Kind, Pace, Rules, SkillId, Skills, Waiting, decide, estimate};
use patchbay_kernel::{
    Entropy, SeededEntropy,
    time::{Span, Tick},
};

const WAITING: u32 = 2_000;
const AGENTS: u32 = 1_000;
const SKILLS: u64 = 50;

fn main() {
    let mut chance = SeededEntropy::new(1);
    let needs: Vec<Skills> =
        (0..SKILLS).flat_map(|skill| [3, 1].map(|level| Skills::new([(SkillId(skill as u8), level)]))).collect();
    let (mut paired, mut none, mut waits) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..1_000u64 {
        let mut hold = |least: u64, of: u64| -> Skills {
            (0..1 + chance.below(8))
                .map(|_| (SkillId((least + chance.below(of)) as u8), 1 + chance.below(5) as u8))
                .collect()
        };
        // In every third round those who are idle can do nothing of what is wanted: the longest search.
        let fruitless = round % 3 == 0;
        let share = if fruitless { 1 } else { [1, 2, 10][round as usize % 3] };
        let agents: Vec<Skills> =
            (0..AGENTS).map(|_| if fruitless { hold(SKILLS, 50) } else { hold(0, SKILLS) }).collect();
        let (idle, busy): (Vec<_>, Vec<_>) = (0..AGENTS).zip(&agents).partition(|(agent, _)| agent % share == 0);
        let mut seconds = |most: u64| Span::ms(chance.below(most * 1_000));
        let idle: Vec<_> =
            idle.into_iter().map(|(agent, skills)| Idle { agent, skills, idle_for: seconds(600) }).collect();
        let busy: Vec<_> = busy.into_iter().map(|(_, skills)| Busy { skills, for_so_long: seconds(600) }).collect();
        let mut caller = |call| Waiting {
            call,
            needs: chance.below(SKILLS * 2) as usize,
            waited: Span::ms(chance.below(900_000)),
            head_start: Span::secs([0, 60, 180][chance.below(3) as usize]),
            sticky: None,
            missed_by: &[],
        };
        let waiting: Vec<Waiting<'_, u32, u32>> = (0..WAITING).map(&mut caller).collect();
        let floor = Floor { needs: &needs, idle: &idle, busy: &busy, waiting: &waiting };
        let began = Instant::now();
        let decision = decide(&floor, &Rules::default());
        let took = began.elapsed().as_nanos() as f64 / 1e3;
        assert_eq!(decision.pair.is_none(), fruitless);
        if fruitless { &mut none } else { &mut paired }.push(took);

        let mut pace = Pace::default();
        for needs in 0..needs.len() {
            pace.arrived(Kind { needs, head_start: Span::secs(180) }, Tick::ZERO);
        }
        let began = Instant::now();
        std::hint::black_box(estimate(&floor, &waiting[7], &pace, &Rules::default(), Tick::ZERO + Span::secs(60)));
        waits.push(began.elapsed().as_nanos() as f64 / 1e3);
    }
    let _ = writeln!(std::io::stdout(), "{:.1} {:.1} {:.1}", p99(paired), p99(none), p99(waits));
}

fn p99(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() * 99 / 100]
}
