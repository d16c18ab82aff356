"""Bodies that the API description does not allow, by the hundred: every answer is a 4xx problem that names the field."""

import copy
import json
import random

import pytest
import requests

THRESHOLD = {"name": "busy", "expr": "up", "operator": ">", "levels": {"info": 70, "warning": 85, "critical": 95}, "for": {"warning": "2m"}, "keep_firing_for": "5m", "clear_margin": "3%", "no_data": {"then": "alert", "after": "10m", "level": "info"},
             "active_during": [{"weekdays": ["monday:friday"], "times": [{"start_time": "08:00", "end_time": "18:00"}], "days_of_month": ["1:-1"], "months": ["may"], "years": ["2030"], "location": "Europe/Berlin"}], "labels": {"team": "infra"}, "annotations": {"summary": "x"}, "enabled": True, "origin": "api", "version": 5, "etag": "x", "updated_at": None, "overrides": None, "last_error": None, "warnings": []}
BASELINE = {"name": "odd", "expr": "up", "operator": "!=", "baseline": {"window": "1d", "season": "none", "deviations": {"warning": 4}}}
SHORT = {"name": "short", "metric": "up", "operator": ">", "value": 1, "severity": "info"}
#: Paths that take a body, with bodies that are right.
RIGHT = [
    ("POST", "thresholds", [THRESHOLD, BASELINE, SHORT]), ("PUT", "thresholds/busy", [THRESHOLD]), ("PUT", "thresholds", [{"source": "git", "thresholds": [THRESHOLD]}]), ("POST", "thresholds/import", [{"thresholds": [THRESHOLD, BASELINE]}]),
    ("POST", "backtest", [{"threshold": THRESHOLD, "window": "1h", "end": 1}]), ("POST", "silences", [{"matchers": [{"name": "a", "value": "b", "isRegex": True, "isEqual": False}, "c=d"], "duration": "1h", "comment": "c", "createdBy": "me", "active_during": [{"years": [2030]}]}]),
    ("POST", "thresholds/load/restore", [{"version": 0}]),
]


def resolve(document, schema):
    while "$ref" in schema:
        schema = {**document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema


def allows(document, schema, value):
    """Whether a JSON schema (as far as the description uses it) allows a value."""
    schema = resolve(document, schema)
    if "oneOf" in schema and not any(allows(document, one, value) for one in schema["oneOf"]):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "number": (int, float), "integer": int}
    wanted = schema.get("type")
    if wanted:
        wanted = wanted if isinstance(wanted, list) else [wanted]
        fits = any(kind == "null" and value is None or kind != "null" and value is not None and isinstance(value, kinds[kind]) and not (isinstance(value, bool) and kind != "boolean") for kind in wanted)
        if not fits:
            return False
    if isinstance(value, dict):
        known = schema.get("properties", {})
        if any(key not in value for key in schema.get("required", [])) or len(value) < schema.get("minProperties", 0):
            return False
        more = schema.get("additionalProperties", True)
        return all(allows(document, known[key], one) if key in known else more is not False and (more is True or allows(document, more, one)) for key, one in value.items())
    if isinstance(value, list):
        return schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 1 << 30) and all(allows(document, schema.get("items", {}), one) for one in value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value >= schema.get("minimum", value) and value <= schema.get("maximum", value) and value > schema.get("exclusiveMinimum", value - 1)
    if isinstance(value, str):
        return schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 1 << 30)
    return True


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield from places(one, (*path, key))


def mutations(body, dice):
    """The body with one place changed, in every way that breaks something somewhere."""
    for path in list(places(body)):
        for other in (5, -1, 1.5, True, [], {}, [[]], {"x": 1}, "", "nonsense", "x" * 20000, None, "\u0000"):
            changed = copy.deepcopy(body)
            if not path:
                yield other
                continue
            target = changed
            for key in path[:-1]:
                target = target[key]
            target[path[-1]] = other
            yield changed
        if path and isinstance(path[-1], str):
            changed = copy.deepcopy(body)
            target = changed
            for key in path[:-1]:
                target = target[key]
            target[dice.choice(["unknown", "", "a/b~c"])] = target.pop(path[-1])
            yield changed


@pytest.mark.parametrize("method, path, bodies", RIGHT, ids=[f"{method} {path}" for method, path, _ in RIGHT])
def test_what_the_description_does_not_allow_is_refused_with_a_pointer(analyzer, method, path, bodies):
    run = analyzer()
    document = run.get("/api/v1/openapi.json").json()
    template = "/api/v1/performance/" + path.replace("/busy", "/{name}").replace("/load/", "/{name}/")
    schema = document["paths"][template][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    session = requests.Session()
    url = run.url("/api/v1/performance/" + path)
    dice = random.Random(1)
    refused = 0
    for body in bodies:
        assert allows(document, schema, body), body
        for wrong in mutations(body, dice):
            answer = session.request(method, url, data=json.dumps(wrong), headers={"Content-Type": "application/json"}, timeout=20)
            assert answer.status_code < 500, (wrong, answer.text)
            if allows(document, schema, wrong):
                continue
            refused += 1
            assert 400 <= answer.status_code < 500, (json.dumps(wrong)[:400], answer.text)
            problem = answer.json()
            assert problem["errors"] and all(error["pointer"] == "" or error["pointer"].startswith("/") for error in problem["errors"]), problem
            assert all(error["detail"] for error in problem["errors"])
        answer = session.request(method, url, json=body, timeout=20)
        assert answer.status_code < 300 or answer.status_code == 409, answer.text
    assert refused > 20


def test_every_route_that_takes_a_body_is_described_and_tried(analyzer):
    document = analyzer().get("/api/v1/openapi.json").json()
    tried = {(method, "/api/v1/performance/" + path.replace("/busy", "/{name}").replace("/load/", "/{name}/")) for method, path, _ in RIGHT}
    described = {(method.upper(), path) for path, item in document["paths"].items() if "/performance/" in path for method, one in item.items() if isinstance(one, dict) and "requestBody" in one}
    # A merge patch may have anything; the others have tests of their own.
    assert described - tried == {("PATCH", "/api/v1/performance/thresholds/{name}"), ("POST", "/api/v1/performance/baselines"), ("POST", "/api/v1/performance/alerts/{id}/ack")}
