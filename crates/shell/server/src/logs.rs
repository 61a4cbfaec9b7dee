//! Logs: lines on stderr. What they say of a request is its method, path, status and time; never
//! evidence, nonces, tokens or keys.

use std::io;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

/// Has everything that is logged from now on written to stderr. `filter` is what is logged, as
/// `info` or `warn,casemate_server=debug`.
///
/// # Errors
///
/// What is wrong with the filter.
pub fn to_stderr(filter: &str) -> Result<(), String> {
    let wanted: Targets =
        filter.parse().map_err(|error| format!("`{filter}` is no filter of logs: {error}"))?;
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(false).with_filter(wanted);
    let logs = tracing_subscriber::registry().with(lines).try_init();
    logs.map_err(|error| format!("logs are written elsewhere already: {error}"))
}
