//! The operations that are more than one command: each a script, which Redis runs without anything between its commands.

use std::sync::LazyLock;

use redis::Script;

/// A script of this folder, with the names of the keys before it.
macro_rules! scripts {
    ($($(#[$documentation:meta])* $name:ident = $file:literal;)*) => {
        $(
            $(#[$documentation])*
            pub(super) static $name: LazyLock<Script> =
                LazyLock::new(|| Script::new(concat!(include_str!("names.lua"), include_str!($file))));
        )*
    };
}

scripts! {
    /// Opens sessions where their hashes have no row.
    CREATE = "create.lua";
    /// Records a use.
    TOUCH = "touch.lua";
    /// Gives a session a new hash.
    RENEW = "renew.lua";
    /// Ends the session of a hash.
    DELETE = "delete.lua";
    /// Ends a session of a user by its name in lists.
    DELETE_ONE_OF = "delete_one_of.lua";
    /// Ends the sessions of a user.
    DELETE_ALL_OF = "delete_all_of.lua";
    /// Reads the sessions of a user.
    LIST_OF = "list_of.lua";
    /// Reads a part of all sessions.
    SCAN = "scan.lua";
    /// Ends a part of all sessions.
    END_PART = "end_part.lua";
    /// Changes the role in the sessions of a user.
    SET_ROLE_OF = "set_role_of.lua";
}
