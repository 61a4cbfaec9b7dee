//! A plan as one page that needs nothing but itself: what came of it, the nodes as bars, who waits and why, what
//! moves, and how the variants compare.
//!
//! Nodes are drawn one by one while there are few, and the fullest of very many; the same report gives the same
//! bytes.

use std::io::{self, Write};

use super::html::{Html, put};
use super::{ROWS_MAX, STYLE, STYLE_HASH, beyond, folded, scrolled};
use crate::{NodeUse, PendingPods, PlanReport, PlannedNode, TenantPods, VariantResource};

/// Colours that tenants have; those beyond share one.
const COLOURS: usize = 7;

/// Writes the page: UTF-8, self-contained, without scripts.
///
/// # Errors
///
/// Where the writer fails.
pub fn write_plan_html(report: &PlanReport, mut to: impl Write) -> io::Result<()> {
    let mut html = Html::default();
    page(&mut html, report);
    to.write_all(html.as_str().as_bytes())?;
    to.flush()
}

fn page(html: &mut Html, report: &PlanReport) {
    html.markup("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '");
    html.markup(STYLE_HASH);
    html.markup("'; base-uri 'none'; form-action 'none'\">\n");
    html.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.markup("<meta name=\"color-scheme\" content=\"light dark\">\n");
    put!(html, "<title>", outcome(report), " – casemate plan</title>\n<style>");
    html.markup(STYLE);
    html.markup("</style>\n</head>\n<body>\n");
    header(html, report);
    html.markup("<main>\n");
    comparison(html, report);
    resources(html, report);
    nodes(html, report);
    pending(html, report);
    moves(html, report);
    placements(html, report);
    html.markup("</main>\n<footer>");
    for note in report.notes.iter().take(ROWS_MAX) {
        put!(html, "<p>", note, "</p>");
    }
    beyond(html, report.notes.len().saturating_sub(ROWS_MAX), "notes");
    html.markup("<p>Nothing of a plan has been run.</p></footer>\n</body>\n</html>\n");
}

fn outcome(report: &PlanReport) -> &'static str {
    match (report.errors.is_empty(), report.pending.is_empty() && report.stranded.is_empty()) {
        (false, _) => "Not everything could be read",
        (true, true) => "Every pod has a place",
        (true, false) => "Not every pod has a place",
    }
}

fn header(html: &mut Html, report: &PlanReport) {
    let is_good = report.errors.is_empty() && report.pending.is_empty() && report.stranded.is_empty();
    html.markup("<header>\n<p class=\"over\">casemate plan</p>\n<h1 class=\"");
    html.markup(if is_good { "good" } else { "bad" });
    put!(html, "\">", outcome(report), "</h1>\n<p class=\"lead\">", report.placements.len(), " of ");
    put!(html, report.pods, " pods placed on ", report.nodes_used, " of ", report.nodes, " nodes");
    for supposed in &report.what_if {
        put!(html, ", supposing: ", supposed);
    }
    html.markup("</p>\n<dl class=\"facts\">\n");
    put!(html, "<div><dt>Policy</dt><dd>", report.policy, "</dd></div>\n");
    for bound in &report.bounds {
        put!(html, "<div><dt>", bound.resource, "</dt><dd>", format!("{:.1} %", bound.percent));
        html.markup(" of the bound<small>what any placement of these pods could reach</small></dd></div>\n");
    }
    html.markup("<div><dt>Checker</dt><dd>");
    if report.checker.broken.is_empty() {
        html.markup("<span class=\"word good\">no rule broken</span>");
    } else {
        put!(html, "<span class=\"word bad\">", report.checker.broken.len(), " broken rules</span>");
    }
    put!(html, "<small>", report.checker.checked, " decisions re-checked</small></dd></div>\n</dl>\n");
    let problems: Vec<&String> = report.checker.broken.iter().chain(&report.errors).collect();
    if !problems.is_empty() {
        html.markup("<section class=\"problems\" aria-labelledby=\"problems\">");
        html.markup("<h2 id=\"problems\">Problems</h2>\n<ul>\n");
        for problem in problems.iter().take(ROWS_MAX) {
            put!(html, "<li>", problem, "</li>\n");
        }
        html.markup("</ul>");
        beyond(html, problems.len().saturating_sub(ROWS_MAX), "problems");
        html.markup("</section>\n");
    }
    html.markup("<nav><a href=\"#resources\">Resources</a> <a href=\"#nodes\">Nodes</a> ");
    html.markup("<a href=\"#pending\">Pending</a> <a href=\"#placements\">Placements</a></nav>\n</header>\n");
}

