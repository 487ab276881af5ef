//! What the lab looks like right now, as the pages ask for it.

use bank::ApiError;
use jwt_server::Preset;
use serde::Serialize;
use token_core::clock::Clock;
use token_core::refresh::RefreshPolicy;
use user_store::{FamilyRecord, Session};

use crate::servers::Current;
use crate::settings::Settings;
use crate::{DEMO_USERS, Inner, Origins};

/// How many rows of each table a page is shown.
const ROWS: u32 = 50;

#[derive(Serialize)]
pub(crate) struct State {
    now: String,
    offset_seconds: u64,
    origins: Origins,
    users: Vec<UserView>,
    preset: Preset,
    /// What pages have laid over the settings that the lab was started with.
    settings: Settings,
    /// Counts the changes of the settings.
    settings_version: u64,
    last_exchange: u64,
    session: SessionView,
    jwt: JwtView,
}

#[derive(Serialize)]
struct UserView {
    username: &'static str,
    password: &'static str,
}

#[derive(Serialize)]
struct SessionView {
    store: &'static str,
    cookie: String,
    idle_timeout_seconds: u64,
    absolute_timeout_seconds: u64,
    rows: Vec<SessionRow>,
}

#[derive(Serialize)]
struct SessionRow {
    id: String,
    username: String,
    device: String,
    created_at: String,
    seen_at: String,
    idle_expires_at: String,
    expires_at: String,
    live: bool,
}

#[derive(Serialize)]
struct JwtView {
    algorithm: String,
    access_lifetime_seconds: u64,
    refresh_lifetime_seconds: u64,
    families: Vec<FamilyRow>,
}

#[derive(Serialize)]
struct FamilyRow {
    id: String,
    username: String,
    device: String,
    generation: u32,
    created_at: String,
    rotated_at: String,
    expires_at: String,
    state: &'static str,
    reason: Option<&'static str>,
}

impl State {
    pub(crate) async fn of(lab: &Inner) -> Result<Self, ApiError> {
        let now = lab.clock.now();
        let current = lab.servers.current();
        let Current {
            stores,
            session,
            jwt,
            ..
        } = &*current;
        let policy = jwt.refresh_policy();
        let rows = stores.sessions.list_all(ROWS).await?;
        let families = stores.families.list_all(ROWS).await?;
        Ok(Self {
            now: now.to_rfc3339(),
            offset_seconds: lab.clock.offset().as_secs(),
            origins: lab.origins.clone(),
            users: DEMO_USERS
                .map(|(username, password)| UserView { username, password })
                .into(),
            preset: current.preset(),
            settings: current.settings.clone(),
            settings_version: current.version,
            last_exchange: lab.record.last_id(),
            session: SessionView {
                store: stores.sessions.store_name(),
                cookie: session.cookie_name().to_string(),
                idle_timeout_seconds: session.idle_timeout.as_secs(),
                absolute_timeout_seconds: session.absolute_timeout.as_secs(),
                rows: rows.into_iter().map(|row| session_row(row, now)).collect(),
            },
            jwt: JwtView {
                algorithm: jwt.algorithm.to_string(),
                access_lifetime_seconds: jwt.access_lifetime.as_secs(),
                refresh_lifetime_seconds: jwt.refresh_lifetime.as_secs(),
                families: families
                    .into_iter()
                    .map(|record| family_row(record, now, &policy))
                    .collect(),
            },
        })
    }
}

fn session_row(row: Session, now: token_core::clock::UnixSeconds) -> SessionRow {
    SessionRow {
        live: row.is_live(now),
        id: row.public_id,
        username: row.username,
        device: row.device,
        created_at: row.created_at.to_rfc3339(),
        seen_at: row.seen_at.to_rfc3339(),
        idle_expires_at: row.idle_expires_at.to_rfc3339(),
        expires_at: row.expires_at.to_rfc3339(),
    }
}

fn family_row(
    record: FamilyRecord,
    now: token_core::clock::UnixSeconds,
    policy: &RefreshPolicy,
) -> FamilyRow {
    let FamilyRecord {
        family,
        device,
        username,
    } = record;
    let state = match &family.revoked {
        Some(_) => "revoked",
        None if family.is_live(now, policy) => "live",
        None => "expired",
    };
    FamilyRow {
        id: family.id.to_string(),
        username,
        device,
        generation: family.generation,
        created_at: family.created_at.to_rfc3339(),
        rotated_at: family.rotated_at.to_rfc3339(),
        expires_at: family.expires_at(policy).to_rfc3339(),
        state,
        reason: family.revoked.map(|revoked| revoked.reason.as_str()),
    }
}
