//! The questions that span companies, each named: nothing else here reads a tenant's table.

use kernel::{NodeId, TenantId, UserId, Uuid, Wall};
use patchbay_kernel as kernel;
use sea_orm::{ColumnTrait, FromQueryResult, Value};
use time::OffsetDateTime;

use super::{SystemDb, SystemTx, user_account};
use crate::{Backend, StoreError, number_steps::OPEN_TO, rows, rows::Via};

/// A person's place in one company.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct Membership {
    /// Company.
    pub tenant_id: Uuid,
    /// Its name.
    pub company: String,
    /// `active` or `suspended`.
    pub tenant_state: String,
    /// The membership.
    pub member_id: Uuid,
    /// Role.
    pub role: String,
    /// The data scope that this person was given; `None`: as the role says.
    pub scope: Option<String>,
    /// The company's own role that this person has in place of `role`.
    pub role_id: Option<Uuid>,
    /// Its name.
    pub role_name: Option<String>,
    /// What it may, a list of `resource:action`.
    pub permissions: Option<serde_json::Value>,
    /// How far it sees.
    pub role_scope: Option<String>,
    /// The company asks its people for a second factor, and this one has none.
    pub lacks_second_factor: bool,
    /// The company lets nobody but its owners in by password.
    pub sso_enforced: bool,
    /// `active` or `suspended`.
    pub state: String,
}

/// An invitation, found by the hash of its token.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct FoundInvitation {
    /// Company.
    pub tenant_id: Uuid,
    /// Its name.
    pub company: String,
    /// The invitation.
    pub id: Uuid,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: String,
    /// The company's own role in place of `role`, while it is there.
    pub role_id: Option<Uuid>,
    /// Its name.
    pub role_name: Option<String>,
    /// Where they will belong.
    pub department_id: Option<Uuid>,
    /// Ids of the teams that they will be in.
    pub team_ids: Option<serde_json::Value>,
    /// By whom (user).
    pub invited_by: Uuid,
    /// The inviter's name.
    pub inviter: String,
    /// Until when.
    pub expires_at: OffsetDateTime,
    /// Accepted already.
    pub accepted_at: Option<OffsetDateTime>,
}

/// An invitation whose link could not be mailed.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct PendingInvitation {
    /// Who is invited.
    pub email: String,
    /// To which company.
    pub company: String,
    /// The link.
    pub link: String,
    /// When.
    pub created_at: OffsetDateTime,
}

/// A device, found by its SIP user name or its id.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct FoundDevice {
    /// Company.
    pub tenant_id: Uuid,
    /// Company's realm.
    pub realm: String,
    /// Company's name.
    pub company: String,
    /// Company's state.
    pub tenant_state: String,
    /// Company's country, ISO code.
    pub country: String,
    /// Calls that the company may have at once.
    pub max_calls: i32,
    /// Seat.
    pub seat_id: Uuid,
    /// Extension of the seat.
    pub extension: String,
    /// Label of the seat.
    pub seat_label: String,
    /// State of the seat.
    pub seat_state: String,
    /// Name of the member on the seat.
    pub member_name: Option<String>,
    /// State of that member.
    pub member_state: Option<String>,
    /// When the member's address was verified.
    pub email_verified_at: Option<OffsetDateTime>,
    /// Whether the address of an owner of the company is verified.
    pub owner_verified: bool,
    /// Device.
    pub device_id: Uuid,
    /// `browser` or `sip_phone`.
    pub kind: String,
    /// SIP user name.
    pub username: String,
    /// MD5(username:realm:password), hex.
    pub ha1_md5: String,
    /// SHA-256 of the same, hex.
    pub ha1_sha256: String,
}

/// What a number of the inventory is assigned to.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct FoundNumber {
    /// The number's row.
    pub id: Uuid,
    /// With plus.
    pub e164: String,
    /// `available`, `assigned` and so on.
    pub state: String,
    /// Where it lives.
    pub gateway_port_id: Uuid,
    /// Its company.
    pub tenant_id: Option<Uuid>,
}

/// How much a company has.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct TenantCounts {
    /// Company.
    pub tenant_id: Uuid,
    /// Active seats.
    pub seats: i64,
    /// Numbers.
    pub numbers: i64,
    /// Members.
    pub members: i64,
}

/// A call that began and has no record yet.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct OpenCall {
    /// Company.
    pub tenant_id: Uuid,
    /// The call.
    pub id: Uuid,
}

