//! DESIGN section 2, constraint 2: an enclave is entered on its own evidence, not on its platform's.

use casemate_enclave::{Enclave, Initialised};
use casemate_policy::{Attested, Platform};

fn on_the_platforms_word(enclave: Enclave<Initialised>, witness: Attested<Platform>) {
    let _ = enclave.attest(witness);
}

fn main() {}
