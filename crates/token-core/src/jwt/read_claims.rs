//! The claims of a token as they were written, read once and each into its place.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::json::{self, Json, JsonError, Members};
use super::{Part, VerifyError};
use crate::clock::UnixSeconds;

/// How many claims have a place.
const PLACES: usize = 16;

/// Where a claim is kept that means something to us, in an access token or in a proof of possession.
#[inline]
fn place(name: &str) -> Option<usize> {
    Some(match name {
        "iss" => 0,
        "aud" => 1,
        "sub" => 2,
        "exp" => 3,
        "iat" => 4,
        "nbf" => 5,
        "jti" => 6,
        "client_id" => 7,
        "sid" => 8,
        "username" => 9,
        "role" => 10,
        "epoch" => 11,
        "cnf" => 12,
        "htm" => 13,
        "htu" => 14,
        "ath" => 15,
        _ => return None,
    })
}

/// Claims, as strict as any object here: no member twice, at whatever depth. A claim of the wrong type is an error, never a missing one.
///
/// Every request with a token reads them, so what is known has its place and is found without a search, and text is borrowed.
#[derive(Debug, Default)]
pub(crate) struct Claims<'a> {
    known: [Option<Json<'a>>; PLACES],
    others: Members<'a>,
}

impl<'a> Claims<'a> {
    pub(crate) fn read(payload: &'a [u8]) -> Result<Self, VerifyError> {
        let mut claims = Self::default();
        match claims.fill(payload) {
            Some(()) => Ok(claims),
            None => {
                // What is wrong is found by the reader that keeps everything in its order.
                let problem = json::object(payload).err().unwrap_or(JsonError::NotJson);
                Err(VerifyError::json(Part::Payload, problem))
            }
        }
    }

    fn fill(&mut self, payload: &'a [u8]) -> Option<()> {
        let text = std::str::from_utf8(payload).ok()?;
        let mut reader = serde_json::Deserializer::from_str(text);
        reader.deserialize_map(Fill(self)).ok()?;
        reader.end().ok()
    }

    /// Whether the claim had no value before.
    fn keep(&mut self, name: Cow<'a, str>, value: Json<'a>) -> bool {
        match place(&name) {
            Some(place) => self.known[place].replace(value).is_none(),
            None => {
                self.others.push((name, value));
                true
            }
        }
    }

    #[inline]
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.known[place(name)?].as_ref()
    }

    fn required(&self, name: &'static str) -> Result<&Json<'a>, VerifyError> {
        self.get(name).ok_or(VerifyError::MissingClaim(name))
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<&str, VerifyError> {
        let value = self.required(name)?;
        value.as_text().ok_or_else(|| wrong_type(name, "a string"))
    }

    pub(crate) fn time(&self, name: &'static str) -> Result<UnixSeconds, VerifyError> {
        seconds(name, self.required(name)?)
    }

    pub(crate) fn optional_time(
        &self,
        name: &'static str,
    ) -> Result<Option<UnixSeconds>, VerifyError> {
        let value = self.get(name);
        value.map(|value| seconds(name, value)).transpose()
    }

    /// A whole number that may be missing.
    pub(crate) fn optional_integer(&self, name: &'static str) -> Result<Option<i64>, VerifyError> {
        let integer = |value: &Json<'_>| {
            value
                .as_i64()
                .ok_or_else(|| wrong_type(name, "a whole number"))
        };
        self.get(name).map(integer).transpose()
    }

    pub(crate) fn audiences<'c, T: From<&'c str>>(&'c self) -> Result<Vec<T>, VerifyError> {
        let names = match self.required("aud")? {
            Json::Text(name) => Some(vec![name.as_ref().into()]),
            Json::Array(names) => {
                let texts = names.iter().map(Json::as_text);
                texts.map(|text| text.map(T::from)).collect()
            }
            _ => None,
        };
        names.ok_or_else(|| wrong_type("aud", "a string or an array of strings"))
    }
}

/// Whole seconds alone: RFC 7519 §2 allows fractions, no issuer here or among its peers writes them, and rounding one would move a
/// boundary.
fn seconds(name: &'static str, value: &Json<'_>) -> Result<UnixSeconds, VerifyError> {
    let seconds = value.as_i64().map(UnixSeconds);
    seconds.ok_or_else(|| wrong_type(name, "a whole number of seconds"))
}

fn wrong_type(claim: &'static str, expected: &'static str) -> VerifyError {
    VerifyError::ClaimType { claim, expected }
}

/// Fills the claims where they stand: they are large, and returning them would copy them at each step.
struct Fill<'c, 'a>(&'c mut Claims<'a>);

impl<'de> Visitor<'de> for Fill<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let twice = || A::Error::custom("a member appears twice");
        while let Some(json::Name(name)) = map.next_key()? {
            let value: Json<'_> = map.next_value()?;
            if value.duplicate().is_some() || !self.0.keep(name, value) {
                return Err(twice());
            }
        }
        match json::duplicate_name(&self.0.others) {
            Some(_) => Err(twice()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The object as the other reader has it, without its order.
    fn sorted(mut members: Members<'_>) -> Vec<String> {
        members.sort_by(|one, other| one.0.cmp(&other.0));
        members.iter().map(|member| format!("{member:?}")).collect()
    }

    fn read_by_both(text: &str) {
        let claims = Claims::read(text.as_bytes());
        match json::object(text.as_bytes()) {
            Err(problem) => {
                let expected = VerifyError::json(Part::Payload, problem);
                assert_eq!(claims.err(), Some(expected), "{text}");
            }
            Ok(members) => {
                let claims = claims.unwrap();
                for (name, value) in &members {
                    if let Some(place) = place(name) {
                        assert_eq!(claims.known[place].as_ref(), Some(value), "{text}");
                    }
                }
                let known = claims.known.iter().flatten().count();
                assert_eq!(known + claims.others.len(), members.len(), "{text}");
                let others = members.into_iter().filter(|m| place(&m.0).is_none());
                assert_eq!(sorted(claims.others), sorted(others.collect()), "{text}");
            }
        }
    }

    #[test]
    fn what_the_strict_reader_refuses_is_refused_with_the_same_words() {
        let many: String = (0..40).map(|n| format!("\"m{n}\":0,")).collect();
        for text in [
            "",
            "{",
            "{}",
            "{}{}",
            "[]",
            "null",
            "1",
            "{\"iss\":1e999}",
            "{\"exp\":01}",
            "\u{feff}{}",
            r#"{"iss":"a","iss":"a"}"#,
            r#"{"iss":"a","\u0069ss":"a"}"#,
            r#"{"x":1,"x":1}"#,
            r#"{"iss":"a","iss":"a""#,
            r#"{"aud":[{"y":1,"y":2}]}"#,
            r#"{"x":{"y":{"z":1,"z":1}}}"#,
            &format!("{{{many}\"m3\":1}}"),
            &format!("{{{many}\"m40\":1}}"),
        ] {
            read_by_both(text);
        }
        let problem = VerifyError::NotJson(Part::Payload);
        assert_eq!(Claims::read(b"{\"iss\":\"\xff\"}").err(), Some(problem));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn both_readers_agree_on_any_members(
            members in prop::collection::vec(
                (
                    "iss|aud|exp|cnf|a|b|c|\\\\u0061",
                    "1|-1|0.5|1e400|null|\"t\"|\\[1\\]|\\{\"y\":1\\}|\\{\"y\":1,\"y\":1\\}|x",
                ),
                0..6,
            )
        ) {
            let members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("\"{name}\":{value}"))
                .collect();
            read_by_both(&format!("{{{}}}", members.join(",")));
        }
    }
}
