//! How far the caller of a transaction sees among the company's people.
//!
//! It is found out once, when the transaction is opened for a caller, and lies in the transaction: nobody can pass a wider one, and
//! a transaction that was opened for nobody sees nobody.

use kernel::{MemberId, Uuid};
use patchbay_access::Scope;
use patchbay_kernel as kernel;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, Statement};

use crate::{Scoped, SeenRow, StoreError, TenantTx, rows::Via};

/// As far as a caller sees.
#[derive(Clone, Debug)]
pub(crate) enum Sight {
    /// The whole company.
    All,
    /// These alone.
    Of(Seen),
}

impl Default for Sight {
    fn default() -> Self {
        Self::Of(Seen::default())
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    members: Vec<Uuid>,
    teams: Vec<Uuid>,
    departments: Vec<Uuid>,
}

/// `$1` the company, `$2` the member, `$3` 1 where the departments count. UNION, not UNION ALL: a tree that bit its tail would end.
const REACH: &str = "WITH RECURSIVE below (id) AS (\
      SELECT department_id FROM placement WHERE tenant_id = $1 AND id = $2 AND $3 = 1 AND department_id IS NOT NULL \
      UNION SELECT d.id FROM department d JOIN below b ON d.parent_id = b.id WHERE d.tenant_id = $1), \
    mine (id) AS (\
      SELECT t.id FROM team t WHERE t.tenant_id = $1 AND (t.department_id IN (SELECT id FROM below) OR EXISTS \
      (SELECT 1 FROM team_member m WHERE m.tenant_id = $1 AND m.team_id = t.id AND m.member_id = $2))), \
    seen (id) AS (\
      SELECT p.id FROM placement p WHERE p.tenant_id = $1 AND p.department_id IN (SELECT id FROM below) \
      UNION SELECT m.member_id FROM team_member m WHERE m.tenant_id = $1 AND m.team_id IN (SELECT id FROM mine)) \
    SELECT 'member' AS kind, id FROM seen UNION ALL SELECT 'team' AS kind, id FROM mine \
    UNION ALL SELECT 'department' AS kind, id FROM below";

impl TenantTx {
    /// From here on this member looks, as far as `scope` reaches. Fails as the store does.
    pub async fn look_as(&mut self, member: MemberId, scope: Scope) -> Result<(), StoreError> {
        self.sight = match scope {
            Scope::All => Sight::All,
            Scope::Own => Sight::Of(Seen { members: vec![member.uuid()], ..Seen::default() }),
            Scope::Team | Scope::Subtree => Sight::Of(self.reach(member.uuid(), scope == Scope::Subtree).await?),
        };
        Ok(())
    }

    async fn reach(&self, member: Uuid, departments: bool) -> Result<Seen, StoreError> {
        let connection = self.connection();
        let values = [self.tenant().uuid().into(), member.into(), i32::from(departments).into()];
        let ask = Statement::from_sql_and_values(connection.get_database_backend(), REACH, values);
        let mut seen = Seen { members: vec![member], ..Seen::default() };
        for row in connection.query_all_raw(ask).await? {
            let (kind, id): (String, Uuid) = (row.try_get("", "kind")?, row.try_get("", "id")?);
            match kind.as_str() {
                "team" => seen.teams.push(id),
                "department" => seen.departments.push(id),
                _ if id == member => {}
                _ => seen.members.push(id),
            }
        }
        Ok(seen)
    }

    /// The rows of a table that the caller sees.
    pub fn seen<E: SeenRow>(&self) -> Scoped<'_, E>
    where
        E::Model: Send + Sync,
    {
        self.whole::<E>().filter(self.sight_of::<E>())
    }

    /// The row with this id, if it is this company's and the caller sees it.
    pub async fn find_seen<E: SeenRow>(&self, id: Uuid) -> Result<Option<E::Model>, StoreError>
    where
        E::Model: Send + Sync,
    {
        self.seen::<E>().filter(E::id_column().eq(id)).one().await
    }

    /// All of the company's rows of such a table, whoever looks: for rules, for the names of colleagues, for the switch. Never for
    /// a list that is answered.
    pub fn whole<E: SeenRow>(&self) -> Scoped<'_, E>
    where
        E::Model: Send + Sync,
    {
        Scoped::new(Via::Tx(self.connection()), Some(self.guard::<E>()))
    }

    /// As [`Self::whole`], by id.
    pub async fn find_whole<E: SeenRow>(&self, id: Uuid) -> Result<Option<E::Model>, StoreError> {
        Ok(E::find().filter(self.guard::<E>()).filter(E::id_column().eq(id)).one(self.connection()).await?)
    }

    /// Whether the caller sees the whole company.
    pub const fn sees_all(&self) -> bool {
        matches!(self.sight, Sight::All)
    }
    /// Whether the caller sees this member.
    pub fn sees_member(&self, id: Uuid) -> bool {
        self.sees(|seen| seen.members.contains(&id))
    }
    /// Whether the caller's scope reaches this team.
    pub fn sees_team(&self, id: Uuid) -> bool {
        self.sees(|seen| seen.teams.contains(&id))
    }
    /// Whether the caller's scope reaches this department.
    pub fn sees_department(&self, id: Uuid) -> bool {
        self.sees(|seen| seen.departments.contains(&id))
    }

    fn sees(&self, among: impl Fn(&Seen) -> bool) -> bool {
        match &self.sight {
            Sight::All => true,
            Sight::Of(seen) => among(seen),
        }
    }

    fn sight_of<E: SeenRow>(&self) -> Condition {
        match &self.sight {
            Sight::All => Condition::all(),
            Sight::Of(seen) => E::of_members(self.tenant().uuid(), &seen.members),
        }
    }
}
