//! Seats over HTTP.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{SeatId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;
use sea_orm::{ActiveValue::Set, IntoActiveModel};

use super::{
    changes::{SeatNew, SeatPatch, checked, display, silence_numbers, sitter, taken},
    row::seat,
    rules,
    view::{Seat, Surroundings, active, seen, shown},
};
use crate::{
    kit::{
        body::{Body, Id},
        may::May,
        once::Once,
        problem::{Or404, Problem},
        quota,
        words::{QuotaKind, VoicemailNotice},
    },
    people::leaving::{forget, strike_devices},
};

/// Active seats, by extension, as far as the data scope reaches.
#[utoipa::path(get, path = "/v1/seats", operation_id = "seat_list", tag = "seats",
    security(("user" = ["seats:read"])), responses((status = 200, body = [Seat])))]
pub async fn seat_list(may: May<Read<of::Seat>>) -> Result<Json<Vec<Seat>>, Problem> {
    let tx = may.read().await?;
    let around = Surroundings::of(&may.app, &tx).await?;
    Ok(Json(seen(&tx).await?.iter().map(|row| around.show(&may.app, row)).collect()))
}

/// One seat.
#[utoipa::path(get, path = "/v1/seats/{id}", operation_id = "seat_get", tag = "seats", params(("id" = String, Path)),
    security(("user" = ["seats:read"])), responses((status = 200, body = Seat)))]
pub async fn seat_get(may: May<Read<of::Seat>>, Id(id): Id<SeatId>) -> Result<Json<Seat>, Problem> {
    let tx = may.read().await?;
    let row = tx.find_seen::<seat::Entity>(id.uuid()).await?.or_404()?;
    Ok(Json(shown(&may.app, &tx, &row).await?))
}

/// Make a seat.
#[utoipa::path(post, path = "/v1/seats", operation_id = "seat_create", tag = "seats", request_body = SeatNew,
    security(("user" = ["seats:write"])), responses((status = 201, body = Seat)))]
pub async fn seat_create(may: May<Write<of::Seat>>, once: Once, Body(ask): Body<SeatNew>) -> Result<Response, Problem> {
    checked(ask.extension.as_deref(), ask.label.as_deref())?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let present: Vec<String> = active(&tx).await?.into_iter().map(|row| row.extension).collect();
    quota::room(&may.app, may.tenant(), QuotaKind::Seats, present.len() as u64).await?;
    match ask.member {
        Some(member) => {
            sitter(&tx, member).await?;
        }
        None if tx.sees_all() => {}
        None => return Err(Problem::field("member", "required", "Say who sits there: you do not see empty seats.")),
    }
    let extension = ask.extension.clone().unwrap_or_else(|| rules::free(&present));
    let label = ask.label.clone().unwrap_or_else(|| format!("Seat {extension}"));
    let id = SeatId::from_uuid(tx.new_id());
    let row = seat::ActiveModel {
        id: Set(id.uuid()),
        extension: Set(extension),
        label: Set(label.trim().to_owned()),
        member_id: Set(ask.member.map(kernel::MemberId::uuid)),
        state: Set("active".into()),
        created_at: Set(tx.at()),
        released_at: Set(None),
        voicemail_notice: Set(VoicemailNotice::Link.as_str().into()),
        ..Default::default()
    };
    let row = tx.insert(row).await.map_err(taken)?;
    told(&mut tx, "seat.created", &row).await?;
    let out = shown(&may.app, &tx, &row).await?;
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Change a seat: extension, name, who sits there, what it displays, how messages are told of.
#[utoipa::path(patch, path = "/v1/seats/{id}", operation_id = "seat_patch", tag = "seats", params(("id" = String, Path)),
    request_body = SeatPatch, security(("user" = ["seats:write"])), responses((status = 200, body = Seat)))]
pub async fn seat_patch(
    may: May<Write<of::Seat>>,
    Id(id): Id<SeatId>,
    Body(ask): Body<SeatPatch>,
) -> Result<Json<Seat>, Problem> {
    checked(ask.extension.as_deref(), ask.label.as_deref())?;
    let mut tx = may.write().await?;
    let row = present(&tx, id).await?;
    let before = row.member_id;
    let mut change = row.into_active_model();
    ask.extension.into_iter().for_each(|extension| change.extension = Set(extension));
    ask.label.into_iter().for_each(|label| change.label = Set(label.trim().to_owned()));
    ask.voicemail_notice.into_iter().for_each(|how| change.voicemail_notice = Set(how.as_str().into()));
    if ask.unassign == Some(true) {
        change.member_id = Set(None);
    }
    if let Some(member) = ask.member {
        change.member_id = Set(Some(sitter(&tx, member).await?.id));
    }
    let row = tx.update(change).await.map_err(taken)?;
    if let Some(numbers) = &ask.displayed_numbers {
        display(&tx, row.id, numbers).await?;
    }
    // Whoever sat there knows its passwords.
    let struck =
        if before.is_some() && row.member_id != before { strike_devices(&tx, row.id).await? } else { Vec::new() };
    told(&mut tx, "seat.updated", &row).await?;
    let out = shown(&may.app, &tx, &row).await?;
    tx.commit().await?;
    forget(&may.app, &struck);
    Ok(Json(out))
}

/// Give a seat back. Its devices are struck, its numbers ring nowhere, its calls stay in the log.
#[utoipa::path(delete, path = "/v1/seats/{id}", operation_id = "seat_release", tag = "seats", params(("id" = String, Path)),
    security(("user" = ["seats:write"])), responses((status = 204)))]
pub async fn seat_release(may: May<Write<of::Seat>>, Id(id): Id<SeatId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = present(&tx, id).await?;
    let struck = strike_devices(&tx, row.id).await?;
    display(&tx, row.id, &[]).await?;
    silence_numbers(&tx, id).await?;
    let released = seat::ActiveModel {
        id: Set(row.id),
        member_id: Set(None::<Uuid>),
        state: Set("released".into()),
        released_at: Set(Some(tx.at())),
        ..Default::default()
    };
    let row = tx.update(released).await?;
    told(&mut tx, "seat.released", &row).await?;
    tx.commit().await?;
    forget(&may.app, &struck);
    Ok(StatusCode::NO_CONTENT)
}

/// An active seat of this id that the caller sees; 404 otherwise.
pub async fn present(tx: &TenantTx, id: SeatId) -> Result<seat::Model, Problem> {
    tx.find_seen::<seat::Entity>(id.uuid()).await?.filter(|row| row.state == "active").or_404()
}

async fn told(tx: &mut TenantTx, kind: &str, row: &seat::Model) -> Result<(), Problem> {
    let member = row.member_id.map(|id| kernel::MemberId::from_uuid(id).to_string());
    let body = serde_json::json!({ "extension": row.extension, "label": row.label, "member": member });
    Ok(tx.changed(kind, "seat", &SeatId::from_uuid(row.id).to_string(), body).await?)
}

crate::resource!(seat_list, seat_get, seat_create, seat_patch, seat_release);
