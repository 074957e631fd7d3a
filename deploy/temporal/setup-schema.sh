#!/bin/sh
# Creates Temporal's two databases and brings their schemas up to the version that this image's server needs. Run before
# each start of the server: where nothing is to be done, it does nothing.
#
# temporal-sql-tool takes the connection from SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD, so that the
# password is not in the list of processes.
set -eu

: "${SQL_PLUGIN:?}" "${SQL_HOST:?}" "${SQL_PORT:?}" "${SQL_USER:?}" "${SQL_PASSWORD:?}"
SCHEMA_DIR=${SCHEMA_DIR:-/etc/temporal/schema/postgresql/v12}

# set_up DATABASE FOLDER_OF_ITS_VERSIONS
set_up() {
  temporal-sql-tool --db "$1" create
  # Version 0.0 is the empty schema; a database that is further on keeps its version.
  temporal-sql-tool --db "$1" setup-schema --version 0.0
  temporal-sql-tool --db "$1" update-schema --schema-dir "$2"
}

set_up temporal "$SCHEMA_DIR/temporal/versioned"
set_up temporal_visibility "$SCHEMA_DIR/visibility/versioned"
echo 'Both schemas are up to date.'
