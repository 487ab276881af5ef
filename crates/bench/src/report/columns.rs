//! The columns of the tables, the same ones on the page and in the terminal, so that a figure reads the same in both.

use super::{ArmReport, CostIs, ScenarioReport, measures, plots};
use crate::StoreAccess;
use crate::statistics::Estimate;

/// A column: a cell for each arm, where it has a figure.
pub(super) struct Column {
    /// What stands above it on the page.
    pub(super) heading: String,
    /// What stands above it in the terminal, which has less room; without it the column is left out there.
    pub(super) short: Option<String>,
    /// In the order of the arms.
    pub(super) cells: Vec<Option<String>>,
}

/// Stands where an arm has no figure.
pub(super) const NOTHING: &str = "–";

const LOGINS: &str = "live logins";

impl Column {
    fn of(
        scenario: &ScenarioReport,
        heading: &str,
        short: Option<&str>,
        cell: impl Fn(&ArmReport) -> Option<String>,
    ) -> Self {
        Self {
            heading: heading.to_owned(),
            short: short.map(str::to_owned),
            cells: scenario.arms.iter().map(cell).collect(),
        }
    }

    /// What the arm at this place has in it.
    pub(super) fn cell(&self, index: usize) -> &str {
        let cell = self.cells.get(index).and_then(Option::as_deref);
        cell.unwrap_or(NOTHING)
    }

    /// Whether it is the column that tells rows of one arm apart.
    pub(super) fn is_logins(&self) -> bool {
        self.heading == LOGINS
    }

    fn is_filled(&self) -> bool {
        self.cells.iter().any(Option::is_some)
    }
}

/// How many logins were live, where that is varied.
fn logins(scenario: &ScenarioReport) -> Column {
    Column::of(scenario, LOGINS, Some("live"), |arm| {
        arm.live.map(|live| plots::plain(live as f64))
    })
}

/// What an arm has in a table.
pub(super) enum Row<'a> {
    /// Its cells.
    Cells,
    /// The words in place of them.
    Words(&'static str, &'a str),
    /// It is in another table.
    None,
}

/// Whether an arm has a row of cells in the table of these columns.
pub(super) fn row<'a>(columns: &[Column], arm: &'a ArmReport, index: usize) -> Row<'a> {
    let mut cells = columns.iter().filter_map(|column| column.cells.get(index));
    if let Some(failure) = &arm.failure {
        Row::Words("failed: ", failure)
    } else if cells.any(Option::is_some) {
        Row::Cells
    } else if arm.measures.is_empty() {
        Row::Words("not measured", "")
    } else {
        Row::None
    }
}

/// The cost of a request and what belongs to it, ratios first. A column that nothing is in is left out.
pub(super) fn of_figures(scenario: &ScenarioReport) -> Vec<Column> {
    let column = |heading: &str, short: &str, cell: &dyn Fn(&ArmReport) -> Option<String>| {
        let short = Some(short).filter(|short| !short.is_empty());
        Column::of(scenario, heading, short, cell)
    };
    let cost = cost_heading(scenario);
    let micros = |share| move |arm: &ArmReport| Some(arm.latency.as_ref()?.at(share)?.to_string());
    let columns = vec![
        logins(scenario),
        column("× bare", "× bare", &|arm| number(ratio(arm), 2)),
        column("95 %", "95 %", &|arm| range(ratio(arm), 2)),
        column(cost, cost, &|arm| number(cost_us(arm), 1)),
        column("95 %", "95 %", &|arm| range(cost_us(arm), 1)),
        column("requests/s", "requests/s", &|arm| {
            let per_second = arm.figures.as_ref()?.per_second;
            number(Some(per_second), 0)
        }),
        column("bytes out", "B out", &|arm| {
            Some(format!("{:.0}", arm.bytes?.request))
        }),
        column("bytes in", "B in", &|arm| {
            Some(format!("{:.0}", arm.bytes?.answer))
        }),
        column("DB reads", "DB r", &|arm| store(arm, |store| store.reads)),
        column("DB writes", "DB w", &|arm| store(arm, |store| store.writes)),
        column("p50 µs", "p50 µs", &micros(0.5)),
        column("p90 µs", "", &micros(0.9)),
        column("p99 µs", "p99", &micros(0.99)),
        column("p99.9 µs", "p99.9", &micros(0.999)),
        column("memory MiB", "MiB", &|arm| mebibytes(arm.memory_bytes)),
        column("disk MiB", "", &|arm| mebibytes(arm.disk_bytes)),
        column("kernel %", "", &|arm| {
            Some(format!("{:.0}", arm.system_share? * 100.0))
        }),
    ];
    columns.into_iter().filter(Column::is_filled).collect()
}

/// The other measures, each with its interval.
pub(super) fn of_measures(scenario: &ScenarioReport) -> Vec<Column> {
    let kinds = measures::kinds(scenario);
    if kinds.is_empty() {
        return Vec::new();
    }
    let mut columns: Vec<Column> = Some(logins(scenario))
        .into_iter()
        .filter(Column::is_filled)
        .collect();
    for kind in kinds {
        let find = |arm: &ArmReport| {
            let mut measures = arm.measures.iter();
            measures.find(|measure| measure.is_like(kind)).cloned()
        };
        let heading = format!("{}, {}", kind.name, kind.unit);
        columns.push(Column::of(scenario, &heading, Some(&heading), |arm| {
            let measure = find(arm)?;
            Some(written(measure.estimate.median))
        }));
        columns.push(Column::of(scenario, "95 %", Some("95 %"), |arm| {
            let Estimate { low, high, .. } = find(arm)?.estimate;
            Some(format!("{}–{}", written(low), written(high)))
        }));
    }
    columns
}

fn cost_heading(scenario: &ScenarioReport) -> &'static str {
    match scenario.cost_is {
        CostIs::Cpu => "CPU µs",
        CostIs::Wall => "wall µs",
    }
}

fn ratio(arm: &ArmReport) -> Option<Estimate> {
    arm.figures.as_ref()?.ratio
}

fn cost_us(arm: &ArmReport) -> Option<Estimate> {
    Some(arm.figures.as_ref()?.cost_us)
}

fn number(estimate: Option<Estimate>, digits: usize) -> Option<String> {
    Some(format!("{:.digits$}", estimate?.median))
}

fn range(estimate: Option<Estimate>, digits: usize) -> Option<String> {
    let Estimate { low, high, .. } = estimate?;
    Some(format!("{low:.digits$}–{high:.digits$}"))
}

fn store(arm: &ArmReport, kind: fn(&StoreAccess) -> f64) -> Option<String> {
    Some(format!("{:.2}", kind(arm.store.as_ref()?)))
}

fn mebibytes(bytes: Option<u64>) -> Option<String> {
    Some(format!("{:.1}", bytes? as f64 / f64::from(1 << 20)))
}

/// A number of which nothing is known but that three of its digits are worth reading.
pub(super) fn written(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let power = value.abs().log10().floor() as i32;
    let digits = usize::try_from(2 - power).unwrap_or(0).min(6);
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_written_with_three_digits_and_never_fewer_than_its_whole_ones() {
        let numbers = [0.0, 0.00421, 0.5, 12.345, 99.96, 1234.5, -3.0];
        let texts = numbers.map(written);
        assert_eq!(
            texts,
            ["0", "0.00421", "0.500", "12.3", "100.0", "1234", "-3.00"]
        );
    }
}
