//! A thief with a stolen seat, key or trial company: what is lost stays below the cap, and the alarm ends what runs.

use std::collections::BTreeMap;

use patchbay_billing::{
    Day, Guard,
    guard::{Cap, Caps, Denied, Reach, Scope, Velocity, Wish},
    rate::Class,
};
use patchbay_kernel::{ApiKeyId, CallId, Entropy, SeatId, SeededEntropy, Wall};

const TODAY: Day = Day(20_000);

struct Rig {
    chance: SeededEntropy,
    now: Wall,
    seat: Scope,
    key: Scope,
}

impl Rig {
    fn new() -> Self {
        let (mut chance, now) = (SeededEntropy::new(5), Wall::from_unix_ms(1_770_000_000_000));
        let (seat, key) = (SeatId::new(now, &mut chance), ApiKeyId::new(now, &mut chance));
        Self { chance, now, seat: Scope::Seat(seat), key: Scope::Key(key) }
    }
    fn wish(&mut self, scopes: &[Scope], reach: Reach, micros: i64) -> Wish {
        Wish { call: CallId::new(self.now, &mut self.chance), scopes: scopes.to_vec(), reach, micros }
    }
}

fn cap(denied: Result<Option<u64>, Denied>) -> Option<(Scope, Cap)> {
    denied.err().map(|denied| (denied.scope, denied.cap))
}

#[test]
fn beyond_home_is_closed_until_somebody_opens_it() {
    let (mut rig, mut guard) = (Rig::new(), Guard::new(Caps::CLOSED));
    for (reach, closed) in [(Reach::International, Cap::International), (Reach::Premium, Cap::Premium)] {
        let wish = rig.wish(&[Scope::Company], reach, 0);
        assert_eq!(cap(guard.admit(&wish, rig.now, TODAY)), Some((Scope::Company, closed)));
    }
    let wish = rig.wish(&[Scope::Company], Reach::Domestic, 0);
    assert_eq!(guard.admit(&wish, rig.now, TODAY), Ok(Some(4 * 3_600)));
    guard.set(Scope::Company, Caps { international: true, ..Caps::CLOSED });
    let wish = rig.wish(&[Scope::Company], Reach::International, 0);
    assert!(guard.admit(&wish, rig.now, TODAY).is_ok());
    let wish = rig.wish(&[Scope::Company], Reach::Premium, 0);
    assert_eq!(cap(guard.admit(&wish, rig.now, TODAY)), Some((Scope::Company, Cap::Premium)));
    assert_eq!((Cap::Premium.code(), Cap::Premium.remedy()), ("premium_closed", "open_premium"));
}

#[test]
fn where_a_number_is_follows_from_its_rate_and_from_home() {
    let home = ["1".parse().unwrap(), "49".parse().unwrap()];
    assert_eq!(Reach::of("4930901820", Class::Standard, &home), Reach::Domestic);
    assert_eq!(Reach::of("442079460018", Class::Standard, &home), Reach::International);
    assert_eq!(Reach::of("49900123456", Class::Premium, &home), Reach::Premium);
}

#[test]
fn each_scope_of_a_call_must_agree() {
    let (mut rig, mut guard) = (Rig::new(), Guard::new(Caps::OPEN));
    let scopes = [Scope::Company, rig.seat, rig.key];
    guard.set(rig.seat, Caps { parallel: Some(2), longest_s: Some(600), ..Caps::OPEN });
    guard.set(rig.key, Caps { day: Some(1_000), longest_s: Some(900), ..Caps::OPEN });
    let first = rig.wish(&scopes, Reach::Domestic, 600);
    assert_eq!(guard.admit(&first, rig.now, TODAY), Ok(Some(600)));
    assert_eq!(guard.admit(&first, rig.now, TODAY), Ok(Some(600)), "asked twice, counted once");
    let dear = rig.wish(&scopes, Reach::Domestic, 401);
    let denied = guard.admit(&dear, rig.now, TODAY).unwrap_err();
    assert_eq!((denied.scope, denied.cap, denied.left), (rig.key, Cap::Day, 400));
    let second = rig.wish(&scopes, Reach::Domestic, 400);
    assert!(guard.admit(&second, rig.now, TODAY).is_ok());
    let third = rig.wish(&scopes, Reach::Domestic, 0);
    assert_eq!(cap(guard.admit(&third, rig.now, TODAY)), Some((rig.seat, Cap::Parallel)));
    let other = rig.wish(&[Scope::Company], Reach::Domestic, 9_999);
    assert!(guard.admit(&other, rig.now, TODAY).is_ok(), "another seat of the company is not concerned");
    guard.end(first.call, 100, rig.now, TODAY);
    guard.end(first.call, 100, rig.now, TODAY);
    assert_eq!(guard.extend(second.call, 500, rig.now, TODAY), Ok(()));
    assert_eq!(guard.extend(second.call, 1, rig.now, TODAY).map_err(|denied| denied.cap), Err(Cap::Day));
    assert!(
        guard.extend(second.call, 1, rig.now, TODAY.plus(1)).is_ok(),
        "what was spent yesterday does not count today"
    );
    assert!(guard.extend(first.call, 1, rig.now, TODAY).is_err(), "a call that is over has no room");
}

