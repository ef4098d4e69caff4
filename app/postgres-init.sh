#!/bin/sh
# Runs once in a new PostgreSQL container: the owner of the tables, and the service that may not rewrite evidence.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v owner="$OWNER_PASSWORD" -v service="$SERVICE_PASSWORD" <<'SQL'
CREATE ROLE dingyue_owner LOGIN PASSWORD :'owner';
CREATE ROLE dingyue_service LOGIN PASSWORD :'service';
CREATE DATABASE dingyue OWNER dingyue_owner;
SQL
