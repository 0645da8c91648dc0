#!/usr/bin/env bash
set -euo pipefail

npx sheratan schedules add beat 'rate(1 hour)' examples/schedule/tick.json
npx sheratan schedules add morning 'cron(0 8 ? * MON-FRI *)' examples/schedule/tick.json \
  --timezone Europe/Berlin
npx sheratan schedules
# A rate begins with a tick: one job.
for _ in {1..30}; do npx sheratan jobs --mission schedule:beat | grep COMPLETED && break; done
npx sheratan schedules remove beat
npx sheratan schedules remove morning
