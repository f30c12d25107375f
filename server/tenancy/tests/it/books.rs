//! The books in the store: they only grow, add up to zero, equal what was said, and the wallet in front of them is never overdrawn.

use billing::{
    charge::{ChargeLine, Kind},
    day::Day,
    ledger::{Account, Appended, Cause, Entry, Ledger, Transfer},
};
use kernel::{CallId, Entropy, LegId, Money, SeededEntropy, TenantId, Uuid, Wall, money::Currency};
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use patchbay_tenancy::{Database, StoreError, books::BooksError};
use sea_orm::ConnectionTrait;

use crate::common::{NOON, chance, company, open, stamp, stamp_at};

const USD: Currency = Currency::USD;

on_both!(
    what_is_said_twice_is_booked_once,
    what_was_not_committed_never_was,
    an_entry_of_somebody_else_is_refused,
    of_two_hundred_calls_at_once_none_is_given_what_another_has,
    a_thousand_operations_equal_the_books_in_memory,
    what_is_too_large_is_refused,
);

#[tokio::test]
async fn nobody_changes_the_books_on_sqlite() {
    let file = patchbay_testkit::sqlite().await;
    nobody_changes_the_books(&file.url()).await;
}

#[tokio::test]
async fn nobody_changes_the_books_on_postgres() {
    let Some(cluster) = patchbay_testkit::postgres() else { return };
    nobody_changes_the_books(&cluster.database().await).await;
}

async fn customer(db: &Database, name: &str, credit_limit: i64) -> TenantId {
    let tenant = company(db, name).await;
    let tx = db.tenant(tenant, stamp()).await.unwrap();
    tx.wallet_open(USD, credit_limit).await.unwrap();
    tx.commit().await.unwrap();
    tenant
}

fn paid(tenant: TenantId, id: &str, micros: i64) -> Entry {
    Entry::payment(tenant, id, Money::new(micros, USD), NOON).unwrap()
}

/// A line of a call that costs so much.
fn line(call: CallId, micros: i64) -> ChargeLine {
    ChargeLine {
        call,
        leg: LegId::from_uuid(Uuid::from_u128(1)),
        kind: Kind::Usage,
        revision: 0,
        reversal: false,
        amount: Money::new(micros, USD),
        seconds: 60,
        prefix: "49".parse().unwrap(),
        rate_from: Day(0),
        day: Day(20_000),
    }
}

async fn append(db: &Database, tenant: TenantId, entry: &Entry) -> Result<Appended, BooksError> {
    let tx = db.tenant(tenant, stamp()).await.unwrap();
    let appended = tx.books_append(entry).await?;
    tx.commit().await.unwrap();
    Ok(appended)
}

/// Balance and what is set aside; the books must say the same and add up to zero.
async fn audited(db: &Database, tenant: TenantId) -> (i64, i64) {
    let tx = db.tenant_read(tenant, stamp()).await.unwrap();
    let (wallet, currency) = tx.wallet().await.unwrap().unwrap();
    let counted = tx.books_count(None).await.unwrap();
    let own = counted.get(&("company".to_owned(), currency.as_str().to_owned())).copied().unwrap_or(0);
    assert_eq!(own, wallet.balance, "the wallet follows the books");
    assert_eq!(counted.values().sum::<i64>(), 0);
    let held: i64 = tx.wallet_holds(Wall(i64::MAX)).await.unwrap().iter().map(|(_, micros)| micros).sum();
    assert_eq!(held, wallet.reserved, "what is set aside has names");
    (wallet.balance, wallet.reserved)
}

async fn what_is_said_twice_is_booked_once(db: Database) {
    let (a, b) = (customer(&db, "A", 0).await, customer(&db, "B", 0).await);
    assert_eq!(append(&db, a, &paid(a, "pi_1", 5_000)).await.unwrap(), Appended::New);
    assert_eq!(append(&db, a, &paid(a, "pi_1", 5_000)).await.unwrap(), Appended::Already);
    let other = append(&db, a, &paid(a, "pi_1", 6_000)).await;
    assert!(matches!(other, Err(BooksError::OtherContent(cause)) if cause == "payment/pi_1"));
    assert_eq!(audited(&db, a).await, (5_000, 0));
    assert_eq!(append(&db, b, &paid(b, "pi_1", 7_000)).await.unwrap(), Appended::New, "each company has its own books");
    assert_eq!((audited(&db, a).await.0, audited(&db, b).await.0), (5_000, 7_000));
    let tx = db.tenant_read(a, stamp()).await.unwrap();
    assert!(tx.books_count(Some(NOON)).await.unwrap().is_empty(), "before it was paid");
    assert_eq!(tx.books_count(Some(NOON.plus_s(1))).await.unwrap().len(), 2);
}

