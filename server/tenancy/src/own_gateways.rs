//! What a company brings itself: sites, gateways that it racks there, and numbers on them. They lie among the platform's own, where
//! calls look for them, with the company's mark on each; these methods, and only these, step up to the system role to write them.

use kernel::{GatewayPortId, NumberId, Uuid};
use patchbay_gateway::number_life::State;
use patchbay_kernel as kernel;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder};

use crate::{
    StoreError, TenantTx, rows,
    system::{gateway, gateway_port, number, sip_account, site},
};

/// A gateway to be racked: its rows, and the accounts it registers with.
#[derive(Debug)]
pub struct Racked {
    /// The box. Whose it is, is written by [`TenantTx::rack_gateway`].
    pub gateway: gateway::ActiveModel,
    /// Its gateway ports.
    pub ports: Vec<gateway_port::ActiveModel>,
    /// Entries of the registry of SIP user names.
    pub accounts: Vec<sip_account::ActiveModel>,
}

/// A number that the company brings, once it has shown that it is its own.
#[derive(Clone, Debug)]
pub struct OwnNumber {
    /// With plus.
    pub e164: String,
    /// ISO 3166 code.
    pub country: String,
    /// `local`, `mobile`, `toll_free`.
    pub kind: String,
    /// Where it lives.
    pub gateway_port: GatewayPortId,
}

/// Where a gateway port of a company's own is.
#[derive(Clone, Debug, FromQueryResult)]
pub struct OwnPort {
    /// What it is: `fxo_port` and the like.
    pub kind: String,
    /// The company's site.
    pub site_id: Uuid,
    /// The box.
    pub gateway_id: Uuid,
    /// Its place in the box, from 1.
    pub ordinal: i32,
}

/// Runs `$work` as the system and steps down again.
macro_rules! as_system {
    ($tx:expr, $work:expr) => {{
        $tx.step_up().await?;
        let done = $work.await;
        $tx.step_down(done.is_ok()).await?;
        done
    }};
}

impl TenantTx {
    /// A site of the company's among those of the platform.
    pub async fn add_site(&self, id: Uuid, name: &str, country: &str, city: Option<&str>) -> Result<(), StoreError> {
        let row = site::ActiveModel {
            id: Set(id),
            name: Set(name.to_owned()),
            country: Set(country.to_owned()),
            city: Set(city.map(str::to_owned)),
            tenant_id: Set(Some(self.tenant().uuid())),
            created_at: Set(self.at()),
        };
        as_system!(self, site::Entity::insert(row).exec(self.connection()))?;
        Ok(())
    }

    /// The same name and country for its twin; [`StoreError::NotFound`] when it is not this company's.
    pub async fn alter_site(&self, id: Uuid, name: &str, country: &str, city: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE site SET name = $1, country = $2, city = $3 WHERE id = $4 AND tenant_id = $5";
        let values =
            vec![name.into(), country.into(), city.map(str::to_owned).into(), id.into(), self.tenant().uuid().into()];
        let done = as_system!(self, rows::run(self.via(), sql, values))?;
        if done == 0 { Err(StoreError::NotFound) } else { Ok(()) }
    }

    /// The company's site is no more, among those of the platform neither. Its own row must be gone already.
    pub async fn strike_site(&self, id: Uuid) -> Result<(), StoreError> {
        let sql = "DELETE FROM site WHERE id = $1 AND tenant_id = $2";
        as_system!(self, rows::run(self.via(), sql, vec![id.into(), self.tenant().uuid().into()]))?;
        Ok(())
    }

