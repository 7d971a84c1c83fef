#!/bin/sh
# Behaves like the official image: the first start creates the cluster, the user and the database
# from POSTGRES_USER, POSTGRES_PASSWORD (or POSTGRES_PASSWORD_FILE) and POSTGRES_DB.
set -eu

create_cluster() {
    user=${POSTGRES_USER:-postgres}
    database=${POSTGRES_DB:-$user}
    password=${POSTGRES_PASSWORD:-}
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
        password=$(cat "$POSTGRES_PASSWORD_FILE")
    fi
    if [ -z "$password" ]; then
        echo "postgres: POSTGRES_PASSWORD is not set: set it for the first start" >&2
        exit 1
    fi
    # PG_VERSION marks a whole cluster, so it arrives last: a start that is cut off begins anew.
    cluster=$(mktemp -d)
    printf '%s\n' "$password" | initdb --username="$user" --pwfile=/dev/stdin --encoding=UTF8 \
        --auth-local=trust --auth-host=scram-sha-256 --pgdata="$cluster"
    echo "host all all all scram-sha-256" >> "$cluster/pg_hba.conf"
    if [ "$database" != postgres ]; then
        printf 'CREATE DATABASE "%s"\n' "$database" | postgres --single -j -D "$cluster" postgres
    fi
    mv "$cluster/PG_VERSION" /tmp/PG_VERSION
    cp -a "$cluster/." "$PGDATA"
    sync
    mv /tmp/PG_VERSION "$PGDATA/PG_VERSION"
    rm -rf "$cluster"
}

if [ "${1#-}" != "$1" ]; then
    set -- postgres "$@"
fi
if [ "$1" = postgres ] && [ "$(id -u)" = 0 ]; then
    install -d -o postgres -g postgres -m 700 "$PGDATA"
    install -d -o postgres -g postgres -m 2775 /var/run/postgresql
    exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi
if [ "$1" = postgres ]; then
    if [ ! -s "$PGDATA/PG_VERSION" ]; then
        create_cluster
    fi
    shift
    set -- postgres -c listen_addresses='*' "$@"
fi
exec "$@"
