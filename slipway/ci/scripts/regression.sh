#!/bin/bash
# Compares with the newest test that passed, whose summary is an artifact.
id=$(gh api "repos/$REPOSITORY/actions/artifacts?name=$ARTIFACT&per_page=1" --jq '.artifacts[0].id // empty')
if [ -z "$id" ]; then
    echo 'There is no baseline yet: this test is the first.' | tee -a "$GITHUB_STEP_SUMMARY"
    exit 0
fi
gh api "repos/$REPOSITORY/actions/artifacts/$id/zip" > baseline.zip
unzip -p baseline.zip summary.json > baseline.json
before=$(jq '.metrics.http_req_duration["p(95)"]' baseline.json)
now=$(jq '.metrics.http_req_duration["p(95)"]' summary.json)
echo "p95: $now ms, in the baseline $before ms" | tee -a "$GITHUB_STEP_SUMMARY"
if jq --null-input --exit-status --argjson now "$now" --argjson before "$before" \
    --argjson times "$REGRESSION" '$now > $before * $times' > /dev/null; then
    echo "::error::p95 is $now ms, more than $REGRESSION times the baseline's $before ms"
    exit 1
fi