/// Who rents a gateway port for itself alone.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct Rental {
    /// The gateway port.
    pub id: Uuid,
    /// The company.
    pub tenant_id: Uuid,
    /// The company's name.
    pub company: String,
}

/// A number that a company may claim.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct ShopNumber {
    /// The number's row.
    pub id: Uuid,
    /// With plus.
    pub e164: String,
    /// ISO 3166 code.
    pub country: String,
    /// Area in words.
    pub area: Option<String>,
    /// `local`, `mobile`, `toll_free`.
    pub kind: String,
    /// Price per month in millionths.
    pub monthly_micros: i64,
    /// Price once in millionths.
    pub setup_micros: i64,
    /// Currency.
    pub currency: String,
    /// Gateway port's label.
    pub gateway_port_label: String,
    /// Gateway's label.
    pub gateway_label: String,
    /// Kind of the gateway port: `fxo_port`, `e1_span`, `sim_slot`, `sip_channels`.
    pub gateway_port_kind: String,
    /// `exclusive` or `shared`.
    pub rental: String,
    /// Whether claiming it rents the gateway port too.
    pub includes_gateway_port: bool,
    /// Until when this company holds it.
    pub held_until: Option<OffsetDateTime>,
}

/// What is looked for in the shop.
#[derive(Clone, Debug, Default)]
pub struct ShopFilter {
    /// ISO 3166 code.
    pub country: Option<String>,
    /// Kind of number.
    pub kind: Option<String>,
    /// Digits that must occur in it. With a `*`, for any digits, or a `+` it is the whole number that must fit, or its beginning.
    pub pattern: Option<String>,
    /// Text that must occur in the name of its area.
    pub area: Option<String>,
    /// Numbers after this one.
    pub after: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// A gateway port that a company may rent for itself.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct ShopGatewayPort {
    /// The gateway port.
    pub id: Uuid,
    /// Label.
    pub label: String,
    /// Kind.
    pub kind: String,
    /// `exclusive`.
    pub rental: String,
    /// Calls at once.
    pub channels: i32,
    /// Gateway's label.
    pub gateway_label: String,
    /// Site's name.
    pub site: String,
    /// Price per month in millionths.
    pub monthly_micros: i64,
    /// Currency.
    pub currency: String,
}

pub(super) async fn ask<T: FromQueryResult>(via: Via<'_>, sql: &str, values: Vec<Value>) -> Result<Vec<T>, StoreError> {
    let rows = rows::rows(via, sql, values).await?;
    Ok(rows.iter().map(|row| T::from_query_result(row, "")).collect::<Result<_, _>>()?)
}

const DEVICE: &str = "SELECT d.tenant_id, t.realm, t.name AS company, t.state AS tenant_state, t.country, t.max_calls, d.seat_id, \
    s.extension, s.label AS seat_label, s.state AS seat_state, u.name AS member_name, m.state AS member_state, \
    u.email_verified_at, EXISTS (SELECT 1 FROM member o JOIN user_account ou ON ou.id = o.user_id WHERE o.tenant_id = d.tenant_id \
    AND o.role = 'owner' AND o.state = 'active' AND ou.email_verified_at IS NOT NULL) AS owner_verified, d.id AS device_id, d.kind, d.username, d.ha1_md5, d.ha1_sha256 \
    FROM device d JOIN tenant t ON t.id = d.tenant_id JOIN seat s ON s.tenant_id = d.tenant_id AND s.id = d.seat_id \
    LEFT JOIN member m ON m.tenant_id = s.tenant_id AND m.id = s.member_id LEFT JOIN user_account u ON u.id = m.user_id ";

const MEMBERSHIPS: &str = "SELECT m.tenant_id, t.name AS company, t.state AS tenant_state, m.id AS member_id, m.role, p.scope, \
    m.state, r.id AS role_id, r.name AS role_name, r.permissions, r.scope AS role_scope, \
    (t.require_second_factor AND NOT EXISTS (SELECT 1 FROM second_factor f WHERE f.account_id = m.user_id \
    AND f.confirmed_at IS NOT NULL)) AS lacks_second_factor, \
    EXISTS (SELECT 1 FROM single_sign_on o WHERE o.tenant_id = m.tenant_id AND o.enforced) AS sso_enforced FROM member m JOIN tenant t ON t.id = m.tenant_id \
    LEFT JOIN placement p ON p.tenant_id = m.tenant_id AND p.id = m.id \
    LEFT JOIN custom_role r ON r.tenant_id = p.tenant_id AND r.id = p.role_id WHERE m.user_id = $1 ORDER BY m.created_at, m.id";

