#!/bin/bash
arguments=(--stack "$STACK" --yes --message "$REASON")
[ -z "$TO" ] || arguments+=(--to "$TO")
slipway rollback "${arguments[@]}"
echo "$STACK was rolled back: $REASON" >> "$GITHUB_STEP_SUMMARY"
