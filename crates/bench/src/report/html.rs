//! `report.html`: one file that needs nothing else, and no network.

use super::columns::{self, Column, Row};
use super::{Report, ScenarioReport, plots_of, table};

const STYLE: &str = include_str!("report.css");

const TITLE: &str = "Session vs Token: the benchmark";

/// What a reader who reads nothing else has to know, from `docs/reference/benchmark.md`.
const HOW_TO_READ: [&str; 6] = [
    "Each arm is a server of its own with one setting. The bare arm is the same bank without authentication: what an arm needs more than it is what authentication costs.",
    "“× bare” is the cost of a request over that of the bare arm in the same round, in the median of the rounds; “95 %” is an interval that has the true median in it about 95 times of 100, if it is of six rounds or more. Ratios hold elsewhere better than microseconds do.",
    "Two arms are compared by their own ratio, round by round, in the sentences above. That their intervals over the bare arm overlap means nothing, and “no difference found” is no proof that there is none.",
    "Latencies are those of a fixed rate and count from the time that a request was meant to be sent. One is shown only where at least ten answers lie beyond it.",
    "Your network, your users and your other requests are not in these figures; one round trip to another machine is longer than anything here. The database is small and warm, and a server has one worker.",
    "A token that cannot be taken back is cheaper than one that can, and another thing.",
];

/// The report as a page: answers first, then what to be careful about, then the figures, which are those of the JSON with fewer digits.
#[must_use]
pub fn to_html(report: &Report) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{TITLE}</title><style>\n{STYLE}</style></head><body>\n"
    );
    page.push_str(&element("h1", TITLE));
    page.push_str(&answers(report));
    if !report.warnings.is_empty() {
        page.push_str("<h2>Before you believe it</h2>\n");
        let warnings = report.warnings.iter();
        let warnings: Vec<String> = warnings
            .map(|warning| format!("{}.", capital(warning)))
            .collect();
        page.push_str(&list(warnings.iter().map(String::as_str)));
    }
    page.push_str("<h2>How to read this</h2>\n");
    page.push_str(&list(HOW_TO_READ.into_iter()));
    page.push_str(&quiet(&table::heading(report)));
    for scenario in &report.scenarios {
        page.push_str(&section(scenario));
    }
    page.push_str("</body></html>\n");
    page
}

/// The sentences: of each scenario, of the aims, and what has changed since the baseline.
fn answers(report: &Report) -> String {
    let mut text = String::new();
    for scenario in &report.scenarios {
        if scenario.sentences().next().is_some() {
            text.push_str(&element("h3", &capital(&scenario.title)));
            text.push_str(&list(scenario.sentences()));
        }
    }
    if !report.aims.is_empty() {
        let aims = report.aims.iter().map(|aim| table::aim_row(aim, false));
        let aims: Vec<String> = aims.collect();
        text.push_str(&element("h3", "Aims"));
        text.push_str(&list(aims.iter().map(String::as_str)));
    }
    if !report.changes.is_empty() {
        let changes = report.changes.iter();
        text.push_str(&element("h3", "Since the baseline"));
        text.push_str(&list(changes.map(|change| change.sentence.as_str())));
    }
    if text.is_empty() {
        return text;
    }
    format!("<div class=\"answers\">\n{text}</div>\n")
}

fn section(scenario: &ScenarioReport) -> String {
    let mut text = element("h2", &capital(&scenario.title));
    let mut plots = plots_of(scenario).into_iter();
    let mut draw = |text: &mut String, most: usize| {
        for plot in plots.by_ref().take(most) {
            let title = element("h3", &plot.title);
            text.push_str(&format!("{title}<figure>{}</figure>\n", plot.svg));
        }
    };
    // The first plot is the answer, the table is where it can be looked up, and the others say where it comes from.
    draw(&mut text, 1);
    let sentences = table::about(scenario);
    if !scenario.is_of_measures_alone() {
        text.push_str(&grid(scenario, &columns::of_figures(scenario)));
    }
    for sentence in sentences {
        text.push_str(&quiet(&sentence));
    }
    let measures = columns::of_measures(scenario);
    if !measures.is_empty() {
        text.push_str(&grid(scenario, &measures));
    }
    draw(&mut text, usize::MAX);
    text
}

/// A table of these columns; nothing where no arm has a row in it.
fn grid(scenario: &ScenarioReport, columns: &[Column]) -> String {
    let mut rows = String::new();
    for (index, arm) in scenario.arms.iter().enumerate() {
        let side = format!("{:?}", arm.side).to_lowercase();
        let title = element("td", &arm.title);
        let cells = match columns::row(columns, arm, index) {
            Row::Cells => columns
                .iter()
                .map(|column| element("td", column.cell(index)))
                .collect(),
            Row::Words(what, why) => format!(
                "<td class=\"failed\" colspan=\"{}\">{what}{}</td>",
                columns.len().max(1),
                escaped(why)
            ),
            Row::None => continue,
        };
        rows.push_str(&format!("<tr class=\"{side}\">{title}{cells}</tr>\n"));
    }
    if rows.is_empty() {
        return rows;
    }
    let is_varied = columns.first().is_some_and(Column::is_logins);
    let class = if is_varied { " class=\"live\"" } else { "" };
    let headings = columns.iter().map(|column| column.heading.as_str());
    let headings: String = std::iter::once("arm")
        .chain(headings)
        .map(|heading| element("th", heading))
        .collect();
    format!(
        "<div class=\"wide\"><table{class}><thead><tr>{headings}</tr></thead><tbody>\n{rows}</tbody></table></div>\n"
    )
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: String = items.map(|item| element("li", item)).collect();
    format!("<ul>{items}</ul>\n")
}

fn quiet(text: &str) -> String {
    format!("<p class=\"quiet\">{}</p>\n", escaped(text.trim()))
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

/// As a heading begins.
pub(super) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// The name of the processor and the last words of a server are not ours.
pub(super) fn escaped(text: &str) -> String {
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
