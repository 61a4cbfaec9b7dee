//! Expressions are read once, and what one may cost is bounded then.

use casemate_policy::evidence::{Expression, ExpressionError};
use proptest::prelude::*;

fn refused(source: &str) -> ExpressionError {
    Expression::compile(source, "").expect_err("an expression that is not taken")
}

#[test]
fn an_expression_that_is_not_cel_is_refused_when_the_policy_is_read() {
    for source in ["", "claims.", "claims ==", "a b", "(claims", "'open", "claims.x = 1"] {
        assert!(matches!(refused(source), ExpressionError::Syntax { .. }), "{source}");
    }
}

#[test]
fn an_expression_sees_four_names_and_no_others() {
    for source in ["clams.snp.vmpl == 0", "env.HOME == ''", "claims.x == y", "[1].all(it, that > 0)"] {
        assert!(matches!(refused(source), ExpressionError::UnknownVariable { .. }), "{source}");
    }
    assert!(Expression::compile("claims != null && kind != tenant && now > 0", "").is_ok());
}

#[test]
fn loops_inside_loops_and_lists_that_are_built_are_refused() {
    for source in [
        "[1].all(x, [1].all(y, x == y))",
        "claims.a.exists(x, claims.b.exists(y, x == y))",
        "claims.a.map(x, x + x).size() == 0",
        "claims.a.filter(x, x > 0) == []",
    ] {
        assert!(matches!(refused(source), ExpressionError::Unbounded { .. }), "{source}");
    }
    assert!(Expression::compile("claims.a.all(x, x > 0) && claims.b.exists(x, x > 0)", "").is_ok());
}

#[test]
fn long_and_deep_expressions_are_refused_before_they_can_cost_anything() {
    let long = format!("kind == '{}'", "x".repeat(Expression::MAX_BYTES));
    assert!(matches!(refused(&long), ExpressionError::TooLong { .. }));
    let nested = |open: &str, close: &str| open.repeat(300) + "now" + &close.repeat(300);
    for source in [nested("(", ")"), nested("[", "]"), nested("{now: ", "}")] {
        assert!(Expression::compile(&source, "").is_err(), "{source}");
    }
    let sum = ["now"; 200].join("+") + " > 0";
    assert_eq!(refused(&sum), ExpressionError::TooDeep);
}

/// As long as an expression may be, in every way that nests: none of them may exhaust a test's stack.
#[test]
fn the_longest_expression_of_every_shape_is_answered() {
    for (first, again, last) in [
        ("1", "+1", ""),
        ("now", ".a", ""),
        ("now", "[0]", ""),
        ("true", "&&true", ""),
        ("true", "||now", ""),
        ("", "!", "true"),
        ("", "-", "1"),
        ("", "(", ""),
        ("", "[", ""),
        ("", "{", ""),
        ("now", "?1:now", ""),
        ("", "now?", "1"),
        ("", "size(", "now"),
        ("now", ".all(x,x", ")"),
        ("", "'", ""),
        ("", "\\", ""),
        ("", "b'", ""),
    ] {
        let room = Expression::MAX_BYTES - first.len() - last.len();
        let source = first.to_owned() + &again.repeat(room / again.len()) + last;
        let _ = Expression::compile(&source, "");
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(source in "[a-z0-9 .,()\\[\\]{}!?:'\"&|<>=+*/%-]{0,80}") {
        let _ = Expression::compile(&source, "");
    }

    #[test]
    fn any_unicode_is_answered(source in ".{0,60}") {
        let _ = Expression::compile(&source, "");
    }
}
