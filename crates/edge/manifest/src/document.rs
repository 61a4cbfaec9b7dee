//! A document that is not Kubernetes': the designs and scenarios of Casemate itself.
//!
//! Read like every other, with the same limits and the same places; what it means is for the type to say.

use serde::de::DeserializeOwned;

use crate::problem::whole_file;
use crate::tree::Tree;
use crate::{Problem, ProblemKind, Source};

/// Reads the one document of a source.
///
/// # Errors
///
/// There is none, or more than one, or it is not what the type takes: the first mistake, at its place.
pub fn document<T: DeserializeOwned>(source: &Source) -> Result<T, Box<Problem>> {
    let documents = source.documents();
    if let Some(problem) = source.refusal(documents.len()) {
        return Err(Box::new(problem));
    }
    let chunk = match documents.as_slice() {
        [one] => *one,
        [] => {
            return Err(Box::new(whole_file(
                &source.name,
                "nothing is in it",
                "Write `{}` where nothing is to be said",
            )));
        }
        [_, second, ..] => {
            let cause = format!("{} documents, where one is read", documents.len());
            let mut problem = whole_file(&source.name, &cause, "Give each a file of its own");
            problem.place = second.place(crate::tree::Stretch { line: 1, column: 1, ..Default::default() });
            return Err(Box::new(problem));
        }
    };
    let tree = Tree::parse(chunk)?;
    T::deserialize(&tree.root).map_err(|misfit| {
        Box::new(Problem {
            kind: ProblemKind::Invalid,
            place: chunk.place(misfit.at.unwrap_or(tree.root.at)),
            field: misfit.field,
            cause: misfit.cause,
            remedy: "Mend it, or leave it out".to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    struct Plan {
        #[serde(default)]
        steps: Vec<Step>,
        limit: Option<u8>,
        #[serde(default)]
        weights: BTreeMap<String, f64>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Step {
        Wait,
        Run(u8),
        Go { to: String },
    }

    fn read(text: &str) -> Result<Plan, String> {
        let source = Source { name: "plan.yaml".to_owned(), text: text.to_owned() };
        document(&source).map_err(|problem| problem.to_string())
    }

    #[test]
    fn what_the_type_takes_is_read_from_yaml_and_json_alike() {
        let plan = Plan {
            steps: vec![Step::Wait, Step::Run(3), Step::Go { to: "b".to_owned() }],
            limit: None,
            weights: [("a".to_owned(), 0.5), ("b".to_owned(), 2.0)].into(),
        };
        let yaml =
            "# a plan\nsteps:\n- wait\n- run: 3\n- go: {to: b}\nlimit: null\nweights: {a: 0.5, b: 2}\n";
        assert_eq!(read(yaml).as_ref(), Ok(&plan));
        let json = r#"{"steps": ["wait", {"run": 3}, {"go": {"to": "b"}}], "weights": {"a": 0.5, "b": 2}}"#;
        assert_eq!(read(json), Ok(plan));
        assert_eq!(read("{}"), Ok(Plan { steps: vec![], limit: None, weights: BTreeMap::new() }));
    }

    #[test]
    fn a_mistake_is_told_at_its_place_by_its_field() {
        let told = [
            ("limit: 300\n", "plan.yaml:1:8: limit: invalid value: integer `300`, expected u8"),
            ("limt: 3\n", "plan.yaml:1:1: unknown field `limt`, expected one of `steps`, `limit`, `weights`"),
            ("steps:\n- wait\n- hop\n", "plan.yaml:3:3: steps[1]: unknown variant `hop`"),
            ("steps: [run]\n", "plan.yaml:1:9: steps[0]: `run` needs a value: `run: VALUE`"),
            ("steps: [{wait: 3}]\n", "plan.yaml:1:9: steps[0]: `wait` stands alone, without a value"),
            ("steps: [{run: x}]\n", "plan.yaml:1:15: steps[0].run: invalid type: string \"x\", expected u8"),
            (
                "steps: [3]\n",
                "plan.yaml:1:9: steps[0]: expected a word, or a mapping from one word to its value",
            ),
            ("weights: {a: .nan}\n", "plan.yaml:1:14: weights.a: .nan is not a number that can be used"),
            ("limit: 3\nlimit: 4\n", "plan.yaml:2:1: "),
            ("- 3\n", "plan.yaml:1:1: expected a mapping, with keys out of `steps`, `limit`, `weights`"),
            ("", "plan.yaml:1:1: nothing is in it. Write `{}` where nothing is to be said"),
            ("{}\n---\n{}\n", "plan.yaml:2:1: 2 documents, where one is read"),
        ];
        for (text, problem) in told {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(problem), "{text:?}: {error}");
        }
    }
}