#[test]
fn an_hour_is_the_last_sixty_minutes() {
    let (mut rig, mut guard) = (Rig::new(), Guard::new(Caps { hour: Some(1_000), ..Caps::OPEN }));
    let call = rig.wish(&[Scope::Company], Reach::Domestic, 1_000);
    guard.admit(&call, rig.now, TODAY).unwrap();
    guard.end(call.call, 1_000, rig.now, TODAY);
    for (minutes, left) in [(1, false), (59, false), (60, true)] {
        let wish = rig.wish(&[Scope::Company], Reach::Domestic, 1_000);
        let mut later = guard.clone();
        assert_eq!(later.admit(&wish, rig.now.plus_s(minutes * 60), TODAY).is_ok(), left, "{minutes} minutes later");
    }
}

/// Fifty lines at a time to dear places, each extended minute by minute, for three hours.
#[test]
fn a_thief_loses_us_the_cap_and_no_more() {
    for seed in 0..20 {
        let mut chance = SeededEntropy::new(seed);
        let mut rig = Rig::new();
        let most = 50_000_000;
        let caps = Caps { hour: Some(most), parallel: Some(50), velocity: None, ..Caps::OPEN };
        let mut guard = Guard::new(caps);
        let mut running: BTreeMap<CallId, (i64, i64)> = BTreeMap::new();
        let mut losses: Vec<(i64, i64)> = Vec::new();
        for minute in 0..180 {
            rig.now = rig.now.plus_s(60);
            for _ in 0..20 {
                let price = 100_000 + chance.below(2_000_000) as i64;
                let wish = rig.wish(&[Scope::Company, rig.seat], Reach::International, price);
                if guard.admit(&wish, rig.now, TODAY).is_ok() {
                    running.insert(wish.call, (price, price));
                }
            }
            let calls: Vec<(CallId, (i64, i64))> = running.iter().map(|(call, it)| (*call, *it)).collect();
            for (call, (price, spent)) in calls {
                let hangs_up = chance.below(5) == 0;
                if hangs_up || guard.extend(call, price, rig.now, TODAY).is_err() {
                    guard.end(call, spent, rig.now, TODAY);
                    running.remove(&call);
                    losses.push((minute, spent));
                } else {
                    running.insert(call, (price, spent + price));
                }
            }
            assert!(running.len() <= 50);
            let held: i64 = running.values().map(|(_, spent)| spent).sum();
            let hour: i64 = losses.iter().filter(|(at, _)| *at > minute - 60).map(|(_, spent)| spent).sum();
            assert!(held + hour <= most, "seed {seed}, minute {minute}: {} of {most}", held + hour);
        }
        let total: i64 = losses.iter().map(|(_, spent)| spent).sum();
        assert!(total > 2 * most, "seed {seed}: the thief was not even trying: {total}");
    }
}

#[test]
fn too_many_calls_beyond_home_raise_the_alarm_and_end_what_runs() {
    let (mut rig, velocity) = (Rig::new(), Some(Velocity { calls: 5, within_s: 60 }));
    let mut guard = Guard::new(Caps { velocity, ..Caps::OPEN });
    let home = rig.wish(&[Scope::Company], Reach::Domestic, 0);
    guard.admit(&home, rig.now, TODAY).unwrap();
    let mut abroad = Vec::new();
    for _ in 0..5 {
        rig.now = rig.now.plus_s(1);
        let wish = rig.wish(&[Scope::Company], Reach::International, 0);
        guard.admit(&wish, rig.now, TODAY).unwrap();
        abroad.push(wish.call);
    }
    let sixth = rig.wish(&[Scope::Company], Reach::Premium, 0);
    let denied = guard.admit(&sixth, rig.now, TODAY).unwrap_err();
    assert_eq!((denied.cap, denied.end), (Cap::Alarm, abroad.clone()));
    assert!(guard.is_blocked(Scope::Company));
    assert_eq!(guard.extend(abroad[0], 1, rig.now, TODAY).map_err(|denied| denied.cap), Err(Cap::Alarm));
    assert_eq!(guard.extend(home.call, 1, rig.now, TODAY), Ok(()), "calls at home go on");
    let later = rig.now.plus_s(86_400);
    let wish = rig.wish(&[Scope::Company], Reach::International, 0);
    assert_eq!(cap(guard.admit(&wish, later, TODAY)), Some((Scope::Company, Cap::Alarm)), "until somebody lifts it");
    guard.lift(Scope::Company);
    assert!(guard.admit(&wish, later, TODAY).is_ok());
}

#[test]
fn knocking_at_closed_doors_raises_the_alarm_too() {
    let (mut rig, mut guard) = (Rig::new(), Guard::new(Caps::CLOSED));
    let mut caps = Vec::new();
    for _ in 0..22 {
        let wish = rig.wish(&[Scope::Company], Reach::Premium, 0);
        caps.push(guard.admit(&wish, rig.now, TODAY).unwrap_err().cap);
    }
    assert!(caps[..20].iter().all(|cap| *cap == Cap::Premium) && caps[20..].iter().all(|cap| *cap == Cap::Alarm));
}
