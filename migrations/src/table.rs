//! How tables are made: columns in a small language, and for a company's tables everything that keeps companies apart.
//!
//! A column is `name type`, with `?` after the type when it may be null and `=value` for a default. Types: `uuid text time int big
//! real bool json`.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

/// A column definition of the small language, for one back end.
fn column(text: &str, backend: DbBackend) -> Result<String, DbErr> {
    let bad = || DbErr::Migration(format!("not a column: {text}"));
    let (definition, default) = text.split_once('=').map_or((text, None), |(left, right)| (left, Some(right.trim())));
    let (name, kind) = definition.trim().split_once(' ').ok_or_else(bad)?;
    let (kind, null) = kind.trim().strip_suffix('?').map_or((kind.trim(), "NOT NULL"), |kind| (kind, "NULL"));
    // SQLite takes any word as a type; these are the words that sea-query would write, so that drivers read them alike.
    let kind = match (kind, backend) {
        ("uuid", DbBackend::Sqlite) => "uuid_text",
        ("uuid", _) => "uuid",
        ("text", _) => "text",
        ("time", DbBackend::Sqlite) => "timestamp_with_timezone_text",
        ("time", _) => "timestamp with time zone",
        ("int", _) => "integer",
        ("big", _) => "bigint",
        ("real", DbBackend::Sqlite) => "double",
        ("real", _) => "double precision",
        ("bool", _) => "boolean",
        ("json", DbBackend::Sqlite) => "jsonb_text",
        ("json", _) => "jsonb",
        _ => return Err(bad()),
    };
    let default = default.map(|value| format!(" DEFAULT {value}")).unwrap_or_default();
    Ok(format!("{name} {kind} {null}{default}"))
}

async fn create(
    manager: &SchemaManager<'_>,
    name: &str,
    head: &[&str],
    columns: &str,
    tail: &[&str],
) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let given = columns.split(',').map(str::trim).filter(|text| !text.is_empty());
    let mut parts: Vec<String> = Vec::new();
    for text in head.iter().copied().chain(given) {
        parts.push(column(text, backend)?);
    }
    parts.extend(tail.iter().map(|text| (*text).to_owned()));
    let sql = format!("CREATE TABLE {name} ({})", parts.join(", "));
    run(manager, &sql).await
}

/// A table that belongs to no company. Only the system role reaches it.
pub async fn global_table(
    manager: &SchemaManager<'_>,
    name: &str,
    columns: &str,
    constraints: &[&str],
) -> Result<(), DbErr> {
    create(manager, name, &[], columns, constraints).await?;
    on_postgres(manager, &format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO patchbay_sys")).await
}

/// A company's table: `tenant_id`, `id`, their key, and the guard. References to other tables of the company must name both
/// columns: `FOREIGN KEY (tenant_id, seat_id) REFERENCES seat (tenant_id, id)`, because PostgreSQL checks references without
/// regard to row security.
pub async fn tenant_table(
    manager: &SchemaManager<'_>,
    name: &str,
    columns: &str,
    constraints: &[&str],
) -> Result<(), DbErr> {
    let mut tail =
        vec!["PRIMARY KEY (tenant_id, id)", "FOREIGN KEY (tenant_id) REFERENCES tenant (id) ON DELETE CASCADE"];
    tail.extend(constraints);
    create(manager, name, &["tenant_id uuid", "id uuid"], columns, &tail).await?;
    guard(manager, name, "SELECT, INSERT, UPDATE, DELETE").await
}

/// As [`tenant_table`], for what is written once: the application role may add and read, never change or remove.
pub async fn tenant_log(
    manager: &SchemaManager<'_>,
    name: &str,
    columns: &str,
    constraints: &[&str],
) -> Result<(), DbErr> {
    let mut tail =
        vec!["PRIMARY KEY (tenant_id, id)", "FOREIGN KEY (tenant_id) REFERENCES tenant (id) ON DELETE CASCADE"];
    tail.extend(constraints);
    create(manager, name, &["tenant_id uuid", "id uuid"], columns, &tail).await?;
    guard(manager, name, "SELECT, INSERT").await
}

/// A company's table with one row per company.
pub async fn tenant_single(manager: &SchemaManager<'_>, name: &str, columns: &str) -> Result<(), DbErr> {
    let tail = ["PRIMARY KEY (tenant_id)", "FOREIGN KEY (tenant_id) REFERENCES tenant (id) ON DELETE CASCADE"];
    create(manager, name, &["tenant_id uuid"], columns, &tail).await?;
    guard(manager, name, "SELECT, INSERT, UPDATE").await
}

/// Whoever may write the table in whatever role is refused all but adding.
pub async fn only_grows(m: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    if m.get_database_backend() == DbBackend::Postgres {
        let sql = format!(
            "CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} \
               FOR EACH ROW EXECUTE FUNCTION patchbay_only_grows();
             CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table} \
               FOR EACH STATEMENT EXECUTE FUNCTION patchbay_only_grows();
             REVOKE UPDATE, DELETE ON {table} FROM patchbay_sys;"
        );
        return run(m, &sql).await;
    }
    for deed in ["UPDATE", "DELETE"] {
        let sql = format!(
            "CREATE TRIGGER {table}_no_{deed} BEFORE {deed} ON {table} \
             BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
        );
        run(m, &sql).await?;
    }
    Ok(())
}

