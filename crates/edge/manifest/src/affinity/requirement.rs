//! One requirement, as node selectors and label selectors write it: a key, an operator and its values.

use crate::field::Field;
use crate::problem::{Findings, shown};

/// What a requirement says. Its values are as many as its operator takes.
pub(super) struct Said<'a> {
    pub(super) key: &'a str,
    pub(super) operator: Word,
    pub(super) values: Vec<&'a str>,
    /// Where the key is written.
    pub(super) at: Field<'a>,
}

/// An operator's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    /// Of nodes only.
    Gt,
    /// Of nodes only.
    Lt,
}

/// Operators of node selectors, for people.
pub(super) const OF_NODES: &str = "Use `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`";
/// Operators of label selectors, for people.
pub(super) const OF_LABELS: &str = "Use `In`, `NotIn`, `Exists` or `DoesNotExist`";

impl Word {
    const ALL: [(&'static str, Self); 6] = [
        ("In", Self::In),
        ("NotIn", Self::NotIn),
        ("Exists", Self::Exists),
        ("DoesNotExist", Self::DoesNotExist),
        ("Gt", Self::Gt),
        ("Lt", Self::Lt),
    ];

    pub(super) fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, word)| *word == self).map_or("", |(name, _)| name)
    }
}

/// Reads a requirement. `operators` is one of [`OF_NODES`] and [`OF_LABELS`].
pub(super) fn said<'a>(item: &Field<'a>, operators: &str, to: &mut Findings) -> Option<Said<'a>> {
    let key = item.need("key", "Name the label", to).and_then(|field| Some((field.text(to)?, field)));
    let field = item.need("operator", operators, to)?;
    let operator = field.text(to)?;
    let known = Word::ALL.into_iter().find(|(name, _)| *name == operator).map(|(_, word)| word);
    let known = known.filter(|word| operators == OF_NODES || !matches!(word, Word::Gt | Word::Lt));
    let values = item.get("values").map(|list| list.items(to)).unwrap_or_default();
    let values: Vec<&'a str> = values.iter().filter_map(|value| value.text(to)).collect();
    let Some(operator) = known else {
        to.refuse(field.problem(format!("unknown operator `{}`", shown(operator)), operators));
        return None;
    };
    let wants = match operator {
        Word::In | Word::NotIn => values.is_empty().then_some("at least one value"),
        Word::Exists | Word::DoesNotExist => (!values.is_empty()).then_some("no values"),
        Word::Gt | Word::Lt => {
            let is_one = values.len() == 1 && values.iter().all(|value| value.parse::<i64>().is_ok());
            (!is_one).then_some("one value, a whole number")
        }
    };
    if let Some(wants) = wants {
        let cause = format!("`{}` takes {wants}", operator.as_str());
        to.refuse(item.problem(cause, "Write it so, or change the operator"));
        return None;
    }
    let (key, at) = key?;
    Some(Said { key, operator, values, at })
}
