#!/bin/bash
tags=()
while read -r tag; do
    [ -z "$tag" ] || tags+=(--tag "$tag")
done <<< "$NAMES"
docker buildx imagetools create "${tags[@]}" "$IMAGE@$DIGEST"
echo "digest=$DIGEST" >> "$GITHUB_OUTPUT"
{
    echo "**$IMAGE** \`$DIGEST\`"
    echo
    grep . <<< "$NAMES"
} >> "$GITHUB_STEP_SUMMARY"
