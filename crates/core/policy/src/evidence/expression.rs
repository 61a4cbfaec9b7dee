//! Rules written in the Common Expression Language (CEL), for what no typed rule says.
//!
//! An expression sees `claims` (the document of [`crate::document`]), `kind`, `tenant` (empty where
//! none was given) and `now` (seconds since 1970), and has to come out as `true`. Anything else is a
//! refusal: `false`, a value that is no truth value, a claim that is not there, any error.
//!
//! What one costs is bounded when the policy is checked: its length, its depth, and its loops. `all`,
//! `exists` and `exists_one` may be used, not one inside another; `map` and `filter` build lists, and
//! are refused. So no evaluation takes more steps than the expression's length times the longest list
//! in evidence of at most 64 KiB, or in the expression. There is no clock, no regular expression and
//! no function of ours.

use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr, IdedExpr};
use cel::objects::{Key, Map};
use cel::parser::Parser;
use cel::{Context, Env, Value};
use serde_json::Value as Json;
use thiserror::Error;

/// Something that has to be true of the claims.
#[derive(Clone)]
pub struct Expression {
    source: String,
    message: String,
    program: Arc<Program>,
}

struct Program {
    env: Arc<Env>,
    root: IdedExpr,
}

impl Expression {
    /// The longest expression that is read, in bytes.
    pub const MAX_BYTES: usize = 1024;
    /// The deepest one.
    pub const MAX_DEPTH: usize = 32;

    /// Reads an expression. `message` is what a refusal says.
    ///
    /// # Errors
    ///
    /// Where it is not CEL, sees a variable there is not, or may cost too much.
    pub fn compile(source: &str, message: &str) -> Result<Self, ExpressionError> {
        if source.len() > Self::MAX_BYTES {
            return Err(ExpressionError::TooLong { found: source.len() });
        }
        let env = Env::stdlib();
        let parser = || env.parser().max_recursion_depth(PARSER_DEPTH);
        let root = parse(parser(), source)?;
        check(&root, Surroundings { depth: 0, in_loop: None })?;
        let program = Arc::new(Program { env: Arc::new(env), root });
        Ok(Self { source: source.to_owned(), message: message.to_owned(), program })
    }

    /// As it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What a refusal says.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether it is true; or what it came out as instead.
    pub(crate) fn holds(&self, seen: &Seen<'_>) -> Result<(), String> {
        let mut context = Context::with_env(Arc::clone(&self.program.env));
        context.add_variable_from_value("claims", value(seen.claims));
        context.add_variable_from_value("kind", seen.kind);
        context.add_variable_from_value("tenant", seen.tenant);
        context.add_variable_from_value("now", i64::try_from(seen.now).unwrap_or(i64::MAX));
        match Value::resolve(&self.program.root, &context) {
            Ok(Value::Bool(true)) => Ok(()),
            Ok(Value::Bool(false)) => Err("false".to_owned()),
            Ok(other) => Err(format!("a value of type {:?}, which is no truth value", other.type_of())),
            Err(error) => Err(format!("an error: {}", shortened(&error.to_string()))),
        }
    }
}

/// What an expression sees.
pub(crate) struct Seen<'a> {
    pub(crate) claims: &'a Json,
    pub(crate) kind: &'static str,
    pub(crate) tenant: &'a str,
    /// Seconds since 1970.
    pub(crate) now: u64,
}

/// Why an expression is not taken. The operator erred.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExpressionError {
    /// Longer than is read.
    #[error("the expression has {found} bytes, more than {}", Expression::MAX_BYTES)]
    TooLong {
        /// Its length.
        found: usize,
    },
    /// Deeper than is read.
    #[error("the expression is nested deeper than {}", Expression::MAX_DEPTH)]
    TooDeep,
    /// Not CEL.
    #[error("the expression cannot be read: {cause}")]
    Syntax {
        /// What the parser says.
        cause: String,
    },
    /// Names something there is not.
    #[error("there is no `{name}`: an expression sees `claims`, `kind`, `tenant` and `now`")]
    UnknownVariable {
        /// What it names.
        name: String,
    },
    /// May cost too much.
    #[error("{what}: use `all`, `exists` or `exists_one`, one at a time")]
    Unbounded {
        /// What.
        what: &'static str,
    },
}

