//! Programs that must not compile. Each file is named for what cannot be done.

#[test]
fn programs_that_forge_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile-fail/*.rs");
}
