"""Runs at AWS, for each batch of lines of the log of text messages: publishes them to our topic as
they are. A line that fails makes the whole batch come again; the application knows repeated ones.
"""

import base64
import gzip
import json
import os

import boto3

sns = boto3.client("sns")


def handler(event, context):
    batch = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    for line in batch.get("logEvents", []):
        sns.publish(TopicArn=os.environ["TOPIC"], Message=line["message"])
