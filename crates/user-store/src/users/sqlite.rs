//! Users in SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use token_core::clock::{Clock, UnixSeconds};

use super::{CreateUserError, Credentials, NewUser, Role, User, UserId, Users};
use crate::ledger::CURRENCY;
use crate::sqlite::{BULK_CHUNK, Database};
use crate::step::{record, record_changed, record_count, record_row};
use crate::{PasswordHash, StoreError, step};

/// Users in a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteUsers {
    database: Database,
    clock: Arc<dyn Clock>,
}

impl SqliteUsers {
    /// Users in this database, registered at this clock's time.
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }
}

/// Reads a user from a row of `id, username, role, banned_at, created_at, token_epoch`, starting at a column.
pub(crate) fn user_at(row: &Row<'_>, first: usize) -> rusqlite::Result<User> {
    Ok(User {
        id: UserId(row.get(first)?),
        username: row.get(first + 1)?,
        role: role_at(row, first + 2)?,
        banned_at: row.get::<_, Option<i64>>(first + 3)?.map(UnixSeconds),
        created_at: UnixSeconds(row.get(first + 4)?),
        token_epoch: row.get(first + 5)?,
    })
}

/// Reads a role by its name.
pub(crate) fn role_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Role> {
    let name = row.get_ref(column)?.as_str()?;
    Role::from_name(name).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "not a role".into())
    })
}

fn insert(
    connection: &Connection,
    new: &NewUser,
    now: UnixSeconds,
) -> rusqlite::Result<Option<User>> {
    let inserted = connection
        .prepare_cached(
            "INSERT INTO users (username, password, role, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (username) DO NOTHING",
        )?
        .execute(params![
            new.username,
            new.password.expose(),
            new.role.as_str(),
            now.0
        ])?;
    if inserted == 0 {
        return Ok(None);
    }
    let id = connection.last_insert_rowid();
    connection
        .prepare_cached(
            "INSERT INTO accounts (user_id, balance_minor, opening_minor, currency) VALUES (?1, ?2, ?2, ?3)",
        )?
        .execute(params![id, new.opening_balance_minor, CURRENCY])?;
    Ok(Some(User {
        id: UserId(id),
        username: new.username.clone(),
        role: new.role,
        banned_at: None,
        created_at: now,
        token_epoch: 0,
    }))
}

#[async_trait]
impl Users for SqliteUsers {
    async fn create(&self, new: NewUser) -> Result<User, CreateUserError> {
        let step = step!(authentication, write, "INSERT user");
        let now = self.clock.now();
        let created = self
            .database
            .write(&step, move |connection| insert(connection, &new, now))
            .await?;
        record(&step, || match &created {
            Some(user) => user.username.clone(),
            None => "the name is taken".to_owned(),
        });
        created.ok_or(CreateUserError::UsernameTaken)
    }

    async fn dangerously_create_many(
        &self,
        usernames: Vec<String>,
        password: &PasswordHash,
        opening_balance_minor: i64,
    ) -> Result<Vec<User>, CreateUserError> {
        let step = step!(authentication, write, "INSERT users");
        let now = self.clock.now();
        let mut users = Vec::with_capacity(usernames.len());
        for chunk in usernames.chunks(BULK_CHUNK) {
            let new = |username: &String| NewUser {
                username: username.clone(),
                password: password.clone(),
                role: Role::Customer,
                opening_balance_minor,
            };
            let chunk: Vec<_> = chunk.iter().map(new).collect();
            let created: Vec<Option<User>> = self
                .database
                .write(&step, move |connection| {
                    chunk
                        .iter()
                        .map(|new| insert(connection, new, now))
                        .collect()
                })
                .await?;
            for user in created {
                users.push(user.ok_or(CreateUserError::UsernameTaken)?);
            }
        }
        record_count(&step, users.len() as u64);
        Ok(users)
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let step = step!(application, read, "SELECT user");
        let user = self.database.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, username, role, banned_at, created_at, token_epoch FROM users WHERE id = ?1",
                )?
                .query_row([id.0], |row| user_at(row, 0))
                .optional()
        })?;
        record_row(&step, user.as_ref(), |user| user.username.clone());
        Ok(user)
    }

    async fn credentials(&self, username: &str) -> Result<Option<Credentials>, StoreError> {
        let step = step!(authentication, read, "SELECT user");
        let credentials = self.database.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, username, role, banned_at, created_at, token_epoch, password FROM users WHERE username = ?1",
                )?
                .query_row([username], |row| {
                    Ok(Credentials {
                        user: user_at(row, 0)?,
                        password: PasswordHash::from_phc(row.get(6)?),
                    })
                })
                .optional()
        })?;
        record_row(&step, credentials.as_ref(), |found| {
            found.user.username.clone()
        });
        Ok(credentials)
    }

    async fn set_password(&self, id: UserId, password: PasswordHash) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "UPDATE user");
        let changed = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached("UPDATE users SET password = ?2 WHERE id = ?1")?
                    .execute(params![id.0, password.expose()])
            })
            .await?;
        record_changed(&step, changed > 0);
        Ok(changed > 0)
    }

    async fn set_role(&self, id: UserId, role: Role) -> Result<bool, StoreError> {
        let step = step!(application, write, "UPDATE user");
        let changed = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached("UPDATE users SET role = ?2 WHERE id = ?1")?
                    .execute(params![id.0, role.as_str()])
            })
            .await?;
        record_changed(&step, changed > 0);
        Ok(changed > 0)
    }

    async fn set_banned(&self, id: UserId, banned: bool) -> Result<bool, StoreError> {
        let step = step!(application, write, "UPDATE user");
        let now = self.clock.now();
        let changed = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached(
                        "UPDATE users SET banned_at = CASE WHEN ?2 THEN coalesce(banned_at, ?3) END WHERE id = ?1",
                    )?
                    .execute(params![id.0, banned, now.0])
            })
            .await?;
        record_changed(&step, changed > 0);
        Ok(changed > 0)
    }

    async fn advance_token_epoch(&self, id: UserId) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "UPDATE user");
        let changed = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached("UPDATE users SET token_epoch = token_epoch + 1 WHERE id = ?1")?
                    .execute([id.0])
            })
            .await?;
        record_changed(&step, changed > 0);
        Ok(changed > 0)
    }
}