fn comparison(html: &mut Html, report: &PlanReport) {
    if report.comparison.is_empty() {
        return;
    }
    html.markup("<section aria-labelledby=\"comparison\">\n<h2 id=\"comparison\">Comparison</h2>\n");
    scrolled(html, report.comparison.len(), "comparison");
    html.markup(
        "<thead><tr><th scope=\"col\">Policy</th><th scope=\"col\" class=\"number\">Placed</th><th scope=\"col\" class=\"number\">Pending</th>",
    );
    html.markup(
        "<th scope=\"col\" class=\"number\">Pre-empted</th><th scope=\"col\" class=\"number\">Nodes</th>",
    );
    html.markup("<th scope=\"col\">Of the bound</th><th scope=\"col\">Free, fits none</th><th scope=\"col\" class=\"number\">Slower</th></tr></thead>\n<tbody>\n");
    for it in &report.comparison {
        put!(
            html,
            "<tr><th scope=\"row\">",
            it.name,
            "</th><td class=\"number\">",
            it.placed,
            "</td><td class=\"number\">"
        );
        put!(html, it.pending, "</td><td class=\"number\">", it.preempted, "</td><td class=\"number\">");
        put!(html, it.nodes_used, "</td><td>");
        let each = |of: fn(&VariantResource) -> f64| {
            let each = it.resources.iter().map(|one| format!("{} {:.1} %", one.resource, of(one)));
            each.collect::<Vec<_>>().join(", ")
        };
        put!(
            html,
            each(|it| it.bound_percent),
            "</td><td>",
            each(|it| it.unusable_percent),
            "</td><td class=\"number\">"
        );
        put!(html, it.slowdown.map_or_else(String::new, |it| format!("{it:.2}")), "</td></tr>\n");
    }
    html.markup("</tbody></table></div>\n</section>\n");
}

fn resources(html: &mut Html, report: &PlanReport) {
    html.markup("<section aria-labelledby=\"resources\">\n<h2 id=\"resources\">Resources</h2>\n");
    if report.resources.is_empty() {
        html.markup("<p class=\"note\">There are no nodes.</p>\n");
    }
    folded(html, &report.resources, report.resources.len(), "resources", |html, it| {
        let [capacity, used, free, unusable] = &it.written;
        put!(html, "<div class=\"row\"><div class=\"who\">", it.resource, "</div>");
        let unusable_share = (it.unusable, "others");
        bar(html, &it.resource, it.capacity, &[(it.used, "c0"), unusable_share]);
        put!(
            html,
            "<div class=\"value\"><b>",
            used,
            "</b> of ",
            capacity,
            "<br>",
            free,
            " free on one node, "
        );
        put!(html, unusable, " free where none fits</div></div>\n");
    });
    html.markup("</section>\n");
}

