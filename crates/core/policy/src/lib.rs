//! Appraises claims against reference values; the only maker of a witness
