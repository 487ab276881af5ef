//! Which cores the server and the client run on, so that neither takes time from the other.

/// The cores that this process may use, in order; empty where the system does not say.
#[cfg(target_os = "linux")]
pub(crate) fn usable_cores() -> Vec<usize> {
    use rustix::thread::{CpuSet, sched_getaffinity};
    sched_getaffinity(None).map_or_else(
        |_| Vec::new(),
        |set| {
            (0..CpuSet::MAX_CPU)
                .filter(|core| set.is_set(*core))
                .collect()
        },
    )
}

/// Keeps the calling thread, and what it starts, on one core; whether the system did.
#[cfg(target_os = "linux")]
pub(crate) fn pin_this_thread(core: usize) -> bool {
    use rustix::thread::{CpuSet, sched_setaffinity};
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).is_ok()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn usable_cores() -> Vec<usize> {
    Vec::new()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn pin_this_thread(_: usize) -> bool {
    false
}

/// A core for the servers and another for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cores {
    pub(crate) server: usize,
    pub(crate) client: usize,
}

impl Cores {
    /// The first and the last, which are seldom two halves of one core. None where there are not two.
    pub(crate) fn of(usable: &[usize]) -> Option<Self> {
        match usable {
            [server, .., client] => Some(Self {
                server: *server,
                client: *client,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cores_are_shared_out_and_one_is_not() {
        assert_eq!(
            Cores::of(&[2, 3, 5]),
            Some(Cores {
                server: 2,
                client: 5
            })
        );
        assert_eq!(Cores::of(&[0]), None);
        assert_eq!(Cores::of(&[]), None);
    }
}
