//! Who is asking, by the signed statement that the request carries. A store is read only where tokens can be taken back.

use std::sync::Arc;

use actix_web::http::header::{HeaderValue, SET_COOKIE, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse};
use async_trait::async_trait;
use bank::{
    ApiError, Authentication, Challenge, Credential, EndedBecause, LoggedIn, Login, Principal,
    Transport,
};
use serde::Serialize;
use token_core::clock::{Clock, UnixSeconds};
use token_core::jwt::{AccessClaims, Believed, Subject, VerifyError};
use token_core::key_folder::KeyFolder;
use token_core::refresh::{FamilyId, RefreshKey, RevocationReason, TokenFamily};
use token_core::secret::SecretString;
use user_store::users::{Role, User, UserId, Users};
use user_store::{DeniedTokens, FamilyRecord, RefreshFamilies, StoreError, Stores, step};

use crate::BuildError;
use crate::config::JwtConfig;
use crate::dpop::{Carried, Possession};
use crate::keys::Keyring;
use crate::revocation::token_id;

/// The longest device description that is kept, in characters.
const DEVICE_LIMIT: usize = 200;

/// A JWT server's [`Authentication`].
#[derive(Debug)]
pub(crate) struct JwtAuthentication {
    pub(crate) users: Arc<dyn Users>,
    pub(crate) families: Arc<dyn RefreshFamilies>,
    pub(crate) denied: Arc<dyn DeniedTokens>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keyring: Keyring,
    pub(crate) refresh_key: RefreshKey,
    pub(crate) introspection_secret: SecretString,
    pub(crate) possession: Possession,
    pub(crate) config: JwtConfig,
}

/// A successful answer of `/login` and `/token` (RFC 6749 §5.1).
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct TokenAnswer {
    /// Signed, readable by anyone, believed until it expires; absent where it travels in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// `Bearer`, or `DPoP` where the token is bound to the key of the proof that came along.
    token_type: &'static str,
    /// The lifetime of the access token in seconds.
    expires_in: u64,
    /// For `POST /token`, once.
    refresh_token: String,
}

impl JwtAuthentication {
    pub(crate) fn open(
        config: JwtConfig,
        stores: &Stores,
        keys: &KeyFolder,
    ) -> Result<Self, BuildError> {
        Ok(Self {
            users: Arc::clone(&stores.users),
            families: Arc::clone(&stores.families),
            denied: Arc::clone(&stores.denied),
            clock: Arc::clone(&stores.clock),
            keyring: Keyring::open(keys, &config, Arc::clone(&stores.clock))?,
            refresh_key: keys.refresh_key(),
            introspection_secret: keys.introspection_secret(),
            possession: Possession::of(&config),
            config,
        })
    }

    /// The access token that belongs to the current refresh token of `family`, and that one. Asked for again, after a lost answer,
    /// they are the same again: issued when the family was rotated.
    pub(crate) fn answer(
        &self,
        user: &User,
        family: &TokenFamily,
    ) -> Result<TokenAnswer, ApiError> {
        self.answer_at(user, family, family.rotated_at)
    }

    /// As [`JwtAuthentication::answer`], with an access token that is issued at another moment.
    pub(crate) fn answer_at(
        &self,
        user: &User,
        family: &TokenFamily,
        at: UnixSeconds,
    ) -> Result<TokenAnswer, ApiError> {
        let subject = Subject {
            user_id: user.id.0,
            username: user.username.clone(),
            role: user.role.as_str().to_owned(),
            sid: family.id.to_string(),
            token_id: token_id(family),
            epoch: self.epoch_of(user),
            jkt: family.jkt,
        };
        let step = step!(authentication, compute, "sign access token");
        step.record("result", self.config.algorithm.as_str());
        let issued = step
            .in_scope(|| self.keyring.current().issuer.issue(&subject, at))
            .map_err(ApiError::internal)?;
        Ok(TokenAnswer {
            access_token: Some(issued.token.expose().to_owned()),
            token_type: family.jkt.map_or("Bearer", |_| "DPoP"),
            expires_in: self.config.access_lifetime.as_secs(),
            refresh_token: self
                .refresh_key
                .token(family.id, family.generation)
                .expose()
                .to_owned(),
        })
    }

