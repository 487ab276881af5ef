//! Signing up, and changing one's password.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use token_core::secret::SecretString;
use user_store::users::{NewUser, Role};

use super::Bank;
use crate::authentication::{EndedBecause, Principal};
use crate::config::HttpConfig;
use crate::credentials::check_password;
use crate::problem::{ApiError, Problem};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignUp {
    /// 3 to 32 characters: a–z, 0–9, `-`, `_`.
    #[schema(example = "alice")]
    username: String,
    /// 8 to 128 characters, not among the most common.
    #[schema(value_type = String, example = "white-rabbit-1865")]
    password: SecretString,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct UserCreated {
    /// The user's number.
    id: i64,
    /// As signed up.
    username: String,
    /// `customer`, or `admin` where the settings name this user so.
    #[schema(value_type = String, example = "customer")]
    role: Role,
}

/// Creates a user and an account for it. It does not log in.
#[utoipa::path(post, path = "/users", tag = "bank", request_body = SignUp, responses(
    (status = 201, body = UserCreated),
    (status = 400, description = "The username or the password is not accepted", body = Problem),
    (status = 409, description = "The username is taken", body = Problem),
    (status = 503, description = "Too many logins at once", body = Problem)))]
pub(super) async fn sign_up(
    bank: web::Data<Bank>,
    config: web::Data<HttpConfig>,
    body: web::Json<SignUp>,
) -> Result<HttpResponse, ApiError> {
    let SignUp { username, password } = body.into_inner();
    if !is_username(&username) {
        return Err(ApiError::Invalid(
            "A username has 3 to 32 characters: a to z, 0 to 9, - and _.".to_owned(),
        ));
    }
    let role = if config.administrators.contains(&username) {
        Role::Admin
    } else {
        Role::Customer
    };
    let password = bank.stores.passwords.hash(password).await?;
    let opening_balance_minor = config.opening_balance_minor;
    let user = bank
        .stores
        .users
        .create(NewUser {
            username,
            password,
            role,
            opening_balance_minor,
        })
        .await?;
    Ok(HttpResponse::Created().json(UserCreated {
        id: user.id.0,
        username: user.username,
        role: user.role,
    }))
}

fn is_username(name: &str) -> bool {
    (3..=32).contains(&name.len())
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
        })
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePassword {
    /// The password until now.
    #[schema(value_type = String)]
    current_password: SecretString,
    /// The password from now on; the rules of signing up apply.
    #[schema(value_type = String)]
    new_password: SecretString,
}

/// Changes the caller's password, ends every other login of the caller, and renews this one.
#[utoipa::path(post, path = "/password", tag = "bank", request_body = ChangePassword, responses(
    (status = 204, description = "Changed"),
    (status = 400, description = "The new password is not accepted", body = Problem),
    (status = 401, description = "Not logged in", body = Problem),
    (status = 403, description = "The current password is wrong", body = Problem),
    (status = 429, description = "Too many wrong passwords; see Retry-After", body = Problem),
    (status = 503, description = "Too many logins at once", body = Problem)))]
pub(super) async fn change_password(
    bank: web::Data<Bank>,
    principal: Principal,
    request: HttpRequest,
    body: web::Json<ChangePassword>,
) -> Result<HttpResponse, ApiError> {
    let ChangePassword {
        current_password,
        new_password,
    } = body.into_inner();
    let checked = check_password(&bank, &request, &principal.username, current_password).await?;
    if checked.is_none_or(|checked| checked.user.id != principal.user_id) {
        return Err(ApiError::WrongPassword);
    }
    let password = bank.stores.passwords.hash(new_password).await?;
    bank.stores
        .users
        .set_password(principal.user_id, password)
        .await?;
    if let Some(guess) = bank.throttle.attempt(&request, &principal.username) {
        guess.forget_other_addresses().await?;
    }
    bank.authentication
        .end_others(&request, &principal, EndedBecause::PasswordChanged)
        .await?;
    bank.authentication.renew(&request, &principal).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[cfg(test)]
mod tests {
    use super::is_username;

    #[test]
    fn a_username_is_short_plain_and_lowercase() {
        for (name, accepted) in [
            ("bob", true),
            ("a-b_9", true),
            ("ab", false),
            ("Bob", false),
            ("bo b", false),
            ("böb", false),
            ("", false),
        ] {
            assert_eq!(is_username(name), accepted, "{name}");
        }
        assert!(is_username(&"a".repeat(32)) && !is_username(&"a".repeat(33)));
    }
}
