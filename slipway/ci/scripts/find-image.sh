#!/bin/bash
# A commit is built once: outputs its digest if the registry has it, signed by this workflow on the
# deployed branch or on a tag. On other branches anybody may have changed the workflow.
tag="sha-${COMMIT::12}"
echo "tag=$tag" >> "$GITHUB_OUTPUT"
if digest=$(docker buildx imagetools inspect "$IMAGE:$tag" --format '{{.Manifest.Digest}}' 2> error.txt); then
    signer="^${SERVER//./\\.}/${REPOSITORY//./\\.}/\\.github/workflows/${WORKFLOW//./\\.}@refs/(heads/${BRANCH//./\\.}|tags/.+)$"
    if cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com \
        --certificate-identity-regexp "$signer" --certificate-github-workflow-sha "$COMMIT" \
        "$IMAGE@$digest" > /dev/null 2> error.txt; then
        echo "digest=$digest" >> "$GITHUB_OUTPUT"
        echo "$IMAGE:$tag exists: $digest"
    else
        echo "::warning::$IMAGE:$tag exists, but is not signed by this workflow: building it again"
    fi
elif ! grep -qi 'not found\|manifest unknown\|name unknown' error.txt; then
    echo "::error::cannot query the registry for $IMAGE:$tag: $(tail -n 1 error.txt)"
    exit 1
fi
