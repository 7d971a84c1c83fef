#!/bin/bash
# Passes when one run of CI for the commit has succeeded, fails when all have ended and none has.
# A tag whose commit was never checked has it checked now.
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
            # A moment's patience first: the push may have started one that is not listed yet.
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
