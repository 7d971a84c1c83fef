#!/bin/bash
# A commit is built once: its digest is put out if the registry has it, signed by this workflow as
# it is on the deployed branch or on a tag. On others it may have been changed by anybody.
tag="sha-${COMMIT::12}"
echo "tag=$tag" >> "$GITHUB_OUTPUT"
if digest=$(docker buildx imagetools inspect "$IMAGE:$tag" --format '{{.Manifest.Digest}}' 2> error.txt); then
    signer="^${SERVER//./\\.}/${REPOSITORY//./\\.}/\\.github/workflows/${WORKFLOW//./\\.}@refs/(heads/${BRANCH//./\\.}|tags/.+)$"
    if cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com \
        --certificate-identity-regexp "$signer" --certificate-github-workflow-sha "$COMMIT" \
        "$IMAGE@$digest" > /dev/null 2> error.txt; then
        echo "digest=$digest" >> "$GITHUB_OUTPUT"
        echo "$IMAGE:$tag is there: $digest"
    else
        echo "::warning::$IMAGE:$tag is there, but not signed by this workflow: built again"
    fi
elif ! grep -qi 'not found\|manifest unknown\|name unknown' error.txt; then
    echo "::error::the registry did not say whether it has $IMAGE:$tag: $(tail -n 1 error.txt)"
    exit 1
fi
