//! Kept messages of a call: packed, because SIP repeats itself.

use std::io::{Read as _, Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use kernel::{CallId, TenantId};
use patchbay_kernel as kernel;
use patchbay_plane::Ladder;
use patchbay_tenancy::{Actor, TenantRow};
use sea_orm::ActiveValue::Set;

use crate::{Control, kit::problem::Problem};

/// Largest ladder that is unpacked, in bytes: what a row holds that we did not write ends there.
const LARGEST: u64 = 4 << 20;

/// The messages of a call.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod call_ladder {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "call_ladder")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub at: TimeDateTimeWithTimeZone,
        pub body: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(call_ladder);

/// As it is stored. Fails never in practice: memory takes what is written.
pub fn pack(ladder: &Ladder) -> Option<String> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
    serde_json::to_writer(&mut packed, ladder).ok()?;
    packed.flush().ok()?;
    Some(STANDARD.encode(packed.finish().ok()?))
}

/// As it was; `None` for what cannot be read.
pub fn unpack(body: &str) -> Option<Ladder> {
    let packed = STANDARD.decode(body).ok()?;
    let mut json = Vec::new();
    DeflateDecoder::new(packed.as_slice()).take(LARGEST).read_to_end(&mut json).ok()?;
    serde_json::from_slice(&json).ok()
}

impl Control {
    /// Keeps the messages of ended calls of one company, in one transaction. A call without a row is left out: its record has
    /// been refused. Fails as the store does.
    pub async fn keep_ladders(&self, tenant: TenantId, ladders: Vec<(CallId, String)>) -> Result<(), Problem> {
        let app = self.app();
        let tx = app.database.tenant(tenant, app.stamp(Actor::System)).await?;
        for (call, body) in ladders {
            if tx.find::<super::row::call::Entity>(call.uuid()).await?.is_none()
                || tx.find::<call_ladder::Entity>(call.uuid()).await?.is_some()
            {
                continue;
            }
            let row = call_ladder::ActiveModel {
                id: Set(call.uuid()),
                at: Set(tx.at()),
                body: Set(body),
                ..Default::default()
            };
            tx.insert(row).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kernel::{LegId, SeededEntropy, Wall};
    use patchbay_plane::LadderMessage;

    use super::*;

    #[test]
    fn a_ladder_comes_back_smaller_and_the_same() {
        let mut chance = SeededEntropy::new(1);
        let leg = LegId::new(Wall(1), &mut chance);
        let text =
            "INVITE sip:101@pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n".repeat(20);
        let message = LadderMessage {
            at: Wall(7),
            leg,
            ours: true,
            transport: "udp".into(),
            peer: "192.0.2.1:5060".into(),
            text,
        };
        let ladder = Ladder { legs: vec![], messages: vec![message; 10], missing: 3 };
        let packed = pack(&ladder).unwrap();
        assert!(packed.len() < serde_json::to_string(&ladder).unwrap().len() / 10);
        assert_eq!(unpack(&packed), Some(ladder));
        for strange in ["", "!!", "AAAA", &STANDARD.encode("{}")] {
            assert_eq!(unpack(strange), None);
        }
    }
}
