"""Make `resource_types.json`: the shapes of the resource types that infra/bicep uses, from packages that carry them.

    npm pack @azure/mcp-linux-x64@2.0.5      and unpack it
    pip download --no-deps pulumi-azure-native==3.29.0      and unpack the wheel
    python -m infra.checks.bicep.make_resource_types package/dist/azmcp pulumi_azure_native

The first has the schemas as Bicep itself knows them, one API version a type; of the few that it lacks the second has
the arguments, from which the body is put together again. Run it after a new type comes into infra/bicep.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra.checks.bicep.resource_types import DATA
from infra.checks.bicep.syntax import parse

ROOT = Path(__file__).resolve().parents[3]
MADE_FROM = {"@azure/mcp-linux-x64": "2.0.5", "pulumi-azure-native": "3.29.0"}
ENVELOPE = {"location", "tags", "kind", "identity", "sku", "zones", "extendedLocation", "properties"}
FROM_PULUMI = {
    "Microsoft.DurableTask/schedulers": "durabletask/scheduler.py",
    "Microsoft.DurableTask/schedulers/taskHubs": "durabletask/task_hub.py",
    "Microsoft.Insights/actionGroups": "monitor/action_group.py",
    "Microsoft.Insights/dataCollectionEndpoints": "monitor/data_collection_endpoint.py",
    "Microsoft.Insights/dataCollectionRules": "monitor/data_collection_rule.py",
    "Microsoft.Insights/dataCollectionRuleAssociations": "monitor/data_collection_rule_association.py",
    "Microsoft.Insights/metricAlerts": "monitor/metric_alert.py",
    "Microsoft.Insights/scheduledQueryRules": "monitor/scheduled_query_rule.py",
    "Microsoft.Network/privateDnsZones/A": "privatedns/private_record_set.py",
    "Microsoft.Network/privateDnsZones": "privatedns/private_zone.py",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": "privatedns/virtual_network_link.py",
    "Microsoft.SignalRService/webPubSub": "webpubsub/web_pub_sub.py",
    "Microsoft.SignalRService/webPubSub/hubs": "webpubsub/web_pub_sub_hub.py",
}
IN_THE_ADDRESS = {
    "resource_group_name", "scheduler_name", "task_hub_name", "action_group_name", "data_collection_endpoint_name",
    "data_collection_rule_name", "association_name", "resource_uri", "rule_name", "private_zone_name",
    "virtual_network_link_name", "resource_name", "hub_name", "record_type",
    "relative_record_set_name",
}  # fmt: skip


def main(azmcp: Path, pulumi: Path) -> None:
    made: dict[str, Any] = {"made_from": MADE_FROM, "types": {}}
    for name in used():
        one = of_pulumi(pulumi, name) if name in FROM_PULUMI else of_azmcp(azmcp, name)
        made["types"][name] = one
        print(f"{name}@{one['version']}: {len(one['shapes'])} shapes", flush=True)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in sorted(made["types"].items()))
    DATA.write_text(f'{{"made_from": {json.dumps(MADE_FROM)}, "types": {{\n{lines}\n}}}}\n')


def used() -> list[str]:
    """The types of all resources in infra/bicep."""
    found = set()
    for path in sorted((ROOT / "infra/bicep").rglob("*.bicep")):
        for one in parse(path.read_text()):
            if one.kind == "resource" and one.type is not None:
                found.add(str(one.type.parts[0]).partition("@")[0])
    return sorted(found)


# -- as Bicep knows them


def of_azmcp(azmcp: Path, name: str) -> dict[str, Any]:
    kept = os.environ.get("AZMCP_ANSWERS")  # a folder of answers that were asked for before
    answer = Path(kept, name.replace("/", "_") + ".json") if kept else None
    if answer is None or not answer.exists():
        told = subprocess.run(
            [azmcp, "bicepschema", "get", "--resource-type", name],
            env=os.environ | {"AZURE_MCP_COLLECT_TELEMETRY": "false"},
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    else:
        told = answer.read_text()
    rows = json.loads(told)["results"]["BicepSchemaResult"]
    (resource,) = (row for row in rows if row["$type"] == "Resource")
    shapes = {row["name"]: shape(row) for row in rows if row["$type"] in ("Object", "DiscriminatedObject")}
    shapes["body"] = shape(resource["bodyType"])
    return {
        "version": resource["name"].partition("@")[2],
        "scopes": resource["writableScopes"],
        "shapes": reachable(shapes),
    }


def shape(row: dict[str, Any]) -> dict[str, Any]:
    if row["$type"] == "DiscriminatedObject":
        base = shape({"$type": "Object", "properties": row["baseProperties"]})["has"]
        return {
            "by": row["discriminator"],
            "one_of": [{"has": base | shape(one)["has"]} | rest(one) for one in row["elements"]],
        }
    return {"has": {one["name"]: property_of(one) for one in row["properties"]}} | rest(row)


def rest(row: dict[str, Any]) -> dict[str, Any]:
    return {"rest": row["additionalPropertiesType"]} if "additionalPropertiesType" in row else {}


def property_of(row: dict[str, Any]) -> list[str]:
    flags = "".join({"Required": "R", "ReadOnly": "O"}.get(flag, "") for flag in (row.get("flags") or "").split(", "))
    modifiers = row.get("modifiers", "").replace("sensitive", "").strip(", ")
    return [row["type"], flags, modifiers] if modifiers else [row["type"], flags] if flags else [row["type"]]


def reachable(shapes: dict[str, Any]) -> dict[str, Any]:
    """Those that the body leads to; of what only Azure writes no more than its properties."""
    found: dict[str, Any] = {}
    waiting = [("body", 0)]
    while waiting:
        name, depth = waiting.pop(0)
        if name in found or name not in shapes:
            continue
        found[name] = shapes[name]
        for one in shapes[name].get("one_of", [shapes[name]]):
            kinds = [about[0] for about in one["has"].values() if "O" not in about[1:2] or depth < 2]
            parts = [part for kind in [*kinds, one.get("rest", "")] for part in kind.split(" | ")]
            waiting += [(part.strip("()[]"), depth + 1) for part in parts]
    return dict(sorted(found.items()))


# -- from the arguments of pulumi's classes


def of_pulumi(folder: Path, name: str) -> dict[str, Any]:
    path = folder / FROM_PULUMI[name]
    source = path.read_text()
    version = re.search(r"Uses Azure REST API version ([\w-]+)", source)
    inputs = classes(path.with_name("_inputs.py"))
    enums = {one: members_of(body) for one, body in classes(path.with_name("_enums.py")).items()}
    shapes: dict[str, Any] = {}
    arguments = next(body for one, body in classes(path).items() if one.endswith("Args"))
    flat = arguments_of(arguments, inputs, enums, shapes)
    top = {key: about for key, about in flat.items() if key in ENVELOPE}
    inner = {key: about for key, about in flat.items() if key not in ENVELOPE}
    if inner:
        shapes["properties of it"] = {"has": inner}
        top["properties"] = ["properties of it", "R" if any(about[1:] == ["R"] for about in inner.values()) else ""]
    top |= {"name": ["string", "R"], "id": ["string", "O"], "type": ["string", "O"]}
    shapes["body"] = {"has": top}
    assert version is not None
    return {"version": version[1], "scopes": "", "outputs": "unknown", "shapes": reachable(shapes)}


def members_of(body: ast.ClassDef) -> list[str]:
    """What an enumeration may be."""
    values = [node.value for node in body.body if isinstance(node, ast.Assign)]
    return [str(value.value) for value in values if isinstance(value, ast.Constant)]


def classes(path: Path) -> dict[str, ast.ClassDef]:
    if not path.exists():
        return {}
    return {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)}


def arguments_of(
    body: ast.ClassDef, inputs: dict[str, ast.ClassDef], enums: dict[str, list[str]], shapes: dict[str, Any]
) -> dict[str, list[str]]:
    made = next(node for node in body.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    spelled = spellings(body)
    found = {}
    for argument, default in zip(made.args.kwonlyargs, made.args.kw_defaults, strict=True):
        if argument.arg in IN_THE_ADDRESS or argument.annotation is None:
            continue
        kind = kind_of(argument.annotation, inputs, enums, shapes)
        name = spelled.get(argument.arg, argument.arg)
        found["odata.type" if name == "odataType" else name] = [kind, "R"] if default is None else [kind]
    return found


def spellings(body: ast.ClassDef) -> dict[str, str]:
    """How ARM spells an argument: it stands in the decorator of its property."""
    found = {}
    for node in body.body:
        if isinstance(node, ast.FunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pulumi.getter":
                    found[node.name] = next(ast.literal_eval(word.value) for word in mark.keywords)
    return found


def kind_of(
    written: ast.expr, inputs: dict[str, ast.ClassDef], enums: dict[str, list[str]], shapes: dict[str, Any]
) -> str:
    if isinstance(written, ast.Subscript):
        outer, inner = ast.unparse(written.value).rpartition(".")[2], written.slice
        if outer in ("Input", "Optional"):
            return kind_of(inner, inputs, enums, shapes)
        if outer == "Sequence":
            kind = kind_of(inner, inputs, enums, shapes)
            return f"({kind})[]" if " | " in kind else f"{kind}[]"
        several = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if outer == "Mapping":
            kind = kind_of(several[1], inputs, enums, shapes)
            shapes[f"map of {kind}"] = {"has": {}, "rest": kind}
            return f"map of {kind}"
        kinds = [kind_of(one, inputs, enums, shapes) for one in several]
        return " | ".join(dict.fromkeys(sorted(kinds, key="string".__eq__)))
    name = written.value if isinstance(written, ast.Constant) else ast.unparse(written).rpartition(".")[2]
    if name in enums:
        return " | ".join(enums[name])
    if name in inputs:
        if name not in shapes:
            shapes[name] = {}  # it may lead back to itself
            shapes[name] = {"has": arguments_of(inputs[name], inputs, enums, shapes)}
        return str(name)
    return {"str": "string", "int": "int", "float": "int", "bool": "bool"}.get(str(name), "any")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
