//! The environment of a program: names and values in the order defined.

use std::collections::BTreeMap;

/// Names and values. A name defined again keeps its place and takes the later value.
#[derive(Clone, Default)]
pub(crate) struct Variables {
    list: Vec<(String, String)>,
    places: BTreeMap<String, usize>,
}

impl Variables {
    pub(crate) fn define(&mut self, name: &str, value: String) {
        match self.places.get(name).and_then(|place| self.list.get_mut(*place)) {
            Some((_, before)) => *before = value,
            None => {
                self.places.insert(name.to_owned(), self.list.len());
                self.list.push((name.to_owned(), value));
            }
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.list.get(*self.places.get(name)?)?;
        Some(value)
    }

    pub(crate) fn into_list(self) -> Vec<(String, String)> {
        self.list
    }
}

impl<'v> FromIterator<&'v (String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = &'v (String, String)>>(list: I) -> Self {
        let mut variables = Self::default();
        list.into_iter().for_each(|(name, value)| variables.define(name, value.clone()));
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_defined_again_keeps_its_place_and_takes_the_later_value() {
        let defined = [("A", "1"), ("B", "2"), ("A", "3")].map(|(name, value)| (name.into(), value.into()));
        let variables: Variables = defined.iter().collect();
        assert_eq!((variables.get("A"), variables.get("C")), (Some("3"), None));
        assert_eq!(variables.into_list(), [("A".into(), "3".into()), ("B".into(), "2".into())]);
    }
}