    /// What a client keeps of an answer: the line of its next request that carries the access token, and the refresh token.
    pub(crate) fn kept_of(&self, answer: &TokenAnswer) -> (String, String) {
        let token = answer.access_token.as_deref().unwrap_or_default();
        let line = match self.config.transport {
            Transport::Header => format!("Authorization: {} {token}", answer.token_type),
            Transport::Cookie => format!("Cookie: {}={token}", self.config.cookie_name()),
        };
        (line, answer.refresh_token.clone())
    }

    /// The answer as JSON. In cookie transport the access token is in a cookie, and nowhere that a script could read.
    pub(crate) fn respond(&self, mut answer: TokenAnswer) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if self.config.transport == Transport::Cookie
            && let Some(token) = answer.access_token.take()
        {
            let cookie = &self.config.cookie;
            let line = cookie.header_value(&self.config.cookie_name(), &token);
            response.append_header((SET_COOKIE, line));
        }
        response.json(answer)
    }

    /// Forgets the cookie, where there is one; the token in it lives on.
    pub(crate) fn forget(&self, response: &mut HttpResponse) {
        if self.config.transport == Transport::Cookie {
            let line = self.config.cookie.removal(&self.config.cookie_name());
            // The settings were validated, so the line is a header value.
            if let Ok(line) = HeaderValue::try_from(line) {
                response.headers_mut().append(SET_COOKIE, line);
            }
        }
    }

    /// The claims of a token, if its signature and its times are good. Whether it was taken back is another question.
    pub(crate) fn believed(&self, token: &str) -> Option<Arc<AccessClaims>> {
        let step = step!(authentication, compute, "check signature and claims");
        match step.in_scope(|| self.verified(token)) {
            Ok(believed) => {
                let how = if believed.was_seen {
                    "seen before"
                } else {
                    self.config.algorithm.as_str()
                };
                step.record("result", how);
                Some(believed.claims)
            }
            Err(error) => {
                // The lab's picture and the debug log say exactly why; the answer does not.
                step.record("result", error.to_string().as_str());
                None
            }
        }
    }

    fn verified(&self, token: &str) -> Result<Believed, VerifyError> {
        let (keys, now) = (self.keyring.current(), self.clock.now());
        match keys.verifier.verify(token, now) {
            Err(VerifyError::UnknownKey { kid }) => match self.keyring.others_than(&keys) {
                Some(newer) => newer.verifier.verify(token, now),
                None => Err(VerifyError::UnknownKey { kid }),
            },
            verified => verified,
        }
    }

    fn carried<'r>(&self, request: &'r HttpRequest) -> Option<Carried<'r>> {
        match self.config.transport {
            Transport::Header => Carried::in_header(request),
            Transport::Cookie => {
                let cookie = request.cookie(&self.config.cookie_name())?;
                Some(Carried::in_cookie(cookie.value().to_owned()))
            }
        }
    }
}

pub(crate) fn device(request: &HttpRequest) -> String {
    let agent = request
        .headers()
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    agent.chars().take(DEVICE_LIMIT).collect()
}

#[async_trait(?Send)]
impl Authentication for JwtAuthentication {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Principal, ApiError> {
        let carried = self
            .carried(request)
            .ok_or(ApiError::Unauthenticated(self.challenge()))?;
        let refused =
            ApiError::Unauthenticated(self.possession.refusal(&carried, self.config.transport));
        let Some(claims) = self.believed(&carried.token) else {
            return Err(refused);
        };
        self.possession
            .check(request, &carried, claims.cnf, self.clock.now())?;
        if self.is_revoked(&claims).await? {
            return Err(refused);
        }
        let (Some(user_id), Some(role)) = (claims.user_id(), Role::from_name(&claims.role)) else {
            return Err(refused);
        };
        Ok(Principal {
            user_id: UserId(user_id),
            role,
            username: claims.username.clone(),
            credential: Credential::Token {
                jti: claims.jti.clone(),
                family: claims.sid.clone(),
            },
            expires_at: claims.exp,
        })
    }

