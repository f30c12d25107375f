//! The event log: written in the transaction that makes the change, told to the feed after it committed.

use patchbay_kernel::{Uuid, Wall};

use crate::{
    OpenRow, StoreError, TenantRow, TenantTx, catalogue,
    many::{Happening, Sheet},
};

/// One entry of a company's event log.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod event {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub seq: i64,
        pub kind: String,
        pub entity: String,
        pub entity_id: String,
        pub body: Json,
        pub at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Events, many at once.
pub(crate) static EVENTS: Sheet<event::Entity> = {
    use event::Column::{At, Body, Entity, EntityId, Id, Kind, Seq};
    Sheet::new(&[Id, Seq, Kind, Entity, EntityId, Body, At])
};

/// An event as stored.
pub type EventRow = event::Model;

impl OpenRow for event::Entity {}
impl TenantRow for event::Entity {
    const AUDITED: bool = false;
    fn tenant_column() -> event::Column {
        event::Column::TenantId
    }
    fn id_column() -> event::Column {
        event::Column::Id
    }
}

impl TenantTx {
    /// Write down that something changed: one event with the company's next sequence number and one audit line with the rows
    /// changed so far, both in this transaction. `kind` is `seat.created` and the like, `entity` the resource's name, `entity_id`
    /// its printed id. Keep secrets out of `body`: members of the company may read it. Fails for what [`catalogue`] does not list
    /// so.
    pub async fn changed(
        &mut self,
        kind: &str,
        entity: &str,
        entity_id: &str,
        body: serde_json::Value,
    ) -> Result<(), StoreError> {
        self.noted(kind, entity, entity_id, body.clone());
        self.happened(kind, entity, entity_id, body).await
    }

    /// As [`Self::changed`] without the audit line: for what calls and devices do by themselves.
    pub async fn happened(
        &mut self,
        kind: &str,
        entity: &str,
        entity_id: &str,
        body: serde_json::Value,
    ) -> Result<(), StoreError> {
        let of = catalogue::find(kind).filter(|of| of.entity == entity);
        let of =
            of.ok_or_else(|| StoreError::Other(format!("{kind} of {entity} is not in tenancy/src/catalogue.rs")))?;
        self.happened_all(vec![Happening { kind: of.kind, entity_id: entity_id.to_owned(), body }]).await
    }
}

/// The printed form of an event's id.
pub fn event_id(row: &EventRow) -> String {
    patchbay_kernel::EventId::from_uuid(row.id).to_string()
}

/// When the event happened.
pub fn event_at(row: &EventRow) -> Wall {
    Wall::from_offset(row.at)
}

/// Which company's it is.
pub fn event_tenant(row: &EventRow) -> patchbay_kernel::TenantId {
    patchbay_kernel::TenantId::from_uuid(Uuid::from_bytes(*row.tenant_id.as_bytes()))
}
