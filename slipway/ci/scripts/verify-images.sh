#!/bin/bash
# Verifies that every image of the version exists and is signed by this repository's image workflow
# on the deployed branch or on a tag. An image exists a moment before its signature.
signer="^${SERVER//./\\.}/${REPOSITORY//./\\.}/\\.github/workflows/${WORKFLOW//./\\.}@refs/(heads/${BRANCH//./\\.}|tags/.+)$"
retry() {
    until "$@" 2> error.txt; do
        if ((SECONDS >= LIMIT)); then
            echo "::error::$image:$VERSION cannot be deployed: $(tail -n 1 error.txt)" >&2
            return 1
        fi
        sleep "$PAUSE"
    done
}
for image in $IMAGES; do
    digest=$(retry docker buildx imagetools inspect "$image:$VERSION" --format '{{.Manifest.Digest}}')
    retry cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com \
        --certificate-identity-regexp "$signer" --certificate-github-workflow-sha "$COMMIT" \
        "$image@$digest" > /dev/null
    echo "- \`$image@$digest\` is signed" | tee -a "$GITHUB_STEP_SUMMARY"
done
