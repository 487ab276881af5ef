//! The plots, as SVG. What is drawn is what the report says; where a difference is drawn, the axis says of what.

mod axis;
mod bars;
mod cost;
mod growth;
mod latency;
mod lines;
mod measures;
mod split;
#[cfg(test)]
mod tests;

use plotters::prelude::*;

pub(super) use axis::plain;

use super::ScenarioReport;
use crate::arms::Side;

const WIDTH: u32 = 700;
const FONT: &str = "system-ui, sans-serif";
/// The backend draws it a fifth smaller.
const FONT_SIZE: u32 = 17;

/// The colours on a light page and on a dark one: words, session, token, floor. Each has 4.5:1 on its page, as those of the pages have.
const INK: RGBColor = RGBColor(0x21, 0x1d, 0x16);
const AMBER: RGBColor = RGBColor(0x99, 0x52, 0x00);
const TEAL: RGBColor = RGBColor(0x00, 0x6b, 0x65);
const GREY: RGBColor = RGBColor(0x5b, 0x66, 0x78);
const DARK: [(RGBColor, &str); 4] = [
    (INK, "#f1ece1"),
    (AMBER, "#f5ae4a"),
    (TEAL, "#43cfc3"),
    (GREY, "#a3adbb"),
];

/// A picture, or nothing where there is nothing to draw.
type Drawn = Option<String>;

/// A plot with the words that stand for it.
#[derive(Clone, Debug)]
pub struct Plot {
    /// Its name within the scenario: `cost`, `split`, `latency`, `bytes`, `store`, `growth`, …
    pub name: String,
    /// Its heading.
    pub title: String,
    /// What it shows, in English, for who does not see it.
    pub says: String,
    /// The picture: one SVG for light and dark pages, with no background of its own.
    pub svg: String,
}

/// The plots of which there is something to draw, the answer to the scenario's question first.
#[must_use]
pub fn plots_of(scenario: &ScenarioReport) -> Vec<Plot> {
    let mut plots = Vec::new();
    if growth::is_varied(scenario) {
        plots.extend(growth::plots(scenario));
    } else if !scenario.is_of_measures_alone() {
        plots.extend(cost::cost(scenario));
        plots.extend(split::split(scenario));
        plots.extend(latency::latency(scenario));
        plots.extend(cost::bytes(scenario));
        plots.extend(cost::store(scenario));
    }
    plots.extend(measures::plots(scenario));
    plots
}

impl Plot {
    /// A plot of bars says what stands beside each of them.
    fn of_bars(
        name: &str,
        title: &str,
        axis: &str,
        bars: &[bars::Bar],
        legend: &bars::Legend,
    ) -> Option<Self> {
        let each = bars
            .iter()
            .map(|bar| (bar.name.as_str(), bar.label.as_str()));
        let says = said(axis, each);
        Self::of(name, title, says, bars::bars_plot(bars, axis, legend))
    }

    fn of(name: &str, title: &str, says: String, drawn: Drawn) -> Option<Self> {
        let svg = dressed(&drawn?, title, &says)?;
        Some(Self {
            name: name.to_owned(),
            title: title.to_owned(),
            says,
            svg,
        })
    }
}

/// "cost of a request × bare: session-sqlite 2.09 ×; jwt-hs256 1.50 ×."
fn said<'a>(axis: &str, each: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let each: Vec<String> = each
        .map(|(name, label)| format!("{name} {label}"))
        .collect();
    format!("{axis}: {}.", each.join("; "))
}

fn colour(side: Side) -> RGBColor {
    match side {
        Side::Session => AMBER,
        Side::Token => TEAL,
        Side::Floor => GREY,
    }
}

fn words(colour: RGBColor) -> TextStyle<'static> {
    (FONT, FONT_SIZE).into_font().color(&colour)
}

/// How wide the longest of these words may be, in pixels: the reader's fonts are not known, and seldom wider than this.
fn letters<'a>(words: impl Iterator<Item = &'a str>) -> u32 {
    let longest = words.map(|word| word.chars().count()).max().unwrap_or(0);
    u32::try_from(longest * 8).unwrap_or(WIDTH)
}

/// Gives the picture its name for screen readers, and its colours on a dark page.
///
/// The colours are attributes, which any style sheet overrules, so that the same picture suits a page that has it inside of itself and
/// one that shows it as an image.
fn dressed(svg: &str, title: &str, says: &str) -> Option<String> {
    let (head, rest) = svg.split_once('>')?;
    let dark: String = DARK
        .iter()
        .map(|(RGBColor(red, green, blue), dark)| {
            let light = format!("#{red:02X}{green:02X}{blue:02X}");
            format!(
                "svg [fill=\"{light}\"]{{fill:{dark}}}svg [stroke=\"{light}\"]{{stroke:{dark}}}"
            )
        })
        .collect();
    Some(format!(
        "{head} role=\"img\" aria-label=\"{}\">\n<title>{}</title>\n<style>@media (prefers-color-scheme:dark){{{dark}}}</style>{rest}",
        super::html::escaped(says),
        super::html::escaped(title),
    ))
}
