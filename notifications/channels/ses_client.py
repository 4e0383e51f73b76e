"""boto3's client of SES, with a shorter way for the one call that is made a thousand times.

For each call boto3 applies the endpoint's rules, walks through its model of what is sent and what
is answered, and asks some forty handlers: for SendBulkEmail more work than to write and sign it.
Here the endpoint is found once, and of botocore that is used which signs (SigV4Auth), connects
(the client's own session: TLS, proxies, timeouts, kept connections) and reads refusals. Answers
and errors are those of boto3, to the letter (see the tests).
"""

from __future__ import annotations

from typing import Any

import boto3
import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.parsers import create_parser
from django.conf import settings

OPERATION = "SendBulkEmail"


class SesClient:
    """For all threads. Its calls raise botocore's ClientError and BotoCoreError."""

    def __init__(self, config: Config) -> None:
        self._session = boto3.session.Session()
        self.boto: Any = self._session.client(
            "sesv2",
            region_name=settings.AWS_REGION,
            endpoint_url=settings.SES_ENDPOINT_URL,
            config=config,
        )
        meta = self.boto.meta
        self._model = meta.service_model.operation_model(OPERATION)
        self._url = meta.endpoint_url.rstrip("/") + self._model.http["requestUri"]
        self._signed_for = meta.service_model.signing_name, meta.region_name
        self._headers = {"Content-Type": "application/json", "User-Agent": config.user_agent}
        self._wire = self.boto._endpoint.http_session
        self._parser = create_parser(meta.service_model.protocol)

    def get_account(self) -> Any:
        return self.boto.get_account()

    def send_email(self, **request: Any) -> Any:
        return self.boto.send_email(**request)

    def send_bulk_email(self, **request: Any) -> Any:
        answer: AWSResponse = self._wire.send(self._signed(orjson.dumps(request)))
        if answer.status_code >= 300:
            raise ClientError(self._parsed(answer), OPERATION)
        try:
            found = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            found = None
        return found if isinstance(found, dict) else {}

    def close(self) -> None:
        self.boto.close()

    def _signed(self, body: bytes) -> Any:
        credentials = self._session.get_credentials()  # kept, and renewed before they end
        if credentials is None:
            raise NoCredentialsError
        request = AWSRequest("POST", self._url, headers=self._headers, data=body)
        SigV4Auth(credentials.get_frozen_credentials(), *self._signed_for).add_auth(request)
        return request.prepare()

    def _parsed(self, answer: AWSResponse) -> Any:
        response = {
            "status_code": answer.status_code,
            "headers": answer.headers,
            "body": answer.content,
        }
        try:
            return self._parser.parse(response, self._model.output_shape)
        except Exception:  # no refusal of SES's: who stands between may say anything
            return {"ResponseMetadata": {"HTTPStatusCode": answer.status_code}}
