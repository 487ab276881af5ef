//! What is kept in Redis, for how long, and what it costs to ask for it.

use user_store::{Role, SessionId, Sessions, StoreError, UserId};

use super::{House, row};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_expires_by_itself_and_no_session_before_its_end() {
    let house = House::new();
    let first = house.of(1).await;
    assert_eq!(house.left(&row(&first)), 1_800 + 60);
    assert_eq!(house.left("svt:user:1"), 43_200);
    let renewed = house.sessions.renew(&first).await.unwrap().unwrap();
    let trail = format!("svt:renewed:{}", first.public_id());
    assert_eq!(house.left(&trail), 43_200);
    // Whatever there is, it has an end.
    let keys: Vec<String> = house.ask("KEYS *");
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| house.left(key) > 0));
    // A use that is recorded begins the time anew, one that is not does not.
    let () = house.ask(&format!("EXPIRE {} 100", row(&renewed)));
    house.advance(59);
    assert!(house.sessions.load(&renewed).await.unwrap().is_some());
    assert_eq!(house.left(&row(&renewed)), 100);
    house.advance(1);
    assert!(house.sessions.load(&renewed).await.unwrap().is_some());
    assert_eq!(house.left(&row(&renewed)), 1_860);
    // Near the absolute end, what is left until then.
    for _ in 0..42 {
        house.advance(1_000);
        assert!(house.sessions.load(&renewed).await.unwrap().is_some());
    }
    assert_eq!(house.left(&row(&renewed)), 43_200 - 60 - 42_000);
    let last = house.sessions.renew(&renewed).await.unwrap().unwrap();
    assert_eq!(house.left(&row(&last)), 1_140);
    let trail = format!("svt:renewed:{}", renewed.public_id());
    assert_eq!(house.left(&trail), 1_140);
    // The index of a user lives for as long as the last session in it may.
    house.of(1).await;
    assert_eq!(house.left("svt:user:1"), 43_200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_index_of_a_user_does_not_grow_for_ever() {
    let house = House::new();
    for _ in 0..50 {
        let id = house.of(1).await;
        let renewed = house.sessions.renew(&id).await.unwrap().unwrap();
        house.sessions.delete(&renewed).await.unwrap();
    }
    assert_eq!(house.ask::<u64>("EXISTS svt:user:1"), 0);
    for _ in 0..50 {
        let id = house.of(1).await;
        // As Redis does once a session has been idle for too long.
        let () = house.ask(&format!("DEL {}", row(&id)));
    }
    assert_eq!(house.ask::<u64>("ZCARD svt:user:1"), 50);
    assert!(house.sessions.list_of(UserId(1)).await.unwrap().is_empty());
    let id = house.of(1).await;
    let () = house.ask(&format!("DEL {}", row(&id)));
    let promoted = house.sessions.set_role_of(UserId(1), Role::Admin).await;
    promoted.unwrap();
    assert_eq!(house.ask::<u64>(&format!("EXISTS {}", row(&id))), 0);
    let ended = house.sessions.delete_all_of(UserId(1), None).await;
    assert_eq!(ended.unwrap(), 0);
    let id = house.of(1).await;
    let () = house.ask(&format!("DEL {}", row(&id)));
    house.advance(43_200);
    house.of(1).await;
    assert_eq!(house.ask::<u64>("ZCARD svt:user:1"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_load_is_one_command_and_once_a_minute_a_script_more() {
    let house = House::new();
    let id = house.of(1).await;
    let calls = || {
        let said: String = house.ask("INFO commandstats");
        let calls = |name: &str| {
            let line = said.lines().find_map(|line| {
                line.strip_prefix(&format!("cmdstat_{name}:calls="))?
                    .split(',')
                    .next()
            });
            line.map_or(0, |calls| calls.parse::<u64>().unwrap())
        };
        (calls("hmget"), calls("evalsha"))
    };
    // The script is known from here on.
    house.advance(60);
    house.sessions.load(&id).await.unwrap();
    let () = house.ask("CONFIG RESETSTAT");
    for _ in 0..59 {
        house.advance(1);
        house.sessions.load(&id).await.unwrap();
    }
    assert_eq!(calls(), (59, 0));
    house.advance(1);
    house.sessions.load(&id).await.unwrap();
    // One of the reads is the script's own.
    assert_eq!(calls(), (61, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_id_is_stored() {
    let house = House::new();
    let id = house.of(1).await;
    let renewed = house.sessions.renew(&id).await.unwrap().unwrap();
    let keys: Vec<String> = house.ask("KEYS *");
    assert_eq!(keys.len(), 3);
    let mut stored = format!("{keys:?}");
    for key in &keys {
        let kind: String = house.ask(&format!("TYPE {key}"));
        let read = match kind.as_str() {
            "hash" => format!("HGETALL {key}"),
            "zset" => format!("ZRANGE {key} 0 -1"),
            _ => format!("GET {key}"),
        };
        stored += &format!("{:?}", house.ask::<redis::Value>(&read));
    }
    assert!(stored.contains(&renewed.hash().hex()));
    assert!(!stored.contains(id.expose()) && !stored.contains(renewed.expose()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_somebody_else_put_under_our_keys_is_an_error_and_no_session() {
    let house = House::new();
    let id = house.of(1).await;
    let () = house.ask(&format!("HSET {} role emperor", row(&id)));
    let failed = house.sessions.load(&id).await;
    assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
    let () = house.ask(&format!("SET {} text", row(&SessionId::generate())));
    let id = SessionId::generate();
    let () = house.ask(&format!("SET {} text", row(&id)));
    let failed = house.sessions.load(&id).await;
    assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
    // The others are not concerned.
    let other = house.of(2).await;
    assert!(house.sessions.load(&other).await.unwrap().is_some());
}
