#!/bin/sh
# First start of the database: the role that nodes log in with. It owns nothing; migrations give it its rights.
set -eu
password=$(cat "${SECRETS_DIR:-/run/secrets}/login_password")
psql -v ON_ERROR_STOP=1 -v password="$password" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE assistant_app NOLOGIN;
CREATE ROLE assistant_login LOGIN PASSWORD :'password' CONNECTION LIMIT 180;
GRANT assistant_app TO assistant_login, assistant_owner;
SQL
