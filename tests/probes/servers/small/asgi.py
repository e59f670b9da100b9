#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same as an ASGI application under uvicorn: asgi.py asyncio|uvloop. Prints its port.

asyncio with h11 reads and writes by recvfrom and sendto; uvloop with httptools by read, write and writev. A third word
"nagle" leaves Nagle's algorithm on, as uvicorn does by itself when it has several workers: asyncio turns it off only
on sockets that were made with a protocol number."""
import asyncio
import socket
import sys

import uvicorn

import stream


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    wanted = stream.Wanted("?" + scope["query_string"].decode())
    if wanted.status != 200 or not wanted.stream:
        body = wanted.plain()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": wanted.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    clock = asyncio.get_running_loop().time
    begin = clock()
    for number, event in enumerate(wanted.events()):
        if wanted.pace:
            await asyncio.sleep(begin + number * wanted.pace - clock())
        await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body"})


loop = sys.argv[1]
nagle = len(sys.argv) > 2 and sys.argv[2] == "nagle"
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0 if nagle else socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
listener.listen(256)
print("listening", listener.getsockname()[1], flush=True)
http = "httptools" if loop == "uvloop" else "h11"
config = uvicorn.Config(app, loop=loop, http=http, log_level="error", access_log=False, lifespan="off")
uvicorn.Server(config).run(sockets=[listener])
