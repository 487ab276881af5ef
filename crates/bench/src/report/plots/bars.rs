//! Bars that lie: the name before each, what it says behind it.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::{Drawn, INK, WIDTH, colour, letters, words};
use crate::arms::Side;

/// How high a bar with the space around it is.
const ROW: u32 = 30;
const MARGIN: u32 = 8;
const AXIS: u32 = 48;

/// How a part of a bar is filled: parts that stand beside each other are told apart by more than their colour.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    Solid,
    Faint,
    Hollow,
}

/// A part of a bar.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) length: f64,
    pub(super) side: Side,
    pub(super) fill: Fill,
}

/// A bar: its parts one behind the other, and the interval of its end.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) parts: Vec<Part>,
    pub(super) interval: Option<(f64, f64)>,
}

/// A part with what it is.
pub(super) type Legend = [(Side, Fill, &'static str)];

impl Bar {
    /// A bar of one part.
    pub(super) fn plain(name: String, label: String, length: f64, side: Side) -> Self {
        let fill = Fill::Solid;
        Self {
            name,
            label,
            parts: vec![Part { length, side, fill }],
            interval: None,
        }
    }

    /// All parts together; one that is less than nothing is not drawn.
    pub(super) fn length(&self) -> f64 {
        self.parts.iter().map(|part| part.length.max(0.0)).sum()
    }

    fn end(&self) -> f64 {
        let length = self.length();
        self.interval.map_or(length, |(_, high)| high.max(length))
    }
}

/// All bars from zero on one axis. None where there are none.
pub(super) fn bars_plot(bars: &[Bar], axis: &str, legend: &Legend) -> Drawn {
    if bars.is_empty() {
        return None;
    }
    draw(bars, axis, legend).ok()
}

fn draw(
    bars: &[Bar],
    words_of_axis: &str,
    legend: &Legend,
) -> Result<String, Box<dyn std::error::Error>> {
    let mut svg = String::new();
    let rows = u32::try_from(bars.len())?;
    let top = if legend.is_empty() { 0 } else { ROW };
    let names = letters(bars.iter().map(|bar| bar.name.as_str())) + 14;
    let labels = letters(bars.iter().map(|bar| bar.label.as_str())) + 16;
    let longest = bars.iter().map(Bar::end).fold(0.0, f64::max);
    let room = f64::from(labels) / f64::from(WIDTH - names - 2 * MARGIN);
    {
        let size = (WIDTH, top + rows * ROW + AXIS + 2 * MARGIN);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw_legend(&root, legend)?;
        let mut chart = ChartBuilder::on(&root)
            .margin(MARGIN)
            .margin_top(MARGIN + top)
            .x_label_area_size(AXIS)
            .y_label_area_size(names)
            .build_cartesian_2d(
                Axis::from_zero(longest, room, words_of_axis),
                0.0..f64::from(rows),
            )?;
        let mut mesh = chart.configure_mesh();
        mesh.disable_y_mesh().disable_y_axis();
        mesh.bold_line_style(INK.mix(0.15)).axis_style(INK.mix(0.5));
        mesh.x_desc(words_of_axis).label_style(words(INK));
        mesh.axis_desc_style(words(INK)).draw()?;
        for (index, bar) in (0..rows).zip(bars) {
            // The first is on top.
            let middle = f64::from(rows - index) - 0.5;
            draw_bar(&mut chart, bar, middle)?;
            let (left, height) = chart.backend_coord(&(0.0, middle));
            let right = chart.backend_coord(&(bar.end(), middle)).0;
            let before = words(INK).pos(Pos::new(HPos::Right, VPos::Center));
            let behind = words(INK).pos(Pos::new(HPos::Left, VPos::Center));
            root.draw(&Text::new(bar.name.clone(), (left - 8, height), before))?;
            root.draw(&Text::new(bar.label.clone(), (right + 8, height), behind))?;
        }
        root.present()?;
    }
    Ok(svg)
}

type Chart<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, plotters::coord::types::RangedCoordf64>>;

fn draw_bar(
    chart: &mut Chart<'_, '_>,
    bar: &Bar,
    middle: f64,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut from = 0.0;
    for part in &bar.parts {
        let to = from + part.length.max(0.0);
        let corners = [(from, middle - 0.3), (to, middle + 0.3)];
        chart.draw_series([Rectangle::new(corners, filled(part.side, part.fill))])?;
        if part.fill != Fill::Solid {
            let edge = colour(part.side).stroke_width(1);
            chart.draw_series([Rectangle::new(corners, edge)])?;
        }
        from = to;
    }
    // The bare arm over itself has none to show.
    if let Some((low, high)) = bar.interval.filter(|(low, high)| low < high) {
        let mark = ErrorBar::new_horizontal(middle, low, from, high, INK.stroke_width(1), 8);
        chart.draw_series([mark])?;
    }
    Ok(())
}

fn filled(side: Side, fill: Fill) -> ShapeStyle {
    let opacity = match fill {
        Fill::Solid => 1.0,
        Fill::Faint => 0.35,
        Fill::Hollow => 0.0,
    };
    colour(side).mix(opacity).filled()
}

fn draw_legend(
    root: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    legend: &Legend,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut left = 12;
    for (side, fill, name) in legend {
        let corners = [(left, 12), (left + 16, 24)];
        root.draw(&Rectangle::new(corners, filled(*side, *fill)))?;
        root.draw(&Rectangle::new(corners, colour(*side).stroke_width(1)))?;
        let style = words(INK).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new((*name).to_owned(), (left + 22, 18), style))?;
        left += 22 + i32::try_from(letters([*name].into_iter()))? + 20;
    }
    Ok(())
}
