//! The binary, run with arguments and input, and keys to run it with.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use token_core::jwt::{Algorithm, KeyRing, SigningKey};

/// The sample of jwt.io, as the notes have it.
pub(crate) const SAMPLE: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
pub(crate) const SAMPLE_SECRET: &str = "your-256-bit-secret";
pub(crate) const ISSUER: &str = "http://jwt.lab.localhost:8003";
pub(crate) const NOW: i64 = 1_700_000_000;

pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Outcome {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }

    /// Exit 2, nothing on standard output, and one line that says what was wrong.
    pub(crate) fn assert_unusable(&self, said: &str) {
        assert_eq!(self.code, 2, "{}", self.err);
        assert_eq!(self.out, "");
        assert_eq!(self.err.lines().count(), 1, "{}", self.err);
        assert!(self.err.contains(said), "{} does not say {said}", self.err);
    }
}

pub(crate) fn svt(arguments: &[&str]) -> Outcome {
    svt_reading("", arguments)
}

pub(crate) fn svt_reading(input: &str, arguments: &[&str]) -> Outcome {
    let mut child = Command::new(env!("CARGO_BIN_EXE_svt"))
        .arg("token")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails early does not read: the broken pipe is not what is tested.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Outcome {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": ["bank", "other"], "sub": "1", "exp": NOW + 900, "iat": NOW, "jti": "j1", "client_id": "bank-web",
    })
}

/// A folder with a private key, its public half, and the set that a server publishes after a rotation.
pub(crate) struct Keys {
    pub(crate) folder: tempfile::TempDir,
}

impl Keys {
    pub(crate) fn of(algorithm: Algorithm) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::generate(algorithm).unwrap();
        let private = key.to_private_jwk().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("private.json", private.expose());
        let public = key.verification_key().to_public_jwk();
        write("public.json", &public.unwrap_or_default().to_string());
        let next = SigningKey::generate(algorithm).unwrap();
        let now = token_core::clock::UnixSeconds(NOW);
        let hour = std::time::Duration::from_secs(3600);
        let rotated = KeyRing::new(key).rotate(next, now, hour).unwrap();
        write("jwks.json", &rotated.jwks().to_string());
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let private = self.path("private.json");
        let signed = svt(&["sign", "--jwk", text(&private), &claims.to_string()]);
        assert_eq!(signed.code, 0, "{}", signed.err);
        signed.out.trim_end().to_owned()
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
