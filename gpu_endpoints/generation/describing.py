"""A wish in the words text-conditioned models were trained on: instrument, style, mood, tempo, key."""

from __future__ import annotations

from gpu_endpoints.generation.engine import Wish
from ripieno.music.pitch import key_name

_STEMS = {
    "drums": "drum kit, drums only", "bass": "bass line, bass only", "guitar": "guitar, solo guitar",
    "piano": "piano, solo piano", "synth": "synthesizer pad, synth only", "vocals": "wordless lead vocals, a cappella",
    "other": "lead instrument, solo melody",
}  # fmt: skip
NEGATIVE = "low quality, distorted, noise, vocals"


def words(wish: Wish) -> str:
    """One line; what the user wrote stands first."""
    plan, given = wish.plan, wish.conditioning
    main = given.main_key
    key = f"{key_name(main.tonic, main.mode)} {main.mode}"
    parts = [
        plan.prompt.strip(), plan.instrument or "", _STEMS[plan.stem_type], plan.style,
        "dark" if plan.brightness < -0.2 else "bright" if plan.brightness > 0.2 else "",
        "sparse" if plan.density < -0.2 else "busy" if plan.density > 0.2 else "",
        "soft" if plan.dynamics < -0.2 else "powerful" if plan.dynamics > 0.2 else "",
        plan.articulation if plan.articulation != "normal" else "",
        "swing feel" if plan.swing > 0.2 else "straight feel" if plan.swing < -0.2 else "",
        f"{plan.pulse}-time feel" if plan.pulse != "normal" else "",
        "root notes only" if plan.notes == "roots" else "",
        f"{given.timeline.bpm:.0f} bpm", "" if plan.stem_type == "drums" else key,
    ]  # fmt: skip
    return ", ".join(part for part in parts if part)
