//! A tree as serde reads it, for documents that are not Kubernetes': whatever does not fit is refused at its place.
//!
//! A choice is written as its word, or, where it has a value, as a mapping from its word to that. Recurses as deep as
//! the document nests, which is bounded.

use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{Entry, Located, Node, Stretch, scalar};

/// What does not fit, and where.
#[derive(Debug)]
pub(crate) struct Misfit {
    pub(crate) cause: String,
    /// The innermost value or key that is meant.
    pub(crate) at: Option<Stretch>,
    /// The way to it from the root: `jobs[2].tick`.
    pub(crate) field: String,
}

impl Misfit {
    fn at(mut self, at: Stretch) -> Self {
        self.at.get_or_insert(at);
        self
    }

    fn below(mut self, step: &str) -> Self {
        let dot = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        self.field = format!("{step}{dot}{}", self.field);
        self
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(cause: T) -> Self {
        Self { cause: cause.to_string(), at: None, field: String::new() }
    }
}

impl std::error::Error for Misfit {}

impl<'de> Deserializer<'de> for &'de Located<Node<'_>> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Number(written) => number(written, visitor),
            Node::Text(text) => visitor.visit_borrowed_str(text),
            Node::List(items) => visitor.visit_seq(Items { items: items.iter(), at: 0 }),
            Node::Map(entries) => visitor.visit_map(Entries { entries: entries.iter(), value: None }),
        }
        .map_err(|error| error.at(self.at))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.value {
            Node::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let chosen = match &self.value {
            Node::Text(word) => Ok(Chosen { word, at: self.at, value: None }),
            Node::Map(entries) => match entries.as_slice() {
                [(word, value)] => Ok(Chosen { word: &word.value, at: word.at, value: Some(value) }),
                _ => Err("a mapping from one word to its value"),
            },
            _ => Err("a word, or a mapping from one word to its value"),
        };
        chosen
            .map_err(|expected| de::Error::custom(format_args!("expected {expected}")))
            .and_then(|chosen| visitor.visit_enum(chosen))
            .map_err(|error: Misfit| error.at(self.at))
    }

    /// By their keys only: a list of fields in order is nothing that a person writes.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        if matches!(self.value, Node::Map(_)) {
            return self.deserialize_any(visitor);
        }
        let of = fields.join("`, `");
        let cause = format!("expected a mapping, with keys out of `{of}`");
        Err(<Misfit as de::Error>::custom(cause).at(self.at))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map identifier ignored_any
    }
}

fn number<'de, V: Visitor<'de>>(written: &str, visitor: V) -> Result<V::Value, Misfit> {
    if let Some(whole) = scalar::whole(written) {
        return match (u64::try_from(whole), i64::try_from(whole)) {
            (Ok(whole), _) => visitor.visit_u64(whole),
            (_, Ok(whole)) => visitor.visit_i64(whole),
            _ => Err(de::Error::custom(format_args!("{written} is beyond what can be counted"))),
        };
    }
    match written.replace('_', "").parse::<f64>() {
        Ok(number) if number.is_finite() => visitor.visit_f64(number),
        _ => Err(de::Error::custom(format_args!("{written} is not a number that can be used"))),
    }
}

struct Items<'de, 's> {
    items: std::slice::Iter<'de, Located<Node<'s>>>,
    at: usize,
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let at = self.at;
        self.at += 1;
        seed.deserialize(item).map(Some).map_err(|error| error.at(item.at).below(&format!("[{at}]")))
    }
}

struct Entries<'de, 's> {
    entries: std::slice::Iter<'de, Entry<'s>>,
    value: Option<&'de Entry<'s>>,
}

impl<'de> MapAccess<'de> for Entries<'de, '_> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        self.value = self.entries.next();
        let Some((key, _)) = self.value else { return Ok(None) };
        let word: BorrowedStrDeserializer<'_, Misfit> = BorrowedStrDeserializer::new(&key.value);
        seed.deserialize(word).map(Some).map_err(|error| error.at(key.at))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let (key, value) = self.value.take().ok_or_else(|| de::Error::custom("a value before its key"))?;
        seed.deserialize(value).map_err(|error| error.at(value.at).below(&key.value))
    }
}

/// A word, and the value that stands with it.
struct Chosen<'de, 's> {
    word: &'de str,
    at: Stretch,
    value: Option<&'de Located<Node<'s>>>,
}

impl<'de, 's> EnumAccess<'de> for Chosen<'de, 's> {
    type Error = Misfit;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Misfit> {
        let word: StrDeserializer<'_, Misfit> = StrDeserializer::new(self.word);
        let variant = seed.deserialize(word).map_err(|error| error.at(self.at))?;
        Ok((variant, self))
    }
}

impl<'de> Chosen<'de, '_> {
    fn needs_value<T>(
        self,
        of: impl FnOnce(&'de Located<Node<'_>>) -> Result<T, Misfit>,
    ) -> Result<T, Misfit> {
        let word = self.word;
        let none = || de::Error::custom(format_args!("`{word}` needs a value: `{word}: VALUE`"));
        of(self.value.ok_or_else(none)?).map_err(|error| error.below(word))
    }
}

impl<'de> VariantAccess<'de> for Chosen<'de, '_> {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        let word = self.word;
        match self.value.map(|it| &it.value) {
            None | Some(Node::Null) => Ok(()),
            Some(_) => Err(de::Error::custom(format_args!("`{word}` stands alone, without a value"))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Misfit> {
        self.needs_value(|value| seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.needs_value(|value| value.deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.needs_value(|value| value.deserialize_struct("", fields, visitor))
    }
}
