//! What one container asks for under `resources`, in any vocabulary.

use std::collections::BTreeMap;

use super::draft::{Amounts, Pen};
use super::finding::FindingId;
use super::inspection::{Says, What};
use super::spot::Spot;
use crate::Technology;
use crate::field::Field;
use crate::quantity::{Quantity, QuantityError};
use crate::template::is_blank;
use crate::vocabulary::resources::{Means, Resource, is_extended, resource};
use crate::vocabulary::words::{Hint, hint};

/// Reads a container's resources: the facts into the draft, the sum as the answer.
pub(crate) fn amounts(container: &Field<'_>, pen: &mut Pen<'_>) -> Amounts {
    let mut asked: BTreeMap<&str, Asked<'_>> = BTreeMap::new();
    for resources in container.all("resources") {
        for (section, is_limit) in [("requests", false), ("limits", true)] {
            for section in resources.all(section) {
                for (name, field) in section.children() {
                    one(name, &field, is_limit, &mut asked, pen);
                }
            }
        }
        // `resources: {sgx.intel.com/epc: …}` looks right, and asks for nothing.
        for (name, field) in resources.children() {
            if resource(name).is_some_and(Resource::is_of_a_tee) {
                pen.find(
                    FindingId::MisplacedField,
                    &field,
                    format!("`{name}` stands under `resources` itself, not under `requests` or `limits`"),
                );
            }
        }
    }
    for one in asked.values() {
        compare(one, pen);
    }
    sum(&asked, pen)
}

/// One resource, with what was asked of it.
struct Asked<'a> {
    name: &'a str,
    known: Option<&'static Resource>,
    request: Option<(Amount, Field<'a>)>,
    limit: Option<(Amount, Field<'a>)>,
}

/// An amount in the base unit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Amount {
    Is(u64),
    Blank,
    Wrong,
}

impl Asked<'_> {
    /// The request, or the limit where there is none: what is guaranteed.
    fn guaranteed(&self) -> Option<Amount> {
        self.request.as_ref().or(self.limit.as_ref()).map(|(amount, _)| *amount)
    }

    /// What is guaranteed, where it is told.
    fn value(&self) -> Option<u64> {
        match self.guaranteed()? {
            Amount::Is(value) => Some(value),
            Amount::Blank | Amount::Wrong => None,
        }
    }

    /// The limit, where there is one and it is told.
    fn most(&self) -> Option<u64> {
        match self.limit.as_ref()?.0 {
            Amount::Is(value) => Some(value),
            Amount::Blank | Amount::Wrong => None,
        }
    }

    /// Where to point at: the request where there is one.
    fn field(&self) -> Option<&Field<'_>> {
        self.request.as_ref().or(self.limit.as_ref()).map(|(_, field)| field)
    }

    /// Zero of something is as good as not asking for it.
    fn is_something(&self) -> bool {
        let all = [&self.request, &self.limit];
        all.into_iter().flatten().any(|(amount, _)| *amount != Amount::Is(0))
    }
}

fn one<'a>(
    name: &'a str,
    field: &Field<'a>,
    is_limit: bool,
    asked: &mut BTreeMap<&'a str, Asked<'a>>,
    pen: &mut Pen<'_>,
) {
    let known = resource(name);
    let technology = match known {
        Some(known) if !known.is_of_a_tee() => return,
        Some(known) => known.technology,
        None => match hint(name).filter(|_| is_extended(name) || is_blank(name)) {
            Some(Hint::Named(technology)) => Some(technology),
            Some(Hint::Some) => None,
            None => return,
        },
    };
    let amount = amount(known, name, field, pen);
    note(name, known, technology, amount, field, pen);
    let one = asked.entry(name).or_insert(Asked { name, known, request: None, limit: None });
    *(if is_limit { &mut one.limit } else { &mut one.request }) = Some((amount, field.clone()));
}

