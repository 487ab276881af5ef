//! Engines that are really started, killed, held still and dropped; what becomes of their processes is read from /proc.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers, which the lint does not know for tests"
)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use engines::{Postgres, Redis};

/// Whether anything of this process still runs.
fn runs(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|line| !line.contains(") Z ") && !line.contains(") X "))
}

/// The children of a process.
fn children(pid: u32) -> Vec<u32> {
    let parent = format!(" {pid} ");
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .filter(|child| {
            std::fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|line| {
                line.rsplit_once(") ")
                    .is_some_and(|(_, rest)| rest[1..].starts_with(&parent))
            })
        })
        .collect()
}

/// The folder that a process works in.
fn folder(pid: u32) -> PathBuf {
    let current = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    // PostgreSQL moves on into its data.
    match current.ends_with("data") {
        true => current.parent().unwrap().to_owned(),
        false => current,
    }
}

/// What Redis answers to a command, as far as it comes in one piece and within a fifth of a second.
fn ask(redis: &Redis, command: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, redis.port()))?;
    stream.set_read_timeout(Some(Duration::from_millis(200)))?;
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut answer = [0; 100];
    let length = stream.read(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}

/// What PostgreSQL answers to a statement, all of it as one text, within a fifth of a second.
fn query(postgres: &Postgres, statement: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, postgres.port()))?;
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    let parameters = b"user\0svt\0database\0postgres\0\0";
    let mut sent = u32::to_be_bytes(8 + parameters.len() as u32).to_vec();
    sent.extend(u32::to_be_bytes(196_608));
    sent.extend(parameters);
    sent.push(b'Q');
    sent.extend(u32::to_be_bytes(5 + statement.len() as u32));
    sent.extend(statement.bytes());
    sent.push(0);
    sent.extend(b"X\0\0\0\x04");
    stream.write_all(&sent)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn redis_keeps_what_it_was_told_through_a_kill_and_is_gone_when_dropped() {
    let mut redis = Redis::start().unwrap();
    assert_eq!(redis.url(), format!("redis://127.0.0.1:{}", redis.port()));
    let first = redis.pid().unwrap();
    let place = folder(first);
    assert_eq!(ask(&redis, "SET name alice").unwrap(), "+OK\r\n");
    redis.kill();
    assert!(!runs(first) && redis.pid().is_none());
    assert!(ask(&redis, "GET name").is_err());
    redis.restart().unwrap();
    assert_eq!(ask(&redis, "GET name").unwrap(), "$5\r\nalice\r\n");
    let second = redis.pid().unwrap();
    assert!(runs(second) && folder(second) == place);
    drop(redis);
    assert!(!runs(second) && !place.exists());
}

#[test]
fn a_paused_redis_answers_when_it_goes_on_and_can_be_dropped_meanwhile() {
    let redis = Redis::start().unwrap();
    redis.pause();
    assert!(ask(&redis, "PING").is_err());
    redis.resume();
    assert_eq!(ask(&redis, "PING").unwrap(), "+PONG\r\n");
    redis.pause();
    let pid = redis.pid().unwrap();
    drop(redis);
    assert!(!runs(pid));
}

#[test]
fn two_engines_of_one_kind_do_not_meet() {
    let (first, second) = (Redis::start().unwrap(), Redis::start().unwrap());
    assert_ne!(first.port(), second.port());
    ask(&first, "SET name alice").unwrap();
    assert_eq!(ask(&second, "GET name").unwrap(), "$-1\r\n");
}

#[test]
fn postgresql_keeps_what_it_has_committed_through_a_kill_and_is_gone_when_dropped() {
    let mut postgres = Postgres::start().unwrap();
    let port = postgres.port();
    assert_eq!(
        postgres.url(),
        format!("postgres://svt@127.0.0.1:{port}/postgres")
    );
    assert_eq!(
        postgres.url_of("bank"),
        format!("postgres://svt@127.0.0.1:{port}/bank")
    );
    let made = query(&postgres, "ALTER ROLE svt SET search_path = alice").unwrap();
    assert!(made.contains("ALTER ROLE"), "{made}");
    for setting in ["fsync", "synchronous_commit"] {
        let set = query(&postgres, &format!("SHOW {setting}")).unwrap();
        // The value with its length before it.
        assert!(set.contains("\0\u{2}on"), "{setting}: {set}");
    }
    let first = postgres.pid().unwrap();
    let place = folder(first);
    let all = children(first);
    assert!(all.len() > 3, "the writer, the checkpointer and so on");
    postgres.kill();
    assert!(!runs(first) && !all.into_iter().any(runs));
    assert!(query(&postgres, "SELECT 1").is_err());
    postgres.restart().unwrap();
    let kept = query(&postgres, "SHOW search_path").unwrap();
    assert!(kept.contains("alice"), "{kept}");
    let second = postgres.pid().unwrap();
    let all = children(second);
    drop(postgres);
    assert!(!runs(second) && !all.into_iter().any(runs) && !place.exists());
}

#[test]
fn a_paused_postgresql_stands_still_with_all_of_its_processes() {
    let mut postgres = Postgres::start().unwrap();
    let pid = postgres.pid().unwrap();
    postgres.pause();
    // One that has ended stays listed until the first one goes on.
    let moves = |pid: &u32| {
        let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        !line.contains(") T ") && runs(*pid)
    };
    assert!(!moves(&pid));
    let moving: Vec<_> = children(pid).into_iter().filter(moves).collect();
    assert!(moving.is_empty(), "{moving:?}");
    assert!(query(&postgres, "SELECT 1").is_err());
    postgres.resume();
    assert!(query(&postgres, "SELECT 1").unwrap().contains("SELECT 1"));
    let place = folder(pid);
    postgres.kill();
    drop(postgres);
    assert!(!place.exists());
}
