#!/bin/bash
# Passes when the container turns healthy, or still runs after 10 seconds if it has no health check.
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
