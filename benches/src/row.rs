//! What a benchmark prints: rows with a goal, and figures without one.

use std::fmt;

use serde::Serialize;

/// One area's results. `{"rows": […], "info": […]}`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Bench {
    /// Figures with a goal.
    pub(crate) rows: Vec<Row>,
    /// Figures without one, and what could not be measured.
    pub(crate) info: Vec<Info>,
}

/// A figure with a goal. Larger is better; `met` is `ratio >= goal`.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    name: String,
    ours: f64,
    peer: Option<f64>,
    limit: Option<f64>,
    ratio: f64,
    goal: f64,
    met: bool,
}

/// A figure without a goal.
#[derive(Debug, Serialize)]
pub(crate) struct Info {
    name: String,
    value: Option<f64>,
    unit: String,
    note: Option<String>,
}

impl Bench {
    /// A row against a peer measured in the same run; `ours` and `peer` are rates.
    pub(crate) fn against_peer(&mut self, name: &str, ours: f64, peer: f64, ratio: f64, goal: f64) {
        self.push(name, ours, Some(peer), None, ratio, goal);
    }

    /// A row against a physical limit measured in the same run; both are rates.
    pub(crate) fn against_limit(&mut self, name: &str, ours: f64, limit: f64, ratio: f64, goal: f64) {
        self.push(name, ours, None, Some(limit), ratio, goal);
    }

    fn push(&mut self, name: &str, ours: f64, peer: Option<f64>, limit: Option<f64>, ratio: f64, goal: f64) {
        self.rows.push(Row { name: name.into(), ours, peer, limit, ratio, goal, met: ratio >= goal });
    }

    /// A figure for the reader.
    pub(crate) fn info(&mut self, name: &str, value: f64, unit: &str) {
        self.info.push(Info { name: name.into(), value: Some(value), unit: unit.into(), note: None });
    }

    /// Something this machine could not measure, and why.
    pub(crate) fn not_measured(&mut self, name: &str, why: String) {
        self.info.push(Info { name: name.into(), value: None, unit: String::new(), note: Some(why) });
    }

    /// One JSON document.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain numbers and text serialise")
    }
}

impl fmt::Display for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<64} {:>12} {:>12} {:>12} {:>7} {:>6}  met",
            "row", "ours", "peer", "limit", "ratio", "goal"
        )?;
        // Few digits where there are many anyway.
        let figure = |value: f64| format!("{value:.*}", if value < 1_000.0 { 2 } else { 0 });
        let optional = |value: Option<f64>| value.map_or("-".into(), figure);
        for row in &self.rows {
            writeln!(
                f,
                "{:<64} {:>12} {:>12} {:>12} {:>7.2} {:>6.2}  {}",
                row.name,
                figure(row.ours),
                optional(row.peer),
                optional(row.limit),
                row.ratio,
                row.goal,
                if row.met { "yes" } else { "no" }
            )?;
        }
        for info in &self.info {
            match (info.value, &info.note) {
                (Some(value), _) => writeln!(f, "{:<64} {value:>12.2} {}", info.name, info.unit)?,
                (None, note) => {
                    writeln!(f, "{:<64} not measured: {}", info.name, note.as_deref().unwrap_or("-"))?;
                }
            }
        }
        Ok(())
    }
}

/// The median of `values`.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_met_from_its_goal_on_and_the_document_has_the_agreed_names() {
        let mut bench = Bench::default();
        bench.against_peer("a", 3.0, 2.0, 1.5, 1.5);
        bench.against_limit("b", 1.0, 4.0, 0.25, 0.5);
        bench.not_measured("c", "no zram".into());
        let document: serde_json::Value = serde_json::from_str(&bench.to_json()).unwrap();
        let expected = serde_json::json!({
            "rows": [
                {"name": "a", "ours": 3.0, "peer": 2.0, "limit": null, "ratio": 1.5, "goal": 1.5, "met": true},
                {"name": "b", "ours": 1.0, "peer": null, "limit": 4.0, "ratio": 0.25, "goal": 0.5, "met": false},
            ],
            "info": [{"name": "c", "value": null, "unit": "", "note": "no zram"}],
        });
        assert_eq!(document, expected);
    }

    #[test]
    fn one_outlier_does_not_move_the_median() {
        assert_eq!(median(vec![9000.0, 1.0, 2.0, 3.0, 2.5]), 2.5);
    }
}