async fn what_was_not_committed_never_was(db: Database) {
    let a = customer(&db, "A", 0).await;
    append(&db, a, &paid(a, "pi_1", 9_000)).await.unwrap();
    let call = CallId::new(NOON, &mut *chance());
    let charge = Entry::charge(a, &line(call, 4_000), NOON).unwrap();
    // The node dies after each of the writes of a call's end.
    for writes in 0..3 {
        let tx = db.tenant(a, stamp()).await.unwrap();
        if writes > 0 {
            tx.wallet_reserve(call, 4_000).await.unwrap().unwrap();
        }
        if writes > 1 {
            tx.books_append(&charge).await.unwrap();
        }
        drop(tx);
        assert_eq!(audited(&db, a).await, (9_000, 0), "{writes} writes");
    }
    for turn in 0..3 {
        let tx = db.tenant(a, stamp()).await.unwrap();
        let appended = tx.books_append(&charge).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(appended, if turn == 0 { Appended::New } else { Appended::Already });
    }
    assert_eq!(audited(&db, a).await, (5_000, 0));
}

async fn an_entry_of_somebody_else_is_refused(db: Database) {
    let (a, b) = (customer(&db, "A", 0).await, customer(&db, "B", 0).await);
    assert!(matches!(append(&db, a, &paid(b, "pi_1", 1)).await, Err(BooksError::Foreign)));
    let across = Transfer::new(Account::Company(b), Account::Company(a), Money::new(1, USD)).unwrap();
    let across = Entry::new(Cause::Credit("x".into()), NOON, vec![across]).unwrap();
    assert!(matches!(append(&db, a, &across).await, Err(BooksError::Foreign)));
    let house = Transfer::new(Account::Payments, Account::Calls, Money::new(1, USD)).unwrap();
    let house = Entry::new(Cause::Credit("y".into()), NOON, vec![house]).unwrap();
    assert!(matches!(append(&db, a, &house).await, Err(BooksError::Foreign)));
    let euro = Entry::payment(a, "pi_2", Money::new(1, "EUR".parse().unwrap()), NOON).unwrap();
    assert!(matches!(append(&db, a, &euro).await, Err(BooksError::Currency(_))));
    let tx = db.tenant(a, stamp()).await.unwrap();
    assert!(matches!(tx.wallet_open("EUR".parse().unwrap(), 0).await, Err(BooksError::Currency(_))));
    drop(tx);
    let without = company(&db, "C").await;
    assert!(matches!(append(&db, without, &paid(without, "pi_3", 1)).await, Err(BooksError::Currency(_))));
    assert_eq!((audited(&db, a).await, audited(&db, b).await), ((0, 0), (0, 0)));
}

