# For scripts that start a server at $port: takes -d out of their arguments, and starts what they end
# with.
background=
if [ "${1:-}" = -d ]; then background=1; shift; fi

is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

# serve DIR URL COMMAND...: becomes the command. With -d, starts it and returns when URL answers.
serve() {
  local dir=$1 url=$2
  shift 2
  [ -n "$background" ] || exec "$@"
  # One that was told to end may need some seconds.
  for _ in $(seq 30); do is_taken || break; sleep 1; done
  if is_taken; then echo "port $port is taken: is a server running already?" >&2; exit 1; fi
  nohup "$@" >"$dir/log" 2>&1 </dev/null &
  echo $! >"$dir/pid"
  for _ in $(seq 120); do
    if curl -skf "$url" >/dev/null; then exit 0; fi
    kill -0 $! 2>/dev/null || break
    sleep 1
  done
  echo "it does not answer; the end of $dir/log:" >&2
  tail -n 20 "$dir/log" >&2
  exit 1
}
