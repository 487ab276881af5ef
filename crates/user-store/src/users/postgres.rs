//! Users in PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use token_core::clock::{Clock, UnixSeconds};
use tokio_postgres::Row;

use super::{CreateUserError, Credentials, NewUser, Role, User, UserId, Users};
use crate::ledger::CURRENCY;
use crate::postgres::{BULK_CHUNK, Postgres};
use crate::step::{record, record_changed, record_count, record_row};
use crate::{PasswordHash, StoreError, step};

/// Users in a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PostgresUsers {
    database: Postgres,
    clock: Arc<dyn Clock>,
}

impl PostgresUsers {
    /// Users in this database, registered at this clock's time.
    pub fn new(database: Postgres, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }
}

/// Reads a user from a row of `id, username, role, banned_at, created_at, token_epoch`, starting at a column.
pub(crate) fn user_in(row: &Row, first: usize) -> Result<User, StoreError> {
    Ok(User {
        id: UserId(row.try_get(first)?),
        username: row.try_get(first + 1)?,
        role: role_in(row, first + 2)?,
        banned_at: row.try_get::<_, Option<i64>>(first + 3)?.map(UnixSeconds),
        created_at: UnixSeconds(row.try_get(first + 4)?),
        token_epoch: row.try_get(first + 5)?,
    })
}

/// Reads a role by its name.
pub(crate) fn role_in(row: &Row, column: usize) -> Result<Role, StoreError> {
    let name: &str = row.try_get(column)?;
    Role::from_name(name).ok_or_else(|| StoreError::failed(format!("`{name}` is not a role")))
}

#[async_trait]
impl Users for PostgresUsers {
    async fn create(&self, new: NewUser) -> Result<User, CreateUserError> {
        let step = step!(authentication, write, "INSERT user");
        let now = self.clock.now();
        let row = self
            .database
            .write_one(
                "WITH newcomer AS (
                     INSERT INTO users (username, password, role, created_at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (lower(username COLLATE \"C\")) DO NOTHING RETURNING id
                 ), account AS (
                     INSERT INTO accounts (user_id, balance_minor, opening_minor, currency) SELECT id, $5, $5, $6 FROM newcomer
                 ) SELECT id FROM newcomer",
                &[
                    &new.username,
                    &new.password.expose(),
                    &new.role.as_str(),
                    &now.0,
                    &new.opening_balance_minor,
                    &CURRENCY,
                ],
            )
            .await?;
        record(&step, || match &row {
            Some(_) => new.username.clone(),
            None => "the name is taken".to_owned(),
        });
        let row = row.ok_or(CreateUserError::UsernameTaken)?;
        Ok(User {
            id: UserId(row.try_get(0).map_err(StoreError::from)?),
            username: new.username,
            role: new.role,
            banned_at: None,
            created_at: now,
            token_epoch: 0,
        })
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
            let rows = self
                .database
                .write_all(
                    "WITH newcomers AS (
                         INSERT INTO users (username, password, role, created_at)
                         SELECT name, $2, 'customer', $3 FROM unnest($1::text[]) WITH ORDINALITY AS names (name, place) ORDER BY place
                         ON CONFLICT (lower(username COLLATE \"C\")) DO NOTHING RETURNING id, username
                     ), accounts AS (
                         INSERT INTO accounts (user_id, balance_minor, opening_minor, currency) SELECT id, $4, $4, $5 FROM newcomers
                     ) SELECT id, username FROM newcomers ORDER BY id",
                    &[
                        &chunk,
                        &password.expose(),
                        &now.0,
                        &opening_balance_minor,
                        &CURRENCY,
                    ],
                )
                .await?;
            if rows.len() < chunk.len() {
                return Err(CreateUserError::UsernameTaken);
            }
            for row in rows {
                users.push(User {
                    id: UserId(row.try_get(0).map_err(StoreError::from)?),
                    username: row.try_get(1).map_err(StoreError::from)?,
                    role: Role::Customer,
                    banned_at: None,
                    created_at: now,
                    token_epoch: 0,
                });
            }
        }
        record_count(&step, users.len() as u64);
        Ok(users)
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let step = step!(application, read, "SELECT user");
        let row = self
            .database
            .read_one(
                "SELECT id, username, role, banned_at, created_at, token_epoch FROM users WHERE id = $1",
                &[&id.0],
            )
            .await?;
        let user = row.map(|row| user_in(&row, 0)).transpose()?;
        record_row(&step, user.as_ref(), |user| user.username.clone());
        Ok(user)
    }

    async fn credentials(&self, username: &str) -> Result<Option<Credentials>, StoreError> {
        let step = step!(authentication, read, "SELECT user");
        if username.contains('\0') {
            // PostgreSQL keeps no such text, and refuses to compare with one.
            record_row(&step, None::<&()>, |()| String::new());
            return Ok(None);
        }
        let row = self
            .database
            .read_one(
                "SELECT id, username, role, banned_at, created_at, token_epoch, password FROM users
                 WHERE lower(username COLLATE \"C\") = lower($1 COLLATE \"C\")",
                &[&username],
            )
            .await?;
        let credentials = row
            .map(|row| {
                Ok::<_, StoreError>(Credentials {
                    user: user_in(&row, 0)?,
                    password: PasswordHash::from_phc(row.try_get(6)?),
                })
            })
            .transpose()?;
        record_row(&step, credentials.as_ref(), |found| {
            found.user.username.clone()
        });
        Ok(credentials)
    }

    async fn set_password(&self, id: UserId, password: PasswordHash) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "UPDATE user");
        let changed = self
            .database
            .write(
                "UPDATE users SET password = $2 WHERE id = $1",
                &[&id.0, &password.expose()],
            )
            .await?;
        record_changed(&step, changed > 0);
        Ok(changed > 0)
    }

    async fn set_role(&self, id: UserId, role: Role) -> Result<bool, StoreError> {
        let step = step!(application, write, "UPDATE user");
        let changed = self
            .database
            .write(
                "UPDATE users SET role = $2 WHERE id = $1",
                &[&id.0, &role.as_str()],
            )
            .await?;
        record_changed(&step, changed > 0);
        Ok(changed > 0)
    }

    async fn set_banned(&self, id: UserId, banned: bool) -> Result<bool, StoreError> {
        let step = step!(application, write, "UPDATE user");
        let now = self.clock.now();
        let changed = self
            .database
            .write(
                "UPDATE users SET banned_at = CASE WHEN $2 THEN coalesce(banned_at, $3) END WHERE id = $1",
                &[&id.0, &banned, &now.0],
            )
            .await?;
        record_changed(&step, changed > 0);
        Ok(changed > 0)
    }

    async fn advance_token_epoch(&self, id: UserId) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "UPDATE user");
        let changed = self
            .database
            .write(
                "UPDATE users SET token_epoch = token_epoch + 1 WHERE id = $1",
                &[&id.0],
            )
            .await?;
        self.database.published().await?;
        record_changed(&step, changed > 0);
        Ok(changed > 0)
    }
}
