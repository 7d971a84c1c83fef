#!/bin/bash
python -m coverage combine
python -m coverage xml
python -m coverage report --format=markdown >> "$GITHUB_STEP_SUMMARY"
python -m coverage report --skip-covered --show-missing --fail-under="$LEAST"