    fn challenge(&self) -> Challenge {
        match self.config.transport {
            Transport::Header => self.possession.challenge(),
            Transport::Cookie => Challenge::Cookie,
        }
    }

    async fn log_in(&self, request: &HttpRequest, user: &User) -> Result<LoggedIn, ApiError> {
        let key = self.possession.offered(request, self.clock.now())?;
        let family = self
            .families
            .create_bound(user.id, &device(request), key)
            .await?;
        let answer = self.answer(user, &family)?;
        Ok(LoggedIn {
            response: self.respond(answer),
            login_id: family.id.to_string(),
        })
    }

    async fn renew(&self, _: &HttpRequest, principal: &Principal) -> Result<(), ApiError> {
        // A signed statement cannot be replaced in the caller's hands. Where it can be taken back the caller gets the next one with
        // the refresh token, and a copy is worth nothing.
        if let Ok(family) = principal.credential.login_id().parse() {
            self.take_back_in(family).await?;
        }
        Ok(())
    }

    async fn logins_of(&self, user: UserId) -> Result<Vec<Login>, StoreError> {
        let policy = self.config.refresh_policy();
        let now = self.clock.now();
        let records = self.families.list_of(user).await?;
        Ok(records
            .into_iter()
            .filter(|record| record.family.is_live(now, &policy))
            .map(|FamilyRecord { family, device, .. }| Login {
                id: family.id.to_string(),
                device,
                created_at: family.created_at.to_rfc3339(),
                last_seen_at: family.rotated_at.to_rfc3339(),
                expires_at: family.expires_at(&policy).to_rfc3339(),
                current: false,
            })
            .collect())
    }

    async fn end_one_of(&self, user: UserId, id: &str) -> Result<bool, StoreError> {
        match id.parse::<FamilyId>() {
            Ok(family) => {
                let ended = self
                    .families
                    .revoke_one_of(user, family, RevocationReason::LoggedOut)
                    .await?;
                if ended {
                    self.take_back_ended(user).await?;
                }
                Ok(ended)
            }
            Err(_) => Ok(false),
        }
    }

    async fn end_current(&self, request: &HttpRequest) -> Result<(), ApiError> {
        let principal = self.authenticate(request).await?;
        let user = principal.user_id;
        let ended = self
            .end_one_of(user, principal.credential.login_id())
            .await?;
        if !ended {
            // The login had ended and its token is believed all the same: an earlier try got no farther than that.
            self.take_back_ended(user).await?;
        }
        Ok(())
    }

    async fn end_all_of(&self, user: UserId, because: EndedBecause) -> Result<u64, StoreError> {
        let ended = self
            .families
            .revoke_all_of(user, None, reason(because))
            .await?;
        self.take_back_ended(user).await?;
        Ok(ended)
    }

    async fn end_others(
        &self,
        _: &HttpRequest,
        principal: &Principal,
        because: EndedBecause,
    ) -> Result<u64, ApiError> {
        let current = principal.credential.login_id().parse().ok();
        let ended = self
            .families
            .revoke_all_of(principal.user_id, current, reason(because))
            .await?;
        self.take_back_ended(principal.user_id).await?;
        Ok(ended)
    }

    async fn role_changed(&self, user: UserId, _: Role) -> Result<(), StoreError> {
        // Tokens issued from now on say the new role; those issued before cannot be told, only taken back.
        self.take_back_all_of(user).await
    }
}

fn reason(because: EndedBecause) -> RevocationReason {
    match because {
        EndedBecause::LoggedOut => RevocationReason::LoggedOut,
        EndedBecause::PasswordChanged => RevocationReason::PasswordChanged,
        EndedBecause::Banned => RevocationReason::UserBanned,
    }
}
