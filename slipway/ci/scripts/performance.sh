#!/bin/bash
p95=$(jq '.metrics.http_req_duration["p(95)"]' summary.json)
errors=$(jq '.metrics.http_req_failed.value' summary.json)
{
    echo '| measure | value | limit |'
    echo '| --- | --- | --- |'
    echo "| p95 | $p95 ms | $P95_MS ms |"
    echo "| failed requests | $errors | $ERROR_RATE |"
} >> "$GITHUB_STEP_SUMMARY"
if ! jq --exit-status --argjson p95 "$P95_MS" --argjson errors "$ERROR_RATE" \
    '.metrics.http_req_duration["p(95)"] <= $p95 and .metrics.http_req_failed.value <= $errors' \
    summary.json > /dev/null; then
    echo "::error::p95 is $p95 ms (at most $P95_MS), $errors of the requests failed (at most $ERROR_RATE)"
    exit 1
fi
