//! Rotation as a state machine, driven through random lives.

use std::time::Duration;

use proptest::prelude::*;
use token_core::clock::UnixSeconds;
use token_core::refresh::{
    FIRST_GENERATION, FamilyId, Presented, RefreshKey, RefreshPolicy, RefreshPolicyError, Refusal,
    RevocationReason, TokenFamily, present,
};

const START: UnixSeconds = UnixSeconds(1_700_000_000);
const DAY: u64 = 86_400;

fn policy(grace_seconds: u64) -> RefreshPolicy {
    RefreshPolicy {
        grace: Duration::from_secs(grace_seconds),
        ..RefreshPolicy::default()
    }
}

fn begun() -> TokenFamily {
    TokenFamily::begin(FamilyId([7; 16]), 1, START)
}

fn at(seconds: u64) -> UnixSeconds {
    START.plus(Duration::from_secs(seconds))
}

fn rotated(family: &TokenFamily, now: UnixSeconds, policy: &RefreshPolicy) -> TokenFamily {
    match present(family, family.generation, now, policy) {
        Presented::Rotated(family) => family,
        other => panic!("the live token was not rotated: {other:?}"),
    }
}

#[test]
fn the_live_token_is_rotated_into_its_successor() {
    let next = rotated(&begun(), at(60), &policy(10));
    assert_eq!(next.generation, FIRST_GENERATION + 1);
    assert_eq!(next.rotated_at, at(60));
    assert_eq!(next.created_at, START);
}

#[test]
fn the_predecessor_is_answered_again_within_grace_and_with_the_same_token() {
    let key = RefreshKey::random();
    let policy = policy(10);
    let family = rotated(&begun(), at(60), &policy);
    let first_answer = key.token(family.id, family.generation);
    for second in [60, 69] {
        let Presented::Retried(same) = present(&family, FIRST_GENERATION, at(second), &policy)
        else {
            panic!("no retry at {second}");
        };
        assert_eq!(same, family);
        assert_eq!(
            key.token(same.id, same.generation).expose(),
            first_answer.expose()
        );
    }
}

#[test]
fn grace_ends_on_its_last_second_and_reuse_revokes_the_family() {
    let policy = policy(10);
    let family = rotated(&begun(), at(60), &policy);
    let Presented::Reused(revoked) = present(&family, FIRST_GENERATION, at(70), &policy) else {
        panic!("a retry after grace");
    };
    let revocation = revoked.revoked.unwrap();
    assert_eq!(
        (revocation.at, revocation.reason),
        (at(70), RevocationReason::Reused)
    );
    let now = present(&revoked, revoked.generation, at(70), &policy);
    assert_eq!(now, Presented::Refused(Refusal::Revoked));
}

#[test]
fn grace_is_over_once_the_successor_was_used() {
    let policy = policy(10);
    let second = rotated(&begun(), at(60), &policy);
    let third = rotated(&second, at(61), &policy);
    assert!(matches!(
        present(&third, FIRST_GENERATION, at(61), &policy),
        Presented::Reused(_)
    ));
    assert!(matches!(
        present(&third, second.generation, at(61), &policy),
        Presented::Retried(_)
    ));
}

#[test]
fn without_grace_there_is_no_second_chance() {
    let policy = policy(0);
    let family = rotated(&begun(), at(60), &policy);
    assert!(matches!(
        present(&family, FIRST_GENERATION, at(60), &policy),
        Presented::Reused(_)
    ));
}

#[test]
fn an_unused_token_expires_to_the_second() {
    let policy = policy(10);
    let last = at(30 * DAY - 1);
    assert!(matches!(
        present(&begun(), 1, last, &policy),
        Presented::Rotated(_)
    ));
    assert!(begun().is_live(last, &policy));
    let over = at(30 * DAY);
    assert_eq!(
        present(&begun(), 1, over, &policy),
        Presented::Refused(Refusal::Expired)
    );
    assert!(!begun().is_live(over, &policy));
    assert_eq!(begun().expires_at(&policy), over);
}

