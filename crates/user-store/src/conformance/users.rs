//! The suite of [`crate::Users`].

use std::time::Duration;

use super::{House, OpenStores, START, cases, newcomer, races};
use crate::{CreateUserError, NewUser, PasswordHash, Role, UserId};

cases! {
    /// Every promise of [`crate::Users`].
    pub fn users(OpenStores<'_>) for House {
        a_user_is_found_by_number_and_by_name,
        a_name_is_taken_once_whatever_its_case,
        a_user_has_an_account_from_the_start,
        of_many_who_register_one_name_at_once_one_succeeds,
        many_customers_are_registered_with_one_password,
        passwords_and_roles_are_replaced,
        a_ban_keeps_its_first_time_and_can_be_lifted,
        the_epoch_of_a_users_tokens_only_counts_up,
        changing_nobody_says_so,
    }
}

async fn a_user_is_found_by_number_and_by_name(house: House) {
    let users = &house.stores.users;
    let alice = users.create(newcomer("alice")).await.unwrap();
    assert_eq!((alice.created_at, alice.banned_at), (START, None));
    assert_eq!(users.by_id(alice.id).await.unwrap().unwrap(), alice);
    let credentials = users.credentials("alice").await.unwrap().unwrap();
    assert_eq!(credentials.user, alice);
    assert_eq!(credentials.password.expose(), "$of$alice");
    for nobody in ["bob", "", "alice\0", "\0"] {
        assert!(users.credentials(nobody).await.unwrap().is_none());
    }
    assert!(users.by_id(UserId(alice.id.0 + 1)).await.unwrap().is_none());
}

async fn a_name_is_taken_once_whatever_its_case(house: House) {
    let users = &house.stores.users;
    let alice = users.create(newcomer("alice")).await.unwrap();
    for again in ["alice", "Alice", "ALICE"] {
        let refused = users.create(newcomer(again)).await;
        assert!(matches!(refused, Err(CreateUserError::UsernameTaken)));
        assert_eq!(users.credentials(again).await.unwrap().unwrap().user, alice);
    }
    users.create(newcomer("alice2")).await.unwrap();
}

async fn a_user_has_an_account_from_the_start(house: House) {
    let new = NewUser {
        opening_balance_minor: 1234,
        ..newcomer("alice")
    };
    let alice = house.stores.users.create(new).await.unwrap();
    let account = house.stores.ledger.account(alice.id).await.unwrap();
    assert_eq!(account.unwrap().balance_minor, 1234);
}

async fn of_many_who_register_one_name_at_once_one_succeeds(house: House) {
    let results = races::run(16, |_| {
        let users = house.stores.users.clone();
        async move { users.create(newcomer("alice")).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let refused = results.iter().filter_map(|result| result.as_ref().err());
    for error in refused {
        assert!(matches!(error, CreateUserError::UsernameTaken), "{error}");
    }
}

async fn many_customers_are_registered_with_one_password(house: House) {
    let users = &house.stores.users;
    // More than are written in one go.
    let names: Vec<_> = (0..10_001).map(|n| format!("customer-{n:05}")).collect();
    let password = PasswordHash::from_phc("$shared".to_owned());
    let created = users.dangerously_create_many(names.clone(), &password, 77);
    let created = created.await.unwrap();
    assert!(created.iter().map(|user| &user.username).eq(&names));
    for user in [&created[0], &created[9_999], &created[10_000]] {
        let found = users.credentials(&user.username).await.unwrap().unwrap();
        assert_eq!(&found.user, user);
        assert_eq!(found.user.role, Role::Customer);
        assert_eq!(found.password.expose(), "$shared");
        let account = house.stores.ledger.account(user.id).await.unwrap();
        assert_eq!(account.unwrap().balance_minor, 77);
    }
    let again = vec!["customer-x".to_owned(), names[3].clone()];
    let refused = users.dangerously_create_many(again, &password, 77).await;
    assert!(matches!(refused, Err(CreateUserError::UsernameTaken)));
}

async fn passwords_and_roles_are_replaced(house: House) {
    let users = &house.stores.users;
    let alice = users.create(newcomer("alice")).await.unwrap();
    let new = PasswordHash::from_phc("$new".to_owned());
    assert!(users.set_password(alice.id, new).await.unwrap());
    assert!(users.set_role(alice.id, Role::Admin).await.unwrap());
    let credentials = users.credentials("alice").await.unwrap().unwrap();
    assert_eq!(credentials.password.expose(), "$new");
    assert_eq!(credentials.user.role, Role::Admin);
}

async fn a_ban_keeps_its_first_time_and_can_be_lifted(house: House) {
    let users = &house.stores.users;
    let alice = users.create(newcomer("alice")).await.unwrap();
    assert!(users.set_banned(alice.id, true).await.unwrap());
    house.clock.advance(Duration::from_secs(60));
    assert!(users.set_banned(alice.id, true).await.unwrap());
    let banned = users.by_id(alice.id).await.unwrap().unwrap();
    assert_eq!(banned.banned_at, Some(START));
    assert!(users.set_banned(alice.id, false).await.unwrap());
    assert_eq!(users.by_id(alice.id).await.unwrap().unwrap(), alice);
}

async fn the_epoch_of_a_users_tokens_only_counts_up(house: House) {
    let (users, denied) = (&house.stores.users, &house.stores.denied);
    let alice = users.create(newcomer("alice")).await.unwrap();
    let bob = users.create(newcomer("bob")).await.unwrap();
    assert_eq!(alice.token_epoch, 0);
    for epoch in 1..=3 {
        assert!(users.advance_token_epoch(alice.id).await.unwrap());
        assert!(denied.is_outdated(alice.id, epoch - 1).await.unwrap());
        assert!(!denied.is_outdated(alice.id, epoch).await.unwrap());
    }
    assert_eq!(users.by_id(alice.id).await.unwrap().unwrap().token_epoch, 3);
    assert!(!denied.is_outdated(bob.id, 0).await.unwrap());
    assert!(!users.advance_token_epoch(UserId(4711)).await.unwrap());
}

async fn changing_nobody_says_so(house: House) {
    let users = &house.stores.users;
    let nobody = UserId(4711);
    let password = PasswordHash::from_phc("$new".to_owned());
    assert!(!users.set_password(nobody, password).await.unwrap());
    assert!(!users.set_role(nobody, Role::Admin).await.unwrap());
    assert!(!users.set_banned(nobody, true).await.unwrap());
}
