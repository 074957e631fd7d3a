#!/bin/sh
# Sends one message through sendproof and waits for its result. Needs curl 7.71 or newer, and jq.
#
#   send.sh <key> <destination> <text>
#
# Safe to run again: the key is the message's deduplication key, so the message is posted once however often it is sent.
# The exit code is 0 when the message is confirmed, otherwise 1.
set -eu

if [ $# -ne 3 ]; then
  echo "Usage: $0 <key> <destination> <text>" >&2
  exit 1
fi
server=${SENDPROOF_URL:-http://127.0.0.1:3000}
server=${server%/}
retries=$((${SENDPROOF_TRIES:-6} - 1))
directory=$(mktemp -d)
trap 'rm -r "$directory"' EXIT
answer=$directory/answer
# In a file, because other users of this machine can read the arguments of a command.
headers=$directory/headers
echo 'Content-Type: application/json' >"$headers"
if [ -n "${SENDPROOF_API_KEY:-}" ]; then
  printf 'Authorization: Bearer %s\n' "$SENDPROOF_API_KEY" >>"$headers"
fi

# Makes one request, and repeats it after a network error, 429 or 5xx. curl waits as long as Retry-After says, otherwise
# 1, 2, 4, ... seconds. Leaves the body in the file $answer, and the HTTP status in $status.
request() {
  status=$(curl --silent --show-error --max-time 30 --retry "$retries" --retry-all-errors \
    --header "@$headers" --output "$answer" --write-out '%{http_code}' "$@") || {
    echo "sendproof at $server can't be reached. Nothing is lost: send the message again with the same key." >&2
    exit 1
  }
  if [ "$status" -ge 300 ]; then
    detail=$(jq --raw-output '.detail // empty' "$answer" 2>/dev/null) || detail=
    echo "sendproof answered $status: ${detail:-no reason given}" >&2
    exit 1
  fi
}

message=$(jq --null-input --arg key "$1" --arg destination "$2" --arg text "$3" \
  '{deduplicationKey: $key, destinations: [$destination], content: {text: $text}}')
request "$server/v1/messages" --data "$message"
# A link is a path at the host of the server, whose own address may have a path too.
authority=${server#*://}
self=${server%%://*}://${authority%%/*}$(jq --raw-output .links.self "$answer")

# Each request is held open until the result is final, for at most 20 s.
for _ in 1 2 3; do
  request "$self?wait=20s"
  result=$(jq --raw-output .status "$answer")
  case $result in accepted | delivering) ;; *) break ;; esac
done
printf '%s: ' "$result"
jq --raw-output .explanation "$answer"
[ "$result" = confirmed ]
