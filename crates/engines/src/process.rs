//! The processes of an engine: who they are, and signals to all of them.
//!
//! PostgreSQL gives each of its processes a group of its own, so a signal to a group would reach the first alone: they are found by
//! whose children they are.

use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// How long is waited between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// How often is looked whether something has come about that takes no time worth speaking of, at most: about five seconds.
const LOOKS: usize = 250;

/// Looks until something has come about, at most so many times; says whether it has.
pub(crate) fn wait_until(looks: usize, mut has_come: impl FnMut() -> bool) -> bool {
    for _ in 0..looks {
        if has_come() {
            return true;
        }
        std::thread::sleep(PAUSE);
    }
    has_come()
}

/// A process as the system lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listed {
    pid: i32,
    parent: i32,
    state: char,
}

impl Listed {
    /// Nothing of an ended process runs any more, though its entry waits for whoever has to read it.
    fn runs(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }
}

/// Holds every process of the engine still, and waits until all of them stand; says which they are.
pub(crate) fn pause(main: &Child) -> Vec<Pid> {
    let first = Pid::from_child(main);
    // The first one before the others, since it starts no other once it stands.
    stop(&[first]);
    let all = with_children(first);
    stop(&all);
    all
}

fn stop(processes: &[Pid]) {
    for pid in processes {
        send(*pid, Signal::STOP);
    }
    wait_until(LOOKS, || {
        let moves = |process: &Listed| process.runs() && process.state != 'T';
        !list()
            .iter()
            .any(|process| moves(process) && is_among(process, processes))
    });
}

fn is_among(process: &Listed, processes: &[Pid]) -> bool {
    processes.iter().any(|pid| pid.as_raw_pid() == process.pid)
}

/// Lets every process of the engine go on.
pub(crate) fn resume(main: &Child) {
    for pid in with_children(Pid::from_child(main)) {
        send(pid, Signal::CONT);
    }
}

/// Ends every process of the engine at once, as a loss of power would, and waits until none of them is there.
pub(crate) fn kill(main: &mut Child) {
    // One that has ended and been waited for has a number no longer: it may be another process's by now.
    if !matches!(main.try_wait(), Ok(None)) {
        return;
    }
    let all = pause(main);
    for pid in &all {
        send(*pid, Signal::KILL);
    }
    // It cannot fail for a child that nobody else waits for.
    let _ = main.wait();
    wait_until(LOOKS, || {
        !list()
            .iter()
            .any(|process| process.runs() && is_among(process, &all))
    });
}

/// Asks the first process of an engine to end, and waits until it has; says whether it has.
pub(crate) fn ask_to_end(main: &mut Child, signal: Signal) -> bool {
    resume(main);
    send(Pid::from_child(main), signal);
    wait_until(LOOKS, || !matches!(main.try_wait(), Ok(None)))
}

fn send(pid: Pid, signal: Signal) {
    // A process that has ended meanwhile needs no signal.
    let _ = kill_process(pid, signal);
}

fn with_children(first: Pid) -> Vec<Pid> {
    let number = first.as_raw_pid();
    let children = list()
        .into_iter()
        .filter(|process| process.parent == number && process.runs())
        .filter_map(|process| Pid::from_raw(process.pid));
    std::iter::once(first).chain(children).collect()
}

/// Every process of the system.
#[cfg(target_os = "linux")]
fn list() -> Vec<Listed> {
    let Ok(folders) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    folders
        .filter_map(|folder| {
            let path = folder.ok()?.path();
            path.file_name()?.to_str()?.parse::<i32>().ok()?;
            of_stat(&std::fs::read_to_string(path.join("stat")).ok()?)
        })
        .collect()
}

/// Every process of the system.
#[cfg(not(target_os = "linux"))]
fn list() -> Vec<Listed> {
    let listed = std::process::Command::new("ps")
        .args(["-A", "-o", "pid=,ppid=,state="])
        .output();
    let text = listed.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some(Listed {
                pid: words.next()?.parse().ok()?,
                parent: words.next()?.parse().ok()?,
                state: words.next()?.chars().next()?,
            })
        })
        .collect()
}

/// A line of `/proc/<pid>/stat`: the number, the name in parentheses, which may hold any of what follows it, the state, the parent.
#[cfg(target_os = "linux")]
fn of_stat(line: &str) -> Option<Listed> {
    let (pid, rest) = line.split_once(" (")?;
    let (_, rest) = rest.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    Some(Listed {
        pid: pid.parse().ok()?,
        state: words.next()?.chars().next()?,
        parent: words.next()?.parse().ok()?,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name_is() {
        let read = of_stat("4711 (a) S 1 (b) S 17 4711 4711 0 -1").unwrap();
        let expected = Listed {
            pid: 4711,
            parent: 17,
            state: 'S',
        };
        assert_eq!(read, expected);
        assert_eq!(of_stat("4711"), None);
    }

    #[test]
    fn this_process_is_listed_with_its_parent() {
        let parent = rustix::process::getppid().unwrap().as_raw_pid();
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(
            list()
                .iter()
                .any(|process| process.pid == own && process.parent == parent)
        );
    }
}
