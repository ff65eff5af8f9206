"""What is refused is kept once, can be appealed to an operator, and is sent to no model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ripieno.contracts import moderation
from ripieno.contracts.composition import CompositionOrder, Refinement
from ripieno.contracts.feedback import Opinion
from ripieno.contracts.generation import GenerationOrder, Verdict
from ripieno.contracts.moderation import Appeal
from ripieno.contracts.understanding import UnderstandRequest
from ripieno.records import refusals
from ripieno.records.refusals import RefusalMissing
from ripieno.services import llm, understanding
from ripieno.services.llm import ModelFailed
from ripieno.services.moderation.by_model import Verdict as ModelsVerdict
from ripieno.work import moderating
from ripieno.work.moderating import NotAppealable, Refused

DOOR = "POST /compositions"
TEXT = "a ballad in the style of Coldplay"


def refuse(owner: str, text: str = TEXT, door: str = DOOR) -> moderation.Refusal:
    with pytest.raises(Refused) as caught:
        moderating.check(owner, door, {"brief": text})
    return caught.value.refusal


def test_a_refusal_says_why_and_what_to_ask_for_and_is_kept_once(storage, owner):
    first, second = refuse(owner), refuse(owner)
    assert first.refusal_id == second.refusal_id and second.times == 2
    (kept,), cursor = refusals.listed(owner, limit=5)
    assert (kept.rule, kept.field, kept.door, kept.text, kept.words) == (
        "imitation.artist",
        "brief",
        DOOR,
        TEXT,
        "coldplay",
    )
    assert cursor is None and kept.suggestion is not None and kept.by == "rules"
    said = str(Refused(kept))
    assert kept.suggestion in said and kept.refusal_id in said and "brief" in said
    assert refusals.listed("somebody-else", limit=5) == ([], None)


def test_the_same_at_once_is_one(storage, owner):
    with ThreadPoolExecutor(6) as pool:
        assert len({one.refusal_id for one in pool.map(lambda _: refuse(owner), range(6))}) == 1
    (kept,), _ = refusals.listed(owner, limit=5)
    assert kept.times == 6 and not [one for one in refusals.damage() if one.owner == owner]


def test_an_appeal_that_is_granted_lets_just_this_text_of_this_owner_pass(storage, owner):
    known = refuse(owner)
    appealed = moderating.appeal(owner, known.refusal_id, "it is my own band")
    assert appealed.status == "appealed" and known.refusal_id in {
        one.refusal_id for one in refusals.waiting(limit=200)[0]
    }
    with pytest.raises(NotAppealable, match="already"):
        moderating.appeal(owner, known.refusal_id, "again")
    done = moderating.decide(known.refusal_id, granted=True, reason="the band is theirs", by="operator")
    assert (done.status, done.decided_by, done.decision) == ("granted", "operator", "the band is theirs")
    assert known.refusal_id not in {one.refusal_id for one in refusals.waiting(limit=200)[0]}
    moderating.check(owner, DOOR, {"brief": TEXT})
    refuse(owner, f"{TEXT}, slower")
    refuse(f"{owner}-other")
    moderating.decide(known.refusal_id, granted=False, reason="it is not", by="operator")
    assert refuse(owner).status == "upheld", "a further decision takes the place of the first"


def test_what_nobody_appealed_cannot_be_decided_nor_anothers_appealed(storage, owner):
    known = refuse(owner)
    with pytest.raises(RefusalMissing):
        moderating.decide(known.refusal_id, granted=True, reason="", by="operator")
    with pytest.raises(RefusalMissing):
        moderating.appeal("somebody-else", known.refusal_id, "mine")
    for odd in ("", "a/b", "x" * 300, "🎵"):
        with pytest.raises(RefusalMissing):
            refusals.get(owner, odd)


def test_an_appeal_whose_writer_died_between_its_rows_can_be_made_again(storage, owner, monkeypatch):
    known = refuse(owner)
    with monkeypatch.context() as dies:
        dies.setattr(refusals, "change", lambda *_: (_ for _ in ()).throw(ConnectionError("died")))
        with pytest.raises(ConnectionError):
            moderating.appeal(owner, known.refusal_id, "mine")
    assert known.refusal_id not in {one.refusal_id for one in refusals.waiting(limit=200)[0]}, "it is passed over"
    assert moderating.appeal(owner, known.refusal_id, "mine").status == "appealed"
    assert [one.refusal_id for one in refusals.waiting(limit=200)[0]].count(known.refusal_id) == 1


def test_the_oldest_goes_first_and_never_what_is_appealed(storage, owner, monkeypatch):
    monkeypatch.setattr(refusals, "MOST_REFUSALS", 3)
    appealed = refuse(owner, "in the style of Coldplay 0")
    moderating.appeal(owner, appealed.refusal_id, "mine")
    for number in range(1, 6):
        refuse(owner, f"in the style of Coldplay {number}")
    kept, _ = refusals.listed(owner, limit=50)
    assert len(kept) == 4 and appealed.refusal_id in {one.refusal_id for one in kept}


def test_of_a_long_text_what_is_around_the_words_is_kept(storage, owner):
    kept = refuse(owner, "la " * 3000 + "in the style of Coldplay " + "la " * 3000)
    assert len(kept.text) == moderation.MOST_REFUSED_TEXT and "Coldplay" in kept.text


@pytest.mark.parametrize(
    ("door", "body", "field"),
    [
        (DOOR, CompositionOrder(brief=TEXT), "brief"),
        (DOOR, CompositionOrder(title="White Power"), "title"),
        (DOOR, CompositionOrder(artist="Coldplay"), "artist"),
        (DOOR, CompositionOrder(lyrics="kill all jews"), "lyrics"),
        (DOOR, CompositionOrder.model_validate({"mood": {"words": "like Coldplay"}}), "mood.words"),
        ("POST /generations", GenerationOrder.model_validate({"parameters": {"prompt": TEXT}}), "parameters.prompt"),
        (
            "POST /compositions/{id}/refine",
            Refinement.model_validate({"passages": [{"bars": [1, 2]}, {"bars": [3, 4], "words": "juden raus"}]}),
            "passages.1.words",
        ),
        ("POST /generations/{id}/stems/{stem}/reject", Verdict(comment="make it sound like Coldplay"), "comment"),
        ("POST /understanding", UnderstandRequest(text=TEXT), "text"),
        ("POST /feedback", Opinion(comment="immigrants are vermin"), "comment"),
    ],
)
def test_every_door_looks_at_what_people_wrote(storage, owner, door, body, field):
    with pytest.raises(Refused) as caught:
        moderating.check_body(owner, door, body)
    assert caught.value.refusal.field == field and caught.value.refusal.door == door


def test_an_opinion_may_compare_an_appeal_may_quote_and_a_voice_is_nobody_elses(storage, owner):
    moderating.check_body(owner, "POST /feedback", Opinion(rating=2, comment="it sounds like Coldplay"))
    moderating.check_body(owner, "POST /refusals/{id}/appeal", Appeal(reason="in the style of Coldplay was a quote"))
    moderating.check(owner, "POST /sets", {"name": "Coldplay and friends"})
    with pytest.raises(Refused):
        moderating.check(owner, "POST /voices", {"name": "Billie Eilish"}, names_somebody=frozenset({"name"}))


# -- models -------------------------------------------------------------------------------------------------------


def test_nothing_is_sent_to_a_model_that_a_rule_refuses(language_model):
    with pytest.raises(ModelFailed, match=r"imitation\.artist"):
        llm.ask("plan", "Plan.", {"wishes": [{"text": TEXT}]}, ModelsVerdict)
    assert language_model.asked == []
    read = understanding.understood(f"{TEXT} that nobody can read")
    assert language_model.asked == [] and read.engine is not None and read.engine.fallback


def test_a_model_is_asked_only_where_it_is_named_for_it(storage, owner, language_model):
    moderating.check(owner, DOOR, {"brief": "a calm waltz"})
    assert language_model.asked == []


def test_a_model_may_refuse_what_the_rules_let_pass_and_has_to_point_at_it(storage, owner, language_model, monkeypatch):
    monkeypatch.setenv("RIPIENO_LLM_MODELS", "moderate=careful")
    nothing = {"field": None, "kind": None, "words": None, "instead": None}
    found = {"field": "brief", "kind": "imitation", "words": "that lad from Hull", "instead": "folk with a fiddle"}
    language_model.replies = [nothing, found | {"words": "somebody"}, found]
    moderating.check(owner, DOOR, {"brief": "a calm waltz"})
    kept = None
    with pytest.raises(Refused) as caught:
        moderating.check(owner, DOOR, {"brief": "sing it as that lad from Hull does", "title": ""})
    kept = caught.value.refusal
    assert (kept.rule, kept.by, kept.suggestion) == ("model.imitation", "careful", "folk with a fiddle")
    assert language_model.question() == {"texts": {"brief": "sing it as that lad from Hull does"}}


def test_where_the_model_cannot_be_asked_the_rules_word_stands(storage, owner, language_model, monkeypatch):
    monkeypatch.setenv("RIPIENO_LLM_MODELS", "moderate=careful")
    monkeypatch.setattr(llm, "_sleep", lambda seconds: None)
    language_model.replies = []
    moderating.check(owner, DOOR, {"brief": "a calm waltz"})
    asked = len(language_model.asked)
    refuse(owner)
    assert len(language_model.asked) == asked, "what a rule refuses is sent to nobody"
