#!/usr/bin/env bash
# MiniStack, an AWS-compatible server that needs no Docker, until Ctrl-C: with TLS, and with every
# request checked against the policies of whoever sends it, so that a role's missing right is seen.
#   scripts/ministack.sh [-d] [DIR]     -d: in the background; returns when it answers
#   source DIR/env                      in each shell that is to use it
#   kill "$(cat DIR/pid)"               ends one in the background
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serve.sh
VERSION=1.5.33
dir=${1:-.sheratan/ministack}
port=${MINISTACK_PORT:-4566}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

python=${PYTHON:-python3}
if ! "$dir/venv/bin/ministack" --help >"$dir/install.log" 2>&1 || [ "$(cat "$dir/version" 2>/dev/null)" != "$VERSION" ]; then
  "$python" -m venv "$dir/venv" >"$dir/install.log" 2>&1 ||
    { echo "$python cannot make virtual environments (Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
  "$dir/venv/bin/pip" install --quiet --disable-pip-version-check "ministack==$VERSION"
  echo "$VERSION" >"$dir/version"
fi
if ! openssl x509 -checkend 86400 -noout -in "$dir/cert.pem" >/dev/null 2>&1; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
    -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
fi
cat >"$dir/env" <<ENV
export AWS_ENDPOINT_URL=https://127.0.0.1:$port AWS_ENDPOINT_URL_S3=https://127.0.0.1:$port
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
# Node takes the one, the CDK and the AWS CLI the other, which cdklocal passes on only if it may.
export NODE_EXTRA_CA_CERTS='$dir/cert.pem' AWS_CA_BUNDLE='$dir/cert.pem'
export AWS_ENVAR_ALLOWLIST=AWS_CA_BUNDLE
ENV

# Functions run on the `node` of the PATH, which must be the one they are deployed for.
export PATH="$PWD/node_modules/.bin:$PATH"
# shellcheck source=/dev/null
source "$dir/env"
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
export AUTH=true USE_SSL=true MINISTACK_SSL_CERT="$dir/cert.pem" MINISTACK_SSL_KEY="$dir/key.pem"
export BIND_HOST=127.0.0.1 MINISTACK_HOST=127.0.0.1 GATEWAY_PORT="$port" LOG_LEVEL="${LOG_LEVEL:-WARNING}"
serve "$dir" "https://127.0.0.1:$port/_ministack/health" "$dir/venv/bin/ministack"
