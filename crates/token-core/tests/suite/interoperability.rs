//! An independent reader and writer: `jsonwebtoken` verifies what we issue, and we verify what it writes.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde_json::Value;
use token_core::jwt::{AccessClaims, Algorithm, Issuer, IssuerConfig, KeyRing, SigningKey};
use token_core::secret::SecretBytes;

use crate::forge::{self, AUDIENCE, ISSUER, NOW};
use crate::pem;

const SECRET: [u8; 32] = *b"a secret that both sides share..";

/// One key, as we read it and as the peer does.
fn keys(algorithm: Algorithm) -> (SigningKey, EncodingKey, DecodingKey) {
    if algorithm == Algorithm::HS256 {
        let secret = SecretBytes::new(SECRET.to_vec());
        let ours = SigningKey::from_secret(Some("shared".to_owned()), &secret).unwrap();
        return (
            ours,
            EncodingKey::from_secret(&SECRET),
            DecodingKey::from_secret(&SECRET),
        );
    }
    let (private, _) = pem::key_pair(algorithm);
    let theirs = match algorithm {
        Algorithm::EdDSA => EncodingKey::from_ed_pem(private.as_bytes()),
        Algorithm::ES256 => EncodingKey::from_ec_pem(private.as_bytes()),
        _ => EncodingKey::from_rsa_pem(private.as_bytes()),
    };
    let ours = SigningKey::from_pem(&private).unwrap();
    let published = ours.verification_key().to_public_jwk().unwrap();
    let jwk: Jwk = serde_json::from_value(published).unwrap();
    (ours, theirs.unwrap(), DecodingKey::from_jwk(&jwk).unwrap())
}

fn peer_name(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    algorithm.as_str().parse().unwrap()
}

#[test]
fn the_peer_verifies_what_we_issue() {
    for algorithm in Algorithm::ALL {
        let (ours, _, decoding) = keys(algorithm);
        let config = IssuerConfig {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            client_id: "bank-web".to_owned(),
            lifetime: Duration::from_secs(900),
        };
        let issuer = Issuer::new(Arc::new(KeyRing::new(ours)), config);
        let issued = issuer.issue(&forge::alice(), NOW).unwrap();
        let mut validation = Validation::new(peer_name(algorithm));
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        // The peer reads the clock of the machine, and these tokens are of 2023.
        validation.validate_exp = false;
        let read =
            jsonwebtoken::decode::<AccessClaims>(issued.token.expose(), &decoding, &validation);
        assert_eq!(read.unwrap().claims, issued.claims, "{algorithm}");
    }
}

#[test]
fn we_verify_what_the_peer_writes() {
    for algorithm in Algorithm::ALL {
        let (ours, encoding, _) = keys(algorithm);
        let mut header = Header::new(peer_name(algorithm));
        header.typ = Some("at+jwt".to_owned());
        header.kid = ours.kid().map(str::to_owned);
        let claims = Value::Object(forge::claims());
        let token = jsonwebtoken::encode(&header, &claims, &encoding).unwrap();
        let verifier = forge::verifier(KeyRing::new(ours), Duration::ZERO);
        let read = verifier.verify(&token, NOW).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), claims, "{algorithm}");
    }
}
