//! A line of the log as people and programs read it, and what may be asked of the log.

use std::collections::BTreeMap;

use kernel::{AuditId, OperatorId, UserId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Origin, SystemDb,
    audit::{self, Flaw, Record, Verdict},
    system::{operator_account, operator_audit},
};
use sea_orm::ColumnTrait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::kit::{cursor, problem::Problem, words::words};

words! {
    /// What kind of somebody acted.
    ActorKind {
        /// The platform by itself.
        System = "system",
        /// A person.
        Person = "person",
        /// A program with a key.
        Key = "key",
        /// A browser with a seat token.
        SeatToken = "seat_token",
        /// An operator of the platform.
        Operator = "operator",
    }
}

/// One line of the audit log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// `aud_..`
    pub id: String,
    /// Place in the chain, from 1 on.
    pub seq: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Who.
    pub actor: AuditActor,
    /// What: `seat.updated` and the like.
    pub action: String,
    /// On which kind of thing.
    pub entity: String,
    /// On which: its id.
    pub entity_id: String,
    /// What was said of it.
    pub body: Value,
    /// Rows before and after; secrets are veiled.
    pub changes: Vec<AuditChange>,
    /// Rows that are not listed because there were too many.
    pub more_changes: i64,
    /// From where.
    pub from: AuditOrigin,
    /// The seal of this line, SHA-256 of the one before it and this line's text; absent for lines from before there was a chain.
    pub seal: Option<String>,
}

/// Who acted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditActor {
    /// What kind.
    pub kind: ActorKind,
    /// `usr_..`, `key_..`, `stk_..`, `opr_..` or `system`.
    pub id: String,
    /// Name of the person or the key, as it is now; of an operator only other operators learn the address.
    pub name: Option<String>,
    /// For an operator at work in the company: as whom, `usr_..`.
    pub acting_as: Option<String>,
}

/// One row before and after. Of a row that stays, only what changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditChange {
    /// Kind of row.
    pub table: String,
    /// Its id.
    pub id: String,
    /// As it was; absent for a new one.
    pub before: Option<Value>,
    /// As it is; absent for one that is gone.
    pub after: Option<Value>,
}

/// From where somebody acted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditOrigin {
    /// IP address.
    pub address: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// `ses_..`, `key_..` or `stk_..`.
    pub session: Option<String>,
}

/// What a walk along the whole chain found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditVerdict {
    /// No line was changed, taken out or put in.
    pub holds: bool,
    /// Lines that hold, up to the first that does not.
    pub lines: i64,
    /// Of these, lines from before there was a chain: only their places are sure.
    pub older: i64,
    /// Seal of the last line that holds. Kept elsewhere, it proves later that the log was not written anew.
    pub seal: String,
    /// The first line that does not hold.
    pub broken: Option<AuditBroken>,
}

/// The first line that does not hold.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditBroken {
    /// Its place.
    pub seq: i64,
    /// Its id; empty when there is no such line any more.
    pub id: String,
    /// `missing` (lines before it), `altered`, `relabelled` (what it is searched by was changed) or `cut` (lines after it).
    pub flaw: String,
}

impl From<Verdict> for AuditVerdict {
    fn from(verdict: Verdict) -> Self {
        let flaw = |flaw| match flaw {
            Flaw::Missing => "missing",
            Flaw::Altered => "altered",
            Flaw::Relabelled => "relabelled",
            Flaw::Cut => "cut",
        };
        Self {
            holds: verdict.broken.is_none(),
            lines: verdict.lines,
            older: verdict.older,
            seal: verdict.seal,
            broken: verdict.broken.map(|one| AuditBroken { seq: one.seq, id: one.id, flaw: flaw(one.flaw).into() }),
        }
    }
}

/// Which lines.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only of this one: `usr_..`, `key_..`, `stk_..`, `opr_..` or `system`.
    pub actor: Option<String>,
    /// Only this action, or all that begin so: `seat.` for everything about seats.
    pub action: Option<String>,
    /// Only on this thing, by its id.
    pub entity_id: Option<String>,
    /// Not before this time (RFC 3339).
    pub since: Option<String>,
    /// Only before this time (RFC 3339).
    pub until: Option<String>,
    /// At most so many, 250 at most.
    pub limit: Option<i64>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A question, read.
pub struct Question {
    /// Only of this one.
    pub actor: Option<String>,
    /// Only actions that begin so.
    pub action: Option<String>,
    /// Only on this.
    pub entity_id: Option<String>,
    /// Not before.
    pub since: Option<OffsetDateTime>,
    /// Before.
    pub until: Option<OffsetDateTime>,
    /// Only lines before this place.
    pub before: Option<i64>,
}

impl Wanted {
    /// The question; 400 for what cannot be read.
    pub fn read(&self) -> Result<Question, Problem> {
        use time::format_description::well_known::Rfc3339;
        let time = |text: &Option<String>, field: &str| match text.as_deref().filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => OffsetDateTime::parse(text, &Rfc3339)
                .map(Some)
                .map_err(|_| Problem::field(field, "time", "A time such as 2026-01-31T08:00:00Z.")),
        };
        let text =
            |text: &Option<String>| text.clone().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let before = match &self.cursor {
            None => None,
            Some(text) => Some(cursor::read(text)?.parse().map_err(|_| cursor::foreign())?),
        };
        Ok(Question {
            actor: text(&self.actor),
            action: text(&self.action),
            entity_id: text(&self.entity_id),
            since: time(&self.since, "since")?,
            until: time(&self.until, "until")?,
            before,
        })
    }
}

