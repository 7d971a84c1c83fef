#!/bin/bash
# Passes when the container becomes healthy or, without a health check, runs for 10 seconds.
container=$(docker run --detach "$IMAGE")
trap 'docker logs --tail 100 "$container"; docker rm --force "$container" > /dev/null' EXIT
for _ in $(seq 60); do
    sleep 1
    state=$(docker inspect --format \
        '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' "$container")
    case "$state" in
        'running healthy') exit 0 ;;
        'running ') ((SECONDS < 10)) || exit 0 ;;
        'running starting') ;;
        *) break ;;
    esac
done
echo "::error::$IMAGE does not start: $state"
exit 1
