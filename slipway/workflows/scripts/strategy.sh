#!/bin/bash
# The rest of the key stays as it is in force: a stack's object takes the place of the project's.
pulumi stack select --create "$STACK"
wanted=$(pulumi config --json --stack "$STACK" | jq --compact-output --arg strategy "$STRATEGY" '
    [to_entries[] | select(.key | endswith(":rollout")) | .value.objectValue][0] // {}
    | .strategy = $strategy | {rollout: {value: tojson, objectValue: .}}')
pulumi config set-all --stack "$STACK" --json "$wanted"
