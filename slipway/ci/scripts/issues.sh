#!/bin/bash
# One open issue for each job that fails; further failures become comments on it.
gh label create "$LABEL" --repo "$REPOSITORY" --force --color d93f0b \
    --description 'Found by the scheduled workflow'
failed=$(jq --raw-output 'to_entries[] | select(.value.result == "failure") | .key' <<< "$NEEDS")
for job in $failed; do
    export title="Scheduled check failed: $job"
    body="See [the run]($RUN)."
    number=$(gh issue list --repo "$REPOSITORY" --state open --label "$LABEL" --limit 100 \
        --json number,title --jq 'map(select(.title == env.title))[0].number // empty')
    if [ -n "$number" ]; then
        gh issue comment "$number" --repo "$REPOSITORY" --body "$body"
    else
        gh issue create --repo "$REPOSITORY" --title "$title" --label "$LABEL" --body "$body"
    fi
done
