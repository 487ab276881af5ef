//! Plots of reports that were made up, so that what they must show is known.

use super::*;
use crate::arms::BARE;
use crate::report::ArmReport;
use crate::report::{CostIs, Figures, MeasureReport};
use crate::statistics::Estimate;

fn estimate(median: f64) -> Estimate {
    Estimate {
        median,
        low: median * 0.9,
        high: median * 1.1,
    }
}

/// An arm with this cost in microseconds, the bare one's being ten.
fn arm(name: &str, side: Side, cost: f64) -> ArmReport {
    ArmReport {
        name: name.to_owned(),
        title: name.to_owned(),
        side,
        failure: None,
        figures: Some(Figures {
            ratio: Some(estimate(cost / 10.0)),
            cost_us: estimate(cost),
            per_second: estimate(1e6 / cost),
        }),
        latency: None,
        bytes: None,
        store: None,
        live: None,
        memory_bytes: None,
        disk_bytes: None,
        system_share: None,
        measures: Vec::new(),
        rounds: Vec::new(),
    }
}

fn scenario(name: &str, arms: Vec<ArmReport>) -> ScenarioReport {
    ScenarioReport {
        name: name.to_owned(),
        title: name.to_owned(),
        unit: "request".to_owned(),
        cost_is: CostIs::Cpu,
        noise: None,
        client_cost_us: None,
        arms,
        findings: Vec::new(),
        remarks: Vec::new(),
    }
}

fn named<'a>(plots: &'a [Plot], name: &str) -> &'a Plot {
    plots.iter().find(|plot| plot.name == name).unwrap()
}

fn names(plots: &[Plot]) -> Vec<&str> {
    plots.iter().map(|plot| plot.name.as_str()).collect()
}

/// The words in a picture, in their order.
fn texts(plot: &Plot) -> Vec<&str> {
    let texts = plot.svg.split("<text").skip(1);
    texts
        .map(|text| {
            let inner = text.split_once('>').unwrap().1;
            inner.split_once('<').unwrap().0.trim()
        })
        .collect()
}

/// How many rectangles of this colour are filled, and how wide each is.
fn bars(plot: &Plot, colour: RGBColor) -> Vec<u32> {
    let RGBColor(red, green, blue) = colour;
    let fill = format!("fill=\"#{red:02X}{green:02X}{blue:02X}\"");
    let bars = plot.svg.split("<rect").skip(1);
    let bars = bars.filter(|bar| bar.split_once('>').unwrap().0.contains(&fill));
    bars.map(|bar| {
        let width = bar.split_once("width=\"").unwrap().1;
        width.split_once('"').unwrap().0.parse().unwrap()
    })
    .collect()
}

/// A session that gets dearer and takes 500 bytes a login; a token that does neither.
fn growing() -> ScenarioReport {
    let mut arms = Vec::new();
    for (index, live) in [1_000, 10_000, 100_000, 1_000_000].into_iter().enumerate() {
        let dearer = 20.0 + 5.0 * index as f64;
        let kinds = [
            ("session-sqlite", Side::Session, dearer, 100),
            ("session-memory", Side::Session, 16.0, 500),
            ("jwt-eddsa", Side::Token, 30.0, 0),
        ];
        for (name, side, cost, each) in kinds {
            arms.push(ArmReport {
                live: Some(live),
                memory_bytes: Some((8 << 20) + each * live),
                disk_bytes: (name == "session-sqlite").then_some(4096 + 300 * live),
                ..arm(name, side, cost)
            });
        }
    }
    // As a report sorts them: by cost, whatever the number of logins.
    arms.reverse();
    scenario("growth", arms)
}

#[test]
fn growth_is_a_line_for_each_arm_with_its_name_and_last_ratio_at_its_end() {
    let plots = plots_of(&growing());
    assert_eq!(
        names(&plots),
        ["growth", "memory-per-login", "disk-per-login"]
    );
    let growth = named(&plots, "growth");
    let texts = texts(growth);
    for line in [
        "session-sqlite  3.50 ×",
        "session-memory  1.60 ×",
        "jwt-eddsa  3.00 ×",
        "1,000",
        "10,000",
        "100,000",
        "1,000,000",
        "live logins, log scale",
    ] {
        let found = texts.iter().filter(|text| **text == line).count();
        assert_eq!(found, 1, "{line}: {texts:?}");
    }
    assert!(growth.says.contains(
        "session-sqlite 2.00 × at 1,000, 2.50 × at 10,000, 3.00 × at 100,000, 3.50 × at 1,000,000"
    ));
    // The first line of a side is whole and has round markers; the second one has dashes and triangles.
    // Each interval has a dot in its middle.
    assert_eq!(growth.svg.matches("<circle").count(), 3 * 4 + 2 * 4);
    assert_eq!(growth.svg.matches("<polygon").count(), 4);
}