/// The same filter on either log: their columns have the same names.
macro_rules! filtered {
    ($question:expr, $log:path) => {{
        use $log as log;
        let (question, mut all) = ($question, sea_orm::Condition::all());
        let equals = [(log::Column::Actor, &question.actor), (log::Column::EntityId, &question.entity_id)];
        for (column, wanted) in equals {
            all = wanted.iter().fold(all, |all, text| all.add(sea_orm::ColumnTrait::eq(&column, text.as_str())));
        }
        all = question
            .action
            .iter()
            .fold(all, |all, text| all.add(sea_orm::ColumnTrait::starts_with(&log::Column::Action, text.as_str())));
        all = question.since.iter().fold(all, |all, at| all.add(sea_orm::ColumnTrait::gte(&log::Column::At, *at)));
        all = question.until.iter().fold(all, |all, at| all.add(sea_orm::ColumnTrait::lt(&log::Column::At, *at)));
        question.before.iter().fold(all, |all, seq| all.add(sea_orm::ColumnTrait::lt(&log::Column::Seq, *seq)))
    }};
}
pub(super) use filtered;

/// A line before names are known.
pub struct Line {
    record: Record,
    at: OffsetDateTime,
    seal: Option<String>,
}

impl From<audit::line::Model> for Line {
    fn from(row: audit::line::Model) -> Self {
        let record = row.record.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let record = record.unwrap_or_else(|| Record {
            seq: row.seq,
            id: AuditId::from_uuid(row.id).to_string(),
            at_ms: kernel::Wall::from_offset(row.at).unix_ms(),
            actor: row.actor,
            acting_as: None,
            action: row.action,
            entity: row.entity,
            entity_id: row.entity_id,
            body: row.body,
            changes: Vec::new(),
            more_changes: 0,
            from: Origin::default(),
        });
        Self { record, at: row.at, seal: row.hash }
    }
}

impl From<operator_audit::Model> for Line {
    fn from(row: operator_audit::Model) -> Self {
        let record = row.record.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let record = record.unwrap_or_else(|| Record {
            seq: row.seq,
            id: AuditId::from_uuid(row.id).to_string(),
            at_ms: kernel::Wall::from_offset(row.at).unix_ms(),
            actor: OperatorId::from_uuid(row.operator_id).to_string(),
            acting_as: None,
            action: row.action,
            entity: row.entity,
            entity_id: row.entity_id,
            body: row.body,
            changes: Vec::new(),
            more_changes: 0,
            from: Origin::default(),
        });
        Self { record, at: row.at, seal: row.hash }
    }
}

/// What kind of somebody has this id.
pub fn actor_kind(id: &str) -> ActorKind {
    match id.split('_').next() {
        Some(UserId::PREFIX) => ActorKind::Person,
        Some(kernel::ApiKeyId::PREFIX) => ActorKind::Key,
        Some(kernel::SeatTokenId::PREFIX) => ActorKind::SeatToken,
        Some(OperatorId::PREFIX) => ActorKind::Operator,
        _ => ActorKind::System,
    }
}

/// Names of the people among these ids, and of the operators if `operators`. Fails as the store does.
pub async fn names_of(system: &SystemDb, ids: &[&str], operators: bool) -> Result<BTreeMap<String, String>, Problem> {
    let mut people: Vec<UserId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    people.sort_unstable();
    people.dedup();
    let users = system.users(&people).await?;
    let mut names: BTreeMap<String, String> =
        users.into_iter().map(|user| (UserId::from_uuid(user.id).to_string(), user.name)).collect();
    if operators {
        let mut who: Vec<Uuid> =
            ids.iter().filter_map(|id| id.parse::<OperatorId>().ok()).map(OperatorId::uuid).collect();
        who.sort_unstable();
        who.dedup();
        let rows = system.select::<operator_account::Entity>().filter(operator_account::Column::Id.is_in(who));
        let rows = rows.all().await?;
        names.extend(rows.into_iter().map(|row| (OperatorId::from_uuid(row.id).to_string(), row.email)));
    }
    Ok(names)
}

/// Names of those who acted.
#[derive(Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// Of the people among them, and of the operators if `operators`. Fails as the store does.
    pub async fn of(system: &SystemDb, lines: &[Line], operators: bool) -> Result<Self, Problem> {
        let ids: Vec<&str> = lines.iter().map(|line| line.record.actor.as_str()).collect();
        Ok(Self(names_of(system, &ids, operators).await?))
    }
    /// Also these, by id.
    pub fn with(mut self, more: impl IntoIterator<Item = (String, String)>) -> Self {
        self.0.extend(more);
        self
    }
    /// The line as it is shown.
    pub fn show(&self, line: Line) -> AuditEntry {
        let Line { record, at, seal } = line;
        let kind = actor_kind(&record.actor);
        let object = |map: Option<Map<String, Value>>| map.map(Value::Object);
        let change = |one: audit::Change| AuditChange {
            table: one.table,
            id: one.id,
            before: object(one.before),
            after: object(one.after),
        };
        let Origin { address, user_agent, session } = record.from;
        AuditEntry {
            id: record.id,
            seq: record.seq,
            at,
            actor: AuditActor {
                kind,
                name: self.0.get(&record.actor).cloned(),
                id: record.actor,
                acting_as: record.acting_as,
            },
            action: record.action,
            entity: record.entity,
            entity_id: record.entity_id,
            body: record.body,
            changes: record.changes.into_iter().map(change).collect(),
            more_changes: i64::try_from(record.more_changes).unwrap_or(i64::MAX),
            from: AuditOrigin { address, user_agent, session },
            seal,
        }
    }
}
