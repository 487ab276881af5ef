//! The plots, as SVG. What is drawn is what the report says, and nothing is computed anew.

use std::error::Error;

use plotters::prelude::*;

use super::{ArmReport, LatencyReport, ScenarioReport};
use crate::arms::{QUICK, Side};

const WIDTH: u32 = 900;
const ROW: u32 = 30;
const FONT: &str = "sans-serif";

/// The session's amber, the token's teal and a grey for the floors, as on the pages.
fn colour(side: Side) -> RGBColor {
    match side {
        Side::Session => RGBColor(180, 83, 9),
        Side::Token => RGBColor(15, 118, 110),
        Side::Floor => RGBColor(100, 116, 139),
    }
}

/// A picture, or nothing where there is nothing to draw.
pub(super) type Plot = Option<String>;

/// Cost of a request over that of the bare arm: a bar each, the interval across its end.
pub(super) fn cost(scenario: &ScenarioReport) -> Plot {
    let bars: Vec<Bar> = scenario
        .arms
        .iter()
        .filter_map(|arm| {
            let ratio = arm.figures.as_ref()?.ratio?;
            Some(Bar {
                label: format!("{}  {:.2} ×", arm.name, ratio.median),
                value: ratio.median,
                interval: Some((ratio.low, ratio.high)),
                side: arm.side,
            })
        })
        .collect();
    bars_plot(&bars, "cost of a request × bare, with its 95 % interval")
}

/// Bytes of a request and its answer together.
pub(super) fn bytes(scenario: &ScenarioReport) -> Plot {
    let bars: Vec<Bar> = scenario
        .arms
        .iter()
        .filter_map(|arm| {
            let bytes = arm.bytes?;
            Some(Bar {
                label: format!(
                    "{}  {:.0} out, {:.0} in",
                    arm.name, bytes.request, bytes.answer
                ),
                value: bytes.request + bytes.answer,
                interval: None,
                side: arm.side,
            })
        })
        .collect();
    bars_plot(
        &bars,
        "bytes of HTTP on the wire, request and answer together",
    )
}

/// More curves than this cannot be told apart; then those of the quick run are drawn, and the table has the others.
const MOST_CURVES: usize = 8;

/// Latency by percentile: what a user in two, in ten, in a hundred, in a thousand exceeds.
pub(super) fn latency(scenario: &ScenarioReport) -> Plot {
    let mut curves: Vec<(&ArmReport, Vec<(f64, f64)>)> = scenario
        .arms
        .iter()
        .filter_map(|arm| Some((arm, curve(arm.latency.as_ref()?))))
        .filter(|(_, points)| points.len() > 1)
        .collect();
    if curves.len() > MOST_CURVES {
        curves.retain(|(arm, _)| QUICK.contains(&arm.name.as_str()));
    }
    drawn(&curves, latency_plot)
}

struct Bar {
    label: String,
    value: f64,
    interval: Option<(f64, f64)>,
    side: Side,
}

fn drawn<T>(data: &[T], draw: impl Fn(&[T]) -> Result<String, Box<dyn Error>>) -> Plot {
    if data.is_empty() {
        return None;
    }
    // A picture that cannot be drawn leaves its figures in the table.
    draw(data).ok()
}

fn bars_plot(bars: &[Bar], axis: &str) -> Plot {
    drawn(bars, |bars| {
        let mut svg = String::new();
        let rows = u32::try_from(bars.len())?;
        let longest = bars
            .iter()
            .map(|bar| bar.interval.map_or(bar.value, |(_, high)| high))
            .fold(0.0, f64::max);
        {
            let root =
                SVGBackend::with_string(&mut svg, (WIDTH, rows * ROW + 70)).into_drawing_area();
            root.fill(&WHITE)?;
            // The label stands behind its bar, so the longest one needs room.
            let mut chart = ChartBuilder::on(&root)
                .margin(12)
                .x_label_area_size(46)
                .build_cartesian_2d(0.0..longest * 1.5, 0.0..f64::from(rows))?;
            chart
                .configure_mesh()
                .disable_y_mesh()
                .disable_y_axis()
                .max_light_lines(1)
                .x_label_formatter(&|value| format!("{value}"))
                .x_desc(axis)
                .label_style((FONT, 14))
                .axis_desc_style((FONT, 14))
                .draw()?;
            for (index, bar) in (0..rows).zip(bars) {
                // The cheapest is on top.
                let bottom = f64::from(rows - 1 - index);
                let fill = colour(bar.side).filled();
                chart.draw_series([Rectangle::new(
                    [(0.0, bottom + 0.2), (bar.value, bottom + 0.8)],
                    fill,
                )])?;
                let (low, high) = bar.interval.unwrap_or((bar.value, bar.value));
                if bar.interval.is_some() {
                    let mark =
                        ErrorBar::new_horizontal(bottom + 0.5, low, bar.value, high, BLACK, 8);
                    chart.draw_series([mark])?;
                }
                chart.draw_series([Text::new(
                    bar.label.clone(),
                    (high + longest * 0.02, bottom + 0.66),
                    (FONT, 14),
                )])?;
            }
            root.present()?;
        }
        Ok(svg)
    })
}

/// How many nines a share has: 1 is 90 %, 2 is 99 %.
fn nines(share: f64) -> f64 {
    -(1.0 - share).log10()
}

/// The curve as far as enough answers lie beyond it: nines across, microseconds up.
fn curve(latency: &LatencyReport) -> Vec<(f64, f64)> {
    let end = latency.quantiles.last().map_or(0.0, |last| last.share);
    let mut before = 0;
    let mut points = Vec::new();
    for (micros, count) in &latency.buckets {
        let share = before as f64 / latency.count as f64;
        if share > end {
            break;
        }
        points.push((nines(share), *micros as f64));
        before += count;
    }
    points
}

fn latency_plot(curves: &[(&ArmReport, Vec<(f64, f64)>)]) -> Result<String, Box<dyn Error>> {
    let points = || curves.iter().flat_map(|(_, points)| points);
    let most = points().map(|point| point.1).fold(1.0, f64::max);
    let least = points().map(|point| point.1).fold(most, f64::min).max(1.0);
    let widest = points().map(|point| point.0).fold(1.0, f64::max);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, 460)).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .margin(12)
            .x_label_area_size(46)
            .y_label_area_size(70)
            .build_cartesian_2d(0.0..widest * 1.35, (least * 0.8..most * 1.3).log_scale())?;
        let percent = |nines: &f64| {
            let share = 100.0 * (1.0 - 10f64.powf(-nines));
            format!("{share:.*} %", (nines.floor() - 1.0).max(0.0) as usize)
        };
        chart
            .configure_mesh()
            .x_labels(5)
            .x_label_formatter(&percent)
            .y_label_formatter(&|micros| format!("{micros:.0}"))
            .x_desc("this share of the requests was answered within")
            .y_desc("µs, log scale")
            .label_style((FONT, 14))
            .axis_desc_style((FONT, 14))
            .draw()?;
        for (arm, points) in curves {
            let line = colour(arm.side).stroke_width(2);
            chart.draw_series(LineSeries::new(points.iter().copied(), line))?;
            if let Some((across, up)) = points.last() {
                let style = (FONT, 13).into_font().color(&colour(arm.side));
                let place = (across + widest * 0.01, *up);
                chart.draw_series([Text::new(arm.name.clone(), place, style)])?;
            }
        }
        root.present()?;
    }
    Ok(svg)
}
