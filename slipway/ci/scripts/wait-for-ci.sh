#!/bin/bash
# Passes when a run of CI for the commit has succeeded, fails when all have completed and none has.
# Starts CI for a tag whose commit has no run.
state=none
while ((SECONDS < LIMIT)); do
    previous=$state
    state=$(gh run list --repo "$REPOSITORY" --workflow "$WORKFLOW" --commit "$COMMIT" \
        --json status,conclusion --jq 'if any(.[]; .conclusion == "success") then "passed"
            elif length == 0 then "none"
            elif all(.[]; .status == "completed") then "failed"
            else "waiting" end')
    case "$state" in
        passed) echo "$WORKFLOW has passed for $COMMIT" && exit 0 ;;
        failed) break ;;
        none)
            # Waits first: the push may have started a run that is not listed yet.
            if [ "$previous" = none ] && [ -n "$TAG" ] && ((SECONDS >= PAUSE)); then
                gh workflow run "$WORKFLOW" --repo "$REPOSITORY" --ref "$TAG"
                TAG=''
            fi
            ;;
    esac
    sleep "$PAUSE"
done
echo "::error::$WORKFLOW has not passed for $COMMIT ($state): nothing is deployed"
exit 1
