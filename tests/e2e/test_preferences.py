"""Somebody says what they think, and gets more of what they like; they look at it, take it home, and forget it."""

from __future__ import annotations

import json

import httpx

from ripieno.contracts.generation import GenerationOrder, GenerationParameters

ORDER = GenerationOrder(
    target_stems=["drums"],
    parameters=GenerationParameters(
        target_bpm=120, duration_seconds=4, style="pop", chord_progression=["C"], random_seed=7
    ),
)


def drums(ripieno):
    """The same order again, with the same seed."""
    request = ripieno.wait_generation(ripieno.generate(ORDER), timeout=120)
    return request, request.stems[0].takes[0]


def test_verdicts_teach_until_they_are_forgotten(stack, ripieno, command, tmp_path):
    first, before = drums(ripieno)
    assert first.plan.taste == [] and ripieno.preferences().verdicts == 0
    request_id = first.generation_request_id
    for number in range(3):
        ripieno.reject(request_id, "drums", "much sparser", take=number + 1)
        assert ripieno.wait_take(request_id, "drums", after=number + 1, timeout=90).stem is not None
    assert any("sparser than I do" in sentence for sentence in ripieno.preferences().sentences)

    liked, after = drums(ripieno)
    assert after.plan.density < -0.1 and after.stem.sha256 != before.stem.sha256
    assert any("sparser, because you like it so" in line for line in liked.plan.taste)
    assert drums(ripieno)[1].stem.sha256 == after.stem.sha256, "the same seed and preferences"

    told = command("preferences", "--export", str(tmp_path / "taste.json"))
    assert "sparser than I do" in told
    assert len(json.loads((tmp_path / "taste.json").read_text())["lessons"]) == 3
    file = httpx.get(f"{stack.url}/api/preferences/export", timeout=30)
    assert "attachment" in file.headers["content-disposition"]
    assert httpx.delete(f"{stack.url}/api/preferences?of=drums", timeout=30).status_code == 400

    left = json.loads(command("preferences", "--reset", "density", "--json"))
    assert not any("sparser" in sentence for sentence in left["sentences"])
    assert "nothing was learned yet" in command("preferences", "--reset", "all")
    assert json.loads(command("preferences", "--rebuild", "--json"))["verdicts"] >= 3, "all of it is still kept as said"
    assert ripieno.forget_preferences().verdicts == 0
    assert drums(ripieno)[1].stem.sha256 == before.stem.sha256, "as if nothing had been said"
