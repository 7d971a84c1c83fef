#!/bin/bash
# The webhooks are secrets: curl reads them from a pipe, not from its arguments.
failed=$(jq --raw-output \
    '[to_entries[] | select(.value.result | IN("success", "skipped") | not) | .key] | join(", ")' \
    <<< "$NEEDS")
if [ -n "$failed" ]; then
    result="failed ($failed)"
elif [ "$ROLLBACK" = true ]; then
    result='rolled back'
else
    result='succeeded'
fi
text="$REPOSITORY: deployment of ${VERSION:-the previous release}: $result, by $ACTOR, $RUN"
post() {
    curl --fail --silent --show-error --max-time 20 --retry 3 --output /dev/null \
        --header 'Content-Type: application/json' --data "$2" \
        --config <(printf 'url = "%s"\n' "$1")
}
if [ -n "${SLACK_WEBHOOK:-}" ]; then
    post "$SLACK_WEBHOOK" "$(jq --null-input --arg text "$text" '{text: $text}')"
fi
if [ -n "${DISCORD_WEBHOOK:-}" ]; then
    post "$DISCORD_WEBHOOK" "$(jq --null-input --arg text "$text" '{content: $text}')"
fi
if [ -n "${PAGERDUTY_ROUTING_KEY:-}" ] && [ -n "$failed" ]; then
    # The key is in the body, which curl takes from its standard input.
    jq --null-input --arg text "$text" --arg source "$REPOSITORY" \
        '{routing_key: env.PAGERDUTY_ROUTING_KEY, event_action: "trigger",
          payload: {summary: $text, source: $source, severity: "critical"}}' |
        curl --fail --silent --show-error --max-time 20 --retry 3 --output /dev/null \
            --header 'Content-Type: application/json' --data @- "$PAGERDUTY_URL"
fi
