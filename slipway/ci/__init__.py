"""CI, image, deploy and scheduled workflows as typed Python, written out as GitHub's YAML."""
