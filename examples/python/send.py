"""Sends a job and reads its result."""

import hashlib
import json
import os
import time
import uuid

import boto3

ENDED = ("COMPLETED", "DEAD", "CANCELLED", "QUARANTINED")

sqs = boto3.client("sqs")
tables = boto3.client("dynamodb")

job_id = f"python-{uuid.uuid4()}"
body = json.dumps({"id": job_id, "kind": "echo", "payload": {"hello": "mesh"}})
sqs.send_message(
    QueueUrl=os.environ["JOBS_NORMAL_URL"],
    MessageGroupId=job_id,
    MessageDeduplicationId=hashlib.sha256(body.encode()).hexdigest(),
    MessageBody=body,
)

key = {"pk": {"S": f"JOB#{job_id}"}, "sk": {"S": "JOB"}}
job, pause = {}, 0.05
while job.get("status", {}).get("S") not in ENDED:
    time.sleep(pause)
    pause = min(2 * pause, 2)
    answer = tables.get_item(TableName=os.environ["JOBS_TABLE"], Key=key, ConsistentRead=True)
    job = answer.get("Item", {})

print(job["status"]["S"], json.loads(job["result"]["S"]) if "result" in job else job.get("error"))
