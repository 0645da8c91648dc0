#!/usr/bin/env bash
# Prints each command, then what the command says.
exec 2>&1
PS4='$ '
# Ids of this run alone: a job that was sent before would not run again.
run=$$
set -x
npx sheratan doctor
npx sheratan send --wait 30 - <<JOBS
{"id": "read-$run", "kind": "read_file", "payload": {"path": "no-such-file"}}
{"id": "order-$run", "kind": "read_file", "payload": {"path": "no-such-file"}, "group": "orders-$run", "onDead": "halt"}
JOBS
npx sheratan jobs
npx sheratan status "read-$run"
npx sheratan groups
npx sheratan groups skip "orders-$run" --reason 'the order was withdrawn'
npx sheratan pause --queue low --reason 'a look at the files'
npx sheratan state
npx sheratan resume --queue low --reason 'the files are right'
npx sheratan redrive "read-$run" "order-$run" --patch '{"path":"README.md"}' --reason 'a wrong path'
npx sheratan watch "read-$run" "order-$run" --timeout 30
npx sheratan why "read-$run"
npx sheratan doctor
