//! Lines, each with its name at its end.

use std::error::Error;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::{Drawn, INK, WIDTH, colour, letters, words};
use crate::arms::Side;

const HEIGHT: u32 = 440;
/// From one name to the next, in pixels.
const NAME: i32 = 18;

/// A line through its points; a point may have an interval of its height.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) side: Side,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) intervals: Vec<(f64, f64)>,
    pub(super) has_markers: bool,
}

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;

/// All lines on the same axes. None where there are none.
pub(super) fn lines_plot(lines: &[Line], across: Axis, up: Axis) -> Drawn {
    if lines.is_empty() {
        return None;
    }
    draw(lines, across, up).ok()
}

fn draw(lines: &[Line], across: Axis, up: Axis) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    let names = letters(lines.iter().map(|line| line.name.as_str())) + 34;
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
        let (words_across, words_up) = (across.words.clone(), up.words.clone());
        let mut chart = ChartBuilder::on(&root)
            .margin(8)
            .margin_right(8 + names)
            .margin_top(16)
            .x_label_area_size(48)
            .y_label_area_size(76)
            .build_cartesian_2d(across, up)?;
        let mut mesh = chart.configure_mesh();
        mesh.label_style(words(INK))
            .bold_line_style(INK.mix(0.15))
            .axis_style(INK.mix(0.5));
        mesh.x_desc(words_across).y_desc(words_up);
        mesh.axis_desc_style(words(INK)).draw()?;
        for (line, nth) in lines.iter().zip(within_side(lines)) {
            draw_line(&mut chart, line, nth)?;
        }
        draw_names(&root, &chart, lines)?;
        root.present()?;
    }
    Ok(svg)
}

/// The how-manieth of its side each line is: so lines of one colour differ by their dashes and markers.
fn within_side(lines: &[Line]) -> Vec<usize> {
    let earlier = |index: usize, side: Side| {
        let before = lines.iter().take(index);
        before.filter(|line| line.side == side).count()
    };
    let each = lines.iter().enumerate();
    each.map(|(index, line)| earlier(index, line.side))
        .collect()
}

fn draw_line(chart: &mut Chart<'_, '_>, line: &Line, nth: usize) -> Result<(), Box<dyn Error>> {
    let style = colour(line.side).stroke_width(2);
    let points = line.points.clone();
    match nth % 4 {
        0 => chart.draw_series(LineSeries::new(points, style))?,
        nth => {
            let (dash, gap) = [(9, 4), (3, 3), (14, 6)][nth - 1];
            chart.draw_series(DashedLineSeries::new(points, dash, gap, style))?
        }
    };
    for ((across, up), (low, high)) in line.points.iter().zip(&line.intervals) {
        let thin = colour(line.side).stroke_width(1);
        let bar = ErrorBar::new_vertical(*across, *low, *up, *high, thin, 8);
        chart.draw_series([bar])?;
    }
    if line.has_markers {
        let filled = colour(line.side).filled();
        let points = line.points.iter().copied();
        match nth % 3 {
            0 => chart.draw_series(points.map(|point| Circle::new(point, 4, filled)))?,
            1 => chart.draw_series(points.map(|point| TriangleMarker::new(point, 6, filled)))?,
            _ => chart.draw_series(points.map(|point| Cross::new(point, 4, style)))?,
        };
    }
    Ok(())
}

/// Names stand in a column at the right, each as near to the end of its line as the others allow, and a thin line leads there.
fn draw_names(
    root: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    chart: &Chart<'_, '_>,
    lines: &[Line],
) -> Result<(), Box<dyn Error>> {
    let ends = lines.iter().filter_map(|line| {
        let end = line.points.last()?;
        Some((line, chart.backend_coord(end)))
    });
    let mut ends: Vec<(&Line, (i32, i32))> = ends.collect();
    ends.sort_by_key(|(_, (_, height))| *height);
    let (across, up) = chart.plotting_area().get_pixel_range();
    let heights: Vec<i32> = ends.iter().map(|(_, (_, height))| *height).collect();
    for ((line, end), height) in ends.iter().zip(apart(&heights, up.end)) {
        let colour = colour(line.side);
        let leader = vec![(end.0 + 5, end.1), (across.end + 26, height)];
        root.draw(&PathElement::new(leader, colour.mix(0.5).stroke_width(1)))?;
        let style = words(colour).pos(Pos::new(HPos::Left, VPos::Center));
        let place = (across.end + 30, height);
        root.draw(&Text::new(line.name.clone(), place, style))?;
    }
    Ok(())
}

/// Pushes heights apart, which come in their order, so that none is nearer than a name to the next, nor below `lowest` if it can be.
fn apart(heights: &[i32], lowest: i32) -> Vec<i32> {
    let mut placed: Vec<i32> = Vec::with_capacity(heights.len());
    for height in heights {
        let least = placed.last().map_or(*height, |last| last + NAME);
        placed.push(least.max(*height));
    }
    let mut most = lowest;
    for height in placed.iter_mut().rev() {
        *height = most.min(*height);
        most = *height - NAME;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_pushed_apart_and_stay_on_the_picture() {
        assert_eq!(apart(&[10, 100], 400), [10, 100]);
        assert_eq!(apart(&[100, 101, 102], 400), [100, 118, 136]);
        assert_eq!(apart(&[390, 395, 400], 400), [364, 382, 400]);
    }
}
