#!/bin/sh
# Behaves like the official image: arguments that begin with a dash go to redis-server, which runs
# as `redis` in /data and answers every address of its container.
set -eu

if [ "${1#-}" != "$1" ]; then
    set -- redis-server "$@"
fi
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
    chown -R redis:redis /data
    exec setpriv --reuid redis --regid redis --init-groups "$@" --bind '*' '-::*' --protected-mode no
fi
exec "$@"
