//! What contradicts itself in an `experiment.toml`, each with its line: reported all at once.

use std::ops::Range;

use toml::Spanned;

use super::Fault;
use super::definition::{Cell, Claim, Definition, Expect, FACTS, Matrix, line_of, matches};
use super::excerpt::excerpt;

/// How many claims the notes make.
const CLAIMS: u32 = 21;

/// Everything that contradicts itself.
pub(super) fn faults(definition: &Definition, source: &str) -> Vec<Fault> {
    let cells = definition.cells();
    let mut check = Check {
        definition,
        source,
        cells: &cells,
        faults: Vec::new(),
    };
    for matrix in &definition.matrix {
        check.matrix(matrix);
    }
    for rule in &definition.expect {
        check.rule(rule);
    }
    for claim in &definition.claim {
        check.claim(claim);
    }
    for place in definition.switch.iter().flat_map(|switch| &switch.code) {
        if excerpt(&place.file, place.anchor.as_ref()).is_none() {
            let reason = format!(
                "`{}` has no lines between `ANCHOR: {1}` and `ANCHOR_END: {1}`",
                place.file,
                place.anchor.as_ref()
            );
            check.fault(place.anchor.span(), reason);
        }
    }
    check.faults
}

struct Check<'a> {
    definition: &'a Definition,
    source: &'a str,
    cells: &'a [Cell],
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn fault(&mut self, span: Range<usize>, reason: String) {
        self.faults.push(Fault {
            line: line_of(self.source, span.start),
            reason,
        });
    }

    fn matrix(&mut self, matrix: &Matrix) {
        for pattern in matrix.skip.iter().chain(matrix.ask.iter().flatten()) {
            let names_one = matrix.rows.iter().any(|row| {
                let mut columns = matrix.columns.iter();
                columns.any(|column| matches(pattern.as_ref(), &format!("{row}/{column}")))
            });
            if !names_one {
                let pattern_text = pattern.as_ref();
                let reason =
                    format!("`{pattern_text}` names no cell of this table; write row/column");
                self.fault(pattern.span(), reason);
            }
        }
        for outcome in matrix.rows.iter().flat_map(|row| matrix.outcomes_of(row)) {
            if self.is_a_place(&outcome) {
                let reason = format!(
                    "the outcome `{outcome}` is also the name of a table, row or column; they share their words, so rename one"
                );
                self.fault(matrix.id.span(), reason);
            }
        }
        let cells = self
            .cells
            .iter()
            .filter(|cell| cell.matrix == *matrix.id.as_ref());
        let unruled =
            cells.filter(|cell| cell.expectations.iter().all(|rule| !rule.when.is_empty()));
        for cell in unruled.filter(|_| !matrix.open) {
            let reason = format!(
                "nothing is expected of {} without a condition; add an [[expect]], or `open = true`",
                cell.id
            );
            self.fault(matrix.id.span(), reason);
        }
    }

    /// Whether a word names a table, a row or a column.
    fn is_a_place(&self, word: &str) -> bool {
        self.definition.matrix.iter().any(|matrix| {
            let mut places = matrix.rows.iter().chain(&matrix.columns);
            matrix.id.as_ref() == word || places.any(|place| place == word)
        })
    }

    fn rule(&mut self, rule: &Expect) {
        for pattern in &rule.cells {
            let named: Vec<&Cell> = self
                .cells
                .iter()
                .filter(|cell| matches(pattern.as_ref(), &cell.id))
                .collect();
            if named.is_empty() {
                let ids: Vec<&str> = self.cells.iter().map(|cell| cell.id.as_str()).collect();
                let reason = format!(
                    "`{}` names no cell; there are {}",
                    pattern.as_ref(),
                    ids.join(", ")
                );
                self.fault(pattern.span(), reason);
            }
            let is = rule.is.as_ref();
            for cell in named.iter().filter(|cell| !cell.outcomes.contains(is)) {
                let outcomes = cell.outcomes.join(", ");
                let reason = format!("`{is}` is no outcome of {}; it has {outcomes}", cell.id);
                self.fault(rule.is.span(), reason);
            }
        }
        for (fact, value) in &rule.when {
            self.condition(fact, value);
        }
    }

    fn condition(&mut self, fact: &Spanned<String>, value: &str) {
        let name = fact.as_ref();
        let reason = match self.values_of(name) {
            None => format!(
                "`{name}` is neither a fact of the passport ({}) nor a setting of this experiment",
                FACTS.map(|(name, _)| name).join(", ")
            ),
            Some(values) if !values.contains(&value) => {
                format!(
                    "`{value}` is no value of {name}; it has {}",
                    values.join(", ")
                )
            }
            Some(_) => return,
        };
        self.fault(fact.span(), reason);
    }

    /// The values that a condition may ask for: those of a fact of the passport, or of a setting on the page.
    fn values_of(&self, name: &str) -> Option<Vec<&str>> {
        let fact = FACTS.iter().find(|(fact, _)| *fact == name);
        let mut settings = self.definition.setting.iter();
        fact.map(|(_, values)| values.to_vec()).or_else(|| {
            let setting = settings.find(|setting| setting.key == name)?;
            Some(setting.values.iter().map(String::as_str).collect())
        })
    }

    fn claim(&mut self, claim: &Claim) {
        for place in claim.supports.iter().chain(&claim.contradicts) {
            let known = place
                .as_ref()
                .split_once('=')
                .is_some_and(|(cell, outcome)| {
                    let mut cells = self.cells.iter();
                    cells.any(|known| {
                        known.id == cell && known.outcomes.iter().any(|known| known == outcome)
                    })
                });
            if !known {
                let reason = format!(
                    "`{}` is no observation; write matrix/row/column=outcome",
                    place.as_ref()
                );
                self.fault(place.span(), reason);
            }
        }
        let number = claim.id.as_ref().strip_prefix('C');
        let number = number.and_then(|number| number.parse::<u32>().ok());
        if number.is_none_or(|number| !(1..=CLAIMS).contains(&number)) {
            let reason = format!(
                "`{}` is no claim; there are C1 to C{CLAIMS}",
                claim.id.as_ref()
            );
            self.fault(claim.id.span(), reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"
order = 1
minutes = 1
[[claim]]
id = "C1"
verdict = "true"
supports = ["t/r/c=yes"]
[[setting]]
key = "session.transport"
values = ["cookie", "header"]
[[matrix]]
id = "t"
rows = ["r"]
columns = ["c", "d"]
outcomes = ["yes", "no"]
[[expect]]
cells = ["t/*/*"]
is = "yes"
source = "RFC 9110"
[[expect]]
cells = ["t/r/d"]
is = "no"
when = { lax-default = "no", "session.transport" = "header" }
source = "RFC 9110"
"#;

    fn reasons(source: &str) -> Vec<(usize, String)> {
        let definition = toml::from_str(source).unwrap();
        let found = faults(&definition, source).into_iter();
        found.map(|fault| (fault.line, fault.reason)).collect()
    }

    #[test]
    fn a_sound_definition_has_no_fault() {
        assert_eq!(reasons(SOUND), []);
    }

    #[test]
    fn each_contradiction_is_named_with_its_line() {
        for (from, to, line, reason) in [
            ("C1", "C22", 5, "is no claim"),
            ("t/r/c=yes", "t/r/c=maybe", 7, "is no observation"),
            (
                "columns = [\"c\", \"d\"]",
                "columns = [\"yes\", \"d\"]",
                12,
                "also the name of a table, row or column",
            ),
            (
                "cells = [\"t/*/*\"]",
                "cells = [\"t/r/x\"]",
                17,
                "names no cell",
            ),
            (
                "is = \"no\"",
                "is = \"never\"",
                22,
                "is no outcome of t/r/d",
            ),
            ("lax-default", "lax", 23, "neither a fact of the passport"),
            (
                "\"header\" }",
                "\"pigeon\" }",
                23,
                "is no value of session.transport",
            ),
        ] {
            let found = reasons(&SOUND.replacen(from, to, 1));
            assert!(
                found
                    .iter()
                    .any(|(at, said)| *at == line && said.contains(reason)),
                "{from}: {found:?}"
            );
        }
        let unruled = SOUND.replacen("[\"t/*/*\"]", "[\"t/r/c\"]", 1);
        assert!(
            reasons(&unruled)
                .iter()
                .any(|(line, said)| *line == 12 && said.contains("nothing is expected of t/r/d"))
        );
    }
}
