//! Members put together for people: who they are, where they belong, what they may and how far they see.

use std::collections::BTreeMap;

use kernel::{CustomRoleId, DepartmentId, MemberId, TeamId, UserId, Uuid};
use patchbay_access::Role;
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx, system::user_account};
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    organisation_row::{custom_role, placement, team_member},
    roles::RoleName,
    row::member,
};
use crate::{
    identity::{me::my_seat, shapes::MySeat},
    kit::{
        app::App,
        caller::scope_of,
        problem::Problem,
        words::{self, MemberState},
    },
    seats::row::seat,
};

/// A person in the company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Member {
    /// `mem_..`
    pub id: String,
    /// `usr_..`
    pub user: String,
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Role.
    pub role: words::Role,
    /// The company's own role that they have in place of it.
    pub custom_role: Option<RoleName>,
    /// How far they see.
    pub scope: words::Scope,
    /// The scope that they were given; absent: as the role says.
    pub given_scope: Option<words::Scope>,
    /// `dept_..` they belong to.
    pub department: Option<String>,
    /// `team_..` they are in.
    pub teams: Vec<String>,
    /// Whether they may come in.
    pub state: MemberState,
    /// Their seat.
    pub seat: Option<MySeat>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Last seen.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_seen_at: Option<OffsetDateTime>,
}

/// What members are shown with, read once.
struct Around {
    people: BTreeMap<Uuid, user_account::Model>,
    seats: BTreeMap<Uuid, MySeat>,
    places: BTreeMap<Uuid, placement::Model>,
    teams: BTreeMap<Uuid, Vec<String>>,
    roles: BTreeMap<Uuid, custom_role::Model>,
}

impl Around {
    async fn of(app: &App, tx: &TenantTx, rows: &[member::Model]) -> Result<Self, Problem> {
        let ids: Vec<UserId> = rows.iter().map(|row| UserId::from_uuid(row.user_id)).collect();
        let people = app.database.system().users(&ids).await?.into_iter().map(|user| (user.id, user)).collect();
        let seats = tx.whole::<seat::Entity>().is(seat::Column::State, "active").all().await?;
        let places = tx.select::<placement::Entity>().all().await?.into_iter().map(|row| (row.id, row)).collect();
        let mut teams: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
        for row in tx.select::<team_member::Entity>().all().await? {
            teams.entry(row.member_id).or_default().push(TeamId::from_uuid(row.team_id).to_string());
        }
        let seats = seats.iter().filter_map(|row| row.member_id.map(|member| (member, my_seat(row)))).collect();
        let roles = tx.select::<custom_role::Entity>().all().await?.into_iter().map(|row| (row.id, row)).collect();
        Ok(Self { people, seats, places, teams, roles })
    }

    fn show(&self, row: member::Model) -> Member {
        let person = self.people.get(&row.user_id);
        let (name, email) = person.map(|p| (p.name.clone(), p.email.clone())).unwrap_or_default();
        let place = self.places.get(&row.id);
        let role = words::Role::stored(&row.role);
        let given = place.and_then(|place| place.scope.as_deref());
        let own = place.and_then(|place| self.roles.get(&place.role_id?));
        let usual = own.and_then(|own| own.scope.parse().ok()).unwrap_or_else(|| Role::from(role).scope());
        Member {
            id: MemberId::from_uuid(row.id).to_string(),
            user: UserId::from_uuid(row.user_id).to_string(),
            name,
            email,
            role,
            custom_role: own
                .map(|own| RoleName { id: CustomRoleId::from_uuid(own.id).to_string(), name: own.name.clone() }),
            scope: scope_of(role.into(), usual, given).into(),
            given_scope: given.map(words::Scope::stored),
            department: place.and_then(|place| place.department_id).map(|id| DepartmentId::from_uuid(id).to_string()),
            teams: self.teams.get(&row.id).cloned().unwrap_or_default(),
            state: MemberState::stored(&row.state),
            seat: self.seats.get(&row.id).cloned(),
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        }
    }
}

/// As shown. Fails as the store does.
pub async fn shown(app: &App, tx: &TenantTx, rows: Vec<member::Model>) -> Result<Vec<Member>, Problem> {
    let around = Around::of(app, tx, &rows).await?;
    Ok(rows.into_iter().map(|row| around.show(row)).collect())
}

/// A member's place; an empty one where nothing was said of it yet.
pub async fn place_of(tx: &TenantTx, member: Uuid) -> Result<placement::Model, StoreError> {
    let empty =
        placement::Model { tenant_id: tx.tenant().uuid(), id: member, department_id: None, role_id: None, scope: None };
    Ok(tx.find::<placement::Entity>(member).await?.unwrap_or(empty))
}

/// Writes a member's place.
pub async fn put_place(tx: &TenantTx, place: placement::Model) -> Result<(), StoreError> {
    tx.delete::<placement::Entity>(place.id).await?;
    tx.insert(place.into_active_model().reset_all()).await?;
    Ok(())
}
