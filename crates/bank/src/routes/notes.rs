//! Notes that a user keeps at the bank.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::Bank;
use crate::authentication::Principal;
use crate::problem::{ApiError, Problem};

/// How many notes are listed.
const LISTED: u32 = 100;
/// The longest note, in characters.
const LONGEST: usize = 2_000;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNote {
    /// 1 to 2000 characters; kept as it is, and never as markup.
    text: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Note {
    /// The note's number.
    id: i64,
    /// As written.
    text: String,
    /// When (RFC 3339).
    at: String,
}

impl From<user_store::notes::Note> for Note {
    fn from(note: user_store::notes::Note) -> Self {
        Self {
            id: note.id,
            text: note.text,
            at: note.at.to_rfc3339(),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Notes {
    /// Newest first, at most 100.
    notes: Vec<Note>,
}

/// The caller's notes.
#[utoipa::path(get, path = "/notes", tag = "bank", responses(
    (status = 200, body = Notes), (status = 401, description = "Not logged in", body = Problem)))]
pub(super) async fn list(
    bank: web::Data<Bank>,
    principal: Principal,
) -> Result<HttpResponse, ApiError> {
    let notes = bank.stores.notes.list(principal.user_id, LISTED).await?;
    Ok(HttpResponse::Ok().json(Notes {
        notes: notes.into_iter().map(Into::into).collect(),
    }))
}

/// Keeps a note.
#[utoipa::path(post, path = "/notes", tag = "bank", request_body = NewNote, responses(
    (status = 201, body = Note),
    (status = 400, description = "Empty or too long", body = Problem),
    (status = 401, description = "Not logged in", body = Problem)))]
pub(super) async fn add(
    bank: web::Data<Bank>,
    principal: Principal,
    body: web::Json<NewNote>,
) -> Result<HttpResponse, ApiError> {
    let text = body.into_inner().text;
    // Not every store keeps a NUL.
    if text.is_empty() || text.contains('\0') || text.chars().count() > LONGEST {
        return Err(ApiError::Invalid(format!(
            "text has 1 to {LONGEST} characters, none of them NUL."
        )));
    }
    let note = bank.stores.notes.add(principal.user_id, &text).await?;
    Ok(HttpResponse::Created().json(Note::from(note)))
}
