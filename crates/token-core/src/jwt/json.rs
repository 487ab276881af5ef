//! JSON read strictly: every member name once, at every depth.
//!
//! `serde_json::Value` keeps the last of two equal members and says nothing. Two readers that keep different ones disagree about who a
//! token belongs to (RFC 8725 §2.4), so here a duplicate is an error. Strings are borrowed from the input where they hold no escape.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// Up to this many members, comparing each with each is faster than sorting; beyond it, sorting keeps hostile input cheap.
const FEW_MEMBERS: usize = 16;

/// A JSON value, members in the order in which they were written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Members<'a>),
}

pub(crate) type Members<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

/// Why some bytes are not an object that can be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonError {
    #[error("not JSON")]
    NotJson,
    #[error("not an object")]
    NotAnObject,
    #[error("the member {0:?} appears twice")]
    Duplicate(String),
}

/// Reads one object.
pub(crate) fn object(bytes: &[u8]) -> Result<Members<'_>, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|_| JsonError::NotJson)?;
    let json: Json<'_> = serde_json::from_str(text).map_err(|_| JsonError::NotJson)?;
    if let Some(name) = json.duplicate() {
        return Err(JsonError::Duplicate(name.to_owned()));
    }
    match json {
        Json::Object(members) => Ok(members),
        _ => Err(JsonError::NotAnObject),
    }
}

/// The member of that name.
pub(crate) fn member<'m, 'a>(members: &'m Members<'a>, name: &str) -> Option<&'m Json<'a>> {
    members
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

/// The same object for others to use.
pub(crate) fn to_value(members: &Members<'_>) -> Value {
    let member = |(name, value): &(Cow<'_, str>, Json<'_>)| (name.to_string(), value.to_value());
    Value::Object(members.iter().map(member).collect())
}

impl<'a> Json<'a> {
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Json<'a>]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn duplicate(&self) -> Option<&str> {
        match self {
            Self::Array(items) => items.iter().find_map(Self::duplicate),
            Self::Object(members) => duplicate_name(members)
                .or_else(|| members.iter().find_map(|(_, value)| value.duplicate())),
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.to_string()),
            Self::Array(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Self::Object(members) => to_value(members),
        }
    }
}

pub(crate) fn duplicate_name<'m>(members: &'m Members<'_>) -> Option<&'m str> {
    if members.len() <= FEW_MEMBERS {
        let seen_before = |index: usize, name: &str| members[..index].iter().any(|m| m.0 == name);
        return members
            .iter()
            .enumerate()
            .find(|(index, (name, _))| seen_before(*index, name))
            .map(|(_, (name, _))| name.as_ref());
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names
        .windows(2)
        .find(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Number::from_f64(value)
            .map(Json::Number)
            .ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            members.push((name, map.next_value()?));
        }
        Ok(Json::Object(members))
    }
}

/// The name of a member, borrowed where it can be.
pub(crate) struct Name<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_read_in_order_and_given_back_whole() {
        let text = r#"{"b":[1,-2,0.5,18446744073709551615],"a":{"x":null,"y":true},"t":"a\u0062"}"#;
        let members = object(text.as_bytes()).unwrap();
        assert_eq!(members[0].0, "b");
        assert_eq!(member(&members, "t").and_then(Json::as_text), Some("ab"));
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(to_value(&members), expected);
    }

    #[test]
    fn a_member_named_twice_is_refused_at_any_depth() {
        let many: String = (0..40).map(|n| format!("\"m{n}\":0,")).collect();
        let texts = [
            r#"{"a":1,"a":1}"#.to_owned(),
            r#"{"a":1,"\u0061":2}"#.to_owned(),
            r#"{"b":{"a":1,"a":2}}"#.to_owned(),
            r#"{"b":[0,[{"a":1,"a":2}]]}"#.to_owned(),
            format!("{{{many}\"a\":1,\"a\":2}}"),
        ];
        for text in texts {
            let answer = object(text.as_bytes());
            assert_eq!(answer, Err(JsonError::Duplicate("a".to_owned())), "{text}");
        }
    }

    #[test]
    fn anything_but_one_object_is_refused() {
        for text in [
            "",
            "{",
            "{}{}",
            "{} x",
            "{\"a\":01}",
            "{\"a\":1e999}",
            "{\"a\":\"\\ud800\"}",
            "\u{feff}{}",
            "{a:1}",
        ] {
            assert_eq!(object(text.as_bytes()), Err(JsonError::NotJson), "{text:?}");
        }
        for text in ["[]", "\"{}\"", "1", "null"] {
            assert_eq!(
                object(text.as_bytes()),
                Err(JsonError::NotAnObject),
                "{text:?}"
            );
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), Err(JsonError::NotJson));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(4000), "]".repeat(4000));
        assert_eq!(object(deep.as_bytes()), Err(JsonError::NotJson));
    }
}
