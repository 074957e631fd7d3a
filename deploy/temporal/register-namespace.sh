#!/bin/sh
# Waits for the Temporal server, then registers sendproof's namespace with its retention and sendproof's search
# attributes, and ends when they can be used. Run before each start: what is there already stays, but the retention is
# set to what is asked for.
#
# The `temporal` CLI takes the server from TEMPORAL_ADDRESS, and the namespace from TEMPORAL_NAMESPACE except in
# `operator namespace`, which takes it as an option only.
set -eu

: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}" "${NAMESPACE_RETENTION:?}"
PATIENCE_SECONDS=${PATIENCE_SECONDS:-120}

deadline=$(($(date +%s) + PATIENCE_SECONDS))

# wait_until WHAT COMMAND…: tries once a second; the last error is shown when patience ends.
wait_until() {
  what=$1
  shift
  until output=$("$@" 2>&1); do
    if [ "$(date +%s)" -ge "$deadline" ]; then
      echo "Gave up after $PATIENCE_SECONDS s: $what at $TEMPORAL_ADDRESS. The last answer was: $output" >&2
      exit 1
    fi
    sleep 1
  done
}

register_namespace() {
  if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
    temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" \
      --retention "$NAMESPACE_RETENTION"
  else
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" \
      --retention "$NAMESPACE_RETENTION" --description 'sendproof: messages and dead-letter queues'
  fi
}

# The names and types of src/contract/searchAttributes.ts. An attribute that is there already stays; one that is there
# with another type is an error, and stops everything that waits for this script.
register_search_attributes() {
  temporal operator search-attribute create --name DeliveryStatus --type Keyword &&
    temporal operator search-attribute create --name Destination --type KeywordList &&
    temporal operator search-attribute create --name Source --type Keyword &&
    temporal operator search-attribute create --name SourceReference --type Keyword &&
    temporal operator search-attribute create --name TraceId --type Keyword &&
    temporal operator search-attribute create --name FailureReason --type Keyword &&
    temporal operator search-attribute create --name Conversation --type Keyword
}

# The server learns of new search attributes some seconds later, and refuses them until then.
use_search_attributes() {
  temporal workflow count --query \
    'DeliveryStatus="" OR Destination="" OR Source="" OR SourceReference="" OR TraceId="" OR FailureReason="" OR Conversation=""'
}

wait_until 'the server is not healthy' temporal operator cluster health
register_namespace
# A namespace that was registered a moment ago is not served at once either.
wait_until 'the search attributes are not registered' register_search_attributes
wait_until 'the search attributes are not usable' use_search_attributes
echo "The namespace $TEMPORAL_NAMESPACE (retention $NAMESPACE_RETENTION) and its search attributes are ready."