#[test]
fn a_family_reaches_its_absolute_limit_to_the_second_however_busy_it_was() {
    let policy = policy(10);
    let mut family = begun();
    for day in (20..90).step_by(20) {
        family = rotated(&family, at(day * DAY), &policy);
    }
    family = rotated(&family, at(90 * DAY - 1), &policy);
    assert_eq!(family.expires_at(&policy), at(90 * DAY));
    for generation in [family.generation, family.generation - 1] {
        let answer = present(&family, generation, at(90 * DAY), &policy);
        assert_eq!(answer, Presented::Refused(Refusal::AbsoluteLimit));
    }
}

#[test]
fn a_generation_that_was_never_issued_is_refused_and_changes_nothing() {
    for generation in [0, 2, u32::MAX] {
        let answer = present(&begun(), generation, START, &policy(10));
        assert_eq!(answer, Presented::Refused(Refusal::NeverIssued));
    }
}

#[test]
fn a_family_that_has_counted_to_the_end_stops() {
    let family = TokenFamily {
        generation: u32::MAX,
        ..begun()
    };
    let answer = present(&family, u32::MAX, START, &policy(10));
    assert_eq!(answer, Presented::Refused(Refusal::AbsoluteLimit));
}

#[test]
fn the_first_reason_for_a_revocation_is_kept() {
    let family = begun().revoke(at(1), RevocationReason::LoggedOut);
    let family = family.revoke(at(2), RevocationReason::UserBanned);
    assert_eq!(
        family.revoked.map(|revoked| revoked.reason),
        Some(RevocationReason::LoggedOut)
    );
}

