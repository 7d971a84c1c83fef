#!/bin/bash
lines=$(jq --raw-output '.total.lines.pct' coverage/coverage-summary.json)
echo "Lines covered: $lines % (at least $LEAST %)" | tee -a "$GITHUB_STEP_SUMMARY"
if jq --exit-status --argjson least "$LEAST" '.total.lines.pct < $least' \
    coverage/coverage-summary.json > /dev/null; then
    echo "::error::$lines % of the lines are covered, less than $LEAST %"
    exit 1
fi
