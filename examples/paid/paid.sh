#!/usr/bin/env bash
set -euo pipefail

npx sheratan ledger open mint --may-owe
npx sheratan ledger open alice
npx sheratan ledger transfer topup-1 mint alice 1000
job=$(npx sheratan send --wait 30 - <<'JOB'
{"kind": "echo", "payload": "a report", "cost": {"payer": "alice", "amount": 50}}
JOB
)
# The job has ended; its price is posted a moment later.
for _ in {1..30}; do npx sheratan why "$job" | grep posted && break; done
npx sheratan ledger balance alice
