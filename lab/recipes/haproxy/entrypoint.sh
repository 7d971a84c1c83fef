#!/bin/sh
# Behaves like the official image: haproxy runs in the foreground under its master process.
set -eu

if [ "${1#-}" != "$1" ]; then
    set -- haproxy "$@"
fi
if [ "$1" = haproxy ]; then
    shift
    set -- haproxy -W -db "$@"
fi
exec "$@"
