"""A host of the mesh, with the standard library alone: docs/host-protocol.md, in Python."""

import base64
import hashlib
import hmac
import json
import os
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ.get("PORT", "8091"))
SECRET = base64.b64decode(os.environ["HOST_SECRET"].removeprefix("whsec_"))
CAPACITY = 4
BODY_BYTES_MAX = 1_048_576
RUNS_KEPT = 10_000
RUN_SECONDS_MAX = 900


class Refused(Exception):
    """No attempt can succeed: the job is dead."""


def reverse(text):
    if not isinstance(text, str):
        raise Refused("the input is not a text")
    return text[::-1]


KINDS = {"text.reverse": reverse}


def problem(status, code, message):
    return status, {"error": {"code": code, "message": message}}


def execute(kind, given):
    """Runs a job; returns the status and the body of the answer."""
    try:
        return 200, {"result": KINDS[kind](given)}
    except Refused as error:
        return problem(422, "INPUT_REFUSED", str(error))
    except Exception as error:
        return problem(500, "RUN_FAILED", repr(error))


def is_signed(headers, body):
    """Whether the mesh signed the order, within 300 seconds of now: Standard Webhooks."""
    message_id, seconds = headers.get("Webhook-Id", ""), headers.get("Webhook-Timestamp", "")
    if not seconds.isdecimal() or abs(time.time() - int(seconds)) > 300:
        return False
    signed = f"{message_id}.{seconds}.".encode() + body
    digest = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest())
    given = headers.get("Webhook-Signature", "").encode().split(b" ")
    return any(hmac.compare_digest(b"v1," + digest, each) for each in given)


class Runs:
    """The runs by the ids of their jobs: no job runs twice while its answer is kept."""

    def __init__(self):
        self.pool = ThreadPoolExecutor(CAPACITY)
        self.lock = threading.RLock()
        self.active = 0
        self.draining = False
        self.known = {}

    def find(self, job_id):
        order, run = self.known.get(job_id, (None, None))
        # Only these answers are kept: after any other, the next attempt runs anew.
        if run and run.done() and run.result()[0] not in (200, 422):
            return None, None
        return order, run

    def end(self, _):
        with self.lock:
            self.active -= 1

    def start(self, job_id, kind, given):
        """The run of the job, or the answer that refuses the job."""
        wanted = json.dumps([kind, given], sort_keys=True)
        with self.lock:
            order, run = self.find(job_id)
            if run:
                taken = problem(409, "ID_TAKEN", f"{job_id} was run with another kind or input")
                return run if order == wanted else taken
            if self.draining or self.active >= CAPACITY:
                return problem(503, "BUSY", "this host takes nothing more for now")
            if len(self.known) >= RUNS_KEPT:
                del self.known[next(iter(self.known))]
            self.active += 1
            run = self.pool.submit(execute, kind, given)
            self.known[job_id] = wanted, run
            run.add_done_callback(self.end)
            return run


RUNS = Runs()


def answer_to(headers, body):
    job_id = headers.get("Idempotency-Key", "")
    if not is_signed(headers, body):
        return problem(401, "SIGNATURE_INVALID", "the signature is not by this secret")
    order = json.loads(body)
    if order["jobId"] != job_id:
        return problem(400, "ID_DIFFERS", "Idempotency-Key and jobId must be the same")
    if order["kind"] not in KINDS:
        return problem(501, "KIND_UNKNOWN", f"this host has no kind {order['kind']}")
    seconds = int(headers["Sheratan-Deadline"]) / 1_000 - time.time()
    if seconds <= 0:
        return problem(504, "DEADLINE_PASSED", "the deadline passed before the run began")
    run = RUNS.start(job_id, order["kind"], order.get("input"))
    if not isinstance(run, Future):
        return run
    try:
        return run.result(timeout=min(seconds, RUN_SECONDS_MAX))
    except TooLate:
        return problem(504, "DEADLINE_PASSED", "the deadline passed before the run ended")


class Handler(BaseHTTPRequestHandler):
    timeout = 30

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status == 503:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        load = {"active": RUNS.active, "capacity": CAPACITY}
        if self.path == "/capacity":
            self.answer(200, {**load, "draining": RUNS.draining, "kinds": list(KINDS)})
        elif self.path != "/health":
            self.answer(*problem(404, "NOT_FOUND", f"nothing is at {self.path}"))
        elif RUNS.draining:
            self.answer(503, {**load, "status": "draining"})
        else:
            self.answer(200, {**load, "status": "busy" if RUNS.active >= CAPACITY else "ok"})

    def do_POST(self):
        try:
            length = int(self.headers["Content-Length"])
            if self.path != "/run":
                self.answer(*problem(404, "NOT_FOUND", f"nothing is at {self.path}"))
            elif length > BODY_BYTES_MAX:
                self.answer(*problem(413, "BODY_TOO_LARGE", f"more than {BODY_BYTES_MAX} bytes"))
            else:
                self.answer(*answer_to(self.headers, self.rfile.read(length)))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            self.answer(*problem(400, "BODY_INVALID", repr(error)))

    def log_message(self, *_):
        """Nothing is logged for each request."""


# Blocked before any thread starts: the main thread alone waits for these signals.
SIGNALS = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
server.daemon_threads = False
threading.Thread(target=server.serve_forever).start()
print(f"listening on {PORT}", flush=True)
signal.sigwait(SIGNALS)
with RUNS.lock:
    RUNS.draining = True
RUNS.pool.shutdown()
server.shutdown()
server.server_close()
