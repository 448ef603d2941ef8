"""The senders' doors in the API's schema: they are plain views, so that accepting costs one statement."""

from typing import Any, Final

from incidents.adapters import FORMATS

_TAG: Final = "ingest"
_JSON: Final = "application/json"
_OBJECT: Final = {"type": "object", "additionalProperties": {}}
_EVENT: Final = {
    "type": "object",
    "required": ["summary"],
    "properties": {
        "summary": {"type": "string", "maxLength": 1024},
        "dedup_key": {"type": "string", "maxLength": 255, "description": "Without one every event is a new alert."},
        "action": {"type": "string", "enum": ["trigger", "acknowledge", "resolve"], "default": "trigger"},
        "severity": {"type": "string", "description": "The sender's word; the integration maps it to a level."},
        "source": {"type": "string"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "values": {"type": "object", "additionalProperties": {}},
        "links": {"type": "array", "items": {}},
        "started_at": {"type": "string", "format": "date-time"},
    },
}
_BODIES: Final[dict[str, dict[str, Any]]] = {
    "generic": {"oneOf": [_EVENT, {"type": "array", "items": _EVENT}]},
    "alertmanager": {**_OBJECT, "description": "Alertmanager's webhook body, any version; Grafana's too."},
    "pagerduty": {**_OBJECT, "description": "PagerDuty's Events v2 body."},
}
_ANSWERS: Final = {
    "202": {"description": "Taken: it is stored.", "content": {_JSON: {"schema": _OBJECT}}},
    "400": {"description": "Can never succeed; the answer names the field."},
    "401": {"description": "Unknown or disabled key."},
    "413": {"description": "More than 512 KiB."},
    "503": {"description": "Try again later.", "headers": {"Retry-After": {"schema": {"type": "integer"}}}},
}


def doors(result: dict[str, Any], generator: object, request: object, public: bool) -> dict[str, Any]:
    """Add the addresses that senders use, with the bodies that they take."""
    schemes = result.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["integrationKey"] = {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "An integration's key, as `Token <key>`; or put it into the address.",
    }
    for name in FORMATS:
        result["paths"][f"/api/v1/ingest/{name}/"] = _door(name, [{"integrationKey": []}])
        with_key = _door(f"{name} with key", [{}], _BODIES.get(name))
        for operation in with_key.values():
            operation["parameters"] = [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}]
        result["paths"][f"/api/v1/ingest/{name}/{{key}}/"] = with_key
    result["paths"]["/v2/enqueue"] = _door("events v2", [{}], _BODIES["pagerduty"])
    return result


def _door(name: str, security: list[dict[str, Any]], body: dict[str, Any] | None = None) -> dict[str, Any]:
    body = body or _BODIES.get(name)
    operation = {
        "operationId": f"ingest_{name.replace(' ', '_')}",
        "description": f"Alerts in: {name}.",
        "tags": [_TAG],
        "security": security,
        "responses": dict(_ANSWERS),
    }
    if body:
        operation["requestBody"] = {"content": {_JSON: {"schema": body}}}
    return {"post": operation}