#[test]
fn reasons_have_one_name_everywhere() {
    for reason in RevocationReason::ALL {
        assert_eq!(RevocationReason::from_name(reason.as_str()), Some(reason));
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
}

#[test]
fn a_policy_reports_all_its_mistakes_at_once() {
    assert_eq!(RefreshPolicy::default().validate(), Ok(()));
    let policy = RefreshPolicy {
        lifetime: Duration::ZERO,
        absolute_lifetime: Duration::ZERO,
        grace: Duration::from_millis(10_001),
    };
    let mistakes = vec![
        RefreshPolicyError::NoLifetime,
        RefreshPolicyError::GraceTooLong,
    ];
    assert_eq!(policy.validate(), Err(mistakes));
    let policy = RefreshPolicy {
        absolute_lifetime: Duration::from_secs(1),
        ..RefreshPolicy::default()
    };
    assert_eq!(
        policy.validate(),
        Err(vec![RefreshPolicyError::AbsoluteShorterThanLifetime])
    );
}

#[test]
fn a_token_is_derived_and_read_back() {
    let key = RefreshKey::random();
    let family = FamilyId::random();
    let token = key.token(family, 7);
    assert_eq!(token.expose().len(), 70);
    assert_eq!(token.expose(), key.token(family, 7).expose());
    assert_eq!(key.open(token.expose()), Ok((family, 7)));
    assert!(RefreshKey::random().open(token.expose()).is_err());
    assert_eq!(family.to_string().parse(), Ok(family));
    assert_eq!(family.to_string().len(), 32);
    for text in [
        "",
        "00",
        "0011223344556677889900AABBCCDDEEFF",
        "00112233445566778899aabbccddeefg",
    ] {
        assert!(text.parse::<FamilyId>().is_err(), "{text:?}");
    }
}

#[test]
fn a_changed_token_is_refused_whichever_character_it_was() {
    let key = RefreshKey::random();
    let token = key.token(FamilyId::random(), 7);
    let token = token.expose();
    for index in 0..token.len() {
        for other in ["A", "z", "=", " "] {
            let mut changed = token.to_owned();
            changed.replace_range(index..=index, other);
            assert!(
                changed == token || key.open(&changed).is_err(),
                "character {index}"
            );
        }
    }
    for other in [
        format!("{token}="),
        format!("{token}A"),
        token[1..].to_owned(),
        String::new(),
    ] {
        assert!(key.open(&other).is_err());
    }
}

/// One step in the life of a family: time passes, then somebody presents a token.
#[derive(Clone, Copy, Debug)]
struct Step {
    seconds: u64,
    /// How far behind the live generation; -1 is one that was never issued.
    behind: i64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let seconds = prop_oneof![
        4 => 0..12_u64,
        2 => 0..2 * DAY,
        1 => 29 * DAY..31 * DAY,
    ];
    let behind = prop_oneof![6 => Just(0), 3 => Just(1), 1 => -1..4_i64];
    let step = (seconds, behind).prop_map(|(seconds, behind)| Step { seconds, behind });
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_life_of_a_family_breaks_the_rules(steps in steps(), grace in 0..=10_u64) {
        let policy = policy(grace);
        let mut family = begun();
        let mut now = START;
        for step in steps {
            now = now.plus(Duration::from_secs(step.seconds));
            let Ok(generation) = u32::try_from(i64::from(family.generation) - step.behind) else { continue };
            let answer = present(&family, generation, now, &policy);
            check(&family, generation, now, &policy, answer)?;
            family = match answer {
                Presented::Rotated(after) | Presented::Retried(after) | Presented::Reused(after) => after,
                Presented::Refused(_) => family,
            };
            let rotates = |generation| matches!(present(&family, generation, now, &policy), Presented::Rotated(_));
            let live = (0..=family.generation + 1).filter(|generation| rotates(*generation)).count();
            prop_assert!(live <= 1, "{live} live generations");
            prop_assert_eq!(live == 1, family.is_live(now, &policy));
        }
    }

    #[test]
    fn any_generation_of_any_family_has_one_token(family: [u8; 16], generation: u32, key: [u8; 32]) {
        let key = RefreshKey::new(&key);
        let family = FamilyId(family);
        let token = key.token(family, generation);
        prop_assert_eq!(key.open(token.expose()), Ok((family, generation)));
        prop_assert_ne!(token, key.token(family, generation.wrapping_add(1)));
    }

    #[test]
    fn no_other_text_is_ever_a_token(text in "\\PC{0,90}") {
        prop_assert!(RefreshKey::new(&[1; 32]).open(&text).is_err());
    }
}

/// What must be true of one answer, said without looking at how it was reached.
fn check(
    family: &TokenFamily,
    generation: u32,
    now: UnixSeconds,
    policy: &RefreshPolicy,
    answer: Presented,
) -> Result<(), TestCaseError> {
    let was_revoked = family.revoked.is_some();
    let within_limit = now < family.created_at.plus(policy.absolute_lifetime);
    match answer {
        Presented::Rotated(after) => {
            prop_assert!(!was_revoked && within_limit && generation == family.generation);
            prop_assert!(now < family.expires_at(policy));
            prop_assert_eq!(
                after,
                TokenFamily {
                    generation: generation + 1,
                    rotated_at: now,
                    ..*family
                }
            );
        }
        Presented::Retried(after) => {
            prop_assert!(!was_revoked && within_limit && generation + 1 == family.generation);
            prop_assert!(
                now.since(family.rotated_at) < policy.grace,
                "grace exceeded, or strict"
            );
            prop_assert_eq!(after, *family);
        }
        Presented::Reused(after) => {
            prop_assert!(!was_revoked && generation < family.generation);
            prop_assert_eq!(
                after.revoked.map(|revoked| revoked.reason),
                Some(RevocationReason::Reused)
            );
            prop_assert_eq!(after.generation, family.generation);
        }
        Presented::Refused(reason) => {
            prop_assert_eq!(was_revoked, reason == Refusal::Revoked);
            let is_old = (FIRST_GENERATION..family.generation).contains(&generation);
            let in_grace = now.since(family.rotated_at) < policy.grace;
            prop_assert!(
                was_revoked || !is_old || (in_grace && !within_limit),
                "reuse went unpunished"
            );
        }
    }
    Ok(())
}
