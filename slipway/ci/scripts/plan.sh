#!/bin/bash
# Version and environments to deploy, from the branch, the tag or the form.
case "$EVENT/$REF_TYPE" in
    push/branch) version=sha-${COMMIT::12} staging=true production=false ;;
    push/tag) version=$REF_NAME staging=true production=true ;;
    *)
        version=$CHOSEN_VERSION staging=false production=false
        if [ -z "$version" ] && [ "$ROLLBACK" != true ]; then
            if [ "$REF_TYPE" = tag ]; then version=$REF_NAME; else version=sha-${COMMIT::12}; fi
        fi
        if [ "$ENVIRONMENT" = "$PRODUCTION_STACK" ]; then production=true; else staging=true; fi
        ;;
esac
if [ -n "$version" ] && ! [[ $version =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]]; then
    echo "::error::invalid version: use letters, digits, '_', '.' and '-', at most 128"
    exit 1
fi
if [ "$EVENT" != push ] && [ "$ROLLBACK" != true ]; then
    # The version's commit, whichever branch the workflow was started on.
    COMMIT=$(gh api "repos/$REPOSITORY/commits/${version#sha-}" --jq .sha)
fi
{
    echo "version=$version"
    echo "commit=$COMMIT"
    echo "staging=$staging"
    echo "production=$production"
} | tee -a "$GITHUB_OUTPUT"
