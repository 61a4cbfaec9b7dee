//! Disruption budgets: `policy/v1 PodDisruptionBudget`.
//!
//! Refused is what the API refuses: both bounds, a bound that is neither a number nor a percentage of 100 at
//! most. A budget without a selector means no pod, and one without a bound keeps none: each has a note.

use casemate_model::{BudgetBound, DisruptionBudget, Share};

use crate::affinity::selector;
use crate::field::Field;
use crate::metadata;
use crate::problem::{Findings, shown};

/// Reads a budget. `None` without a problem: it keeps nothing.
pub(crate) fn budget(document: &Field<'_>, to: &mut Findings) -> Option<DisruptionBudget> {
    to.sound(|to| {
        let key = metadata::key(document, to);
        let spec = document.need("spec", "Say which pods are meant, and how many must stay", to)?;
        if !spec.map(to) {
            return None;
        }
        let bound = |key: &str, to: &mut Findings| {
            spec.get(key).map(|field| share(&field, to)).map_or(Ok(None), |read| read.map(Some).ok_or(()))
        };
        let (least, most) = (bound("minAvailable", to), bound("maxUnavailable", to));
        let selector = spec.get("selector").map(|field| selector(&field, to));
        let bound = match (least.ok()?, most.ok()?) {
            (Some(_), Some(_)) => {
                to.refuse(spec.problem("bounds what must stay and what may be gone", "Keep one of the two"));
                return None;
            }
            (Some(share), None) => BudgetBound::MinAvailable(share),
            (None, Some(share)) => BudgetBound::MaxUnavailable(share),
            (None, None) => {
                to.note(spec.note("keeps no pod: it has neither `minAvailable` nor `maxUnavailable`"));
                return None;
            }
        };
        let Some(selector) = selector else {
            to.note(spec.note("keeps no pod: it has no selector"));
            return None;
        };
        let key = key?;
        Some(DisruptionBudget { namespace: key.namespace, name: key.name, selector: selector?, bound })
    })
}

/// A number of pods, or a percentage of them.
fn share(field: &Field<'_>, to: &mut Findings) -> Option<Share> {
    let text = field.scalar("a number of pods, or a percentage", to)?;
    let share = match text.strip_suffix('%') {
        Some(number) => number.parse().ok().filter(|percent| *percent <= 100).map(Share::Percent),
        // Text that is no percentage is nothing (`IntOrString`).
        None if field.is_text() => None,
        None => text.parse::<i32>().ok().and_then(|count| u32::try_from(count).ok()).map(Share::Count),
    };
    if share.is_none() {
        let cause = format!("`{}` is neither a number of pods nor a percentage", shown(text));
        to.refuse(field.problem(cause, "Write a whole number, or up to `100%`"));
    }
    share
}
