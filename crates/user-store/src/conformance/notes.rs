//! The suite of [`crate::Notes`].

use super::{House, OpenStores, START, cases};

cases! {
    /// Every promise of [`crate::Notes`].
    pub fn notes(OpenStores<'_>) for House {
        notes_are_kept_as_they_were_given,
        notes_are_listed_newest_first_and_to_their_owner_alone,
    }
}

async fn notes_are_kept_as_they_were_given(house: House) {
    let alice = house.customer("alice", 0).await;
    let text = "<script>alert('☕')</script>\n'; DROP TABLE notes; --";
    let note = house.stores.notes.add(alice.id, text).await.unwrap();
    assert_eq!((note.text.as_str(), note.at), (text, START));
    assert_eq!(house.stores.notes.list(alice.id, 10).await.unwrap(), [note]);
}

async fn notes_are_listed_newest_first_and_to_their_owner_alone(house: House) {
    let (alice, bob) = (
        house.customer("alice", 0).await,
        house.customer("bob", 0).await,
    );
    let notes = &house.stores.notes;
    for text in ["first", "second", "third"] {
        notes.add(alice.id, text).await.unwrap();
    }
    let listed = notes.list(alice.id, 2).await.unwrap();
    let texts: Vec<_> = listed.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(texts, ["third", "second"]);
    assert!(notes.list(bob.id, 10).await.unwrap().is_empty());
}
