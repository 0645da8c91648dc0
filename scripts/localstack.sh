#!/usr/bin/env bash
# LocalStack, an AWS-compatible server, without Docker and without a token, until Ctrl-C. Functions
# run as Node processes of this machine: they reach its loopback. It needs Java 17, and Python 3.13,
# which is downloaded when it is not installed.
#   scripts/localstack.sh [-d] [DIR]    -d: in the background; returns when it answers
#   source DIR/env                      in each shell that is to use it
#   kill "$(cat DIR/pid)"               ends one in the background
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serve.sh
VERSION=4.14.0
# What that version depends on is not pinned: newer packages than these break it.
BEFORE=2026-02-28
dir=${1:-.sheratan/localstack}
port=${LOCALSTACK_PORT:-4566}
mkdir -p "$dir/logs" "$dir/tmp"
dir=$(cd "$dir" && pwd)

java -version >/dev/null 2>&1 || { echo "needs Java 17 or newer, for its tables" >&2; exit 1; }
# Prints the first that is Python 3.13; if there is none, the version, which uv then downloads.
python() {
  local each
  for each in ${PYTHON:+"$PYTHON"} python3.13 python3 "$HOME"/.pyenv/versions/3.13.*/bin/python3; do
    "$each" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && command -v "$each" && return
  done
  echo 3.13
}
if [ "$(cat "$dir/version" 2>/dev/null)" != "$VERSION" ]; then
  rm -rf "$dir/venv" "$dir/tools"
  python3 -m venv "$dir/tools" >"$dir/install.log" 2>&1 ||
    { echo "python3 cannot make virtual environments (Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
  "$dir/tools/bin/pip" install --quiet --disable-pip-version-check uv==0.13.9
  "$dir/tools/bin/uv" venv --quiet --python "$(python)" "$dir/venv"
  "$dir/tools/bin/uv" pip install --quiet --exclude-newer "$BEFORE" --python "$dir/venv/bin/python" \
    "localstack-core[runtime]==$VERSION" setuptools
  echo "$VERSION" >"$dir/version"
fi
cat >"$dir/env" <<ENV
export AWS_ENDPOINT_URL=http://127.0.0.1:$port AWS_ENDPOINT_URL_S3=http://127.0.0.1:$port
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
ENV

unset AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3
export GATEWAY_LISTEN=127.0.0.1:$port LOCALSTACK_HOST=127.0.0.1:$port SQS_ENDPOINT_STRATEGY=path
export FILESYSTEM_ROOT="$dir/root" TMPDIR="$dir/tmp" LOCALSTACK_FUNCTION_LOGS="$dir/logs"
export LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT=60 DYNAMODB_IN_MEMORY=1
# The streams of DynamoDB Local itself; by default LocalStack installs a Kinesis for them.
export PROVIDER_OVERRIDE_DYNAMODB=v2 PROVIDER_OVERRIDE_DYNAMODBSTREAMS=v2
# It is not in its image, whatever container this is; and it calls nobody.
export OVERRIDE_IN_DOCKER=0 DNS_ADDRESS=0 DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1
serve "$dir" "http://127.0.0.1:$port/_localstack/health" \
  "$dir/venv/bin/python" scripts/localstackRuntime.py
