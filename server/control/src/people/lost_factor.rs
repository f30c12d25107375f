//! Somebody lost their authenticator and the recovery codes: a colleague who may turns their second factor off.

use axum::http::StatusCode;
use kernel::{MemberId, UserId};
use patchbay_access::{Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::system::{session, user_account};
use sea_orm::{ColumnTrait, Condition, sea_query::Expr};

use super::{leaving::cut_browsers, members::may_touch, row::member};
use crate::{
    identity::second_factor,
    kit::{
        body::Id,
        may::May,
        problem::{Or404, Problem},
        words::SecondFactorState,
    },
    mail::{self, Letter, LetterKind},
};

/// Turn off the second factor of a member who lost it. They are signed out everywhere, told by mail, and set it up again. One's own
/// is turned off with a code; that of somebody who is in other companies too is not one company's to take away.
#[utoipa::path(post, path = "/v1/members/{id}/second-factor/reset", operation_id = "member_second_factor_reset", tag = "members",
    params(("id" = String, Path)), security(("user" = ["members:write"])), responses((status = 204)))]
pub async fn member_second_factor_reset(
    may: May<Write<of::Member>>,
    Id(id): Id<MemberId>,
) -> Result<StatusCode, Problem> {
    let app = &may.app;
    let tx = may.read().await?;
    let row = tx.find_seen::<member::Entity>(id.uuid()).await?.or_404()?;
    if may.caller.key.is_some() {
        return Err(Problem::person_required());
    }
    let user = UserId::from_uuid(row.user_id);
    if user == may.caller.user {
        return Err(Problem::conflict("own_second_factor", "Turn your own off with one of its codes."));
    }
    may_touch(&may, &tx, &row).await?;
    drop(tx);
    let system = app.database.system();
    if second_factor::state(app, user.uuid()).await?.state != SecondFactorState::On {
        return Err(Problem::conflict("factor_is_off", "Their second factor is off."));
    }
    if system.memberships(user).await?.len() > 1 {
        let text = "They belong to another company too. The operator of the platform can help them.";
        return Err(Problem::conflict("second_factor_elsewhere", text));
    }
    let person = system.find::<user_account::Entity>(user.uuid()).await?.or_404()?;
    let by = system.find::<user_account::Entity>(may.caller.user.uuid()).await?.or_404()?;
    let tx = app.database.system().begin(app.stamp(may.caller.actor())).await?;
    second_factor::forget(&tx, user.uuid()).await?;
    let open = Condition::all().add(session::Column::UserId.eq(user.uuid())).add(session::Column::RevokedAt.is_null());
    tx.update_many::<session::Entity>(vec![(session::Column::RevokedAt, Expr::value(tx.at()))], open).await?;
    if app.mail.is_some() {
        let letter = Letter {
            kind: LetterKind::SecondFactorReset,
            to: person.email.clone(),
            name: person.name,
            about: by.name,
            link: app.link("/settings"),
        };
        let now = tx.now();
        let job = mail::job(app, &letter, now)?;
        tx.enqueue(job).await?;
    }
    let mut tx = tx.enter(may.tenant()).await?;
    tx.changed("member.second_factor_reset", "member", &id.to_string(), serde_json::json!({})).await?;
    tx.commit().await?;
    app.mail_waits.notify_one();
    cut_browsers(app, may.tenant(), user).await?;
    Ok(StatusCode::NO_CONTENT)
}

crate::resource!(member_second_factor_reset);
