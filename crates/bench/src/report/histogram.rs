//! The raw latencies in the text format of HdrHistogram, which its plotter and others read.

use std::fmt::Write as _;

use super::{LatencyReport, Report};

/// The histogram of each arm that has latencies, in microseconds: the name of its file, and its text.
///
/// *Spec*: the percentile distribution of [HdrHistogram](https://github.com/HdrHistogram/HdrHistogram), a line for each filled bucket.
#[must_use]
pub fn histograms(report: &Report) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for scenario in &report.scenarios {
        for arm in &scenario.arms {
            if let Some(latency) = arm.latency.as_ref().filter(|latency| latency.count > 0) {
                let live = arm.live.map_or_else(String::new, |live| format!("-{live}"));
                let name = format!("{}-{}{live}.hgrm", scenario.name, arm.name);
                files.push((name, text(latency)));
            }
        }
    }
    files
}

fn text(latency: &LatencyReport) -> String {
    let total = latency.count as f64;
    let mut text = format!(
        "{:>12} {:>14} {:>10} {:>14}\n\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    let mut until_now = 0;
    for (micros, count) in &latency.buckets {
        until_now += count;
        let micros = *micros as f64;
        let share = until_now as f64 / total;
        // Writing to a string does not fail.
        let _ = write!(text, "{micros:12.3} {share:14.12} {until_now:10}");
        // The last line has no fourth column: it would be infinite.
        if until_now < latency.count {
            let _ = write!(text, " {:14.2}", 1.0 / (1.0 - share));
        }
        text.push('\n');
    }
    let (mean, deviation) = moments(latency);
    let most = latency.buckets.last().map_or(0, |(micros, _)| *micros) as f64;
    let _ = writeln!(
        text,
        "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]\n#[Max     = {most:12.3}, Total count    = {:12}]",
        latency.count
    );
    text
}

/// Mean and standard deviation of the ends of the buckets, which are within a thousandth of what was measured.
fn moments(latency: &LatencyReport) -> (f64, f64) {
    let total = latency.count as f64;
    let mean_of = |value: &dyn Fn(f64) -> f64| {
        let buckets = latency.buckets.iter();
        let sum: f64 = buckets
            .map(|(micros, count)| value(*micros as f64) * *count as f64)
            .sum();
        sum / total
    };
    let mean = mean_of(&|micros| micros);
    let variance = mean_of(&|micros| (micros - mean).powi(2));
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_latencies_are_written_as_the_plotter_of_hdrhistogram_reads_them() {
        let latency = LatencyReport {
            count: 4,
            quantiles: Vec::new(),
            buckets: vec![(100, 2), (200, 1), (400, 1)],
        };
        let expected = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n\
                     \x20    100.000 0.500000000000          2           2.00\n\
                     \x20    200.000 0.750000000000          3           4.00\n\
                     \x20    400.000 1.000000000000          4\n\
                     #[Mean    =      200.000, StdDeviation   =      122.474]\n\
                     #[Max     =      400.000, Total count    =            4]\n";
        assert_eq!(text(&latency), expected);
        // The plotter takes the lines of four words that do not begin with `#`.
        let lines = text(&latency);
        let points = lines
            .lines()
            .skip(1)
            .filter(|line| !line.starts_with('#') && line.split_whitespace().count() == 4);
        assert_eq!(points.count(), 2);
    }
}