/// Writes the fact down.
fn note(
    name: &str,
    known: Option<&Resource>,
    technology: Option<Technology>,
    amount: Amount,
    field: &Field<'_>,
    pen: &mut Pen<'_>,
) {
    let what = match known.map(|known| known.means) {
        Some(Means::Epc { .. }) => What::Epc,
        Some(Means::Slots) => What::Enclaves,
        Some(Means::Provision) => What::Provision,
        Some(Means::KeySlots) => What::KeySlots,
        Some(Means::PeerPod) => What::PeerPod,
        Some(_) => What::DeviceResource,
        None => What::UnknownResource,
    };
    let says = match (what, amount) {
        (_, Amount::Is(0)) => Says::Nothing,
        (What::PeerPod | What::UnknownResource, _) | (_, Amount::Blank) => Says::Possible,
        _ => Says::Asked,
    };
    pen.fact(what, field, says, technology, |value| match (what, amount) {
        (What::PeerPod, _) => {
            format!("`{name}` asks for a virtual machine elsewhere, which may be confidential or not")
        }
        (What::UnknownResource, _) => format!("the resource `{name}` looks like a TEE's, but is not known"),
        (_, Amount::Blank) => format!("the amount of `{name}` is still to be filled in"),
        _ => format!("it asks for `{name}: {value}`"),
    });
    match what {
        What::Provision if says != Says::Nothing => pen.draft.signs.provision = Some(Spot::of(field)),
        What::KeySlots if says != Says::Nothing => pen.draft.signs.key = Some(Spot::of(field)),
        What::UnknownResource => {
            pen.find(FindingId::UnknownTeeResource, field, format!("`{name}` is in no table of resources"));
        }
        _ => {}
    }
    if let Some(Resource { name, .. }) =
        known.filter(|known| RETIRED.contains(&known.name) && says != Says::Nothing)
    {
        pen.find(
            FindingId::RetiredResource,
            field,
            format!("`{name}` is of a plugin that is no longer kept"),
        );
    }
}

/// Resources whose plugins have been replaced by Intel's.
const RETIRED: [&str; 2] = ["kubernetes.azure.com/sgx_epc_mem_in_MiB", "intel.com/sgx"];

fn amount(known: Option<&Resource>, name: &str, field: &Field<'_>, pen: &mut Pen<'_>) -> Amount {
    let Some(text) = field.plain() else {
        if field.is_null() {
            return Amount::Blank;
        }
        pen.find(FindingId::AmountInvalid, field, format!("`{name}` is a list or a mapping, not an amount"));
        return Amount::Wrong;
    };
    if is_blank(text) {
        return Amount::Blank;
    }
    let unit = match known.map(|known| known.means) {
        Some(Means::Epc { unit }) => unit,
        _ => 1,
    };
    let read = Quantity::parse(text).and_then(|quantity| {
        let amount = quantity.whole()?;
        let amount = amount.checked_mul(unit).ok_or(QuantityError::TooLarge)?;
        Ok((amount, quantity.is_whole()))
    });
    match read {
        Ok((_, false)) => {
            pen.find(FindingId::AmountFractional, field, format!("`{name}: {text}` is not a whole number"));
            Amount::Wrong
        }
        Ok((amount, true)) => {
            unlikely(known, name, text, amount, field, pen);
            Amount::Is(amount)
        }
        Err(error) => {
            let id = match error {
                QuantityError::Negative => FindingId::AmountNegative,
                QuantityError::TooLarge => FindingId::AmountOverflow,
                QuantityError::NotANumber | QuantityError::UnknownSuffix => FindingId::AmountInvalid,
            };
            let shown: String = text.chars().take(40).collect();
            pen.find(id, field, format!("the amount `{shown}` of `{name}` {error}"));
            Amount::Wrong
        }
    }
}

