//! `report.html`: one file that needs nothing else, and no network.

use super::{ArmReport, Report, ScenarioReport, plots, table};
use crate::StoreAccess;
use crate::statistics::Estimate;

const HEAD: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>Session vs Token: the benchmark</title><style>\
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem}\
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid #8886;white-space:nowrap}\
th:first-child,td:first-child{text-align:left}.session td:first-child{border-left:.4rem solid #b45309}\
.token td:first-child{border-left:.4rem solid #0f766e}.floor td:first-child{border-left:.4rem solid #64748b}\
.failed{color:#dc2626}svg{max-width:100%;height:auto;display:block}figure{margin:1.5rem 0}\
</style></head><body>\n";

/// The report as a page. Its figures are those of the JSON, with fewer digits.
#[must_use]
pub fn to_html(report: &Report) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("<h1>Session vs Token: the benchmark</h1>\n");
    page.push_str(&element("p", &table::heading(report)));
    if !report.warnings.is_empty() {
        page.push_str("<h2>Before you believe it</h2>\n");
        page.push_str(&list(report.warnings.iter().map(String::as_str)));
    }
    if !report.changes.is_empty() {
        page.push_str("<h2>Since the baseline</h2>\n");
        let changes = report.changes.iter();
        page.push_str(&list(changes.map(|change| change.sentence.as_str())));
    }
    for scenario in &report.scenarios {
        page.push_str(&section(scenario));
    }
    page.push_str("</body></html>\n");
    page
}

fn section(scenario: &ScenarioReport) -> String {
    let mut text = element("h2", &scenario.title);
    for sentence in table::about(scenario) {
        text.push_str(&element("p", &sentence));
    }
    let sentences = scenario.findings.iter();
    text.push_str(&list(sentences.map(|finding| finding.sentence.as_str())));
    text.push_str(&figures(scenario));
    for (title, plot) in [
        ("Cost of a request", plots::cost(scenario)),
        ("Latency by percentile", plots::latency(scenario)),
        ("Bytes on the wire", plots::bytes(scenario)),
    ] {
        if let Some(svg) = plot {
            text.push_str(&format!("<h3>{title}</h3>\n<figure>{svg}</figure>\n"));
        }
    }
    text
}

fn figures(scenario: &ScenarioReport) -> String {
    let cost = table::cost_heading(scenario);
    let headings = [
        "arm",
        "× bare",
        "95 %",
        cost,
        "95 %",
        "requests/s",
        "bytes out",
        "bytes in",
        "DB reads",
        "writes",
        "p50 µs",
        "p90",
        "p99",
        "p99.9",
    ];
    let mut text = String::from("<div class=\"wide\"><table><thead><tr>");
    for heading in headings {
        text.push_str(&element("th", heading));
    }
    text.push_str("</tr></thead><tbody>\n");
    for arm in &scenario.arms {
        text.push_str(&row(arm, headings.len()));
    }
    text.push_str("</tbody></table></div>\n");
    text
}

fn row(arm: &ArmReport, columns: usize) -> String {
    let side = format!("{:?}", arm.side).to_lowercase();
    let Some(figures) = &arm.figures else {
        let reason = arm.failure.as_deref().unwrap_or("not measured");
        let columns = columns - 1;
        return format!(
            "<tr class=\"{side}\">{}<td class=\"failed\" colspan=\"{columns}\">failed: {}</td></tr>\n",
            element("td", &arm.title),
            escaped(reason)
        );
    };
    let none = || "–".to_owned();
    let range = |estimate: &Estimate, digits: usize| {
        format!("{:.digits$}–{:.digits$}", estimate.low, estimate.high)
    };
    let ratio = figures.ratio.as_ref();
    let micros = |share| {
        let micros = arm.latency.as_ref().and_then(|latency| latency.at(share));
        micros.map_or_else(none, |micros| micros.to_string())
    };
    let bytes = |bytes: Option<f64>| bytes.map_or_else(none, |bytes| format!("{bytes:.0}"));
    let store = |kind: fn(&StoreAccess) -> f64| {
        let accesses = arm.store.as_ref().map(kind);
        accesses.map_or_else(none, |accesses| format!("{accesses:.2}"))
    };
    let cells = [
        arm.title.clone(),
        ratio.map_or_else(none, |ratio| format!("{:.2}", ratio.median)),
        ratio.map_or_else(none, |ratio| range(ratio, 2)),
        format!("{:.1}", figures.cost_us.median),
        range(&figures.cost_us, 1),
        format!("{:.0}", figures.per_second.median),
        bytes(arm.bytes.map(|bytes| bytes.request)),
        bytes(arm.bytes.map(|bytes| bytes.answer)),
        store(|store| store.reads),
        store(|store| store.writes),
        micros(0.5),
        micros(0.9),
        micros(0.99),
        micros(0.999),
    ];
    let cells: String = cells.iter().map(|cell| element("td", cell)).collect();
    format!("<tr class=\"{side}\">{cells}</tr>\n")
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: String = items.map(|item| element("li", item)).collect();
    format!("<ul>{items}</ul>\n")
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

/// The name of the processor and the last words of a server are not ours.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_said_is_text_and_never_markup() {
        assert_eq!(
            element("li", "<script>\"&"),
            "<li>&lt;script&gt;&quot;&amp;</li>"
        );
    }
}
