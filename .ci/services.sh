# Sourced by .ci/run: PostgreSQL and Redis on loopback, those that run here or, where none answers, our own.
POSTGRES_URL=""
REDIS_SERVER_URL=""
own_postgres=""
own_redis=""

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

postgres_answers() { [[ $(psql -w -qtA "$1/postgres" -c "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user" 2>/dev/null) == t ]]; }

start_services() {
  local port user folder="$scratch/services"
  mkdir -p "$folder"
  chmod 711 "$scratch"
  for user in "$(id -un)" postgres; do
    if postgres_answers "postgres://$user@127.0.0.1:5432"; then
      POSTGRES_URL="postgres://$user@127.0.0.1:5432"
      echo "PostgreSQL: the one at 127.0.0.1:5432 as $user"
      break
    fi
  done
  if [[ -z $POSTGRES_URL ]]; then start_postgres "$folder/postgres" || return 1; fi
  if [[ $(redis-cli -h 127.0.0.1 ping 2>/dev/null) == PONG ]]; then
    REDIS_SERVER_URL="redis://127.0.0.1:6379/9"
    echo "Redis: the one at 127.0.0.1:6379, database 9"
  else
    port=$(free_port)
    redis-server --bind 127.0.0.1 --port "$port" --save "" --appendonly no --dir "$folder" >"$folder/redis.log" 2>&1 &
    own_redis=$!
    REDIS_SERVER_URL="redis://127.0.0.1:$port/0"
    for _ in {1..50}; do [[ $(redis-cli -h 127.0.0.1 -p "$port" ping 2>/dev/null) == PONG ]] && break || sleep 0.2; done
    echo "Redis: our own at 127.0.0.1:$port"
  fi
}

start_postgres() {  # FOLDER; never as root: PostgreSQL refuses that
  local folder=$1 port as=() bin
  bin=$(dirname "$(command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' | tail -1)")
  port=$(free_port)
  mkdir -p "$folder"
  chmod 711 "$(dirname "$folder")"
  if ((EUID == 0)); then
    chown postgres "$folder"
    as=(setpriv --reuid=postgres --regid=postgres --init-groups)
  fi
  "${as[@]}" "$bin/initdb" -D "$folder/data" -A trust -U postgres -E UTF8 >"$folder.log" 2>&1 || return 1
  "${as[@]}" "$bin/postgres" -D "$folder/data" -c listen_addresses=127.0.0.1 -c port="$port" -c unix_socket_directories="" \
    -c fsync=off -c max_connections=200 >>"$folder.log" 2>&1 &
  own_postgres=$!
  POSTGRES_URL="postgres://postgres@127.0.0.1:$port"
  for _ in {1..100}; do postgres_answers "$POSTGRES_URL" && break || sleep 0.2; done
  postgres_answers "$POSTGRES_URL" || return 1
  echo "PostgreSQL: our own at 127.0.0.1:$port"
}

stop_services() {  # by the process ids that we started, no other
  local pid
  for pid in $own_postgres $own_redis; do
    kill -INT "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true
  done
}
