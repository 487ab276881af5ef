//! Who am I, what have I got, and moving it.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use user_store::ledger::{NewTransfer, Transfer};
use user_store::users::Role;

use super::Bank;
use crate::authentication::Principal;
use crate::problem::{ApiError, Problem};

/// How many transfers are listed.
const LISTED: u32 = 100;

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct WhoAmI {
    /// The user's number.
    id: i64,
    /// The user's name.
    username: String,
    /// `customer` or `admin`.
    #[schema(value_type = String, example = "customer")]
    role: Role,
    /// `session` or `token`.
    authenticated_by: &'static str,
    /// When the credential ends by itself at the latest (RFC 3339).
    expires_at: String,
}

/// The caller, from the credential alone: nothing is read that authentication did not read already.
#[utoipa::path(get, path = "/whoami", tag = "bank", responses(
    (status = 200, body = WhoAmI), (status = 401, description = "Not logged in", body = Problem)))]
pub(super) async fn who_am_i(principal: Principal) -> HttpResponse {
    HttpResponse::Ok().json(WhoAmI {
        id: principal.user_id.0,
        authenticated_by: principal.credential.kind(),
        expires_at: principal.expires_at.to_rfc3339(),
        username: principal.username,
        role: principal.role,
    })
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Me {
    /// The user's number.
    id: i64,
    /// The user's name.
    username: String,
    /// The balance in minor units (cents).
    #[schema(example = 100_000)]
    balance_minor: i64,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
}

/// The caller's account, read from the ledger.
#[utoipa::path(get, path = "/me", tag = "bank", responses(
    (status = 200, body = Me),
    (status = 401, description = "Not logged in", body = Problem),
    (status = 503, description = "The store cannot be reached", body = Problem)))]
pub(super) async fn me(
    bank: web::Data<Bank>,
    principal: Principal,
) -> Result<HttpResponse, ApiError> {
    let account =
        bank.stores
            .ledger
            .account(principal.user_id)
            .await?
            .ok_or(ApiError::NotFound(
                "The user of this credential has no account any more.",
            ))?;
    Ok(HttpResponse::Ok().json(Me {
        id: account.user_id.0,
        username: account.username,
        balance_minor: account.balance_minor,
        currency: account.currency,
    }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferRequest {
    /// The payee's username.
    #[schema(example = "bob")]
    to: String,
    /// What to move, in minor units, at least 1.
    #[schema(example = 1000, minimum = 1)]
    amount_minor: i64,
    /// Chosen by the caller, 1 to 64 visible ASCII characters: the same key never moves money twice.
    #[schema(example = "3f2b6c1e-9a7d-4c55-8a51-0f1d7c2e9b10")]
    idempotency_key: String,
    /// For the payee to read, at most 140 characters.
    #[serde(default)]
    note: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct TransferReceipt {
    /// The transfer's number.
    id: i64,
    /// Who paid.
    from: String,
    /// Who was paid.
    to: String,
    /// How much, in minor units.
    amount_minor: i64,
    /// ISO 4217.
    currency: String,
    /// As sent.
    note: String,
    /// When (RFC 3339).
    at: String,
}

impl From<Transfer> for TransferReceipt {
    fn from(transfer: Transfer) -> Self {
        Self {
            id: transfer.id,
            from: transfer.from,
            to: transfer.to,
            amount_minor: transfer.amount_minor,
            currency: transfer.currency,
            note: transfer.note,
            at: transfer.at.to_rfc3339(),
        }
    }
}

/// Moves money, once for each `idempotency_key`: 201 the first time, 200 with the same receipt when repeated.
#[utoipa::path(post, path = "/transfers", tag = "bank", request_body = TransferRequest, responses(
    (status = 201, body = TransferReceipt),
    (status = 200, description = "This key moved the money before", body = TransferReceipt),
    (status = 400, description = "The payee or the amount is not accepted", body = Problem),
    (status = 401, description = "Not logged in", body = Problem),
    (status = 409, description = "Insufficient funds, or the key was used for another transfer", body = Problem),
    (status = 503, description = "The store cannot be reached", body = Problem)))]
pub(super) async fn transfer(
    bank: web::Data<Bank>,
    principal: Principal,
    body: web::Json<TransferRequest>,
) -> Result<HttpResponse, ApiError> {
    let TransferRequest {
        to,
        amount_minor,
        idempotency_key,
        note,
    } = body.into_inner();
    if !(1..=64).contains(&idempotency_key.len())
        || !idempotency_key.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err(ApiError::Invalid(
            "idempotency_key has 1 to 64 visible ASCII characters.".to_owned(),
        ));
    }
    // Not every store keeps a NUL.
    if note.contains('\0') || note.chars().count() > 140 {
        return Err(ApiError::Invalid(
            "note has at most 140 characters, none of them NUL.".to_owned(),
        ));
    }
    let new = NewTransfer {
        from: principal.user_id,
        to,
        amount_minor,
        idempotency_key,
        note,
    };
    let transfer = bank.stores.ledger.transfer(new).await?;
    let mut response = if transfer.replayed {
        HttpResponse::Ok()
    } else {
        HttpResponse::Created()
    };
    Ok(response.json(TransferReceipt::from(transfer)))
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Transfers {
    /// Newest first, at most 100.
    transfers: Vec<TransferReceipt>,
}

/// The caller's transfers, in and out.
#[utoipa::path(get, path = "/transfers", tag = "bank", responses(
    (status = 200, body = Transfers), (status = 401, description = "Not logged in", body = Problem)))]
pub(super) async fn list_transfers(
    bank: web::Data<Bank>,
    principal: Principal,
) -> Result<HttpResponse, ApiError> {
    let transfers = bank
        .stores
        .ledger
        .transfers_of(principal.user_id, LISTED)
        .await?;
    Ok(HttpResponse::Ok().json(Transfers {
        transfers: transfers.into_iter().map(Into::into).collect(),
    }))
}
