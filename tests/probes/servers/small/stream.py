# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Python servers here answer; the servers in other languages answer the same."""
import json
import urllib.parse


class Wanted:
    """The query of a request: tokens, pace_us between events, stream=0 for one JSON body, status for an error."""

    def __init__(self, target):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(target).query))
        self.tokens = int(query.get("tokens", 16))
        self.pace = int(query.get("pace_us", 0)) / 1e6
        self.stream = query.get("stream", "1") == "1"
        self.status = int(query.get("status", 200))

    def plain(self):
        if self.status != 200:
            return json.dumps({"error": {"message": "as asked", "code": self.status}}).encode()
        return json.dumps({"object": "chat.completion", "choices": [{"message": {"content": "x" * self.tokens}}],
                           "usage": self.usage()}).encode()

    def usage(self):
        return {"prompt_tokens": 8, "completion_tokens": self.tokens, "total_tokens": 8 + self.tokens}

    def events(self):
        yield event([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}])
        for number in range(self.tokens):
            yield event([{"index": 0, "delta": {"content": f" token{number}"}, "finish_reason": None}])
        yield event([{"index": 0, "delta": {}, "finish_reason": "stop"}])
        yield event([], self.usage())
        yield b"data: [DONE]\n\n"


def event(choices, usage=None):
    body = {"id": "chatcmpl-0123456789abcdef", "object": "chat.completion.chunk", "created": 1, "model": "small",
            "choices": choices}
    if usage:
        body["usage"] = usage
    return b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"
