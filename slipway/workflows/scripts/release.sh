#!/bin/bash
# A release with notes from the commits, the digests, and each image's bill of materials.
previous=$(git describe --tags --abbrev=0 --match "$PATTERN" "$TAG^" 2> /dev/null || true)
{
    echo '## Changes'
    git log --no-merges --format='- %s (%h)' "${previous:+$previous..}$TAG"
    echo
    echo '## Images'
} > notes.md
files=()
for image in $IMAGES; do
    digest=$(docker buildx imagetools inspect "$image:$TAG" --format '{{.Manifest.Digest}}')
    echo "- \`$image@$digest\`" >> notes.md
    file="sbom-${image//\//-}.spdx.json"
    docker buildx imagetools inspect "$image@$digest" --format '{{json .SBOM}}' > "$file"
    files+=("$file")
done
if gh release view "$TAG" > /dev/null 2>&1; then
    gh release edit "$TAG" --notes-file notes.md
    [ "${#files[@]}" = 0 ] || gh release upload "$TAG" --clobber "${files[@]}"
else
    gh release create "$TAG" --verify-tag --title "$TAG" --notes-file notes.md "${files[@]}"
fi
