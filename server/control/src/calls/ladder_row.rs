//! Kept messages of a call: packed, because SIP repeats itself.

use std::{collections::HashSet, io::Read as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use kernel::{CallId, TenantId, Uuid};
use patchbay_kernel as kernel;
use patchbay_plane::Ladder;
use patchbay_tenancy::{Actor, TenantRow};
use sea_orm::{ActiveValue::Set, ColumnTrait};

use super::row::call;
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

/// Packs ladders for the store. Its tables are 300 KB that would have to be wiped for each call: make one for many.
pub struct Packer(DeflateEncoder<Vec<u8>>);

impl Default for Packer {
    fn default() -> Self {
        Self(DeflateEncoder::new(Vec::new(), Compression::fast()))
    }
}

impl Packer {
    /// As it is stored. Fails never in practice: memory takes what is written.
    pub fn pack(&mut self, ladder: &Ladder) -> Option<String> {
        let written = serde_json::to_writer(&mut self.0, ladder);
        // In any case what was written goes, so that nothing of one call can stand in the row of the next.
        let packed = self.0.reset(Vec::new()).ok()?;
        written.ok()?;
        Some(STANDARD.encode(packed))
    }
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
        let asked = ladders.iter().map(|(call, _)| call.uuid());
        let there = tx.select::<call::Entity>().filter(call::Column::Id.is_in(asked)).ids(call::Column::Id).await?;
        let there: HashSet<Uuid> = there.into_iter().collect();
        let row = |(call, body): (CallId, String)| call_ladder::ActiveModel {
            id: Set(call.uuid()),
            at: Set(tx.at()),
            body: Set(body),
            ..Default::default()
        };
        let rows = ladders.into_iter().filter(|(call, _)| there.contains(&call.uuid())).map(row).collect();
        tx.insert_new(rows).await?;
        tx.commit_aside().await?;
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
        let mut packer = Packer::default();
        let packed = packer.pack(&ladder).unwrap();
        assert_eq!(packer.pack(&ladder).as_ref(), Some(&packed), "the one before leaves nothing behind");
        assert!(packed.len() < serde_json::to_string(&ladder).unwrap().len() / 10);
        assert_eq!(unpack(&packed), Some(ladder));
        for strange in ["", "!!", "AAAA", &STANDARD.encode("{}")] {
            assert_eq!(unpack(strange), None);
        }
    }
}
