//! What an administrator may do to others. Both take effect at once on everything that the server remembers, and on access tokens
//! as its `revocation` says.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use user_store::users::{Role, UserId};

use super::Bank;
use crate::authentication::{EndedBecause, Principal};
use crate::problem::{ApiError, Problem};

const NO_SUCH_USER: ApiError = ApiError::NotFound("There is no user of this id.");

fn demand_admin(principal: &Principal) -> Result<(), ApiError> {
    if principal.role == Role::Admin {
        Ok(())
    } else {
        Err(ApiError::Forbidden("Only an administrator may do this."))
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ban {
    /// `false` lifts a ban.
    banned: bool,
}

/// Closes an account and ends all of its logins, or opens it again.
#[utoipa::path(post, path = "/admin/users/{id}/ban", tag = "admin", request_body = Ban,
    params(("id" = i64, Path, description = "The user's number")), responses(
    (status = 204, description = "Done"),
    (status = 401, description = "Not logged in", body = Problem),
    (status = 403, description = "Not an administrator", body = Problem),
    (status = 404, description = "No such user", body = Problem)))]
pub(super) async fn ban(
    bank: web::Data<Bank>,
    principal: Principal,
    id: web::Path<i64>,
    body: web::Json<Ban>,
) -> Result<HttpResponse, ApiError> {
    demand_admin(&principal)?;
    let user = UserId(*id);
    if !bank.stores.users.set_banned(user, body.banned).await? {
        return Err(NO_SUCH_USER);
    }
    if body.banned {
        // After the ban is stored, so that a login in progress is either seen here or sees the ban.
        bank.authentication
            .end_all_of(user, EndedBecause::Banned)
            .await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeRole {
    /// `customer` or `admin`.
    #[schema(value_type = String, example = "customer")]
    role: Role,
}

/// Changes what a user may do.
#[utoipa::path(post, path = "/admin/users/{id}/role", tag = "admin", request_body = ChangeRole,
    params(("id" = i64, Path, description = "The user's number")), responses(
    (status = 204, description = "Done"),
    (status = 401, description = "Not logged in", body = Problem),
    (status = 403, description = "Not an administrator", body = Problem),
    (status = 404, description = "No such user", body = Problem)))]
pub(super) async fn change_role(
    bank: web::Data<Bank>,
    principal: Principal,
    id: web::Path<i64>,
    body: web::Json<ChangeRole>,
) -> Result<HttpResponse, ApiError> {
    demand_admin(&principal)?;
    let user = UserId(*id);
    if !bank.stores.users.set_role(user, body.role).await? {
        return Err(NO_SUCH_USER);
    }
    bank.authentication.role_changed(user, body.role).await?;
    Ok(HttpResponse::NoContent().finish())
}