const INVITATION: &str = "SELECT i.tenant_id, t.name AS company, i.id, i.email, i.role, r.id AS role_id, \
    r.name AS role_name, i.department_id, i.team_ids, i.invited_by, u.name AS inviter, i.expires_at, i.accepted_at \
    FROM invitation i JOIN tenant t ON t.id = i.tenant_id \
    LEFT JOIN custom_role r ON r.tenant_id = i.tenant_id AND r.id = i.role_id \
    JOIN user_account u ON u.id = i.invited_by WHERE i.token_hash = $1";

impl Membership {
    /// Whether the person comes in here through the company's provider alone; owners always have their password as a way back.
    pub fn needs_sso(&self) -> bool {
        self.sso_enforced && self.role != "owner"
    }
}

/// A pattern of the shop for SQL. Signs that people put between digits are passed over.
fn like(pattern: &str) -> String {
    let kept: String = pattern.chars().filter(|c| c.is_ascii_digit() || matches!(c, '*' | '+')).collect();
    let whole = kept.contains('*');
    let body = kept.trim_start_matches('+').replace('+', "").replace('*', "%");
    match (kept.starts_with('+'), whole) {
        (true, true) => format!("+{body}"),
        (true, false) => format!("+{body}%"),
        (false, true) if body.starts_with('%') => body,
        (false, true) => format!("+{body}"),
        (false, false) => format!("%{body}%"),
    }
}