async fn of_two_hundred_calls_at_once_none_is_given_what_another_has(db: Database) {
    let a = customer(&db, "A", 500).await;
    append(&db, a, &paid(a, "pi_1", 9_500)).await.unwrap();
    let mut calls = Vec::new();
    for number in 0..200u64 {
        let (db, call) = (db.clone(), CallId::new(NOON, &mut *chance()));
        calls.push(tokio::spawn(async move {
            loop {
                let Ok(tx) = db.tenant(a, stamp()).await else { continue };
                let asked = tx.wallet_reserve(call, 100).await;
                match asked {
                    Ok(Ok(())) => {
                        if tx.commit().await.is_ok() {
                            return Some((call, 60 + number as i64 % 40));
                        }
                    }
                    Ok(Err(short)) => {
                        assert!(short.available < 100);
                        return None;
                    }
                    Err(StoreError::Busy | StoreError::Timeout) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }));
    }
    let mut granted = Vec::new();
    for call in calls {
        granted.extend(call.await.unwrap());
    }
    assert_eq!(granted.len(), 100, "10,000 were there, a hundred for each");
    assert_eq!(audited(&db, a).await, (9_500, 10_000));
    let mut spent = 0;
    for (call, price) in &granted {
        let tx = db.tenant(a, stamp_at(NOON.plus_s(9))).await.unwrap();
        assert_eq!(tx.wallet_free(*call).await.unwrap(), 100);
        assert_eq!(tx.wallet_free(*call).await.unwrap(), 0, "once");
        tx.books_append(&Entry::charge(a, &line(*call, *price), NOON).unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        spent += price;
    }
    assert_eq!(audited(&db, a).await, (9_500 - spent, 0));
}

async fn a_thousand_operations_equal_the_books_in_memory(db: Database) {
    let tenants = [customer(&db, "A", i64::MAX).await, customer(&db, "B", i64::MAX).await];
    let (mut chance, mut memory, mut said) = (SeededEntropy::new(11), Ledger::default(), Vec::new());
    for number in 0..1_000u64 {
        let tenant = tenants[chance.below(2) as usize];
        let micros = 1 + chance.below(1_000_000) as i64;
        let entry = match chance.below(4) {
            0 => paid(tenant, &format!("pi_{number}"), micros),
            1 => Entry::refund(tenant, &format!("re_{number}"), Money::new(micros, USD), NOON).unwrap(),
            2 if !said.is_empty() => {
                let (_, entry): &(TenantId, Entry) = &said[chance.below(said.len() as u64) as usize];
                entry.clone()
            }
            _ => Entry::charge(tenant, &line(CallId::new(NOON, &mut chance), micros), NOON).unwrap(),
        };
        let tenant = said.iter().find(|(_, there)| *there == entry).map_or(tenant, |(tenant, _)| *tenant);
        let tx = db.tenant(tenant, stamp()).await.unwrap();
        let appended = tx.books_append(&entry).await.unwrap();
        if chance.below(5) == 0 {
            // The node dies before the commit; whoever asked says it again.
            drop(tx);
            assert_eq!(append(&db, tenant, &entry).await.unwrap(), appended);
        } else {
            tx.commit().await.unwrap();
        }
        assert_eq!(memory.append(entry.clone()), Ok(appended));
        said.push((tenant, entry));
    }
    for tenant in tenants {
        assert_eq!(audited(&db, tenant).await, (memory.balance(Account::Company(tenant), USD), 0));
    }
    assert_eq!(memory.sum(USD), 0);
}

async fn what_is_too_large_is_refused(db: Database) {
    let a = customer(&db, "A", 0).await;
    let most = patchbay_tenancy::books::BALANCE_MOST;
    append(&db, a, &paid(a, "pi_1", most)).await.unwrap();
    for (id, micros) in [("pi_2", 1), ("pi_3", most), ("pi_4", i64::MAX)] {
        assert!(matches!(append(&db, a, &paid(a, id, micros)).await, Err(BooksError::TooLarge)), "{micros}");
    }
    assert_eq!(audited(&db, a).await, (most, 0));
}

async fn nobody_changes_the_books(url: &str) {
    let db = open(url).await;
    let a = customer(&db, "A", 0).await;
    append(&db, a, &paid(a, "pi_1", 5_000)).await.unwrap();
    let owner = sea_orm::Database::connect(url).await.unwrap();
    if url.starts_with("postgres") {
        owner.execute_unprepared("ALTER TABLE ledger_posting NO FORCE ROW LEVEL SECURITY").await.unwrap();
        owner.execute_unprepared("ALTER TABLE ledger_entry NO FORCE ROW LEVEL SECURITY").await.unwrap();
    }
    for sql in [
        "UPDATE ledger_posting SET micros = 6000 WHERE micros > 0",
        "DELETE FROM ledger_posting",
        "UPDATE ledger_entry SET cause = 'payment/pi_2'",
        "DELETE FROM ledger_entry",
    ] {
        let refused = owner.execute_unprepared(sql).await.expect_err(sql).to_string();
        assert!(refused.contains("only grows"), "{sql}: {refused}");
    }
    assert_eq!(audited(&db, a).await, (5_000, 0));
    // They go with their company, and with no other.
    let b = customer(&db, "B", 0).await;
    append(&db, b, &paid(b, "pi_1", 7_000)).await.unwrap();
    let gone = format!("DELETE FROM tenant WHERE name = '{}'", "A");
    owner.execute_unprepared(&gone).await.unwrap();
    assert!(db.tenant_read(a, stamp()).await.unwrap().books_count(None).await.unwrap().is_empty());
    assert_eq!(audited(&db, b).await, (7_000, 0));
}
