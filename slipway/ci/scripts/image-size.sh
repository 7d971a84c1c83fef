#!/bin/bash
# Compressed size in bytes, by platform. The index lists attestations as platform "unknown".
platforms=$(docker buildx imagetools inspect --raw "$IMAGE" | jq --raw-output \
    '.manifests[]? | select(.platform.os != "unknown") | "\(.platform.os)/\(.platform.architecture) \(.digest)"')
{
    echo '| platform | MiB |'
    echo '| --- | --- |'
} >> "$GITHUB_STEP_SUMMARY"
status=0
while read -r platform digest; do
    size=$(docker buildx imagetools inspect --raw "${IMAGE%@*}@$digest" |
        jq '[.config.size, .layers[].size] | add')
    echo "| $platform | $((size / 1048576)) |" >> "$GITHUB_STEP_SUMMARY"
    if ((LIMIT > 0 && size > LIMIT)); then
        echo "::error::$platform is $size bytes (compressed), over the limit of $LIMIT"
        status=1
    fi
done <<< "${platforms:-image ${IMAGE#*@}}"
exit "$status"
