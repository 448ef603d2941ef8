"""Bodies as real senders post them: Alertmanager 0.25 (webhook), Grafana, a PagerDuty client."""

from copy import deepcopy
from typing import Any

GROUP_KEY = '{}/{severity=~"critical|error"}:{alertname="HighErrorRate", service="checkout"}'

_ALERTMANAGER: dict[str, Any] = {
    "receiver": "incidentops",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {
                "alertname": "HighErrorRate",
                "instance": "web-1:9100",
                "service": "checkout",
                "severity": "warning",
            },
            "annotations": {
                "description": "7.3 % of requests fail (limit 1 %).",
                "runbook_url": "https://wiki.example.org/runbooks/high-error-rate",
                "summary": "Checkout fails for many",
            },
            "startsAt": "2026-03-02T08:15:30.123456789Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=rate%28errors%5B5m%5D%29+%3E+0.01&g0.tab=1",
            "fingerprint": "c2a3f1b2d4e5a6b7",
        },
        {
            "status": "firing",
            "labels": {
                "alertname": "HighErrorRate",
                "instance": "web-2:9100",
                "service": "checkout",
                "severity": "critical",
            },
            "annotations": {
                "description": "41 % of requests fail (limit 1 %).",
                "runbook_url": "https://wiki.example.org/runbooks/high-error-rate",
                "summary": "Checkout fails for many",
            },
            "startsAt": "2026-03-02T08:14:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=up&g0.tab=1",
            "fingerprint": "d2a3f1b2d4e5a6b8",
        },
    ],
    "groupLabels": {"alertname": "HighErrorRate", "service": "checkout"},
    "commonLabels": {"alertname": "HighErrorRate", "service": "checkout"},
    "commonAnnotations": {
        "runbook_url": "https://wiki.example.org/runbooks/high-error-rate",
        "summary": "Checkout fails for many",
    },
    "externalURL": "http://alertmanager:9093",
    "version": "4",
    "groupKey": GROUP_KEY,
    "truncatedAlerts": 0,
}

_GRAFANA: dict[str, Any] = {
    "receiver": "My receiver",
    "status": "firing",
    "orgId": 1,
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "High memory usage", "team": "blue", "zone": "us-1"},
            "annotations": {
                "description": "The system has high memory usage",
                "runbook_url": "https://myrunbook.com/runbook/1234",
                "summary": "This alert was triggered for zone us-1",
            },
            "startsAt": "2026-10-12T09:51:03.157076+02:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://play.grafana.org/alerting/1afz29v7z/edit",
            "fingerprint": "c6eadffa33fcdf37",
            "silenceURL": "https://play.grafana.org/alerting/silence/new?alertmanager=grafana&matchers=alertname%3DT2",
            "dashboardURL": "https://play.grafana.org/d/abcd",
            "panelURL": "https://play.grafana.org/d/abcd?viewPanel=1",
            "values": {"B": 44.23943737541908, "C": 1},
            "valueString": "[ var='B' labels={} value=44.23943737541908 ], [ var='C' labels={} value=1 ]",
        }
    ],
    "groupLabels": {},
    "commonLabels": {"team": "blue"},
    "commonAnnotations": {},
    "externalURL": "https://play.grafana.org/",
    "version": "1",
    "groupKey": "{}:{}",
    "truncatedAlerts": 0,
    "title": "[FIRING:1]  (High memory usage blue us-1)",
    "state": "alerting",
    "message": "**Firing**\n\nValue: B=44.2, C=1",
}

_EVENTS_V2: dict[str, Any] = {
    "routing_key": "0123456789abcdef0123456789abcdef",
    "event_action": "trigger",
    "dedup_key": "samplekeyhere",
    "payload": {
        "summary": "Example alert on host1.example.com",
        "timestamp": "2015-07-17T08:42:58.315+0000",
        "source": "monitoringtool:host1",
        "severity": "info",
        "component": "postgres",
        "group": "prod-datapipe",
        "class": "deploy",
        "custom_details": {"ping time": "1500ms", "load avg": 0.75, "tags": ["a", "b"]},
    },
    "images": [{"src": "https://www.example.com/chart.png", "href": "https://example.com/", "alt": "Chart"}],
    "links": [{"href": "https://example.com/runbook", "text": "Runbook"}, {"href": "javascript:alert(1)"}],
    "client": "Sample Monitoring Service",
    "client_url": "https://monitoring.service.com",
}


def alertmanager(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(_ALERTMANAGER), **changes}


def grafana(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(_GRAFANA), **changes}


def events_v2(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(_EVENTS_V2), **changes}
