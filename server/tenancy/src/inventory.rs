//! Taking numbers and gateway ports out of the inventory and giving them back: the operations that touch the platform's stock and a
//! company's rows in one transaction.
//!
//! The database decides every race. A number changes hands by one conditional update, a gateway port by the unique key of its
//! rental, so of two companies that want the same thing exactly one gets it. On PostgreSQL the stock is beyond the application
//! role; these methods, and only these, step up to the system role for their statements and down again.

use kernel::{GatewayPortId, NumberId, TenantId, Uuid};
use patchbay_gateway::number_life::{Refused, Step};
use patchbay_kernel as kernel;
use sea_orm::{ActiveValue::Set, ConnectionTrait, Value};

use crate::{
    OperatorTx, StoreError, TenantTx, database::is_postgres, number_steps::take_step, rows, system::number_history,
};

/// Days that a released number rests before anybody may have it: callers of the former owner must die out first.
pub const QUARANTINE_DAYS: i64 = 30;

/// Why something cannot change hands.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// Somebody else has it, or it is not for rent, or it rests. Deliberately one answer: it is no oracle.
    #[error("not available")]
    Unavailable,
    /// This company does not have it.
    #[error("not yours")]
    NotYours,
    /// This company holds as many numbers as it may ([`crate::number_steps::MOST_HOLDS`]).
    #[error("too many holds")]
    TooManyHolds,
    /// No way leads from where the number stands to where the operator wants it.
    #[error(transparent)]
    Refused(Refused),
    /// Numbers of this company still live on the gateway port.
    #[error("numbers still live on it")]
    StillInUse,
    /// The company brought it itself: it goes with its gateway.
    #[error("the company's own")]
    Own,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A number as it is now this company's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The row of the inventory.
    pub number: NumberId,
    /// With plus.
    pub e164: String,
    /// Where it lives.
    pub gateway_port: GatewayPortId,
    /// Whether the gateway port was rented along with it.
    pub rented_gateway_port: bool,
}

pub(crate) struct Offer {
    pub(crate) e164: String,
    country: String,
    area: Option<String>,
    kind: String,
    monthly_micros: i64,
    currency: String,
    port: Port,
}

pub(crate) struct Port {
    id: Uuid,
    label: String,
    rental: String,
    monthly_micros: i64,
    currency: String,
    renter: Option<Uuid>,
}

const NUMBER_FOR_RENT: &str = "SELECT n.e164, n.country, n.area, n.kind AS number_kind, n.monthly_micros AS number_micros, \
    n.currency AS number_currency, p.id AS port_id, g.label AS gateway_label, p.label AS port_label, \
    p.rental, p.monthly_micros, p.currency, r.tenant_id AS renter \
    FROM number n JOIN gateway_port p ON p.id = n.gateway_port_id JOIN gateway g ON g.id = p.gateway_id \
    LEFT JOIN gateway_port_rental r ON r.id = p.id WHERE n.id = $1 AND p.enabled";

const PORT_FOR_RENT: &str = "SELECT p.id AS port_id, g.label AS gateway_label, p.label AS port_label, \
    p.rental, p.monthly_micros, p.currency, r.tenant_id AS renter \
    FROM gateway_port p JOIN gateway g ON g.id = p.gateway_id LEFT JOIN gateway_port_rental r ON r.id = p.id \
    WHERE p.id = $1 AND p.enabled AND p.rental = 'exclusive'";

impl TenantTx {
    /// Claim a number. A gateway port for one company alone is rented along with its first number. An error ends the transaction:
    /// drop it.
    pub async fn claim_number(&mut self, id: NumberId) -> Result<Claimed, InventoryError> {
        let offer = self.take_number(id, Step::Claim(self.tenant().uuid())).await?;
        let rent = self.enter_number(id, &offer, "", "nowhere", None).await?;
        let body = serde_json::json!({ "e164": offer.e164 });
        self.changed("number.claimed", "number", &id.to_string(), body).await?;
        let gateway_port = GatewayPortId::from_uuid(offer.port.id);
        Ok(Claimed { number: id, e164: offer.e164, gateway_port, rented_gateway_port: rent })
    }

    /// The platform's side of taking a number.
    pub(crate) async fn take_number(&self, id: NumberId, step: Step) -> Result<Offer, InventoryError> {
        self.step_up().await?;
        let taken = async {
            let offer = self.offered(id).await?;
            take_step(self.via(), self.mark(), id, step).await?;
            Ok(offer)
        };
        let taken = taken.await;
        self.step_down(taken.is_ok()).await?;
        taken
    }

