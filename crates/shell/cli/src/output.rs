//! What is printed on stdout, for every command that prints a document.

use std::ffi::OsString;

use clap::ValueEnum;

/// What is printed on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Text for people.
    Table,
    /// One JSON document.
    Json,
}

/// What is printed on stdout, where there is a page as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people.
    Table,
    /// One JSON document.
    Json,
    /// One page that needs nothing but itself.
    Html,
}

/// Whether a command line that could not be parsed asks for JSON.
pub(crate) fn wants_json(arguments: &[OsString]) -> bool {
    let in_one = ["-ojson", "-o=json", "--output=json"];
    arguments.iter().any(|argument| in_one.iter().any(|json| argument == json))
        || arguments.windows(2).any(|two| (two[0] == "-o" || two[0] == "--output") && two[1] == "json")
}

/// The cause in what the parser of the command line says; what follows its first paragraph is usage.
pub(crate) fn cause(error: &str) -> String {
    let cause: Vec<_> = error.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    cause.join(" ").trim_start_matches("error: ").to_owned()
}