/// The largest EPC of any machine sold is half a TiB a socket; the smallest page is 4 KiB.
fn unlikely(
    known: Option<&Resource>,
    name: &str,
    text: &str,
    bytes: u64,
    field: &Field<'_>,
    pen: &mut Pen<'_>,
) {
    const PAGE: u64 = casemate_model::PAGE_SIZE;
    const MOST: u64 = 8 << 40;
    let Some(Means::Epc { .. }) = known.map(|known| known.means) else { return };
    if (1..PAGE).contains(&bytes) {
        pen.find(FindingId::AmountUnlikely, field, format!("`{name}: {text}` is less than one page"));
    } else if bytes > MOST {
        let tib = bytes >> 40;
        pen.find(FindingId::AmountUnlikely, field, format!("`{name}: {text}` comes to {tib} TiB"));
    }
}

fn compare(one: &Asked<'_>, pen: &mut Pen<'_>) {
    let name = one.name;
    match (&one.request, &one.limit) {
        (Some((Amount::Is(request), field)), Some((Amount::Is(limit), _))) => {
            if request > limit {
                pen.find(
                    FindingId::RequestAboveLimit,
                    field,
                    format!("`{name}` is requested above its limit"),
                );
            } else if request != limit {
                pen.find(
                    FindingId::RequestDiffersFromLimit,
                    field,
                    format!("request and limit of `{name}` differ"),
                );
            }
        }
        (Some((Amount::Is(1..), field)), None) => {
            pen.find(FindingId::RequestWithoutLimit, field, format!("`{name}` has a request and no limit"));
        }
        _ => {}
    }
}

fn sum(asked: &BTreeMap<&str, Asked<'_>>, pen: &mut Pen<'_>) -> Amounts {
    let mut sum = Amounts::NONE;
    let mut epc: Option<&Asked<'_>> = None;
    let mut slots: Option<&Asked<'_>> = None;
    let mut enclave = false;
    for one in asked.values().filter(|one| one.is_something()) {
        let Some(known) = one.known else { continue };
        match known.means {
            Means::Epc { .. } => {
                if let (Some(other), Some(field)) = (epc.replace(one), one.field()) {
                    let cause = format!("`{}` and `{}` ask for the same memory", other.name, one.name);
                    pen.find(FindingId::TwoVocabularies, field, cause);
                }
                enclave = true;
                let asked = Amounts { epc: one.value(), epc_limit: one.most(), ..Amounts::NONE };
                sum = sum.or(asked);
            }
            Means::Slots => {
                slots = Some(one);
                sum = sum.plus(Amounts { enclaves: one.value(), ..Amounts::NONE });
                enclave |= known.technology == Some(Technology::Sgx);
            }
            Means::KeySlots => sum = sum.plus(Amounts { keys: one.value(), ..Amounts::NONE }),
            Means::Device if known.technology == Some(Technology::Sgx) => {
                enclave = true;
                sum.epc_limit = None;
            }
            Means::Provision => enclave = true,
            Means::Cpu | Means::Memory | Means::Device | Means::PeerPod | Means::Uncounted => {}
        }
    }
    halves(epc, slots, pen);
    // An SGX container that names no slot takes one.
    if enclave {
        sum.enclaves = sum.enclaves.map(|enclaves| enclaves.max(1));
    }
    sum
}

/// Memory without an enclave, or an enclave without memory.
fn halves(epc: Option<&Asked<'_>>, slots: Option<&Asked<'_>>, pen: &mut Pen<'_>) {
    let half = match (epc, slots) {
        (Some(epc), None) if epc.name == "sgx.intel.com/epc" => {
            (epc, FindingId::EpcWithoutEnclave, "no `sgx.intel.com/enclave` beside it")
        }
        (None, Some(slots)) if slots.name == "sgx.intel.com/enclave" => {
            (slots, FindingId::EnclaveWithoutEpc, "no `sgx.intel.com/epc` beside it")
        }
        _ => return,
    };
    let (one, id, cause) = half;
    if let Some(field) = one.field() {
        pen.find(id, field, cause);
    }
}
