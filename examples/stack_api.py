"""A small API: what is posted is a job, and stands in a list of Redis before it is answered."""
import http.server
import signal
import socket
import sys
import threading

REDIS, PORT = (int(word) for word in sys.argv[1:])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        job = self.rfile.read(int(self.headers["Content-Length"]))
        with socket.create_connection(("127.0.0.1", REDIS)) as redis:
            redis.sendall(b"*3\r\n$5\r\nRPUSH\r\n$4\r\njobs\r\n$%d\r\n%s\r\n" % (len(job), job))
            answer = redis.recv(64)
        self.send_response(200 if answer.startswith(b":") else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", PORT), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("listens", flush=True)
server.serve_forever()
