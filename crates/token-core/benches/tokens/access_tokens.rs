//! Access tokens of one algorithm, with two verifiers of them: ours, and `jsonwebtoken` as a peer to compare with.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jsonwebtoken::{DecodingKey, Validation};
use token_core::clock::{Clock, SystemClock};
use token_core::jwt::{
    AccessClaims, Algorithm, Believed, Issued, Issuer, IssuerConfig, KeyRing, RememberingVerifier,
    SigningKey, Subject, Verifier, VerifierConfig,
};
use token_core::refresh::{FIRST_GENERATION, FamilyId};
use token_core::secret::{SecretBytes, random_bytes};

use crate::{DAY, many};

const ISSUER: &str = "http://jwt.lab.localhost:8003";
const AUDIENCE: &str = "bank";

/// One algorithm: both verifiers, and what they are to verify.
pub(crate) struct AccessTokens {
    clock: SystemClock,
    issuer: Issuer,
    subjects: Vec<Subject>,
    tokens: Vec<String>,
    verifier: Verifier,
    remembering: RememberingVerifier,
    peer: (DecodingKey, Validation),
}

impl AccessTokens {
    /// Made when a bench of the algorithm first asks for it: both verifiers then get the same tokens.
    pub(crate) fn of(algorithm: Algorithm) -> &'static Self {
        static EACH: [OnceLock<AccessTokens>; 4] = [const { OnceLock::new() }; 4];
        EACH[algorithm as usize].get_or_init(|| Self::new(algorithm))
    }

    fn new(algorithm: Algorithm) -> Self {
        let (key, peer_key) = keys(algorithm);
        let keys = Arc::new(KeyRing::new(key));
        let demanded = VerifierConfig {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            leeway: Duration::ZERO,
        };
        let said = IssuerConfig {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            client_id: "bank-web".to_owned(),
            lifetime: DAY,
        };
        let verifier = Verifier::new(keys.clone(), demanded).unwrap();
        let mut access = Self {
            clock: SystemClock::new(),
            issuer: Issuer::new(keys, said),
            subjects: (0..many()).map(subject).collect(),
            tokens: Vec::new(),
            remembering: RememberingVerifier::new(verifier.clone(), 2 * many() as usize),
            verifier,
            peer: (peer_key, validation(algorithm)),
        };
        for subject in &access.subjects {
            let issued = access.issue(subject);
            let token = issued.token.expose();
            assert_eq!(access.verify(token), issued.claims, "{algorithm}");
            assert_eq!(access.verify_by_peer(token), issued.claims, "{algorithm}");
            assert!(!access.verify_seen(token).was_seen, "{algorithm}");
            access.tokens.push(token.to_owned());
        }
        access
    }

    pub(crate) fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    pub(crate) fn tokens(&self) -> &[String] {
        &self.tokens
    }

    pub(crate) fn issue(&self, subject: &Subject) -> Issued {
        self.issuer.issue(subject, self.clock.now()).unwrap()
    }

    /// Reads the clock, since the peer does.
    pub(crate) fn verify(&self, token: &str) -> AccessClaims {
        self.verifier.verify(token, self.clock.now()).unwrap()
    }

    /// By the verifier that has seen all of them.
    pub(crate) fn verify_seen(&self, token: &str) -> Believed {
        self.remembering.verify(token, self.clock.now()).unwrap()
    }

    /// The peer is told which key; ours finds it by the `kid` of the token.
    pub(crate) fn verify_by_peer(&self, token: &str) -> AccessClaims {
        let (key, validation) = &self.peer;
        let read = jsonwebtoken::decode::<AccessClaims>(token, key, validation).unwrap();
        assert_eq!(read.header.typ.as_deref(), Some("at+jwt"));
        read.claims
    }
}

/// A signing key of ours, and the peer's form of the key that verifies.
fn keys(algorithm: Algorithm) -> (SigningKey, DecodingKey) {
    if algorithm == Algorithm::HS256 {
        let secret = random_bytes::<32>();
        let key = SigningKey::from_secret(Some("b-1".to_owned()), &SecretBytes::new(secret.into()));
        return (key.unwrap(), DecodingKey::from_secret(&secret));
    }
    let key = SigningKey::generate(algorithm).unwrap();
    let published = key.verification_key().to_public_jwk().unwrap();
    let jwk = serde_json::from_value(published).unwrap();
    (key, DecodingKey::from_jwk(&jwk).unwrap())
}

/// What our verifier demands, as far as the peer can be told. That the other claims are there it finds when it reads them.
fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm.as_str().parse().unwrap());
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_nbf = true;
    validation.leeway = 0;
    validation
}

fn subject(index: u32) -> Subject {
    let sid = FamilyId::random().to_string();
    Subject {
        user_id: i64::from(index),
        username: format!("customer-{index}"),
        role: "customer".to_owned(),
        token_id: format!("{sid}.{FIRST_GENERATION}"),
        sid,
        epoch: None,
        jkt: None,
    }
}