/// Takes back what [`only_grows`] refused.
pub async fn grows_anyhow(m: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    if m.get_database_backend() == DbBackend::Postgres {
        let sql = format!("DROP TRIGGER {table}_only_grows ON {table}; DROP TRIGGER {table}_stays ON {table};");
        return run(m, &sql).await;
    }
    for deed in ["UPDATE", "DELETE"] {
        run(m, &format!("DROP TRIGGER {table}_no_{deed}")).await?;
    }
    Ok(())
}

/// What [`grows_with_its_company`] needs on PostgreSQL.
pub async fn goes_with_its_company(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    on_postgres(
        m,
        "CREATE FUNCTION patchbay_grows_with_company() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN \
           IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM tenant WHERE id = OLD.tenant_id) THEN RETURN OLD; END IF; \
           RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; \
         END $$",
    )
    .await
}

/// As [`only_grows`] for a company's table, with one exception: when the company is deleted its rows go too.
pub async fn grows_with_its_company(m: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    if m.get_database_backend() == DbBackend::Postgres {
        let sql = format!(
            "CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} \
               FOR EACH ROW EXECUTE FUNCTION patchbay_grows_with_company();
             CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table} \
               FOR EACH STATEMENT EXECUTE FUNCTION patchbay_only_grows();
             REVOKE UPDATE, DELETE ON {table} FROM patchbay_sys;"
        );
        return run(m, &sql).await;
    }
    for (deed, only) in [("UPDATE", ""), ("DELETE", "WHEN EXISTS (SELECT 1 FROM tenant WHERE id = OLD.tenant_id) ")] {
        let sql = format!(
            "CREATE TRIGGER {table}_no_{deed} BEFORE {deed} ON {table} {only}\
             BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
        );
        run(m, &sql).await?;
    }
    Ok(())
}

/// Row security on PostgreSQL: one permissive policy that opens, one restrictive one that confines, so that a policy added later
/// can only narrow; forced, so that the owner is confined too. Without a company set the setting is empty and nothing is seen.
async fn guard(manager: &SchemaManager<'_>, name: &str, rights: &str) -> Result<(), DbErr> {
    let own = "tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::uuid";
    let sql = format!(
        "ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
         ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
         CREATE POLICY {name}_open ON {name} USING (true) WITH CHECK (true);
         CREATE POLICY {name}_tenant ON {name} AS RESTRICTIVE USING ({own}) WITH CHECK ({own});
         GRANT {rights} ON {name} TO patchbay_app;
         GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO patchbay_sys;"
    );
    on_postgres(manager, &sql).await
}

/// One statement, the same on both back ends.
pub async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await.map(|_| ())
}

/// Statements for PostgreSQL alone.
pub async fn on_postgres(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres { run(manager, sql).await } else { Ok(()) }
}

/// The two roles. Roles belong to the whole server, so another database of it may have made them already, or be making them now.
/// Only a superuser may make `patchbay_sys`, because of BYPASSRLS; elsewhere a superuser makes it beforehand.
pub(crate) async fn roles(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    for (role, right) in [("patchbay_app", "NOBYPASSRLS"), ("patchbay_sys", "BYPASSRLS")] {
        let sql = format!(
            "DO $$ BEGIN
               IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                 BEGIN CREATE ROLE {role} NOLOGIN {right};
                 EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
               END IF;
               IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN
                 EXECUTE format('GRANT {role} TO %I', current_user);
               END IF;
             END $$;
             GRANT USAGE ON SCHEMA public TO {role};"
        );
        connection.execute_unprepared(&sql).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_written_for_each_back_end() {
        for (text, sqlite, postgres) in [
            ("id uuid", "id uuid_text NOT NULL", "id uuid NOT NULL"),
            ("seen_at time?", "seen_at timestamp_with_timezone_text NULL", "seen_at timestamp with time zone NULL"),
            ("contacts int=0", "contacts integer NOT NULL DEFAULT 0", "contacts integer NOT NULL DEFAULT 0"),
        ] {
            assert_eq!(column(text, DbBackend::Sqlite).unwrap(), sqlite);
            assert_eq!(column(text, DbBackend::Postgres).unwrap(), postgres);
        }
        for text in ["id", "id number", ""] {
            assert!(column(text, DbBackend::Sqlite).is_err(), "{text}");
        }
    }
}