/// The nodes, those first that are fullest of what is scarcest.
fn nodes(html: &mut Html, report: &PlanReport) {
    html.markup("<section aria-labelledby=\"nodes\">\n<h2 id=\"nodes\">Nodes</h2>\n");
    let mut tenants: Vec<(&str, usize)> = Vec::new();
    for TenantPods { tenant, pods } in report.node_usage.iter().flat_map(|node| &node.tenants) {
        match tenants.iter_mut().find(|(it, _)| it == tenant) {
            Some((_, all)) => *all += pods,
            None => tenants.push((tenant, *pods)),
        }
    }
    tenants.sort_by_key(|(name, pods)| (std::cmp::Reverse(*pods), *name));
    let colour = |tenant: &str| {
        let at = tenants.iter().position(|(it, _)| *it == tenant).unwrap_or(COLOURS);
        ["c0", "c1", "c2", "c3", "c4", "c5", "c6"].get(at).copied().unwrap_or("others")
    };
    html.markup("<p class=\"legend\" aria-label=\"Legend\">Pods of ");
    for (tenant, pods) in tenants.iter().take(COLOURS) {
        html.markup("<span><i class=\"key ");
        html.markup(colour(tenant));
        put!(html, "\"></i>", tenant, " (", pods, ")</span> ");
    }
    html.markup("</p>\n");
    let mut nodes: Vec<&PlannedNode> = report.node_usage.iter().collect();
    nodes.sort_by_key(|node| std::cmp::Reverse(fullness(node)));
    let shown = nodes.get(..nodes.len().min(ROWS_MAX)).unwrap_or_default();
    folded(html, shown, nodes.len(), "nodes", |html, node| {
        put!(html, "<div class=\"row\"><div class=\"who\">", node.node, "<br><small class=\"faint\">");
        put!(html, node.tee.as_deref().unwrap_or("no TEE"), "</small></div><div>");
        let all: usize = node.tenants.iter().map(|it| it.pods).sum();
        for NodeUse { resource: name, used, capacity } in &node.resources {
            // A resource's bar is divided as the pods are: whose bytes they are is not told one by one.
            let parts: Vec<(u64, &'static str)> = node
                .tenants
                .iter()
                .map(|TenantPods { tenant, pods }| {
                    let part = u128::from(*used) * (*pods as u128) / (all.max(1) as u128);
                    (u64::try_from(part).unwrap_or(u64::MAX), colour(tenant))
                })
                .collect();
            bar(html, name, *capacity, &parts);
        }
        put!(html, "</div><div class=\"value\"><b>", node.pods, "</b>");
        html.markup(if node.pods == 1 { " pod" } else { " pods" });
        for NodeUse { resource: name, used, capacity } in &node.resources {
            put!(html, "<br>", name, " ", share(*used, *capacity));
        }
        html.markup("</div></div>\n");
    });
    html.markup("</section>\n");
}

/// In thousandths, of what is fullest.
fn fullness(node: &PlannedNode) -> u64 {
    let of = |NodeUse { used, capacity, .. }: &NodeUse| {
        u64::try_from(u128::from(*used) * 1000 / u128::from((*capacity).max(1))).unwrap_or(1000)
    };
    node.resources.iter().map(of).max().unwrap_or(0)
}

fn share(used: u64, capacity: u64) -> String {
    let tenths = u128::from(used) * 1000 / u128::from(capacity.max(1));
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A bar of a thousand units, with parts in it.
fn bar(html: &mut Html, of: &str, capacity: u64, parts: &[(u64, &'static str)]) {
    let thousandths = |amount: u64| u128::from(amount) * 1000 / u128::from(capacity.max(1));
    let used: u64 = parts.iter().fold(0, |sum, (amount, _)| sum.saturating_add(*amount));
    html.markup("<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" role=\"img\">");
    put!(html, "<title>", of, ": ", share(used, capacity), "</title>");
    html.markup("<rect class=\"ground\" x=\"0\" y=\"0\" width=\"1000\" height=\"10\"/>");
    let mut at = 0;
    for (amount, class) in parts {
        let width = thousandths(*amount).min(1000_u128.saturating_sub(at));
        html.markup("<rect class=\"layer ");
        html.markup(class);
        put!(html, "\" x=\"", at, "\" y=\"0\" width=\"", width, "\" height=\"10\"/>");
        at += width;
    }
    html.markup("</svg>");
}

fn pending(html: &mut Html, report: &PlanReport) {
    html.markup("<section aria-labelledby=\"pending\">\n<h2 id=\"pending\">Pending</h2>\n");
    if report.pending.is_empty() {
        html.markup("<p class=\"note\">Nobody waits.</p>\n");
    }
    folded(html, &report.pending, report.pending.len(), "kinds of pod", one_pending);
    html.markup("</section>\n");
}

fn one_pending(html: &mut Html, it: &PendingPods) {
    html.markup("<div class=\"because\"><p>");
    put!(html, it.pods.first().map_or("", String::as_str));
    if it.pods.len() > 1 {
        put!(html, " and ", it.pods.len() - 1, " more like it");
    }
    put!(html, " <span class=\"word waits\">", it.condition, "</span>");
    if it.never {
        html.markup(" <span class=\"word bad\">never here</span>");
    }
    html.markup("</p><ul>");
    if let Some(reason) = &it.reason {
        put!(html, "<li>", reason, "</li>");
    }
    for hurdle in it.hurdles.iter().take(ROWS_MAX) {
        put!(html, "<li>", hurdle.nodes, if hurdle.nodes == 1 { " node (" } else { " nodes (" });
        put!(html, hurdle.example, "): ", hurdle.reasons.join("; "), "</li>");
    }
    if !it.instance_types.is_empty() {
        put!(html, "<li class=\"faint\">would fit: ", it.instance_types.join(", "), "</li>");
    }
    html.markup("</ul></div>\n");
}

fn moves(html: &mut Html, report: &PlanReport) {
    if report.moves.is_empty() && report.stranded.is_empty() && report.preempted.is_empty() {
        return;
    }
    html.markup("<section aria-labelledby=\"moves\">\n<h2 id=\"moves\">Moves</h2>\n");
    for it in report.preempted.iter().take(ROWS_MAX) {
        put!(
            html,
            "<p class=\"because\">",
            it.pod,
            " loses its place on ",
            it.node,
            " to ",
            it.by,
            ".</p>\n"
        );
    }
    beyond(html, report.preempted.len().saturating_sub(ROWS_MAX), "pods that lose their place");
    for it in report.stranded.iter().take(ROWS_MAX) {
        put!(html, "<p class=\"because\">", it.pod, " must leave ", it.node, " and cannot: ");
        put!(html, it.reasons.join("; "), "</p>\n");
    }
    beyond(html, report.stranded.len().saturating_sub(ROWS_MAX), "stranded pods");
    if !report.moves.is_empty() {
        scrolled(html, report.moves.len(), "moves");
        html.markup("<thead><tr><th scope=\"col\" class=\"number\">Wave</th><th scope=\"col\">Pod</th><th scope=\"col\">From</th><th scope=\"col\">To</th>");
        html.markup("<th scope=\"col\">How</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
        for it in report.moves.iter().take(ROWS_MAX) {
            put!(
                html,
                "<tr><td class=\"number\">",
                it.wave,
                "</td><th scope=\"row\">",
                it.pod,
                "</th><td>",
                it.from
            );
            put!(
                html,
                "</td><td>",
                it.to,
                "</td><td>",
                it.how,
                "</td><td class=\"wide\">",
                it.why,
                "</td></tr>\n"
            );
        }
        html.markup("</tbody></table></div>\n");
        beyond(html, report.moves.len().saturating_sub(ROWS_MAX), "moves");
    }
    html.markup("</section>\n");
}

fn placements(html: &mut Html, report: &PlanReport) {
    html.markup("<section aria-labelledby=\"placements\">\n<h2 id=\"placements\">Placements</h2>\n");
    if report.placements.is_empty() {
        html.markup("<p class=\"note\">No pod has a place.</p>\n</section>\n");
        return;
    }
    scrolled(html, report.placements.len(), "placements");
    html.markup("<thead><tr><th scope=\"col\">Pod</th><th scope=\"col\">Node</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
    for it in report.placements.iter().take(ROWS_MAX) {
        put!(
            html,
            "<tr><th scope=\"row\">",
            it.pod,
            "</th><td>",
            it.node,
            "</td><td class=\"wide\">",
            it.why
        );
        if let Some(slowdown) = it.slowdown {
            put!(html, "; predicted to take ", format!("{slowdown:.2}"), " times as long");
        }
        html.markup("</td></tr>\n");
    }
    html.markup("</tbody></table></div>\n");
    beyond(html, report.placements.len().saturating_sub(ROWS_MAX), "placements");
    html.markup("</section>\n");
}