    /// Whether somebody else has a gateway at this address.
    pub async fn address_taken(&self, host: &str) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM gateway WHERE host = $1 AND (tenant_id IS NULL OR tenant_id <> $2) LIMIT 1";
        let found = as_system!(self, rows::rows(self.via(), sql, vec![host.into(), self.tenant().uuid().into()]))?;
        Ok(!found.is_empty())
    }

    /// Rack a gateway of the company's own: its gateway ports are the company's alone from the start, for no price.
    pub async fn rack_gateway(&mut self, racked: Racked) -> Result<gateway::Model, StoreError> {
        let Racked { mut gateway, ports, accounts } = racked;
        gateway.tenant_id = Set(Some(self.tenant().uuid()));
        let ids: Vec<(Uuid, String)> =
            ports.iter().map(|port| (*port.id.as_ref(), port.currency.as_ref().clone())).collect();
        let made = as_system!(self, async {
            let made = gateway::Entity::insert(gateway).exec_with_returning(self.connection()).await?;
            gateway_port::Entity::insert_many(ports).exec(self.connection()).await?;
            if !accounts.is_empty() {
                sip_account::Entity::insert_many(accounts).exec(self.connection()).await?;
            }
            Ok::<_, StoreError>(made)
        })?;
        let sql = "INSERT INTO tenant_gateway (tenant_id, id, site_id, created_at) VALUES ($1, $2, $3, $4)";
        let values = vec![self.tenant().uuid().into(), made.id.into(), made.site_id.into(), self.at().into()];
        rows::run(self.via(), sql, values).await?;
        let sql = "INSERT INTO gateway_port_rental (tenant_id, id, rental, monthly_micros, currency, rented_at, own) \
                   VALUES ($1, $2, 'exclusive', 0, $3, $4, $5)";
        for (port, currency) in ids {
            let values = vec![self.tenant().uuid().into(), port.into(), currency.into(), self.at().into(), true.into()];
            rows::run(self.via(), sql, values).await?;
        }
        Ok(made)
    }

    /// The company's own gateway with its gateway ports in order; [`StoreError::NotFound`] when it is not this company's.
    pub async fn own_gateway(&self, id: Uuid) -> Result<(gateway::Model, Vec<gateway_port::Model>), StoreError> {
        as_system!(self, async {
            let own = gateway::Column::TenantId.eq(self.tenant().uuid());
            let found = gateway::Entity::find_by_id(id).filter(own).one(self.connection()).await?;
            let row = found.ok_or(StoreError::NotFound)?;
            let ports = gateway_port::Entity::find().filter(gateway_port::Column::GatewayId.eq(id));
            let ports = ports.order_by_asc(gateway_port::Column::Ordinal).all(self.connection()).await?;
            Ok((row, ports))
        })
    }

    /// Change the company's own gateway; [`StoreError::NotFound`] when it is not this company's.
    pub async fn alter_gateway(&self, change: gateway::ActiveModel) -> Result<gateway::Model, StoreError> {
        let site = change.site_id.try_as_ref().copied();
        let made = as_system!(self, async {
            let own = gateway::Column::TenantId.eq(self.tenant().uuid());
            Ok::<_, StoreError>(gateway::Entity::update(change).validate()?.filter(own).exec(self.connection()).await?)
        })?;
        if let Some(site) = site {
            let sql = "UPDATE tenant_gateway SET site_id = $1 WHERE tenant_id = $2 AND id = $3";
            rows::run(self.via(), sql, vec![site.into(), self.tenant().uuid().into(), made.id.into()]).await?;
        }
        Ok(made)
    }

    /// Change a gateway port of the company's own gateway, which [`Self::own_gateway`] has found.
    pub async fn alter_own_gateway_port(&self, change: gateway_port::ActiveModel) -> Result<(), StoreError> {
        let sql = "SELECT id FROM gateway_port_rental WHERE tenant_id = $1 AND id = $2 AND own";
        let id = *change.id.as_ref();
        if rows::rows(self.via(), sql, vec![self.tenant().uuid().into(), id.into()]).await?.is_empty() {
            return Err(StoreError::NotFound);
        }
        as_system!(self, gateway_port::Entity::update(change).validate()?.exec(self.connection()))?;
        Ok(())
    }

    /// Take the company's own gateway away, with accounts and gateway ports. Numbers must be off it.
    pub async fn unrack_gateway(&mut self, id: Uuid) -> Result<(), StoreError> {
        let (row, ports) = self.own_gateway(id).await?;
        let tenant = self.tenant().uuid();
        let own = "DELETE FROM gateway_port_rental WHERE tenant_id = $1 AND id = $2";
        let checks = "DELETE FROM number_check WHERE tenant_id = $1 AND gateway_port_id = $2";
        for port in &ports {
            for sql in [checks, own] {
                rows::run(self.via(), sql, vec![tenant.into(), port.id.into()]).await?;
            }
        }
        let sql = "DELETE FROM tenant_gateway WHERE tenant_id = $1 AND id = $2";
        rows::run(self.via(), sql, vec![tenant.into(), row.id.into()]).await?;
        as_system!(self, async {
            let of_these = sip_account::Column::RefId.is_in(ports.iter().map(|port| port.id).chain([row.id]));
            sip_account::Entity::delete_many().filter(of_these).exec(self.connection()).await?;
            gateway::Entity::delete_by_id(row.id).exec(self.connection()).await?;
            Ok(())
        })
    }

    /// Kind and site of a gateway port of the company's own; `None` when it is none.
    pub async fn own_port(&self, id: Uuid) -> Result<Option<OwnPort>, StoreError> {
        let sql = "SELECT p.kind, p.ordinal, g.id AS gateway_id, g.site_id FROM gateway_port p JOIN gateway g ON g.id = p.gateway_id \
                   WHERE p.id = $1 AND g.tenant_id = $2";
        let found = as_system!(self, rows::rows(self.via(), sql, vec![id.into(), self.tenant().uuid().into()]))?;
        Ok(found.first().map(|row| OwnPort::from_query_result(row, "")).transpose()?)
    }

    /// Whether the inventory has this number, whoever's it is.
    pub async fn number_known(&self, e164: &str) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM number WHERE e164 = $1";
        Ok(!as_system!(self, rows::rows(self.via(), sql, vec![e164.into()]))?.is_empty())
    }

    /// A number that the company has shown to be its own enters the inventory as its. [`StoreError::Unique`] when somebody has it.
    pub async fn bring_number(&mut self, own: &OwnNumber) -> Result<NumberId, StoreError> {
        let (tenant, id, at) = (self.tenant().uuid(), self.new_id(), self.at());
        let number = number::ActiveModel {
            id: Set(id),
            e164: Set(own.e164.clone()),
            country: Set(own.country.clone()),
            area: Set(None),
            kind: Set(own.kind.clone()),
            state: Set(State::Assigned.as_str().to_owned()),
            gateway_port_id: Set(own.gateway_port.uuid()),
            tenant_id: Set(Some(tenant)),
            monthly_micros: Set(0),
            setup_micros: Set(0),
            currency: Set("USD".into()),
            version: Set(0),
            created_at: Set(at),
            ..Default::default()
        };
        let line = self.mark();
        as_system!(self, async {
            number::Entity::insert(number).exec(self.connection()).await?;
            let sql = "INSERT INTO number_history (id, number_id, from_state, state, tenant_id, actor, at, seq) \
                       VALUES ($1, $2, NULL, 'assigned', $3, $4, $5, 0)";
            let values = vec![line.line.into(), id.into(), tenant.into(), line.actor.into(), at.into()];
            rows::run(self.via(), sql, values).await
        })?;
        let sql = "INSERT INTO tenant_number (tenant_id, id, e164, label, country, area, kind, gateway_port_id, \
                   destination_kind, destination_seat, monthly_micros, currency, claimed_at, own) \
                   VALUES ($1, $2, $3, '', $4, NULL, $5, $6, 'nowhere', NULL, 0, 'USD', $7, $8)";
        let values = vec![
            tenant.into(),
            id.into(),
            own.e164.clone().into(),
            own.country.clone().into(),
            own.kind.clone().into(),
            own.gateway_port.uuid().into(),
            at.into(),
            true.into(),
        ];
        rows::run(self.via(), sql, values).await?;
        Ok(NumberId::from_uuid(id))
    }

    /// A number that the company brought leaves the inventory with it: it was never the platform's to give to others.
    pub(crate) async fn strike_own_number(&self, id: NumberId) -> Result<(), StoreError> {
        let sql = "DELETE FROM number WHERE id = $1 AND tenant_id = $2";
        as_system!(self, rows::run(self.via(), sql, vec![id.uuid().into(), self.tenant().uuid().into()]))?;
        Ok(())
    }
}