    /// The company's side of it; says whether the gateway port was rented along.
    pub(crate) async fn enter_number(
        &mut self,
        id: NumberId,
        offer: &Offer,
        label: &str,
        destination: &str,
        seat: Option<Uuid>,
    ) -> Result<bool, InventoryError> {
        let rent = offer.port.rental == "exclusive" && offer.port.renter.is_none();
        if rent {
            self.write_rental(&offer.port).await?;
        }
        let sql = "INSERT INTO tenant_number (tenant_id, id, e164, label, country, area, kind, gateway_port_id, \
                   destination_kind, destination_seat, monthly_micros, currency, claimed_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let values = vec![
            self.tenant().uuid().into(),
            id.uuid().into(),
            offer.e164.clone().into(),
            label.into(),
            offer.country.clone().into(),
            offer.area.clone().into(),
            offer.kind.clone().into(),
            offer.port.id.into(),
            destination.into(),
            seat.into(),
            offer.monthly_micros.into(),
            offer.currency.clone().into(),
            self.at().into(),
        ];
        rows::run(self.via(), sql, values).await?;
        Ok(rent)
    }

    /// What a number costs and where it lives, when its gateway port is one that this company may use.
    pub(crate) async fn offered(&self, id: NumberId) -> Result<Offer, InventoryError> {
        let found = rows::rows(self.via(), NUMBER_FOR_RENT, vec![id.uuid().into()]).await?;
        let row = found.first().ok_or(InventoryError::Unavailable)?;
        let port = port(row).map_err(StoreError::from)?;
        let open = match port.rental.as_str() {
            "shared" => true,
            "exclusive" => port.renter.is_none_or(|renter| renter == self.tenant().uuid()),
            _ => false,
        };
        if open { Ok(offer(row, port).map_err(StoreError::from)?) } else { Err(InventoryError::Unavailable) }
    }

    /// Give a number back: it rests for [`QUARANTINE_DAYS`], then anybody may have it. Seats lose it as displayed number. An
    /// error ends the transaction.
    pub async fn release_number(&mut self, id: NumberId) -> Result<(), InventoryError> {
        let own = vec![Value::from(self.tenant().uuid()), id.uuid().into()];
        let sql = "SELECT id FROM tenant_number WHERE tenant_id = $1 AND id = $2 AND own";
        let brought = !rows::rows(self.via(), sql, own.clone()).await?.is_empty();
        if !brought {
            self.remember_number(id).await?;
        }
        rows::run(self.via(), "DELETE FROM seat_number WHERE tenant_id = $1 AND number_id = $2", own.clone()).await?;
        let gone = rows::run(self.via(), "DELETE FROM tenant_number WHERE tenant_id = $1 AND id = $2", own).await?;
        if gone == 0 {
            return Err(InventoryError::NotYours);
        }
        if brought {
            self.strike_own_number(id).await?;
            self.changed("number.released", "number", &id.to_string(), serde_json::json!({})).await?;
            return Ok(());
        }
        let step = Step::Release(self.tenant().uuid(), self.now().plus_s(QUARANTINE_DAYS * 86_400));
        self.step_up().await?;
        let rested = take_step(self.via(), self.mark(), id, step).await;
        self.step_down(rested.is_ok()).await?;
        rested?;
        self.changed("number.released", "number", &id.to_string(), serde_json::json!({})).await?;
        Ok(())
    }

    /// Rent a gateway port that one company has for itself. An error ends the transaction.
    pub async fn rent_gateway_port(&mut self, id: GatewayPortId) -> Result<(), InventoryError> {
        self.step_up().await?;
        let found = rows::rows(self.via(), PORT_FOR_RENT, vec![id.uuid().into()]).await;
        self.step_down(found.is_ok()).await?;
        let found = found?;
        let port = port(found.first().ok_or(InventoryError::Unavailable)?).map_err(StoreError::from)?;
        if port.renter.is_some() {
            return Err(InventoryError::Unavailable);
        }
        self.write_rental(&port).await
    }

    async fn write_rental(&mut self, port: &Port) -> Result<(), InventoryError> {
        let sql = "INSERT INTO gateway_port_rental (tenant_id, id, rental, monthly_micros, currency, rented_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = vec![
            self.tenant().uuid().into(),
            port.id.into(),
            port.rental.clone().into(),
            port.monthly_micros.into(),
            port.currency.clone().into(),
            self.at().into(),
        ];
        match rows::run(self.via(), sql, values).await {
            Ok(_) => {}
            Err(StoreError::Unique { .. }) => return Err(InventoryError::Unavailable),
            Err(error) => return Err(error.into()),
        }
        let id = GatewayPortId::from_uuid(port.id).to_string();
        let body = serde_json::json!({ "label": port.label });
        Ok(self.changed("gateway_port.rented", "gateway_port", &id, body).await?)
    }

    /// Give a gateway port back; refused while numbers of this company live on it.
    pub async fn release_gateway_port(&mut self, id: GatewayPortId) -> Result<(), InventoryError> {
        let own = vec![Value::from(self.tenant().uuid()), id.uuid().into()];
        let sql = "SELECT id FROM tenant_number WHERE tenant_id = $1 AND gateway_port_id = $2 LIMIT 1";
        if !rows::rows(self.via(), sql, own.clone()).await?.is_empty() {
            return Err(InventoryError::StillInUse);
        }
        let sql = "DELETE FROM gateway_port_rental WHERE tenant_id = $1 AND id = $2 AND NOT own";
        if rows::run(self.via(), sql, own.clone()).await? == 0 {
            let sql = "SELECT id FROM gateway_port_rental WHERE tenant_id = $1 AND id = $2";
            let there = !rows::rows(self.via(), sql, own).await?.is_empty();
            return Err(if there { InventoryError::Own } else { InventoryError::NotYours });
        }
        Ok(self.changed("gateway_port.released", "gateway_port", &id.to_string(), serde_json::json!({})).await?)
    }

    /// Enter a device's SIP user name into the registry of the installation; [`StoreError::Unique`] when it is taken.
    pub async fn add_sip_account(&self, username: &str, device: Uuid) -> Result<(), StoreError> {
        let sql = "INSERT INTO sip_account (username, kind, ref_id, tenant_id) VALUES ($1, 'device', $2, $3)";
        let values = vec![username.into(), device.into(), self.tenant().uuid().into()];
        self.step_up().await?;
        let done = rows::run(self.via(), sql, values).await;
        self.step_down(done.is_ok()).await?;
        done.map(|_| ())
    }

    /// Strike a device's SIP user name from the registry; `false` when this company has none of that name.
    pub async fn remove_sip_account(&self, username: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM sip_account WHERE username = $1 AND kind = 'device' AND tenant_id = $2";
        self.step_up().await?;
        let done = rows::run(self.via(), sql, vec![username.into(), self.tenant().uuid().into()]).await;
        self.step_down(done.is_ok()).await?;
        Ok(done? > 0)
    }

    pub(crate) async fn step_up(&self) -> Result<(), StoreError> {
        self.role("SET LOCAL ROLE patchbay_sys").await
    }

    /// After a failed statement PostgreSQL takes no more of them, and needs none: the role ends with the transaction. After a
    /// refusal of ours it does, so the attempt is made and its failure told only when the work itself had succeeded.
    pub(crate) async fn step_down(&self, worked: bool) -> Result<(), StoreError> {
        let down = self.role("SET LOCAL ROLE patchbay_app").await;
        if worked { down } else { Ok(()) }
    }

    async fn role(&self, sql: &str) -> Result<(), StoreError> {
        if is_postgres(self.connection()) {
            self.connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

impl OperatorTx {
    /// Write down that a number is new in the inventory.
    pub async fn note_number(&self, id: NumberId, state: &str, tenant: Option<TenantId>) -> Result<(), StoreError> {
        let row = number_history::ActiveModel {
            id: Set(self.new_id()),
            number_id: Set(id.uuid()),
            from_state: Set(None),
            state: Set(state.to_owned()),
            tenant_id: Set(tenant.map(TenantId::uuid)),
            actor: Set(Some(self.operator().to_string())),
            seq: Set(0),
            at: Set(self.at()),
        };
        self.insert(row).await.map(|_| ())
    }
}

fn offer(row: &sea_orm::QueryResult, port: Port) -> Result<Offer, sea_orm::DbErr> {
    Ok(Offer {
        e164: row.try_get("", "e164")?,
        country: row.try_get("", "country")?,
        area: row.try_get("", "area")?,
        kind: row.try_get("", "number_kind")?,
        monthly_micros: row.try_get("", "number_micros")?,
        currency: row.try_get("", "number_currency")?,
        port,
    })
}

fn port(row: &sea_orm::QueryResult) -> Result<Port, sea_orm::DbErr> {
    let (gateway, label): (String, String) = (row.try_get("", "gateway_label")?, row.try_get("", "port_label")?);
    Ok(Port {
        id: row.try_get("", "port_id")?,
        label: format!("{label} of {gateway}"),
        rental: row.try_get("", "rental")?,
        monthly_micros: row.try_get("", "monthly_micros")?,
        currency: row.try_get("", "currency")?,
        renter: row.try_get("", "renter")?,
    })
}
