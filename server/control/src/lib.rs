//! Floor 5: the control plane. People, companies, seats, numbers and gateways over HTTP, and the switch's questions answered.
//!
//! [`resources!`] below is the table of contents: a module in that list is mounted, documented and enrolled in the attack test
//! at once. `kit` is what resources are made with, `http` the layers around them.

/// Routes of a resource: handlers that carry `#[utoipa::path]`. Defines `routes()` in the module.
///
/// `for pages` opens them to pages of other sites, which come with a seat token and ask with OPTIONS first.
macro_rules! resource {
    (for pages $($path:literal: $handler:ident),* $(,)?) => {
        /// This resource's routes with their documentation.
        pub fn routes() -> utoipa_axum::router::OpenApiRouter<$crate::kit::app::App> {
            let router = utoipa_axum::router::OpenApiRouter::new()
                $(.routes(utoipa_axum::routes!($handler)).route($path, axum::routing::options($crate::http::preflight)))*;
            router.layer($crate::http::for_pages())
        }
    };
    ($($handler:ident),* $(,)?) => {
        /// This resource's routes with their documentation.
        pub fn routes() -> utoipa_axum::router::OpenApiRouter<$crate::kit::app::App> {
            utoipa_axum::router::OpenApiRouter::new()$(.routes(utoipa_axum::routes!($handler)))*
        }
    };
}

/// Makes row modules with `tenant_id` and `id` rows of a company. `about people` makes them ones that only those see whose data
/// scope reaches them; their module then implements `SeenRow`.
macro_rules! tenant_rows {
    ($($row:ident),* $(,)?) => {
        $(impl patchbay_tenancy::OpenRow for $row::Entity {})*
        $crate::tenant_rows!(about people: $($row),*);
    };
    (about people: $($row:ident),* $(,)?) => {$(
        impl TenantRow for $row::Entity {
            fn tenant_column() -> $row::Column { $row::Column::TenantId }
            fn id_column() -> $row::Column { $row::Column::Id }
        }
    )*};
}

/// The table of contents: modules with `routes()`.
macro_rules! resources {
    ($($module:path),* $(,)?) => {
        fn contents() -> utoipa_axum::router::OpenApiRouter<kit::app::App> {
            use utoipa_axum::router::OpenApiRouter;
            let router = OpenApiRouter::with_openapi(document::base());
            $(let router = { use $module as resource; router.merge(resource::routes()) };)*
            router
        }
    };
}

pub(crate) use {resource, tenant_rows};

pub mod agents;
pub mod audit;
pub mod callbacks;
pub mod calls;
mod chores;
pub mod directory;
mod document;
pub mod events;
pub mod flows;
pub mod http;
pub mod identity;
pub mod inventory;
pub mod kit;
pub mod live;
pub mod mail;
pub mod money;
pub mod operator;
pub mod people;
pub mod phone;
pub mod programs;
pub mod prompts;
pub mod queues;
pub mod recordings;
pub mod seats;
pub mod status;
pub mod surveys;
pub mod views;
pub mod voicemails;
pub mod webhooks;

use patchbay_tenancy::{Stamp, StoreError};

pub use kit::app::{ControlParts, EntropyFactory, LabSlot, Settings, SwitchSlot};
pub use kit::limits::LimitSettings;
pub use live::Feed;
pub use mail::MailSettings;
pub use phone::softphone::{Pages, SoftphoneGrant};

