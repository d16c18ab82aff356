#!/usr/bin/env bash
# Installs what is needed, builds, starts the exporter and the analyzer, and stops both on Ctrl-C.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

exporter_port=9100
analyzer_port=9760
data_dir=$root/data
build_only=no

usage() {
  cat <<EOF
Usage: deploy/run.sh [options]

Installs packages (Debian 12), builds, starts tidemark-exporter and tidemark-analyzer with the shipped rules, waits until
both are ready, prints where to look, and stops both on Ctrl-C.

  --build-only          install and build, start nothing
  --exporter-port PORT  port of the exporter, on every interface (default $exporter_port)
  --analyzer-port PORT  port of the analyzer, on 127.0.0.1 (default $analyzer_port)
  --data-dir DIR        where samples, thresholds and logs are kept (default data/ beside deploy/)
  -h, --help            show this help
EOF
}

fail() {
  echo "tidemark: $*" >&2
  exit 1
}

need_value() {
  [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 needs a value (see --help)"
}

while [ $# -gt 0 ]; do
  case $1 in
    --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    --build-only) build_only=yes; shift ;;
    --exporter-port) need_value "$@"; exporter_port=$2; shift 2 ;;
    --analyzer-port) need_value "$@"; analyzer_port=$2; shift 2 ;;
    --data-dir) need_value "$@"; data_dir=$2; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) fail "unknown option $1 (see --help)" ;;
  esac
done
for port in "$exporter_port" "$analyzer_port"; do
  [[ $port =~ ^[0-9]+$ ]] && [ "$port" -ge 1 ] && [ "$port" -le 65535 ] || fail "\"$port\" is not a port: give a number from 1 to 65535"
done

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

if [ "$build_only" = no ]; then
  port_is_taken "$exporter_port" && fail "port $exporter_port is taken: stop what listens there, or choose another with --exporter-port PORT"
  port_is_taken "$analyzer_port" && fail "port $analyzer_port is taken: stop what listens there, or choose another with --analyzer-port PORT"
fi

"$root/deploy/install-packages.sh" "$root/deploy/packages.txt"

# ccache serves other clones of the same source too.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
[ -f build/release/build.ninja ] || cmake --preset release -DTIDEMARK_TESTS=OFF >/dev/null || fail "cannot configure the build; the lines above say why"
echo "tidemark: building (the first build takes some minutes)"
cmake --build --preset release --target tidemark-exporter tidemark-analyzer || fail "the build failed; the lines above say why"
[ "$build_only" = no ] || { echo "tidemark: built build/release/bin/tidemark-exporter and build/release/bin/tidemark-analyzer"; exit 0; }

mkdir -p "$data_dir" 2>/dev/null && [ -w "$data_dir" ] || fail "cannot write to $data_dir: choose another directory with --data-dir DIR"

analyzer_flags=()
if [ "$exporter_port" != 9100 ]; then
  cat >"$data_dir/tidemark.yml" <<EOF
scrape_configs:
  - job_name: node
    static_configs: [{targets: ["localhost:$exporter_port"]}]
  - job_name: tidemark
    static_configs: [{targets: ["127.0.0.1:$analyzer_port"]}]
EOF
  analyzer_flags+=(--config.file="$data_dir/tidemark.yml")
fi

pids=()
stop() {
  trap - INT TERM EXIT
  [ "${#pids[@]}" -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait || true
}
trap 'stop; echo; echo "tidemark: stopped"; exit 0' INT TERM
trap stop EXIT

build/release/bin/tidemark-exporter --web.listen-address=":$exporter_port" 2>"$data_dir/exporter.log" &
pids+=($!)
build/release/bin/tidemark-analyzer --web.listen-address="127.0.0.1:$analyzer_port" --storage.path="$data_dir" \
  --rules.path="$root/rules" "${analyzer_flags[@]}" 2>"$data_dir/analyzer.log" &
pids+=($!)

wait_until_ready() {
  local name=$1 url=$2 pid=$3
  for _ in $(seq 150); do
    kill -0 "$pid" 2>/dev/null || { tail -n 3 "$data_dir/$name.log" >&2; fail "the $name did not start; its last lines are above"; }
    curl -fso /dev/null --max-time 2 "$url" && return
    sleep 0.2
  done
  fail "the $name is not ready after 30 s: see $data_dir/$name.log"
}
wait_until_ready exporter "http://127.0.0.1:$exporter_port/-/ready" "${pids[0]}"
wait_until_ready analyzer "http://127.0.0.1:$analyzer_port/-/ready" "${pids[1]}"

analyzer=http://127.0.0.1:$analyzer_port
cat <<EOF

Tidemark is running. Open in a browser:
  $analyzer/                       the dashboard
  http://127.0.0.1:$exporter_port/metrics                the exporter's metrics (scrape this with Prometheus)

Or ask it:
  curl -s $analyzer/api/v1/performance/health
  curl -s '$analyzer/api/v1/performance/report?format=markdown'
  curl -s '$analyzer/api/v1/query?query=instance:cpu_usage:percent'
  curl -s -X POST $analyzer/api/v1/performance/thresholds -H 'Content-Type: application/json' \\
    -d '{"name": "busy", "metric": "instance:cpu_usage:percent", "operator": ">", "value": 80, "severity": "warning"}'

Data and logs are in $data_dir. Ctrl-C stops both.
EOF
wait -n || true
tail -n 3 "$data_dir/exporter.log" "$data_dir/analyzer.log" >&2
fail "one of the two processes ended; its last lines are above"
