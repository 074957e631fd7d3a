#!/usr/bin/env python3
"""Sends one message through sendproof and waits for its result. Needs Python 3.9 or newer and no package.

    python3 send.py <key> <destination> <text>

Safe to run again: the key is the message's deduplication key, so the message is posted once however often it is sent.
The exit code is 0 when the message is confirmed, otherwise 1.
"""

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

SERVER = os.environ.get("SENDPROOF_URL", "http://127.0.0.1:3000").rstrip("/")
API_KEY = os.environ.get("SENDPROOF_API_KEY")
TRIES = int(os.environ.get("SENDPROOF_TRIES", "6"))


def main():
    if len(sys.argv) != 4:
        sys.exit("Usage: python3 send.py <key> <destination> <text>")
    message = send(*sys.argv[1:])
    print(f"{message['status']}: {message['explanation']}")
    sys.exit(0 if message["status"] == "confirmed" else 1)


def send(key, destination, text):
    """Returns the message once its result is final, or after a minute as it is then."""
    accepted = request(
        "POST",
        "v1/messages",
        {"deduplicationKey": key, "destinations": [destination], "content": {"text": text}},
    )
    for _ in range(3):
        # The answer is held back until the result is final, for at most 20 s.
        message = request("GET", accepted["links"]["self"] + "?wait=20s")
        if message["status"] not in ("accepted", "delivering"):
            break
    return message


def request(method, path, body=None):
    """Makes one request, and repeats it after a network error, 429 or 5xx. Returns the body of a 2xx answer."""
    headers = {"Content-Type": "application/json"}
    if API_KEY:
        headers["Authorization"] = f"Bearer {API_KEY}"
    data = None if body is None else json.dumps(body).encode()
    for count in range(TRIES):
        retry_after = None
        try:
            call = urllib.request.Request(urllib.parse.urljoin(SERVER + "/", path), data, headers, method=method)
            with urllib.request.urlopen(call, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            failure = f"sendproof answered {error.code}: {detail_of(error)}"
            if error.code != 429 and error.code < 500:
                break
            retry_after = error.headers.get("Retry-After")
        except (OSError, http.client.HTTPException) as error:
            failure = (
                f"sendproof at {SERVER} can't be reached: {error}. "
                "Nothing is lost: send the message again with the same key."
            )
        if count + 1 < TRIES:
            time.sleep(int(retry_after) if (retry_after or "").isdigit() else 2**count)
    sys.exit(failure)


def detail_of(error):
    try:
        return json.load(error)["detail"]
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return "no reason given"


if __name__ == "__main__":
    main()
