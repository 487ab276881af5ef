//! Which passwords are accepted, and what a storm of them meets.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers, which the lint does not know for tests"
)]

use token_core::secret::SecretString;
use user_store::{PasswordError, PasswordHash, PasswordHasher, PasswordHasherConfig};

fn cheap() -> PasswordHasher {
    PasswordHasher::new(PasswordHasherConfig::dangerously_cheap())
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

#[tokio::test]
async fn a_password_is_verified_against_its_own_hash_alone() {
    let hasher = cheap();
    let hash = hasher.hash(secret("white-rabbit-1865")).await.unwrap();
    let other = hasher.hash(secret("white-rabbit-1865")).await.unwrap();
    assert_ne!(hash.expose(), other.expose(), "salts are random");
    for (password, expected) in [
        ("white-rabbit-1865", true),
        ("white-rabbit-1866", false),
        ("White-rabbit-1865", false),
        ("white-rabbit-1865 ", false),
        ("", false),
    ] {
        let matches = hasher
            .verify(secret(password), Some(hash.clone()))
            .await
            .unwrap();
        assert_eq!(matches, expected, "{password:?}");
    }
    assert!(
        !hasher
            .verify(secret("white-rabbit-1865"), None)
            .await
            .unwrap()
    );
    assert_eq!(format!("{hash:?}"), "PasswordHash([secret])");
}

#[tokio::test]
async fn a_hash_is_a_phc_string_of_argon2id_with_the_declared_parameters() {
    let config = PasswordHasherConfig::default();
    assert_eq!(
        (config.memory_kib, config.passes, config.lanes),
        (19 * 1024, 2, 1)
    );
    let hash = PasswordHasher::new(config)
        .hash(secret("can-we-fix-it"))
        .await
        .unwrap();
    assert!(
        hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{}",
        hash.expose()
    );
    // Whatever the hasher is set to, a hash is verified by its own parameters.
    assert!(
        cheap()
            .verify(secret("can-we-fix-it"), Some(hash))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_hash_made_elsewhere_with_other_parameters_is_verified() {
    let elsewhere = made_elsewhere();
    assert!(
        cheap()
            .verify(secret("somepassword"), Some(elsewhere.clone()))
            .await
            .unwrap()
    );
    assert!(
        !cheap()
            .verify(secret("otherpassword"), Some(elsewhere))
            .await
            .unwrap()
    );
}

fn made_elsewhere() -> PasswordHash {
    use argon2::{Algorithm, Argon2, Params, Version};
    let params = Params::new(256, 2, 1, Some(32)).unwrap();
    let mut out = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(b"somepassword", b"somesalt", &mut out)
        .unwrap();
    use base64::Engine;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes);
    let text = format!(
        "$argon2id$v=19$m=256,t=2,p=1${}${}",
        encode(b"somesalt"),
        encode(&out)
    );
    PasswordHash::from_phc(text)
}

#[tokio::test]
async fn lengths_are_counted_in_characters() {
    let hasher = cheap();
    for (password, accepted) in [
        ("mn-7-øå".to_owned(), false),
        ("mn-7-øåæ".to_owned(), true),
        ("🐇".repeat(7), false),
        ("🐇".repeat(8), true),
        ("🐇".repeat(128), true),
        ("🐇".repeat(129), false),
        ("x".repeat(129), false),
        ("x".repeat(1_000_000), false),
    ] {
        let hashed = hasher.hash(secret(&password)).await;
        assert_eq!(
            hashed.is_ok(),
            accepted,
            "{} characters",
            password.chars().count()
        );
    }
    let short = hasher.hash(secret("seven77")).await;
    assert!(matches!(short, Err(PasswordError::TooShort)));
    let long = hasher.hash(secret(&"x".repeat(129))).await;
    assert!(matches!(long, Err(PasswordError::TooLong)));
}

#[tokio::test]
async fn notorious_passwords_are_refused_in_any_case() {
    for password in [
        "password",
        "PassWord1",
        "12345678",
        "QWERTYUIOP",
        "iloveyou",
        "changeme",
    ] {
        let hashed = cheap().hash(secret(password)).await;
        assert!(
            matches!(hashed, Err(PasswordError::TooCommon)),
            "{password}"
        );
    }
    for password in ["white-rabbit-1865", "can-we-fix-it", "man-in-the-middle"] {
        assert!(cheap().hash(secret(password)).await.is_ok(), "{password}");
    }
}

/// One thread, so slow that whatever a test does next happens during the first hash.
fn slow(queue: usize) -> PasswordHasher {
    PasswordHasher::new(PasswordHasherConfig {
        threads: 1,
        queue,
        passes: 12,
        ..PasswordHasherConfig::default()
    })
}

/// Starts to verify a password for nobody: it has its place, or was refused, when this returns.
async fn start(hasher: &PasswordHasher) -> tokio::task::JoinHandle<Result<bool, PasswordError>> {
    let hasher = hasher.clone();
    let started =
        tokio::spawn(async move { hasher.verify(secret("white-rabbit-1865"), None).await });
    tokio::task::yield_now().await;
    started
}

#[tokio::test]
async fn what_cannot_be_hashed_soon_is_refused() {
    let hasher = slow(3);
    let mut started = Vec::new();
    for _ in 0..20 {
        started.push(start(&hasher).await);
    }
    let (mut done, mut busy) = (0, 0);
    for verify in started {
        match verify.await.unwrap() {
            Ok(false) => done += 1,
            Err(PasswordError::Busy) => busy += 1,
            other => panic!("{other:?}"),
        }
    }
    // One on the thread and three in the queue.
    assert_eq!((done, busy), (4, 16));
    // The places are free again.
    assert!(!start(&hasher).await.await.unwrap().unwrap());
}

#[tokio::test]
async fn a_client_that_disconnects_does_not_free_its_place() {
    let hasher = slow(1);
    let on_the_thread = start(&hasher).await;
    let gone = start(&hasher).await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    let refused = start(&hasher).await.await.unwrap();
    assert!(matches!(refused, Err(PasswordError::Busy)), "{refused:?}");
    assert!(!on_the_thread.await.unwrap().unwrap());
}

#[tokio::test]
async fn a_hash_that_cannot_be_read_is_an_error_and_not_a_mismatch() {
    for text in [
        "",
        "plain",
        "$argon2id$v=19$m=8,t=1,p=1",
        "$2b$10$abcdefghijklmnopqrstuv",
    ] {
        let hash = PasswordHash::from_phc(text.to_owned());
        let verified = cheap()
            .verify(secret("white-rabbit-1865"), Some(hash))
            .await;
        assert!(
            matches!(verified, Err(PasswordError::Failed(_))),
            "{text:?}: {verified:?}"
        );
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_hashing_thread_alone_runs_at_low_priority() {
    /// The name and the nice value of a thread (`man 5 proc`: the 19th field, counted past the name in brackets).
    fn of(task: &std::path::Path) -> Option<(String, i32)> {
        let stat = std::fs::read_to_string(task.join("stat")).ok()?;
        let (name, fields) = stat.rsplit_once(')')?;
        let nice = fields.split_whitespace().nth(16)?;
        let (_, name) = name.split_once('(')?;
        Some((name.to_owned(), nice.parse().ok()?))
    }
    let hasher = slow(1);
    let hashing = start(&hasher).await;
    // Behind the first hash, whose thread lowered its priority before it began.
    assert!(!hashing.await.unwrap().unwrap());
    let own = of(std::path::Path::new("/proc/thread-self")).unwrap().1;
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // Other tests end threads meanwhile, which then have nothing to say.
    let nice: Vec<_> = tasks.filter_map(|task| of(&task.ok()?.path())).collect();
    assert!(nice.contains(&("argon2".to_owned(), 19)), "{nice:?}");
    let mut others = nice.iter().filter(|(name, _)| name != "argon2");
    assert!(others.all(|(_, nice)| *nice == own), "{nice:?}");
}
