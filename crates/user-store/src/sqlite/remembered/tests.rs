//! What is forgotten at a commit, and by whom the rows are told.

use super::*;

/// The header after so many commits.
fn header(commits: u32) -> Header {
    Header::after(commits)
}

/// Remembers two rows as of the first header.
fn two_rows(memory: &Memory) -> Arc<Remembered<&'static str>> {
    let remembered = memory.of(Table::Sessions, 10, |_| true);
    for (key, row) in [(b"a", "row a"), (b"b", "row b")] {
        remembered.keep(header(1), key, &row, || true);
    }
    remembered
}

#[test]
fn the_writers_connection_tells_every_row_that_it_changes_by_its_key_before_and_after() {
    let connection = Connection::open_in_memory().unwrap();
    let tables = Table::ALL.map(|table| {
        let (name, key) = (table.name(), table.key());
        format!("CREATE TABLE {name} ({key} BLOB PRIMARY KEY, more) WITHOUT ROWID;")
    });
    connection.execute_batch(&tables.concat()).unwrap();
    let memory = Memory::default();
    memory.watch(&connection).unwrap();
    for table in Table::ALL {
        let (name, key) = (table.name(), table.key());
        for (statement, told) in [
            (format!("INSERT INTO {name} VALUES (x'01', 1)"), &[[1]][..]),
            (format!("UPDATE {name} SET more = 2"), &[[1]]),
            (format!("UPDATE {name} SET {key} = x'02'"), &[[1], [2]]),
            (format!("DELETE FROM {name}"), &[[2]]),
        ] {
            connection.execute(&statement, []).unwrap();
            let mut changes = mem::take(&mut *lock(&memory.changes));
            let mut keys = mem::take(&mut changes.0[table as usize]);
            keys.sort();
            assert_eq!(keys, told, "{statement}");
            assert!(changes.0.iter().all(Vec::is_empty), "{statement}");
        }
    }
}

fn change(memory: &Memory, key: &[u8]) {
    lock(&memory.changes).0[Table::Sessions as usize].push(key.to_vec());
}

#[test]
fn our_own_commit_forgets_what_it_has_changed() {
    let memory = Memory::default();
    let remembered = two_rows(&memory);
    let commit = || {
        change(&memory, b"a");
        Ok::<_, ()>(())
    };
    memory
        .commit(Some(header(1)), || Some(header(2)), commit)
        .unwrap();
    assert_eq!(remembered.recall(header(1), b"b"), None);
    assert_eq!(remembered.recall(header(2), b"a"), None);
    assert_eq!(remembered.recall(header(2), b"b"), Some("row b"));
}

#[test]
fn a_commit_of_somebody_else_forgets_everything_even_right_after_one_of_ours() {
    for (before, after) in [(1, 3), (0, 1), (2, 3)] {
        let memory = Memory::default();
        let remembered = two_rows(&memory);
        memory
            .commit(
                Some(header(before)),
                || Some(header(after)),
                || Ok::<_, ()>(()),
            )
            .unwrap();
        let known = remembered.recall(header(after), b"b");
        assert_eq!(known.is_some(), after == 1, "{before} to {after}");
    }
}

#[test]
fn a_commit_that_failed_or_whose_header_is_not_known_moves_nothing() {
    for (outcome, after) in [(Err(()), Some(header(2))), (Ok(()), None)] {
        let memory = Memory::default();
        let remembered = two_rows(&memory);
        change(&memory, b"a");
        let done = memory.commit(Some(header(1)), || after, || outcome);
        assert_eq!(done, outcome);
        assert_eq!(remembered.recall(header(2), b"b"), None);
        assert_eq!(remembered.recall(header(1), b"b"), Some("row b"));
    }
}

#[test]
fn what_is_read_while_our_commit_ends_does_not_cost_us_all_the_rest() {
    let memory = Memory::default();
    let remembered = two_rows(&memory);
    let commit = || {
        // The new header is there, and what has changed is not forgotten yet.
        remembered.keep(header(2), b"c", &"row c", || true);
        Ok::<_, ()>(())
    };
    memory
        .commit(Some(header(1)), || Some(header(2)), commit)
        .unwrap();
    // Read before the commit, and kept after it.
    remembered.keep(header(1), b"d", &"row d", || false);
    assert_eq!(remembered.recall(header(2), b"b"), Some("row b"));
    assert_eq!(remembered.recall(header(2), b"c"), None);
    assert_eq!(remembered.recall(header(2), b"d"), None);
}
