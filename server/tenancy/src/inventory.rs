//! Taking numbers and gateway ports out of the inventory and giving them back: the operations that touch the platform's stock and a
//! company's rows in one transaction.
//!
//! The database decides every race. A number changes hands by one conditional update, a gateway port by the unique key of its
//! rental, so of two companies that want the same thing exactly one gets it. On PostgreSQL the stock is beyond the application
//! role; these methods, and only these, step up to the system role for their statements and down again.

use kernel::{GatewayPortId, NumberId, TenantId, Uuid};
use patchbay_kernel as kernel;
use sea_orm::{ActiveValue::Set, ConnectionTrait, Value};

use crate::{
    OperatorTx, StoreError, SystemTx, TenantTx,
    database::is_postgres,
    rows,
    system::{number, number_history},
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
    /// Numbers of this company still live on the gateway port.
    #[error("numbers still live on it")]
    StillInUse,
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

struct Offer {
    e164: String,
    country: String,
    area: Option<String>,
    kind: String,
    monthly_micros: i64,
    currency: String,
    port: Port,
}

struct Port {
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
    LEFT JOIN gateway_port_rental r ON r.id = p.id \
    WHERE n.id = $1 AND p.enabled AND (n.state = 'available' OR (n.state = 'quarantined' AND n.quarantined_until <= $2))";

const PORT_FOR_RENT: &str = "SELECT p.id AS port_id, g.label AS gateway_label, p.label AS port_label, \
    p.rental, p.monthly_micros, p.currency, r.tenant_id AS renter \
    FROM gateway_port p JOIN gateway g ON g.id = p.gateway_id LEFT JOIN gateway_port_rental r ON r.id = p.id \
    WHERE p.id = $1 AND p.enabled AND p.rental = 'exclusive'";

const ASSIGN: &str = "UPDATE number SET state = 'assigned', tenant_id = $1, quarantined_until = NULL \
    WHERE id = $2 AND (state = 'available' OR (state = 'quarantined' AND quarantined_until <= $3))";

impl TenantTx {
    /// Claim a number. A gateway port for one company alone is rented along with its first number. An error ends the transaction:
    /// drop it.
    pub async fn claim_number(&mut self, id: NumberId) -> Result<Claimed, InventoryError> {
        self.step_up().await?;
        let offer = self.take_number(id).await;
        self.step_down(offer.is_ok()).await?;
        let offer = offer?;
        let rent = offer.port.rental == "exclusive" && offer.port.renter.is_none();
        if rent {
            self.write_rental(&offer.port).await?;
        }
        let sql = "INSERT INTO tenant_number (tenant_id, id, e164, label, country, area, kind, gateway_port_id, \
                   destination_kind, monthly_micros, currency, claimed_at) \
                   VALUES ($1, $2, $3, '', $4, $5, $6, $7, 'nowhere', $8, $9, $10)";
        let values = vec![
            self.tenant().uuid().into(),
            id.uuid().into(),
            offer.e164.clone().into(),
            offer.country.into(),
            offer.area.into(),
            offer.kind.into(),
            offer.port.id.into(),
            offer.monthly_micros.into(),
            offer.currency.into(),
            self.at().into(),
        ];
        rows::run(self.via(), sql, values).await?;
        let body = serde_json::json!({ "e164": offer.e164 });
        self.changed("number.claimed", "number", &id.to_string(), body).await?;
        let gateway_port = GatewayPortId::from_uuid(offer.port.id);
        Ok(Claimed { number: id, e164: offer.e164, gateway_port, rented_gateway_port: rent })
    }

    async fn take_number(&self, id: NumberId) -> Result<Offer, InventoryError> {
        let (tenant, at) = (self.tenant().uuid(), self.at());
        let found = rows::rows(self.via(), NUMBER_FOR_RENT, vec![id.uuid().into(), at.into()]).await?;
        let row = found.first().ok_or(InventoryError::Unavailable)?;
        let port = port(row).map_err(StoreError::from)?;
        let open = match port.rental.as_str() {
            "shared" => true,
            "exclusive" => port.renter.is_none_or(|renter| renter == tenant),
            _ => false,
        };
        if !open {
            return Err(InventoryError::Unavailable);
        }
        let offer = offer(row, port).map_err(StoreError::from)?;
        let taken = rows::run(self.via(), ASSIGN, vec![tenant.into(), id.uuid().into(), at.into()]).await?;
        if taken == 0 {
            return Err(InventoryError::Unavailable);
        }
        self.note(id.uuid(), "assigned", Some(tenant)).await?;
        Ok(offer)
    }

    /// Give a number back: it rests for [`QUARANTINE_DAYS`], then anybody may have it. Seats lose it as displayed number. An
    /// error ends the transaction.
    pub async fn release_number(&mut self, id: NumberId) -> Result<(), InventoryError> {
        let own = vec![Value::from(self.tenant().uuid()), id.uuid().into()];
        rows::run(self.via(), "DELETE FROM seat_number WHERE tenant_id = $1 AND number_id = $2", own.clone()).await?;
        let gone = rows::run(self.via(), "DELETE FROM tenant_number WHERE tenant_id = $1 AND id = $2", own).await?;
        if gone == 0 {
            return Err(InventoryError::NotYours);
        }
        self.step_up().await?;
        let rested = self.rest_number(id).await;
        self.step_down(rested.is_ok()).await?;
        rested?;
        self.changed("number.released", "number", &id.to_string(), serde_json::json!({})).await?;
        Ok(())
    }

    async fn rest_number(&self, id: NumberId) -> Result<(), InventoryError> {
        let until = self.now().plus_s(QUARANTINE_DAYS * 86_400).to_offset();
        let sql = "UPDATE number SET state = 'quarantined', tenant_id = NULL, quarantined_until = $1 \
                   WHERE id = $2 AND tenant_id = $3";
        let values = vec![until.into(), id.uuid().into(), self.tenant().uuid().into()];
        if rows::run(self.via(), sql, values).await? == 0 {
            return Err(InventoryError::NotYours);
        }
        self.note(id.uuid(), "quarantined", None).await?;
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
        let sql = "DELETE FROM gateway_port_rental WHERE tenant_id = $1 AND id = $2";
        if rows::run(self.via(), sql, own).await? == 0 {
            return Err(InventoryError::NotYours);
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

    async fn note(&self, number: Uuid, state: &str, tenant: Option<Uuid>) -> Result<(), StoreError> {
        let sql = "INSERT INTO number_history (id, number_id, state, tenant_id, at) VALUES ($1, $2, $3, $4, $5)";
        let values = vec![self.new_id().into(), number.into(), state.into(), tenant.into(), self.at().into()];
        rows::run(self.via(), sql, values).await.map(|_| ())
    }

    async fn step_up(&self) -> Result<(), StoreError> {
        self.role("SET LOCAL ROLE patchbay_sys").await
    }

    /// After a failed statement PostgreSQL takes no more of them, and needs none: the role ends with the transaction. After a
    /// refusal of ours it does, so the attempt is made and its failure told only when the work itself had succeeded.
    async fn step_down(&self, worked: bool) -> Result<(), StoreError> {
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
    /// Take a number out of service for good. Refused while a company has it.
    pub async fn retire_number(&self, id: NumberId) -> Result<(), InventoryError> {
        let sql = "UPDATE number SET state = 'retired' WHERE id = $1 AND tenant_id IS NULL AND state <> 'retired'";
        if rows::run(self.via(), sql, vec![id.uuid().into()]).await? == 0 {
            return Err(InventoryError::Unavailable);
        }
        self.note_number(id, "retired", None).await?;
        self.wrote("retired", "number", &id.uuid().to_string(), serde_json::json!({})).await?;
        Ok(())
    }

    /// Write down what became of a number, next to the change itself.
    pub async fn note_number(&self, id: NumberId, state: &str, tenant: Option<TenantId>) -> Result<(), StoreError> {
        let row = number_history::ActiveModel {
            id: Set(self.new_id()),
            number_id: Set(id.uuid()),
            state: Set(state.to_owned()),
            tenant_id: Set(tenant.map(TenantId::uuid)),
            at: Set(self.at()),
        };
        self.insert(row).await.map(|_| ())
    }
}

impl SystemTx {
    /// Numbers whose rest is over become available; says how many.
    pub async fn end_quarantines(&self) -> Result<usize, StoreError> {
        use sea_orm::ColumnTrait;
        let over = number::Column::QuarantinedUntil.lte(self.at());
        let resting =
            self.select::<number::Entity>().is(number::Column::State, "quarantined").filter(over).all().await?;
        for row in &resting {
            let sql = "UPDATE number SET state = 'available', quarantined_until = NULL WHERE id = $1 AND state = 'quarantined'";
            rows::run(self.via(), sql, vec![row.id.into()]).await?;
            let note = number_history::ActiveModel {
                id: Set(self.new_id()),
                number_id: Set(row.id),
                state: Set("available".into()),
                tenant_id: Set(None),
                at: Set(self.at()),
            };
            self.insert(note).await?;
        }
        Ok(resting.len())
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
