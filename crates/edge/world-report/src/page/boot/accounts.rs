//! What became of each CPU's time: a bar of its accounts, and how busy the REE takes the CPU for beside how busy it was.

use casemate_model::Nanos;
use casemate_report::page::html::{Html, put};
use casemate_report::page::plot::{self, Caption, Ids};
use casemate_report::page::scale::{Coordinate, WIDTH, span};
use casemate_world_metal::{Account, Summary};

/// Pixels of a CPU: its accounts, and the two lines below them.
const HEIGHT: u32 = 32;

/// A part of the time.
struct Part {
    class: &'static str,
    name: &'static str,
    of: fn(&Account) -> u64,
}

/// In the order in which they are drawn: what the REE takes for busy, the rest of what is busy, and what is not.
const PARTS: [Part; 6] = [
    Part { class: "ree", name: "REE", of: |it| it.ree_ns },
    Part { class: "tee", name: "requested of the TEE", of: |it| it.requested_ns },
    Part { class: "own", name: "the TEE's own", of: |it| it.self_scheduled_ns },
    Part { class: "lent", name: "TEE while the REE sleeps", of: |it| it.during_idle_ns },
    Part { class: "sleep", name: "both asleep", of: |it| it.idle_ns },
    Part { class: "off", name: "switched off", of: |it| it.off_ns },
];

pub(super) fn write(html: &mut Html, ids: &mut Ids, summary: &Summary) {
    html.markup(
        "<section aria-labelledby=\"accounts\">\n<h2 id=\"accounts\">What became of the CPUs' time</h2>\n",
    );
    html.markup("<ul class=\"legend\" aria-label=\"Legend\">");
    for part in &PARTS {
        html.markup("<li><i class=\"key ");
        html.markup(part.class);
        put!(html, "\"></i>", part.name, "</li>");
    }
    html.markup("<li><i class=\"line\"></i>busy</li>");
    html.markup(
        "<li><i class=\"line guaranteed\"></i>busy as the REE sees it</li></ul>\n<div class=\"machine\">\n",
    );
    for account in &summary.accounts {
        put!(html, "<div class=\"cpu\">CPU ", account.cpu, "</div><div>");
        bar(html, ids, account);
        put!(
            html,
            "</div><div class=\"value\">busy <b>",
            time(account.busy_ns),
            "</b><br>as the REE sees it <b>"
        );
        put!(html, time(account.busy_as_ree_sees_it_ns), "</b></div>\n");
    }
    html.markup("</div>\n");
    table(html, &summary.accounts);
    html.markup("</section>\n");
}

fn bar(html: &mut Html, ids: &mut Ids, account: &Account) {
    let all: f64 = PARTS.iter().map(|it| (it.of)(account) as f64).sum();
    let x = |nanos: f64| Coordinate(if all > 0.0 { (nanos / all).min(1.0) * WIDTH } else { 0.0 });
    let words = PARTS.iter().map(|it| format!("{} {}", it.name, time((it.of)(account))));
    let caption = Caption {
        title: format!("What became of the time of CPU {}", account.cpu),
        description: words.collect::<Vec<_>>().join(", "),
    };
    plot::open(html, ids, HEIGHT, &caption);
    let mut from = 0.0;
    for part in &PARTS {
        let until = from + (part.of)(account) as f64;
        html.markup("<path class=\"");
        html.markup(part.class);
        put!(html, "\" d=\"M", x(from), " 0H", x(until), "V20H", x(from), "Z\"/>");
        from = until;
    }
    let (busy, seen) = (account.busy_ns as f64, account.busy_as_ree_sees_it_ns as f64);
    put!(html, "<path class=\"capacity\" d=\"M0 25H", x(busy), "\"/>");
    put!(html, "<path class=\"guaranteed\" d=\"M0 29H", x(seen), "\"/>");
    plot::end_time(html);
    plot::close(html);
}

fn table(html: &mut Html, accounts: &[Account]) {
    crate::page::scrolled(html, "accounts");
    html.markup("<thead><tr><th scope=\"col\">CPU</th>");
    for part in &PARTS {
        put!(html, "<th scope=\"col\" class=\"number\">", part.name, "</th>");
    }
    html.markup("<th scope=\"col\" class=\"number\">busy</th>");
    html.markup("<th scope=\"col\" class=\"number\">as the REE sees it</th></tr></thead>\n<tbody>\n");
    for account in accounts {
        put!(html, "<tr><th scope=\"row\">CPU ", account.cpu, "</th>");
        let parts = PARTS.iter().map(|it| (it.of)(account));
        for it in parts.chain([account.busy_ns, account.busy_as_ree_sees_it_ns]) {
            put!(html, "<td class=\"number\">", time(it), "</td>");
        }
        html.markup("</tr>\n");
    }
    html.markup("</tbody></table></div>\n");
}

fn time(nanos: u64) -> String {
    span(Nanos(nanos))
}
