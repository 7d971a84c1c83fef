#!/bin/bash
# Every image of the version exists, and was signed by the image workflow of this repository as it
# is on the deployed branch or on a tag. An image is there a moment before its signature.
signer="^${SERVER//./\\.}/${REPOSITORY//./\\.}/\\.github/workflows/${WORKFLOW//./\\.}@refs/(heads/${BRANCH//./\\.}|tags/.+)$"
patiently() {
    until "$@" 2> error.txt; do
        if ((SECONDS >= LIMIT)); then
            echo "::error::$image:$VERSION cannot be deployed: $(tail -n 1 error.txt)" >&2
            return 1
        fi
        sleep "$PAUSE"
    done
}
for image in $IMAGES; do
    digest=$(patiently docker buildx imagetools inspect "$image:$VERSION" --format '{{.Manifest.Digest}}')
    patiently cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com \
        --certificate-identity-regexp "$signer" --certificate-github-workflow-sha "$COMMIT" \
        "$image@$digest" > /dev/null
    echo "- \`$image@$digest\` is signed" | tee -a "$GITHUB_STEP_SUMMARY"
done
