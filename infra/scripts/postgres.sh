#!/usr/bin/env bash
# postgres.sh COMMAND...: runs it with a private PostgreSQL server, PATCHBAY_TEST_POSTGRES its address; ends the server after.
set -euo pipefail
programs=$(ls -d /usr/lib/postgresql/*/bin /usr/local/pgsql/bin 2>/dev/null | sort -V | tail -n 1 || true)
if [ ! -x "$programs/initdb" ]; then
  echo "PostgreSQL is not installed (infra/scripts/deps.sh test): running without it" >&2
  exec "$@"
fi
folder=$(mktemp -d)
owner=()
# PostgreSQL refuses to run as root: then it runs as the user of its package.
if [ "$(id -u)" -eq 0 ]; then
  chown postgres:postgres "$folder"
  owner=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
server=
finish() {
  [ -z "$server" ] || { kill -INT "$server" && wait "$server"; } 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd /
"${owner[@]}" "$programs/initdb" -D "$folder/data" -U owner -A trust -E UTF8 --locale=C --no-sync >"$folder/init.log" 2>&1 \
  || { cat "$folder/init.log" >&2; exit 1; }
tcp_port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
"${owner[@]}" "$programs/postgres" -D "$folder/data" -k "$folder" -p "$tcp_port" -c listen_addresses=127.0.0.1 \
  -c fsync=off -c synchronous_commit=off -c full_page_writes=off >"$folder/server.log" 2>&1 </dev/null &
server=$!
for _ in $(seq 300); do
  "$programs/pg_isready" --quiet -h 127.0.0.1 -p "$tcp_port" -U owner && break
  kill -0 "$server" 2>/dev/null || { cat "$folder/server.log" >&2; exit 1; }
  sleep 0.1
done
cd - >/dev/null
PATH="$programs:$PATH" PATCHBAY_TEST_POSTGRES="postgres://owner@127.0.0.1:$tcp_port/postgres" "$@"
