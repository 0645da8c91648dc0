#!/usr/bin/env bash
# Checks the templates of dev, of prod and of a stage with every option by cfn-lint, for every region.
# Stages with function URLs, which Lambda has not in all regions, are checked for one: alone, and with every
# option. What it finds is fixed, or has its reason in .cfnlintrc.yaml.
#   scripts/cfnLint.sh [DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
VERSION=1.58.0
dir=${1:-.sheratan/cfn-lint}
mkdir -p "$dir"

if [ "$(cat "$dir/version" 2>/dev/null)" != "$VERSION" ]; then
  python3 -m venv --clear "$dir/venv" >"$dir/install.log" 2>&1 ||
    { echo "python3 cannot make virtual environments (Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
  "$dir/venv/bin/pip" install --quiet --disable-pip-version-check "cfn-lint==$VERSION"
  echo "$VERSION" >"$dir/version"
fi
templates=$(node_modules/.bin/node tests/infra/writeTemplates.ts)
count=0
while read -r template region; do
  "$dir/venv/bin/cfn-lint" --template "$template" ${region:+--regions "$region"}
  count=$((count + 1))
done <<<"$templates"
echo "cfn-lint $VERSION has nothing to say of $count templates."
