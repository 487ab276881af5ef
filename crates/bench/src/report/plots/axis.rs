//! An axis whose marks are chosen here: round numbers, percentiles, counts.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// More marks than this crowd an axis.
const MOST_MARKS: f64 = 6.0;

/// From where to where, what is marked, and what it is.
#[derive(Clone)]
pub(super) struct Axis {
    pub(super) range: Range<f64>,
    pub(super) marks: Vec<f64>,
    pub(super) words: String,
    pub(super) written: fn(f64) -> String,
}

impl Axis {
    /// From zero to past `most`: `room` of the whole length is left behind it for words.
    pub(super) fn from_zero(most: f64, room: f64, words: &str) -> Self {
        // Where all is zero the axis still has a length.
        let most = if most > 0.0 { most } else { 1.0 };
        let step = round_step(most / MOST_MARKS);
        let count = (most / step * (1.0 + 1e-9)).floor() as u32;
        Self {
            range: 0.0..most / (1.0 - room.clamp(0.0, 0.8)),
            marks: (0..=count).map(|index| f64::from(index) * step).collect(),
            words: words.to_owned(),
            written: plain,
        }
    }

    /// The decimal logarithms of `least` to `most`, marked at 1, 2 and 5 of each power of ten.
    pub(super) fn logarithmic(least: f64, most: f64, words: &str) -> Self {
        let (low, high) = (least.log10() - 0.05, most.log10() + 0.05);
        let powers = low.floor() as i32..=high.ceil() as i32;
        let marks = powers
            .flat_map(|power| [1.0, 2.0, 5.0].map(|digit: f64| digit.log10() + f64::from(power)));
        Self {
            range: low..high,
            marks: marks.filter(|mark| (low..=high).contains(mark)).collect(),
            words: words.to_owned(),
            written: |exponent| plain(10f64.powf(exponent)),
        }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    /// There are no lighter marks between these.
    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.marks.clone()
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        (self.written)(*value)
    }
}

/// The next of 1, 2 and 5 times a power of ten.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let digits = [1.0, 2.0, 5.0, 10.0];
    let digit = digits.into_iter().find(|digit| digit * power >= least);
    digit.unwrap_or(10.0) * power
}

/// A number without the digits that binary fractions leave behind, its thousands apart.
pub(in crate::report) fn plain(value: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded < 1000.0 {
        return rounded.to_string();
    }
    let digits = format!("{rounded:.0}");
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_few_whatever_the_length() {
        for most in [0.07, 1.0, 3.3, 60.0, 99.9, 12_345.0] {
            let axis = Axis::from_zero(most, 0.3, "");
            assert!(
                (3..=7).contains(&axis.marks.len()),
                "{most}: {:?}",
                axis.marks
            );
            assert!(axis.marks.last().is_some_and(|last| *last <= most * 1.001));
        }
        assert_eq!(Axis::from_zero(0.0, 0.0, "").range, 0.0..1.0);
    }

    #[test]
    fn a_logarithmic_axis_is_written_in_the_numbers_themselves() {
        let axis = Axis::logarithmic(90.0, 1100.0, "");
        let written: Vec<String> = axis
            .marks
            .iter()
            .map(|mark| axis.format_ext(mark))
            .collect();
        assert_eq!(written, ["100", "200", "500", "1,000"]);
        assert_eq!(plain(0.1 + 0.2), "0.3");
        assert_eq!(plain(1_000_000.0), "1,000,000");
    }
}
