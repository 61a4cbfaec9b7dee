//! What the type checker refuses.

#[test]
fn misuse_of_a_handle_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile-fail/*.rs");
}
