"""A composition whose brief a language model reads and fills in, and whose words it writes: what is kept, and whom it
names; and the rules where it fails."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ripieno.contracts.composition import CompositionOrder, Refinement
from ripieno.contracts.workflow import RevisionOrder, VersionOrder
from ripieno.contracts.works import Work
from ripieno.records import works
from ripieno.services import falling
from ripieno.services.rules import signature
from ripieno.work import composing, job_bodies, revising

BRIEF = "gloopy music with vocals, 30 seconds"
FORM = [{"label": "verse", "bars": 6}, {"label": "chorus", "bars": 6}]
SKETCH = {
    "title": "Fog", "theme": "fog over the harbour", "mood_words": "hazy", "valence": -0.3, "arousal": -0.4,
    "style": [{"name": "ballad", "weight": 1.0}], "tempo": 96.0, "key": "D minor", "meter": "4/4", "form": FORM,
    "instruments": ["piano"], "sings": True,
}  # fmt: skip


def begun(owner: str, **fields: Any) -> tuple[Work, RevisionOrder]:
    work, run = composing.begin(owner, CompositionOrder(brief=BRIEF, random_seed=3, **fields), f"{owner[-8:]:0>24}")
    return work, RevisionOrder.model_validate(run.order)


def settled(work: Work, order: RevisionOrder):
    for stage in list(composing._STAGES):
        assert composing.settle(order, stage)
    return works.get(work.owner, work.work_id).composition.revisions[0]


def answering(body: dict[str, Any]) -> Any:
    """What a model says to each task, known by its schema."""
    names = set(body["response_format"]["json_schema"]["schema"]["properties"])
    question = json.loads(body["messages"][1]["content"])
    if "statements" in names:
        mood = {"kind": "mood", "value": "hazy", "words": "gloopy"}
        rest = {"parts": [], "but_parts": [], "places": [], "but_places": [], "only": False, "amount": None,
                "unit": None, "absolute": False, "negated": False}  # fmt: skip
        return {"statements": [mood | rest]}
    if "drafts" in names:
        sections = [
            {"label": one["label"], "theme": "fog", "lines": ["la " * line["syllables"] for line in one["lines"]]}
            for one in question["sections"]
        ]
        return {"drafts": [{"title": f"Fog {n}", "sections": sections} for n in range(question["drafts"])]}
    return SKETCH


def test_a_brief_is_read_filled_in_and_sung_by_the_model(storage, owner, language_model):
    language_model.answer = answering
    work, order = begun(owner)
    assert language_model.asked == [], "nobody waits for a model when they ask"
    made = settled(work, order)
    context = made.context
    assert made.understood.engine.engine == "scripted" and not made.understood.not_understood
    assert (context.title, context.key, context.tempo, context.bars) == ("Fog 0", "D minor", 96.0, 12)
    assert [one.name for one in context.styles] == ["ballad"] and context.theme == "fog over the harbour"
    assert context.settled["key"] == context.settled["form"] == "scripted" and "you" not in context.settled.values()
    assert {name: one.engine for name, one in context.made_by.items()} == {"context": "scripted", "lyrics": "scripted"}
    assert context.lyrics.engine.engine == "scripted" and len(context.drafts) == 3
    assert context.lyrics.sections[0].lines[0].text.startswith("la la")
    assert context.usage.calls == 3 and context.usage.cost == pytest.approx(3 * 0.0045)
    assert "(by scripted)" in made.stages[0].message and made.words


def test_a_stage_that_is_settled_asks_no_model_again(storage, owner, language_model):
    language_model.answer = answering
    work, order = begun(owner)
    settled(work, order)
    asked = len(language_model.asked)
    for stage in list(composing._STAGES):
        assert composing.settle(order, stage)
    assert len(language_model.asked) == asked


def test_what_a_person_fixed_stays_and_is_theirs(storage, owner, language_model):
    language_model.answer = answering
    work, order = begun(owner, key="C major", title="Mine", lyrics="row row row your boat", layers=["guitar", "vocals"])
    context = settled(work, order).context
    assert (context.key, context.title) == ("C major", "Mine") and context.lyrics.engine is None
    assert context.settled["key"] == context.settled["title"] == "you" and context.settled["tempo"] == "scripted"
    assert {one.name for one in context.layers} == {"guitar", "vocals"}


def test_with_a_model_that_fails_the_rules_make_it_and_a_remark_says_so(storage, owner, language_model):
    language_model.answer = lambda _: 401
    work, order = begun(owner)
    made = settled(work, order)
    assert made.context.made_by["context"].engine == "rules" and made.context.made_by["context"].fallback
    assert made.context.made_by["lyrics"].engine == "phrases" and made.context.lyrics.sections
    assert any("composed by rule: " in one and "AuthenticationError" in one for one in made.context.remarks)
    assert any("lyrics by the offline lyricist: " in one for one in made.context.remarks)


def test_without_a_model_nothing_is_a_fallback(storage, owner, monkeypatch):
    monkeypatch.delenv("RIPIENO_LLM_URL", raising=False)
    work, order = begun(owner)
    context = settled(work, order).context
    assert {one.engine: one.fallback for one in context.made_by.values()} == {"rules": False, "phrases": False}
    assert context.remarks == [] and context.usage.calls == 0


def test_a_refinement_is_read_by_the_model_where_the_rules_do_not(storage, owner, language_model):
    language_model.answer = answering
    work, order = begun(owner)
    settled(work, order)

    def ended(known: Work) -> Work:
        known.composition.revisions[0].status = "made"
        return known

    works.change(owner, work.work_id, ended)
    _, revision, _ = revising.refine(owner, work.work_id, Refinement(text="slower, and gloopy"))
    assert [one.by for one in revision.understood.statements] == ["rules", "model"]
    assert revision.context.tempo < 96 and revision.context.mood.words == "hazy"
    assert revision.understood.usage.calls == 1


def test_an_engine_that_died_with_its_process_is_lost_where_another_may_play(storage, owner):
    work, order = begun(owner, engine="musicgen-melody", allow_fallback=True, layers=["piano", "vocals"], theme="fog")
    settled(work, order)
    orders = {one.element: one for one in composing.plan_layers(order)}
    lost: list[str] = []
    for _ in range(3):
        lost = job_bodies.lost(orders["piano"], lost, "the worker process died")
    assert [one.partition(":")[0] for one in lost] == ["musicgen-melody", "musicgen-medium", "musicgen-small"]
    assert job_bodies.lost(orders["piano"], lost, "the worker process died") == []
    assert job_bodies.lost(orders["vocals"], [], "it died") == ["voice: it died"], "words are for a singing engine"
    assert falling.signed(signature(), lost).reason.startswith("musicgen-melody: the worker process died; music")


def test_a_named_engine_that_died_is_lost_to_none(storage, owner):
    work, order = begun(owner, engine="musicgen-melody", layers=["piano"])
    settled(work, order)
    (wanted,) = [one for one in composing.plan_layers(order) if one.element == "piano"]
    assert isinstance(wanted, VersionOrder) and job_bodies.lost(wanted, [], "it died") == []