const VARIABLES: [&str; 4] = ["claims", "kind", "tenant", "now"];
/// CEL's types, which are names of values too: `type(claims) == map`.
const TYPES: [&str; 11] =
    ["bool", "bytes", "double", "dyn", "int", "list", "map", "null_type", "string", "type", "uint"];
/// A level of ours is up to a dozen of the parser's.
const PARSER_DEPTH: u16 = 128;

fn parse(parser: Parser, source: &str) -> Result<IdedExpr, ExpressionError> {
    parser.parse(source).map_err(|errors| {
        let first = errors.errors.first().map(|it| it.msg.clone()).unwrap_or_default();
        ExpressionError::Syntax { cause: shortened(&first) }
    })
}

/// Where in an expression one stands.
#[derive(Clone, Copy)]
struct Surroundings<'a> {
    depth: usize,
    /// The names that the loop around it binds, if there is one: element, second element, accumulator.
    in_loop: Option<[&'a str; 3]>,
}

fn check(expr: &IdedExpr, at: Surroundings<'_>) -> Result<(), ExpressionError> {
    let below = Surroundings { depth: at.depth.saturating_add(1), ..at };
    if at.depth > Expression::MAX_DEPTH {
        return Err(ExpressionError::TooDeep);
    }
    let all = |exprs: &[IdedExpr]| exprs.iter().try_for_each(|it| check(it, below));
    match &expr.expr {
        Expr::Unspecified | Expr::Literal(_) => Ok(()),
        Expr::Ident(name) => {
            let is_bound = at.in_loop.is_some_and(|names| names.contains(&name.as_str()));
            if is_bound || VARIABLES.contains(&name.as_str()) || TYPES.contains(&name.as_str()) {
                Ok(())
            } else {
                Err(ExpressionError::UnknownVariable { name: shortened(name) })
            }
        }
        Expr::Call(call) => {
            call.target.iter().try_for_each(|target| check(target, below))?;
            all(&call.args)
        }
        Expr::Select(select) => check(&select.operand, below),
        Expr::List(list) => all(&list.elements),
        Expr::Map(map) => map.entries.iter().try_for_each(|it| check_entry(&it.expr, below)),
        Expr::Struct(it) => it.entries.iter().try_for_each(|it| check_entry(&it.expr, below)),
        Expr::Comprehension(it) => {
            if at.in_loop.is_some() {
                return Err(ExpressionError::Unbounded { what: "a loop inside a loop" });
            }
            if matches!(it.accu_init.expr, Expr::List(_) | Expr::Map(_)) {
                return Err(ExpressionError::Unbounded { what: "`map` and `filter` build lists" });
            }
            check(&it.iter_range, below)?;
            let second = it.iter_var2.as_deref().unwrap_or(&it.iter_var);
            let inside = Surroundings { in_loop: Some([&it.iter_var, second, &it.accu_var]), ..below };
            let parts = [&it.accu_init, &it.loop_cond, &it.loop_step, &it.result];
            parts.into_iter().try_for_each(|part| check(part, inside))
        }
    }
}

fn check_entry(entry: &EntryExpr, at: Surroundings<'_>) -> Result<(), ExpressionError> {
    match entry {
        EntryExpr::StructField(field) => check(&field.value, at),
        EntryExpr::MapEntry(entry) => check(&entry.key, at).and_then(|()| check(&entry.value, at)),
    }
}

/// A document as CEL's value. Numbers are CEL's `int` wherever they fit.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Value::Int(int),
            (None, Some(uint)) => Value::UInt(uint),
            (None, None) => Value::Null,
        },
        Json::String(text) => Value::String(Arc::new(text.clone())),
        Json::Array(items) => Value::List(Arc::new(items.iter().map(value).collect())),
        Json::Object(entries) => {
            let entry = |(key, item): (&String, &Json)| (Key::String(Arc::new(key.clone())), value(item));
            Value::Map(Map { map: Arc::new(entries.iter().map(entry).collect()) })
        }
    }
}

/// What others wrote, no longer than anybody reads.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 200;
    text.chars().take(SHOWN).collect()
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.message == other.message
    }
}

impl Eq for Expression {}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Expression").field("source", &self.source).field("message", &self.message).finish()
    }
}
