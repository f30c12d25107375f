//! Kept messages of a call: packed, because SIP repeats itself.

use std::{collections::HashSet, io::Read as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::DeflateDecoder;
use kernel::{CallId, TenantId, Uuid};
use patchbay_kernel as kernel;
use patchbay_plane::Ladder;
use patchbay_tenancy::{Actor, SeenRow, TenantRow, many::Sheet};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Value};

use super::row::call;
use crate::{Control, kit::problem::Problem};

/// Largest ladder that is unpacked, in bytes: what a row holds that we did not write ends there.
const LARGEST: usize = 4 << 20;

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

crate::tenant_rows!(about people: call_ladder);

impl SeenRow for call_ladder::Entity {
    fn of_members(tenant: Uuid, members: &[Uuid]) -> Condition {
        let calls = call::Entity::find().select_only().column(call::Column::Id);
        let calls = calls.filter(call::Column::TenantId.eq(tenant)).filter(call::Entity::of_members(tenant, members));
        Condition::all().add(call_ladder::Column::Id.in_subquery(calls.into_query()))
    }
}

static LADDERS: Sheet<call_ladder::Entity> = {
    use call_ladder::Column::{At, Body, Id};
    Sheet::new(&[Id, At, Body])
};

/// What a body begins with that LZ4 packed; one without was packed by an earlier version with deflate.
const LZ4: &str = "lz4:";

/// As it is stored. LZ4, since a call must not pay for the wiping of deflate's 300 KB of tables. `None` never in practice: memory
/// takes what is written.
pub fn pack(ladder: &Ladder) -> Option<String> {
    let json = serde_json::to_vec(ladder).ok()?;
    let mut body = LZ4.to_owned();
    STANDARD.encode_string(lz4_flex::block::compress_prepend_size(&json), &mut body);
    Some(body)
}

/// As it was; `None` for what cannot be read.
pub fn unpack(body: &str) -> Option<Ladder> {
    let json = match body.strip_prefix(LZ4) {
        Some(packed) => inflated(&STANDARD.decode(packed).ok()?)?,
        None => {
            let packed = STANDARD.decode(body).ok()?;
            let mut json = Vec::new();
            DeflateDecoder::new(packed.as_slice()).take(LARGEST as u64).read_to_end(&mut json).ok()?;
            json
        }
    };
    serde_json::from_slice(&json).ok()
}

fn inflated(packed: &[u8]) -> Option<Vec<u8>> {
    let (size, packed) = lz4_flex::block::uncompressed_size(packed).ok()?;
    // The size is what a row says of itself: it is not believed before memory is taken.
    if size > LARGEST { None } else { lz4_flex::block::decompress(packed, size).ok() }
}

impl Control {
    /// Keeps the messages of ended calls of one company, in one transaction. A call without a row is left out: its record has
    /// been refused. Fails as the store does.
    pub async fn keep_ladders(&self, tenant: TenantId, ladders: Vec<(CallId, String)>) -> Result<(), Problem> {
        let app = self.app();
        let tx = app.database.tenant(tenant, app.stamp(Actor::System)).await?;
        let asked = ladders.iter().map(|(call, _)| call.uuid());
        let there = tx.whole::<call::Entity>().filter(call::Column::Id.is_in(asked)).ids(call::Column::Id).await?;
        let there: HashSet<Uuid> = there.into_iter().collect();
        let known = ladders.into_iter().filter(|(call, _)| there.contains(&call.uuid()));
        let row = |(call, body): (CallId, String)| -> [Value; 3] { [call.uuid().into(), tx.at().into(), body.into()] };
        tx.write(&LADDERS, known.flat_map(row).collect()).await?;
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
        let packed = pack(&ladder).unwrap();
        assert!(packed.len() < serde_json::to_string(&ladder).unwrap().len() / 10);
        assert_eq!(unpack(&packed).as_ref(), Some(&ladder));
        let huge = format!("{LZ4}{}", STANDARD.encode([255, 255, 255, 255, 0]));
        for strange in ["", "!!", "AAAA", LZ4, "lz4:!!", "lz4:AAAA", &huge, &STANDARD.encode("{}")] {
            assert_eq!(unpack(strange), None);
        }
    }

    #[test]
    fn a_ladder_of_an_earlier_version_can_be_read() {
        let ladder = Ladder { missing: 7, ..Ladder::default() };
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        serde_json::to_writer(&mut packer, &ladder).unwrap();
        assert_eq!(unpack(&STANDARD.encode(packer.finish().unwrap())), Some(ladder));
    }
}
