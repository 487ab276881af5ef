//! The suite of [`crate::Ledger`].

use super::{House, OpenStores, START, cases, races};
use crate::{NewTransfer, TransferError, User, UserId};

cases! {
    /// Every promise of [`crate::Ledger`].
    pub fn ledger(OpenStores<'_>) for House {
        a_transfer_moves_money_and_both_see_it,
        a_transfer_that_cannot_be_made_moves_nothing,
        the_same_key_again_is_the_same_transfer,
        the_same_key_for_another_transfer_is_refused,
        a_key_belongs_to_its_payer,
        the_retry_of_a_transfer_succeeds_though_the_money_is_gone,
        many_transfers_at_once_never_overdraw,
        many_requests_under_one_key_move_money_once,
        transfers_both_ways_at_once_keep_the_total,
        transfers_are_listed_newest_first,
    }
}

fn payment(from: &User, to: &str, amount_minor: i64, key: &str) -> NewTransfer {
    NewTransfer {
        from: from.id,
        to: to.to_owned(),
        amount_minor,
        idempotency_key: key.to_owned(),
        note: "for tea".to_owned(),
    }
}

impl House {
    async fn balance(&self, user: &User) -> i64 {
        let account = self.stores.ledger.account(user.id).await.unwrap();
        account.unwrap().balance_minor
    }
}

async fn a_transfer_moves_money_and_both_see_it(house: House) {
    let (alice, bob) = (
        house.customer("alice", 1000).await,
        house.customer("bob", 0).await,
    );
    let ledger = &house.stores.ledger;
    let transfer = ledger
        .transfer(payment(&alice, "bob", 400, "1"))
        .await
        .unwrap();
    assert_eq!(
        (transfer.from.as_str(), transfer.to.as_str()),
        ("alice", "bob")
    );
    assert_eq!(
        (transfer.amount_minor, transfer.at, transfer.replayed),
        (400, START, false)
    );
    assert_eq!(transfer.note, "for tea");
    assert_eq!(
        (house.balance(&alice).await, house.balance(&bob).await),
        (600, 400)
    );
    for user in [&alice, &bob] {
        let listed = ledger.transfers_of(user.id, 10).await.unwrap();
        assert_eq!(listed, std::slice::from_ref(&transfer));
    }
    assert_eq!(ledger.total_minor().await.unwrap(), 1000);
    assert!(ledger.account(UserId(4711)).await.unwrap().is_none());
}

async fn a_transfer_that_cannot_be_made_moves_nothing(house: House) {
    let alice = house.customer("alice", 1000).await;
    house.customer("bob", 0).await;
    let nobody = User {
        id: UserId(4711),
        ..alice.clone()
    };
    let refused = async |new| house.stores.ledger.transfer(new).await.unwrap_err();
    use TransferError::{AmountNotPositive, InsufficientFunds, NoSuchPayee, SameAccount};
    assert!(matches!(
        refused(payment(&alice, "bob", 1001, "1")).await,
        InsufficientFunds
    ));
    assert!(matches!(
        refused(payment(&alice, "bob", i64::MAX, "1")).await,
        InsufficientFunds
    ));
    assert!(matches!(
        refused(payment(&nobody, "bob", 1, "1")).await,
        InsufficientFunds
    ));
    for nobody in ["carol", "", "bob\0"] {
        assert!(matches!(
            refused(payment(&alice, nobody, 1, "1")).await,
            NoSuchPayee
        ));
    }
    assert!(matches!(
        refused(payment(&alice, "Alice", 1, "1")).await,
        SameAccount
    ));
    for amount in [0, -1, i64::MIN] {
        assert!(matches!(
            refused(payment(&alice, "bob", amount, "1")).await,
            AmountNotPositive
        ));
    }
    assert_eq!(house.balance(&alice).await, 1000);
    assert!(
        house
            .stores
            .ledger
            .transfers_of(alice.id, 10)
            .await
            .unwrap()
            .is_empty()
    );
    // A refusal does not use the key up.
    house
        .stores
        .ledger
        .transfer(payment(&alice, "bob", 1000, "1"))
        .await
        .unwrap();
}

async fn the_same_key_again_is_the_same_transfer(house: House) {
    let (alice, bob) = (
        house.customer("alice", 1000).await,
        house.customer("bob", 0).await,
    );
    let ledger = &house.stores.ledger;
    let first = ledger
        .transfer(payment(&alice, "bob", 400, "1"))
        .await
        .unwrap();
    let mut again = ledger
        .transfer(payment(&alice, "bob", 400, "1"))
        .await
        .unwrap();
    assert!(again.replayed);
    again.replayed = false;
    assert_eq!(again, first);
    assert_eq!(house.balance(&bob).await, 400);
}

