#!/bin/bash
# Keeps the rest of the key: an object in the stack's file replaces that of the project.
pulumi stack select --create "$STACK"
wanted=$(pulumi config --json --stack "$STACK" | jq --compact-output --arg strategy "$STRATEGY" '
    [to_entries[] | select(.key | endswith(":rollout")) | .value.objectValue][0] // {}
    | .strategy = $strategy | {rollout: {value: tojson, objectValue: .}}')
pulumi config set-all --stack "$STACK" --json "$wanted"
