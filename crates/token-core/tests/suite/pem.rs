//! Keys in PEM.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use token_core::jwt::{Algorithm, KeyError, SignatureAlgorithm, SigningKey, VerificationKey, jws};

pub(crate) fn armour(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// A new key pair in PEM, as `openssl genpkey` and `openssl pkey -pubout` write them: PKCS#8 and SubjectPublicKeyInfo.
pub(crate) fn key_pair(algorithm: Algorithm) -> (String, String) {
    let (private, public) = match algorithm {
        Algorithm::EdDSA => {
            let pair = Ed25519KeyPair::generate().unwrap();
            let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
            (
                pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
                public.as_ref().to_vec(),
            )
        }
        Algorithm::ES256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
            let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
            (
                pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
                public.as_ref().to_vec(),
            )
        }
        _ => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
            let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
            let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
            (private.as_ref().to_vec(), public.as_ref().to_vec())
        }
    };
    (
        armour("PRIVATE KEY", &private),
        armour("PUBLIC KEY", &public),
    )
}

#[test]
fn a_private_key_signs_and_either_half_verifies() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256] {
        let (private, public) = key_pair(algorithm);
        let key = SigningKey::from_pem(&private).unwrap();
        assert_eq!(key.algorithm(), algorithm);
        assert_eq!(
            key.kid().map(str::to_owned),
            key.verification_key().thumbprint()
        );
        let token = jws::sign(b"payload", "JOSE", &key).unwrap();
        for half in [&public, &private] {
            let verifying = VerificationKey::from_pem(half).unwrap();
            assert_eq!(jws::verify(token.expose(), &verifying).unwrap(), b"payload");
            assert_eq!(verifying.thumbprint(), key.verification_key().thumbprint());
        }
        assert_eq!(
            SigningKey::from_pem(&public).err(),
            Some(KeyError::NotPrivate)
        );
    }
}

#[test]
fn the_curve_is_the_one_inside_the_key() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let private = armour("PRIVATE KEY", pair.to_pkcs8v1().unwrap().as_ref());
    let key = VerificationKey::from_pem(&private).unwrap();
    assert_eq!(key.algorithm(), SignatureAlgorithm::ES384);
    assert_eq!(
        SigningKey::from_pem(&private).err(),
        Some(KeyError::VerificationOnly("ES384"))
    );
}

#[test]
fn small_rsa_keys_are_refused_in_pem_too() {
    // An RSAPublicKey of 1,024 bits: SEQUENCE { n, e }.
    let mut der = vec![0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0x00];
    der.extend([0xff; 128]);
    der.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
    let answer = VerificationKey::from_pem(&armour("RSA PUBLIC KEY", &der));
    assert!(
        matches!(
            answer,
            Err(KeyError::RsaSize { bits: 1024 } | KeyError::Pem)
        ),
        "{answer:?}"
    );
}

#[test]
fn what_is_no_key_is_refused() {
    let (private, public) = key_pair(Algorithm::EdDSA);
    let certificate = public.replace("PUBLIC KEY", "CERTIFICATE");
    let cut: String = private.lines().take(2).collect();
    for text in [
        "",
        "nonsense",
        "-----BEGIN PUBLIC KEY-----",
        &certificate,
        &cut,
    ] {
        assert!(VerificationKey::from_pem(text).is_err(), "{text}");
        assert!(SigningKey::from_pem(text).is_err(), "{text}");
    }
    let not_a_key = armour("PRIVATE KEY", b"0\x03\x02\x01\x00");
    assert_eq!(SigningKey::from_pem(&not_a_key).err(), Some(KeyError::Pem));
}
