#!/bin/bash
{
    echo '| job | result |'
    echo '| --- | --- |'
    jq --raw-output 'to_entries[] | "| \(.key) | \(.value.result) |"' <<< "$NEEDS"
} >> "$GITHUB_STEP_SUMMARY"
failed=$(jq --raw-output \
    '[to_entries[] | select(.value.result | IN("success", "skipped") | not) | .key] | join(", ")' \
    <<< "$NEEDS")
if [ -n "$failed" ]; then
    echo "::error::not passed: $failed"
    exit 1
fi
