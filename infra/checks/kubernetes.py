"""The manifests of infra/kubernetes: our own rules on the files, then on what kustomize makes of every overlay.

`rules` reads the files alone, and is what the tests run. `problems` besides renders each overlay with kubectl, holds
every object to Kubernetes' own schema and KEDA's, and runs the rules on what came out.
"""

from __future__ import annotations

from pathlib import Path

from infra.checks import network, pods, references, scaling
from infra.checks.manifests import Document, env_file, read

FOLDER = Path("infra/kubernetes")


def problems(root: Path) -> list[str]:
    from infra.checks import cluster_schemas

    return rules(root) + cluster_schemas.problems(root)


def rules(root: Path) -> list[str]:
    folder = root / FOLDER
    found: list[str] = []
    documents = read(folder, root, found)
    found += references.of_kustomizations(folder, root)
    found += references.of_the_place(folder, root)
    place = folder / "components" / "place"
    found += pods.settings_file(place / "settings.env", root)
    whole = [one for one in documents if one.path.parts[2] in ("base", "endpoints") and one.kind != "Kustomization"]
    found += of_objects(whole, root)
    found += of_patches([one for one in documents if one.path.parts[2] == "components"], root)
    return found


def of_objects(documents: list[Document], root: Path) -> list[str]:
    """The rules on whole objects, those of files or rendered ones."""
    backlog_url = env_file(root / FOLDER / "components" / "place" / "place.env").get("BACKLOG_URL", "")
    found = [problem for one in documents for problem in pods.problems(one, root)]
    found += references.problems(documents, root)
    found += scaling.problems(documents, root, backlog_url)
    found += network.problems(documents)
    return found


def of_patches(documents: list[Document], root: Path) -> list[str]:
    """A patch that asks for a GPU must be let onto its machines, and name an image that is made."""
    found = []
    for one in documents:
        pod = pods.template(one)
        if pod is None:
            continue
        found += references.images(one, root)
        for container in pod.get("containers", []):
            if "nvidia.com/gpu" in ((container.get("resources") or {}).get("limits") or {}):
                tolerated = {toleration.get("key") for toleration in pod.get("tolerations", [])}
                if "sku" not in tolerated:
                    found.append(f"{one.where} asks for a GPU, and does not tolerate the taint sku of its machines")
                if not pod.get("nodeSelector"):
                    found.append(f"{one.where} asks for a GPU of no pool")
    return found
