//! JSON whose every part knows where it stands, so that what is wrong in it can be named.
//!
//! `serde_json`'s own values forget it, and take the last of two fields with one name.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::PlanFileError;

/// A value of a document.
#[derive(Debug)]
pub(super) struct Node {
    at: String,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Null,
    Flag(bool),
    Whole(u64),
    /// Negative, or with a fraction: nothing in a plan is such.
    OtherNumber,
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl Node {
    /// Reads a document.
    pub(super) fn parse(text: &str) -> Result<Self, PlanFileError> {
        match serde_json::from_str(text) {
            Ok(value) => Ok(Node { at: String::new(), value }),
            Err(error) => {
                let at = format!("line {}, column {}", error.line(), error.column());
                let text = error.to_string();
                // Its own text names the place behind the reason.
                let reason = text.split(" at line ").next().unwrap_or_default();
                Err(PlanFileError::new(at, format!("this is no JSON: {reason}")))
            }
        }
    }

    /// Where it stands, as `steps[0].inputs`.
    pub(super) fn at(&self) -> &str {
        &self.at
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self.value, Value::Text(_))
    }

    pub(super) fn text(self) -> Result<String, PlanFileError> {
        match self.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.is_not("text")),
        }
    }

    pub(super) fn number<N: TryFrom<u64>>(self) -> Result<N, PlanFileError> {
        let number = match self.value {
            Value::Whole(number) => N::try_from(number).ok(),
            _ => None,
        };
        number.ok_or_else(|| self.is_not("a number, whole and not too large"))
    }

    pub(super) fn list(self) -> Result<Vec<Node>, PlanFileError> {
        let Value::List(values) = self.value else { return Err(self.is_not("a list")) };
        let nodes = values.into_iter().enumerate();
        let nodes =
            nodes.map(|(number, value)| Node { at: format!("{}[{number}]", self.at), value });
        Ok(nodes.collect())
    }

    /// Its fields; `what` is what such an object is, as `a step`.
    pub(super) fn object(self, what: &'static str) -> Result<Object, PlanFileError> {
        match self.value {
            Value::Object(fields) => Ok(Object { at: self.at, what, fields, known: Vec::new() }),
            _ => Err(self.is_not("an object")),
        }
    }

    fn is_not(&self, wanted: &str) -> PlanFileError {
        let found = match self.value {
            Value::Null => "null",
            Value::Flag(_) => "true or false",
            Value::Whole(_) | Value::OtherNumber => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        };
        let is_number = matches!(self.value, Value::Whole(_) | Value::OtherNumber);
        let found = if is_number && wanted.starts_with("a number") { "another" } else { found };
        PlanFileError::new(self.at.clone(), format!("here must be {wanted}, and is {found}"))
    }
}

/// The fields of an object, taken out one by one.
#[derive(Debug)]
pub(super) struct Object {
    at: String,
    what: &'static str,
    fields: Vec<(String, Value)>,
    /// The names that were asked for.
    known: Vec<&'static str>,
}

impl Object {
    /// A field; nothing if it is not there, or `null`.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Node> {
        self.known.push(name);
        let place = self.fields.iter().position(|(known, _)| known == name)?;
        let (_, value) = self.fields.swap_remove(place);
        match value {
            Value::Null => None,
            value => Some(Node { at: self.at_field(name), value }),
        }
    }

    /// A field that must be there.
    pub(super) fn need(&mut self, name: &'static str) -> Result<Node, PlanFileError> {
        self.take(name).ok_or_else(|| {
            PlanFileError::new(self.at.clone(), format!("{} needs `{name}`", self.what))
        })
    }

    /// A field that is true or false, and false if it is not there.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, PlanFileError> {
        match self.take(name) {
            None => Ok(false),
            Some(Node { value: Value::Flag(flag), .. }) => Ok(flag),
            Some(node) => Err(node.is_not("true or false")),
        }
    }

    /// What is wrong with a field.
    pub(super) fn wrong(&self, name: &str, message: impl Into<String>) -> PlanFileError {
        PlanFileError::new(self.at_field(name), message)
    }

    /// All that is left.
    pub(super) fn into_fields(self) -> Vec<(String, Node)> {
        let at = self.at;
        let node = |(name, value)| {
            let at = format!("{at}[{name:?}]");
            (name, Node { at, value })
        };
        self.fields.into_iter().map(node).collect()
    }

    /// Refuses what nobody has asked for.
    pub(super) fn finish(self) -> Result<(), PlanFileError> {
        let Some((name, _)) = self.fields.first() else { return Ok(()) };
        let known: Vec<_> = self.known.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("{} has no field `{name}`", self.what);
        Err(PlanFileError::new(self.at, message).hint(format!("it has {}", known.join(", "))))
    }

    fn at_field(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Whole(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::OtherNumber)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::OtherNumber)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut fields: Vec<(String, Value)> = Vec::new();
        while let Some(name) = object.next_key::<String>()? {
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format_args!("the field `{name}` is there twice")));
            }
            let value = object.next_value()?;
            fields.push((name, value));
        }
        Ok(Value::Object(fields))
    }
}