async fn the_same_key_for_another_transfer_is_refused(house: House) {
    let alice = house.customer("alice", 1000).await;
    let bob = house.customer("bob", 0).await;
    house.customer("carol", 0).await;
    let ledger = &house.stores.ledger;
    let first = payment(&alice, "bob", 400, "1");
    ledger.transfer(first.clone()).await.unwrap();
    let others = [
        NewTransfer {
            amount_minor: 401,
            ..first.clone()
        },
        NewTransfer {
            to: "carol".to_owned(),
            ..first.clone()
        },
        NewTransfer {
            to: "nobody".to_owned(),
            ..first.clone()
        },
        NewTransfer {
            note: "for coffee".to_owned(),
            ..first
        },
    ];
    for other in others {
        let refused = ledger.transfer(other).await.unwrap_err();
        assert!(
            matches!(refused, TransferError::KeyReusedForAnother),
            "{refused}"
        );
    }
    assert_eq!(
        (house.balance(&alice).await, house.balance(&bob).await),
        (600, 400)
    );
}

async fn a_key_belongs_to_its_payer(house: House) {
    let (alice, bob) = (
        house.customer("alice", 1000).await,
        house.customer("bob", 1000).await,
    );
    let ledger = &house.stores.ledger;
    ledger
        .transfer(payment(&alice, "bob", 400, "1"))
        .await
        .unwrap();
    let other = ledger
        .transfer(payment(&bob, "alice", 300, "1"))
        .await
        .unwrap();
    assert!(!other.replayed);
    assert_eq!(
        (house.balance(&alice).await, house.balance(&bob).await),
        (900, 1100)
    );
}

async fn the_retry_of_a_transfer_succeeds_though_the_money_is_gone(house: House) {
    let alice = house.customer("alice", 400).await;
    house.customer("bob", 0).await;
    let ledger = &house.stores.ledger;
    ledger
        .transfer(payment(&alice, "bob", 400, "1"))
        .await
        .unwrap();
    assert!(
        ledger
            .transfer(payment(&alice, "bob", 400, "1"))
            .await
            .unwrap()
            .replayed
    );
}

async fn many_transfers_at_once_never_overdraw(house: House) {
    let (alice, bob) = (
        house.customer("alice", 1000).await,
        house.customer("bob", 0).await,
    );
    let results = races::run(64, |index| {
        let ledger = house.stores.ledger.clone();
        let payment = payment(&alice, "bob", 100, &index.to_string());
        async move { ledger.transfer(payment).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 10);
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert!(matches!(error, TransferError::InsufficientFunds), "{error}");
    }
    assert_eq!(
        (house.balance(&alice).await, house.balance(&bob).await),
        (0, 1000)
    );
}

async fn many_requests_under_one_key_move_money_once(house: House) {
    let (alice, bob) = (
        house.customer("alice", 1000).await,
        house.customer("bob", 0).await,
    );
    let results = races::run(32, |_| {
        let ledger = house.stores.ledger.clone();
        let payment = payment(&alice, "bob", 100, "the one key");
        async move { ledger.transfer(payment).await.unwrap() }
    })
    .await;
    assert_eq!(
        results.iter().filter(|transfer| !transfer.replayed).count(),
        1
    );
    assert!(results.iter().all(|transfer| transfer.id == results[0].id));
    assert_eq!(
        (house.balance(&alice).await, house.balance(&bob).await),
        (900, 100)
    );
}

async fn transfers_both_ways_at_once_keep_the_total(house: House) {
    let (alice, bob) = (
        house.customer("alice", 500).await,
        house.customer("bob", 500).await,
    );
    races::run(64, |index| {
        let ledger = house.stores.ledger.clone();
        let key = index.to_string();
        let payment = if index % 2 == 0 {
            payment(&alice, "bob", 70, &key)
        } else {
            payment(&bob, "alice", 110, &key)
        };
        // Whether there is money just then is left to chance.
        async move { ledger.transfer(payment).await.is_ok() }
    })
    .await;
    assert_eq!(house.stores.ledger.total_minor().await.unwrap(), 1000);
    let made = house
        .stores
        .ledger
        .transfers_of(alice.id, 100)
        .await
        .unwrap();
    let received: i64 = made
        .iter()
        .map(|made| {
            if made.to == "alice" {
                made.amount_minor
            } else {
                -made.amount_minor
            }
        })
        .sum();
    assert_eq!(house.balance(&alice).await, 500 + received);
}

async fn transfers_are_listed_newest_first(house: House) {
    let (alice, bob) = (
        house.customer("alice", 500).await,
        house.customer("bob", 500).await,
    );
    let ledger = &house.stores.ledger;
    for index in 0..6 {
        let (payer, payee) = if index % 2 == 0 {
            (&alice, "bob")
        } else {
            (&bob, "alice")
        };
        ledger
            .transfer(payment(payer, payee, 10 + index, &index.to_string()))
            .await
            .unwrap();
    }
    let listed = ledger.transfers_of(alice.id, 4).await.unwrap();
    let amounts: Vec<_> = listed
        .iter()
        .map(|transfer| transfer.amount_minor)
        .collect();
    assert_eq!(amounts, [15, 14, 13, 12]);
}