impl SystemDb {
    /// The person with this address (lower case).
    pub async fn user_by_email(&self, email: &str) -> Result<Option<user_account::Model>, StoreError> {
        self.select::<user_account::Entity>().is(user_account::Column::Email, email).one().await
    }
    /// These people, in no order.
    pub async fn users(&self, ids: &[UserId]) -> Result<Vec<user_account::Model>, StoreError> {
        let ids = ids.iter().map(|id| id.uuid());
        self.select::<user_account::Entity>().filter(user_account::Column::Id.is_in(ids)).all().await
    }
    /// The companies that a person belongs to, oldest membership first.
    pub async fn memberships(&self, user: UserId) -> Result<Vec<Membership>, StoreError> {
        ask(self.via(), MEMBERSHIPS, vec![user.uuid().into()]).await
    }
    /// The invitation with this token hash.
    pub async fn invitation_by_token(&self, token_hash: &str) -> Result<Option<FoundInvitation>, StoreError> {
        Ok(ask(self.via(), INVITATION, vec![token_hash.into()]).await?.pop())
    }
    /// Invitations that wait and whose link was kept.
    pub async fn pending_invitations(&self, now: Wall) -> Result<Vec<PendingInvitation>, StoreError> {
        let sql = "SELECT i.email, t.name AS company, i.link, i.created_at FROM invitation i JOIN tenant t ON t.id = i.tenant_id \
                   WHERE i.link IS NOT NULL AND i.accepted_at IS NULL AND i.expires_at > $1 ORDER BY i.created_at DESC";
        ask(self.via(), sql, vec![now.to_offset().into()]).await
    }
    /// The device with this SIP user name, on an active seat.
    pub async fn device_by_username(&self, username: &str) -> Result<Option<FoundDevice>, StoreError> {
        let sql = format!("{DEVICE} WHERE d.username = $1 AND s.state = 'active'");
        Ok(ask(self.via(), &sql, vec![username.into()]).await?.pop())
    }
    /// The device of this company, on an active seat.
    pub async fn device_by_id(&self, tenant: TenantId, device: Uuid) -> Result<Option<FoundDevice>, StoreError> {
        let sql = format!("{DEVICE} WHERE d.tenant_id = $1 AND d.id = $2 AND s.state = 'active'");
        Ok(ask(self.via(), &sql, vec![tenant.uuid().into(), device.into()]).await?.pop())
    }
    /// Whether an owner of the company has shown that the e-mail address is theirs.
    pub async fn has_verified_owner(&self, tenant: TenantId) -> Result<bool, StoreError> {
        let sql = "SELECT o.id FROM member o JOIN user_account u ON u.id = o.user_id WHERE o.tenant_id = $1 \
                   AND o.role = 'owner' AND o.state = 'active' AND u.email_verified_at IS NOT NULL LIMIT 1";
        Ok(!rows::rows(self.via(), sql, vec![tenant.uuid().into()]).await?.is_empty())
    }
    /// What this number is assigned to.
    pub async fn number_by_e164(&self, e164: &str) -> Result<Option<FoundNumber>, StoreError> {
        let sql = "SELECT id, e164, state, gateway_port_id, tenant_id FROM number WHERE e164 = $1";
        Ok(ask(self.via(), sql, vec![e164.into()]).await?.pop())
    }
    /// Seats, numbers and members of every company.
    pub async fn tenant_counts(&self) -> Result<Vec<TenantCounts>, StoreError> {
        let sql = "SELECT t.id AS tenant_id, \
                   (SELECT count(*) FROM seat s WHERE s.tenant_id = t.id AND s.state = 'active') AS seats, \
                   (SELECT count(*) FROM tenant_number n WHERE n.tenant_id = t.id) AS numbers, \
                   (SELECT count(*) FROM member m WHERE m.tenant_id = t.id) AS members FROM tenant t";
        ask(self.via(), sql, vec![]).await
    }
    /// Who rents which gateway port for itself alone.
    pub async fn rentals(&self) -> Result<Vec<Rental>, StoreError> {
        let sql = "SELECT r.id, r.tenant_id, t.name AS company FROM gateway_port_rental r JOIN tenant t ON t.id = r.tenant_id";
        ask(self.via(), sql, vec![]).await
    }
    /// Numbers that this company may claim now, by number.
    pub async fn shop_numbers(
        &self,
        tenant: TenantId,
        now: Wall,
        want: &ShopFilter,
    ) -> Result<Vec<ShopNumber>, StoreError> {
        let mut values: Vec<Value> = vec![tenant.uuid().into(), now.to_offset().into()];
        let mut wanted = String::new();
        let mut also = |clause: &str, value: Value| {
            values.push(value);
            wanted += &format!(" AND {}", clause.replace('?', &format!("${}", values.len())));
        };
        if let Some(country) = &want.country {
            also("n.country = ?", country.clone().into());
        }
        if let Some(kind) = &want.kind {
            also("n.kind = ?", kind.clone().into());
        }
        if let Some(pattern) = &want.pattern {
            also("n.e164 LIKE ?", like(pattern).into());
        }
        if let Some(area) = &want.area {
            let area: String = area.to_lowercase().chars().filter(|c| !matches!(c, '%' | '_' | '\\')).collect();
            also("lower(n.area) LIKE ?", format!("%{area}%").into());
        }
        if let Some(after) = &want.after {
            also("n.e164 > ?", after.clone().into());
        }
        also("1 = 1 ORDER BY n.e164 LIMIT ?", i64::from(want.limit).into());
        let sql = format!(
            "SELECT n.id, n.e164, n.country, n.area, n.kind, n.monthly_micros, n.setup_micros, n.currency, \
             p.label AS gateway_port_label, g.label AS gateway_label, p.kind AS gateway_port_kind, p.rental, \
             (p.rental = 'exclusive' AND r.tenant_id IS NULL) AS includes_gateway_port, \
             CASE WHEN n.state = 'reserved' AND n.reserved_until > $2 THEN n.reserved_until END AS held_until \
             FROM number n JOIN gateway_port p ON p.id = n.gateway_port_id JOIN gateway g ON g.id = p.gateway_id \
             LEFT JOIN gateway_port_rental r ON r.id = p.id \
             WHERE p.enabled AND {OPEN_TO} \
             AND (p.rental = 'shared' OR (p.rental = 'exclusive' AND (r.tenant_id IS NULL OR r.tenant_id = $1))){wanted}"
        );
        ask(self.via(), &sql, values).await
    }
    /// Gateway ports that a company may rent for itself.
    pub async fn shop_gateway_ports(&self) -> Result<Vec<ShopGatewayPort>, StoreError> {
        let sql = "SELECT p.id, p.label, p.kind, p.rental, p.channels, g.label AS gateway_label, s.name AS site, \
                   p.monthly_micros, p.currency FROM gateway_port p JOIN gateway g ON g.id = p.gateway_id \
                   JOIN site s ON s.id = g.site_id LEFT JOIN gateway_port_rental r ON r.id = p.id \
                   WHERE p.enabled AND p.rental = 'exclusive' AND r.id IS NULL ORDER BY s.name, g.label, p.ordinal";
        ask(self.via(), sql, vec![]).await
    }
    /// Whether an owner of the company has shown that the e-mail address is theirs.
    pub async fn owner_verified(&self, tenant: TenantId) -> Result<bool, StoreError> {
        let sql = "SELECT o.id FROM member o JOIN user_account u ON u.id = o.user_id WHERE o.tenant_id = $1 \
                   AND o.role = 'owner' AND o.state = 'active' AND u.email_verified_at IS NOT NULL LIMIT 1";
        Ok(!rows::rows(self.via(), sql, vec![tenant.uuid().into()]).await?.is_empty())
    }
    /// Gateway ports of the operator that no company rents, over which numbers of this country can be called, the best first:
    /// those that are there, those of the country, then as the operator ranks them.
    pub async fn check_lines(&self, country: &str, simulated_only: bool) -> Result<Vec<Uuid>, StoreError> {
        let sql = "SELECT p.id FROM gateway_port p JOIN gateway g ON g.id = p.gateway_id JOIN site s ON s.id = g.site_id \
                   LEFT JOIN gateway_port_rental r ON r.id = p.id \
                   WHERE p.enabled AND g.tenant_id IS NULL AND r.id IS NULL AND (g.simulated OR NOT $2) \
                   ORDER BY CASE g.light WHEN 'online' THEN 0 WHEN 'unknown' THEN 1 ELSE 2 END, \
                   CASE WHEN s.country = $1 THEN 0 ELSE 1 END, p.priority, g.label, p.ordinal LIMIT 20";
        let rows = rows::rows(self.via(), sql, vec![country.into(), simulated_only.into()]).await?;
        rows.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
    }
    /// Companies in which somebody is signed in to take calls.
    pub async fn companies_at_work(&self) -> Result<Vec<Uuid>, StoreError> {
        let sql = "SELECT DISTINCT tenant_id AS id FROM agent_state WHERE state <> 'offline' ORDER BY tenant_id";
        let rows = rows::rows(self.via(), sql, vec![]).await?;
        rows.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
    }
    /// Calls that began on a node that is gone: its lease lapsed by the database's clock, or it runs under a later epoch now. The
    /// caller's own life is spared, whatever its lease: it knows its calls.
    pub async fn orphaned_calls(&self, node: NodeId, epoch: i64) -> Result<Vec<OpenCall>, StoreError> {
        let now = match self.database.backend() {
            Backend::Postgres => "(extract(epoch from clock_timestamp()) * 1000000)::bigint",
            Backend::Sqlite => "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
        };
        let sql = format!(
            "SELECT c.tenant_id, c.id FROM call c WHERE c.state = 'open' AND NOT (c.node_id = $1 AND c.node_epoch = $2) \
             AND NOT EXISTS (SELECT 1 FROM node n WHERE n.id = c.node_id AND n.epoch = c.node_epoch AND n.lease_until > {now}) \
             ORDER BY c.id LIMIT 500"
        );
        ask(self.via(), &sql, vec![node.uuid().into(), epoch.into()]).await
    }
}

impl SystemTx {
    /// The person with this address (lower case), as this transaction sees it.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<user_account::Model>, StoreError> {
        self.select::<user_account::Entity>().is(user_account::Column::Email, email).one().await
    }
    /// The invitation with this token hash, as this transaction sees it.
    pub async fn invitation_by_token(&self, token_hash: &str) -> Result<Option<FoundInvitation>, StoreError> {
        Ok(ask(self.via(), INVITATION, vec![token_hash.into()]).await?.pop())
    }
    /// The companies that a person belongs to, as this transaction sees it.
    pub async fn memberships(&self, user: UserId) -> Result<Vec<Membership>, StoreError> {
        ask(self.via(), MEMBERSHIPS, vec![user.uuid().into()]).await
    }
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn patterns_become_sql() {
        for (pattern, sql) in [
            ("550-109", "%550109%"),
            ("+1 415", "+1415%"),
            ("*0100", "%0100"),
            ("1415*00", "+1415%00"),
            ("+1415*", "+1415%"),
            ("50%_'", "%50%"),
            ("", "%%"),
        ] {
            assert_eq!(like(pattern), sql, "{pattern}");
        }
    }
}
