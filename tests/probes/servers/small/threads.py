#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An OpenAI-like server on http.server: a thread a connection, recvfrom and sendto. Prints its port."""
import http.server
import sys
import time

import stream


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        wanted = stream.Wanted(self.path)
        if wanted.status != 200 or not wanted.stream:
            self.answer(wanted.status, wanted.plain())
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        begin = time.monotonic()
        for number, event in enumerate(wanted.events()):
            time.sleep(max(0.0, begin + number * wanted.pace - time.monotonic()))
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_POST

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *_):
        """A client that hangs up is nothing to tell."""


server = Server(("127.0.0.1", 0), Handler)
print("listening", server.server_address[1], flush=True)
server.serve_forever()
