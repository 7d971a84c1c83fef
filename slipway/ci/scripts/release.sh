#!/bin/bash
# A release with notes from the commits, the digests that production runs, and their SBOMs: an SPDX
# document for each platform. With only one platform, Buildx does not name it.
previous=$(git describe --tags --abbrev=0 --match "$PATTERN" "$TAG^" 2> /dev/null || true)
{
    echo '## Changes'
    git log --no-merges --format='- %s (%h)' "${previous:+$previous..}$TAG"
    echo
    echo '## Images'
    for image in $IMAGES; do
        echo "- \`$image\`"
    done
} > notes.md
files=()
for image in $MATERIALS; do
    docker buildx imagetools inspect "$image" --format '{{json .SBOM}}' > materials.json
    name=${image%@*}
    while read -r platform; do
        file="sbom-${name//\//-}${platform:+-${platform//\//-}}.spdx.json"
        jq --arg platform "$platform" '(.[$platform] // .).SPDX' materials.json > "$file"
        files+=("$file")
    done < <(jq --raw-output 'if has("SPDX") then "" else keys[] end' materials.json)
done
if gh release view "$TAG" > /dev/null 2>&1; then
    gh release edit "$TAG" --notes-file notes.md
    [ "${#files[@]}" = 0 ] || gh release upload "$TAG" --clobber "${files[@]}"
else
    gh release create "$TAG" --verify-tag --title "$TAG" --notes-file notes.md "${files[@]}"
fi
