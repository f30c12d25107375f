//! The first people of an installation, made on its own machine: who can run the program there needs no proof.

use kernel::{Entropy, Secret, TenantId, UserId, Wall};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Database, Stamp, StoreError,
    system::{tenant, user_account},
};
use sea_orm::{ActiveValue::Set, Order};

use super::{
    shapes::SignUp,
    sign_up::{check_email, email, first_member, found},
};
use crate::{
    kit::{body::Check, password::Passwords, problem::Problem, token},
    people::row::member,
};

/// Who is to come in.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Name of the company, where one is made.
    pub company: String,
}

/// Who came in.
#[derive(Debug)]
pub struct AddedUser {
    /// Address as stored.
    pub email: String,
    /// Name of the company.
    pub company: String,
    /// The company is new.
    pub made_company: bool,
    /// Not kept: show it now.
    pub password: Secret<String>,
}

/// Why nobody came in.
#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    /// Not an address, or not a name.
    #[error("{0}")]
    Invalid(&'static str),
    /// Somebody has the address.
    #[error("somebody has signed up with this address already")]
    Taken,
    /// The store failed.
    #[error("the database: {0}")]
    Store(#[from] StoreError),
    /// Something else failed, with the word of its kind.
    #[error("it failed: {0}")]
    Failed(&'static str),
}

impl From<Problem> for NotAdded {
    fn from(problem: Problem) -> Self {
        match problem.code() {
            "email_taken" => Self::Taken,
            code => Self::Failed(code),
        }
    }
}

/// Makes somebody the owner of a new company; in a `private` installation, of the one there is. Their address counts as checked.
/// Fails as the store does, and for an address that somebody has.
pub async fn add_owner(
    database: &Database,
    now: Wall,
    mut chance: Box<dyn Entropy>,
    private: bool,
    new: &NewUser,
) -> Result<AddedUser, NotAdded> {
    let address = email(&new.email);
    let mut check = Check::default();
    check_email(&mut check, &address);
    check.done().map_err(|_| NotAdded::Invalid("not an e-mail address"))?;
    let mut check = Check::default();
    check.name(&new.name, "name");
    check.name(&new.company, "company");
    check.done().map_err(|_| NotAdded::Invalid("names have 1 to 80 characters"))?;
    if database.system().user_by_email(&address).await?.is_some() {
        return Err(NotAdded::Taken);
    }
    let password = token::password(chance.as_mut());
    let hash = Passwords::default().hash(password.expose(), chance.as_mut()).await?;
    let there =
        database.system().select::<tenant::Entity>().order_by(tenant::Column::CreatedAt, Order::Asc).one().await?;
    let there = there.filter(|_| private);
    let mut tx = database.system().begin(Stamp::system(now, chance)).await?;
    let company = there.as_ref().map_or_else(|| new.company.trim().to_owned(), |row| row.name.clone());
    let added = |made_company| AddedUser { email: address.clone(), company: company.clone(), made_company, password };
    let Some(row) = there else {
        let ask = SignUp {
            company: company.clone(),
            name: new.name.trim().to_owned(),
            email: address.clone(),
            password: String::new(),
            country: None,
            locale: None,
        };
        let (tenant, user) = found(&mut tx, &ask, hash).await?;
        tx.update(user_account::ActiveModel {
            id: Set(user.uuid()),
            email_verified_at: Set(Some(tx.at())),
            ..Default::default()
        })
        .await?;
        first_member(tx, tenant, user, &company).await?;
        return Ok(added(true));
    };
    let (tenant, user) = (TenantId::from_uuid(row.id), UserId::from_uuid(tx.new_id()));
    let person = user_account::ActiveModel {
        id: Set(user.uuid()),
        email: Set(address.clone()),
        name: Set(new.name.trim().to_owned()),
        password_hash: Set(hash),
        email_verified_at: Set(Some(tx.at())),
        locale: Set(row.locale.clone()),
        created_at: Set(tx.at()),
    };
    tx.insert(person).await?;
    let mut tx = tx.enter(tenant).await?;
    let id = kernel::MemberId::from_uuid(tx.new_id());
    let owner = member::ActiveModel {
        id: Set(id.uuid()),
        user_id: Set(user.uuid()),
        role: Set("owner".into()),
        state: Set("active".into()),
        created_at: Set(tx.at()),
        last_seen_at: Set(None),
        ..Default::default()
    };
    tx.insert(owner).await?;
    tx.changed("member.joined", "member", &id.to_string(), serde_json::json!({ "role": "owner" })).await?;
    tx.commit().await?;
    Ok(added(false))
}