resources! {
    crate::inventory::overview,
    crate::inventory::sites,
    crate::inventory::gateway_routes,
    crate::inventory::capture,
    crate::inventory::gateway_port_routes,
    crate::inventory::port_rules,
    crate::inventory::sims,
    crate::inventory::own_sites,
    crate::inventory::own_gateway_routes,
    crate::inventory::stock_routes,
    crate::inventory::shop,
    crate::inventory::caller_rules,
    crate::inventory::number_check_routes,
    crate::inventory::number_holds,
    crate::inventory::number_story,
    crate::inventory::released,
    crate::inventory::numbers,
    crate::inventory::rentals,
    crate::flows::routes,
    crate::flows::draft,
    crate::flows::trial,
    crate::flows::publish,
    crate::status,
    crate::document,
    crate::identity::sign_up,
    crate::identity::session,
    crate::identity::sign_on::start,
    crate::identity::sign_on::settings,
    crate::identity::email_check,
    crate::identity::me,
    crate::identity::sessions,
    crate::identity::my_second_factor,
    crate::identity::password_reset,
    crate::people::company,
    crate::people::onboarding,
    crate::people::members,
    crate::people::member_exit,
    crate::people::lost_factor,
    crate::people::departments,
    crate::people::teams,
    crate::people::roles,
    crate::people::invitation_token,
    crate::people::invitations,
    crate::operator::session,
    crate::operator::account,
    crate::operator::pending,
    crate::operator::system,
    crate::operator::companies,
    crate::operator::support,
    crate::operator::jobs,
    crate::operator::matching,
    crate::inventory::imports,
    crate::money::price_lists,
    crate::money::price_decks,
    crate::money::price_changes,
    crate::money::accounts,
    crate::money::overview,
    crate::money::statements,
    crate::money::caps,
    crate::seats::routes,
    crate::seats::devices,
    crate::queues::live,
    crate::queues::routes,
    crate::queues::skills,
    crate::queues::reasons,
    crate::queues::dispositions,
    crate::agents::mine,
    crate::agents::wrap_up,
    crate::agents::floor,
    crate::phone::softphone,
    crate::programs::keys,
    crate::programs::key_changes,
    crate::programs::seat_tokens,
    crate::phone::lab,
    crate::prompts::routes,
    crate::prompts::audio,
    crate::prompts::speech,
    crate::recordings::routes,
    crate::recordings::policy,
    crate::recordings::orders,
    crate::recordings::sound,
    crate::calls::export,
    crate::voicemails::routes,
    crate::surveys::routes,
    crate::callbacks::routes,
    crate::calls::routes,
    crate::calls::place,
    crate::calls::orders,
    crate::calls::parked,
    crate::calls::live,
    crate::calls::causes,
    crate::calls::ladder,
    crate::calls::capacity,
    crate::calls::quotas,
    crate::events::routes,
    crate::views::changes,
    crate::webhooks::endpoints,
    crate::webhooks::changes,
    crate::webhooks::deliveries,
    crate::live::ticket,
    crate::audit::company,
    crate::audit::platform,
}

/// The running control plane. Cheap to clone.
#[derive(Clone)]
pub struct Control {
    app: kit::app::App,
}

impl Control {
    /// Reads (or makes) the keys of access tokens. Fails as the store does.
    pub async fn start(parts: ControlParts) -> Result<Self, StoreError> {
        let mut tx = parts.database.system().begin(Stamp::system(parts.clock.wall(), (parts.entropy)())).await?;
        let keys = kit::caller::Keys::load(&mut tx, &parts.sealer).await?;
        tx.commit().await?;
        Ok(Self { app: kit::app::App::new(parts, keys) })
    }

    /// The state behind the handlers.
    pub fn app(&self) -> &kit::app::App {
        &self.app
    }

    /// The API with its layers. Serve it with connection info (`SocketAddr`), so that limits know their sources.
    pub fn router(&self) -> axum::Router {
        let (router, _) = contents().split_for_parts();
        // A WebSocket has no place in the document, nor has what providers send browsers back to.
        let router = router.route("/v1/live", axum::routing::get(live::socket::live));
        let back = axum::routing::get(identity::sign_on::callback::single_sign_on_callback);
        let router = router.route("/v1/sign-in/single-sign-on/callback", back);
        let router = router.fallback(http::unknown).method_not_allowed_fallback(http::wrong_method);
        http::layered(router.with_state(self.app.clone()), &self.app)
    }

    /// Whom to ask about this node; once. Without one, handlers know what the store knows.
    pub fn observe(&self, observer: std::sync::Arc<dyn patchbay_plane::Observer>) {
        self.app.set_observer(observer);
    }

    /// Who routes calls here; once. Without one, operators cannot ask what a call would find.
    pub fn directed_by(&self, directory: std::sync::Arc<directory::Directory>) {
        self.app.set_directory(directory);
    }

    /// Says which calls are recorded and takes what they say.
    pub fn keeper(&self) -> std::sync::Arc<dyn patchbay_plane::Keeper> {
        std::sync::Arc::new(recordings::keeper::CallKeeper(self.app.clone()))
    }

    /// Writes down how recordings ended that nobody has written down yet: after [`Self::work`] was aborted and the media stopped.
    pub async fn settle_recordings(&self) {
        recordings::keeper::settle(&self.app).await;
    }

    /// Use up a ticket for `/sip`: the flow is then trusted as this device. `None`: refuse the upgrade.
    pub fn redeem_softphone(&self, ticket: &str) -> Option<SoftphoneGrant> {
        self.app.softphone_tickets.redeem(ticket, self.app.clock.tick())
    }
}

impl Control {
    /// What has to be done again and again: letters, webhooks, sweeps, ends of quarantine. Never returns; abort it at shutdown.
    pub async fn work(self) {
        let courier = webhooks::courier::Courier::new(&self.app);
        let (app, follow) = (&self.app, queues::follow::run(&self.app));
        tokio::join!(chores::run(app), courier.work(), follow, recordings::keeper::work(app), money::work(app));
    }
}

/// The API document, as pretty JSON with a final line feed.
pub fn openapi() -> String {
    document::finished(contents().into_openapi())
}
