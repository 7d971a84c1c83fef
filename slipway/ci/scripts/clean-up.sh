#!/bin/bash
# Deletes completed runs that are both old and not among the newest of their workflow.
oldest=$(date --utc --date "$DAYS days ago" +%Y-%m-%dT%H:%M:%SZ)
deleted=0
for workflow in $(gh api --paginate "repos/$REPOSITORY/actions/workflows" --jq '.workflows[].id'); do
    runs=$(gh api --paginate \
        "repos/$REPOSITORY/actions/workflows/$workflow/runs?status=completed&per_page=100" \
        --jq '.workflow_runs[] | "\(.created_at) \(.id)"')
    while read -r created run; do
        if [ -n "$run" ] && [[ $created < $oldest ]]; then
            gh api --method DELETE "repos/$REPOSITORY/actions/runs/$run"
            deleted=$((deleted + 1))
        fi
    done < <(sort --reverse <<< "$runs" | tail -n "+$((KEEP + 1))")
done
echo "$deleted runs deleted" | tee -a "$GITHUB_STEP_SUMMARY"