#[test]
fn a_login_takes_what_the_most_take_more_than_the_fewest() {
    let plots = plots_of(&growing());
    let memory = named(&plots, "memory-per-login");
    assert!(
        memory
            .says
            .ends_with(": jwt-eddsa 0 B; session-sqlite 100 B; session-memory 500 B.")
    );
    let widths = bars(memory, AMBER);
    assert_eq!(widths.len(), 2);
    assert!(widths[0].abs_diff(widths[1] / 5) <= 1, "{widths:?}");
    let disk = named(&plots, "disk-per-login");
    assert!(
        disk.says.ends_with(": session-sqlite 300 B."),
        "{}",
        disk.says
    );
}

#[test]
fn the_time_is_split_into_handler_house_and_authentication() {
    let mut arms = vec![
        arm("naked", Side::Floor, 4.0),
        arm(BARE, Side::Floor, 10.0),
        arm("session-sqlite", Side::Session, 22.0),
        arm("jwt-eddsa", Side::Token, 30.0),
    ];
    let plots = plots_of(&scenario("read", arms.clone()));
    assert_eq!(names(&plots), ["cost", "split"]);
    let split = named(&plots, "split");
    let shown = texts(split);
    assert!(shown.contains(&"4.0 + 6.0 + 12.0 = 22.0 µs"), "{shown:?}");
    assert!(shown.contains(&"4.0 + 6.0 + 20.0 = 30.0 µs"));
    assert!(shown.contains(&"the house around it"));
    assert!(
        shown
            .iter()
            .any(|text| text.contains("difference of two medians"))
    );
    // The first rectangle of a colour is that of the legend.
    let (session, token) = (bars(split, AMBER)[1], bars(split, TEAL)[1]);
    assert!(
        (session * 20).abs_diff(token * 12) <= 20,
        "{session} {token}"
    );

    arms.remove(0);
    let plots = plots_of(&scenario("write", arms.clone()));
    let shown = texts(named(&plots, "split"));
    assert!(shown.contains(&"10.0 + 12.0 = 22.0 µs"));
    assert!(shown.contains(&"without authentication"));
    arms.remove(0);
    assert_eq!(names(&plots_of(&scenario("write", arms))), ["cost"]);
}

#[test]
fn each_measure_has_a_plot_with_its_unit_and_its_intervals() {
    let measure = |name: &str, unit: &str, median| MeasureReport {
        name: name.to_owned(),
        unit: unit.to_owned(),
        estimate: estimate(median),
    };
    let with = |name, side, lag, started| ArmReport {
        figures: None,
        measures: vec![
            measure("accepted after revocation", "ms", lag),
            measure("start", "ms", started),
        ],
        ..arm(name, side, 1.0)
    };
    let arms = vec![
        with("session-sqlite", Side::Session, 0.0, 25.0),
        with("jwt-eddsa", Side::Token, 900_000.0, 50.0),
    ];
    let plots = plots_of(&scenario("revocation", arms));
    assert_eq!(names(&plots), ["measure-1", "measure-2"]);
    assert_eq!(plots[0].title, "Accepted after revocation, ms");
    let shown = texts(&plots[0]);
    assert!(
        shown.contains(&"0 ms") && shown.contains(&"900000 ms"),
        "{shown:?}"
    );
    let (session, token) = (bars(&plots[1], AMBER), bars(&plots[1], TEAL));
    assert_eq!((session.len(), token.len()), (1, 1));
    assert!((2 * session[0]).abs_diff(token[0]) <= 2);
}

#[test]
fn a_picture_has_a_name_no_background_and_colours_for_a_dark_page() {
    let arms = vec![
        arm(BARE, Side::Floor, 10.0),
        arm("jwt-eddsa", Side::Token, 30.0),
    ];
    for plot in plots_of(&scenario("read", arms))
        .iter()
        .chain(&plots_of(&growing()))
    {
        let (head, rest) = plot.svg.split_once('>').unwrap();
        assert!(head.starts_with("<svg ") && head.contains("role=\"img\""));
        assert!(head.contains(&format!("aria-label=\"{}\"", plot.says)));
        assert!(
            rest.trim_start()
                .starts_with(&format!("<title>{}</title>", plot.title))
        );
        assert!(!plot.svg.contains("#FFFFFF"), "no background of its own");
        let style = plot.svg.split_once("</style>").unwrap();
        // Every colour that is used has one for a dark page.
        let mut used = 0;
        for attribute in ["fill=\"#", "stroke=\"#"] {
            for part in style.1.split(attribute).skip(1) {
                let colour = part.split_once('"').unwrap().0;
                let rule = format!("[{attribute}{colour}\"]");
                assert!(style.0.contains(&rule), "{rule} in {}", plot.name);
                used += 1;
            }
        }
        assert!(used > 4);
    }
}

/// Contrast as WCAG 2.2 defines it.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let luminance = |colour: [u8; 3]| {
        let [red, green, blue] = colour.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn words_and_bars_can_be_read_on_the_light_page_and_on_the_dark_one() {
    let hex = |text: &str| {
        let part = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        [part(1), part(3), part(5)]
    };
    for (RGBColor(red, green, blue), dark) in DARK {
        for page in ["#ffffff", "#fbfaf6"] {
            assert!(contrast([red, green, blue], hex(page)) >= 4.5);
        }
        for page in ["#1e1c17", "#14130f"] {
            assert!(contrast(hex(dark), hex(page)) >= 4.5, "{dark} on {page}");
        }
    }
}
